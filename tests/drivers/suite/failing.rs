//! Failures: which one is reported first, and what follows it.

use std::io::ErrorKind;

use segue::{
    Cause,
    driver::{Error, Options, SendError, Turn},
};

use super::{Connection, FLUSH_FIRST};
use crate::{
    clock::Clock,
    script::{Call, Script, Stop},
    talk::{Talk, messages, record},
};

#[test]
fn a_reset_with_half_a_record_buffered_is_told_before_the_truncation() {
    play!({
        for nonblocking in [false, true] {
            let reset = ErrorKind::ConnectionReset;
            let script = Script::new().write_fails(reset).gives(&messages(["one"])[..3]).blocks();
            let mut connection = Connection::new(script.ends(), Talk::default())
                .with_options(Options::new().nonblocking(nonblocking));
            wait!(connection.queue(&mut Talk::default(), &b"request"[..])).unwrap();
            let log = listen!(connection);
            assert_eq!(
                (log.failures.as_slice(), log.causes()),
                (&[reset][..], vec![Cause::Truncated])
            );
            // In this order: nothing is asked behind a fatal fault.
            assert!(!log.ended && log.items.is_empty());
            assert_eq!(connection.hand_off(segue::Edge::Carry).unwrap().read(), b"m\x03o");
        }
    });
}

#[test]
fn a_reset_that_was_kept_while_there_was_something_to_read_is_told_before_the_truncation() {
    play!({
        let reset = ErrorKind::ConnectionReset;
        // Two answers fill the output, and cannot be sent.
        let stream = [record(b'p', b"?").repeat(2), messages(["one"])].concat();
        let script = Script::new().write_fails(reset).gives(&stream[..stream.len() - 1]).ends();
        let mut connection = Connection::new(script, Talk::default())
            .with_options(Options::new().nonblocking(true).high_water(3));
        let log = listen!(connection);
        assert_eq!((log.failures.as_slice(), log.causes()), (&[reset][..], vec![Cause::Truncated]));
    });
}

#[test]
fn a_read_that_fails_is_told_and_not_called_the_end_of_a_record() {
    play!({
        let reset = ErrorKind::ConnectionReset;
        let script = Script::new().gives(&messages(["one"])[..3]).fails(reset).ends();
        let mut connection = Connection::new(script, Talk::default());
        let error = wait!(connection.turn()).map(drop).unwrap_err();
        assert!(matches!(error, segue::driver::Error::Io(error) if error.kind() == reset));
    });
}

#[test]
fn a_failure_met_while_reading_ahead_is_told_before_the_truncation() {
    play!({
        let reset = ErrorKind::ConnectionReset;
        let script = Script::new().gives(&messages(["one"])[..3]).fails(reset).ends();
        let script = script.write_stalls();
        let mut connection = Connection::new(script.clone(), Talk::default())
            .with_options(Options::new().nonblocking(true));
        wait!(connection.queue(&mut Talk::default(), &b"request"[..])).unwrap();
        for _ in 0..3 {
            assert!(once!(connection.flush()).is_pending());
        }
        assert_eq!(connection.buffer().len(), 3);
        script.goes_on();
        let log = listen!(connection);
        assert_eq!((log.failures.as_slice(), log.causes()), (&[reset][..], vec![Cause::Truncated]));
    });
}

#[test]
fn an_answer_that_cannot_be_sent_is_told_once_and_what_the_peer_has_said_comes_behind_it() {
    play!({
        let script = Script::new()
            .gives(record(b'p', b"?"))
            .write_fails(ErrorKind::BrokenPipe)
            .blocks()
            .gives(messages(["one", "two"]))
            .ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        let error = wait!(connection.turn()).map(drop).unwrap_err();
        let broken = ErrorKind::BrokenPipe;
        assert!(matches!(error, segue::driver::Error::Io(error) if error.kind() == broken));
        if FLUSH_FIRST {
            // The read before the answer, and none behind it, which could wait for ever.
            assert_eq!((script.count(Call::Read), script.unread().len()), (1, 10));
        }
        let log = listen!(connection);
        assert_eq!((log.texts(), log.ended), (vec!["one".to_owned(), "two".to_owned()], true));
        assert!(log.failures.is_empty() && log.faults.is_empty());
    });
}

#[test]
fn a_close_that_is_interrupted_is_made_again() {
    play!({
        let script = Script::new().gives(b"late").ends();
        for _ in 0..3 {
            let _ = script.clone().close_is(Stop::Error(ErrorKind::Interrupted));
        }
        let mut connection = Connection::new(script.clone(), Talk::default());
        assert!(wait!(connection.close_unbounded(1000)).unwrap());
        assert_eq!(script.count(Call::Close), 1);
    });
}

#[test]
fn a_drain_and_a_wait_for_room_that_are_interrupted_go_on() {
    play!({
        let interrupted = ErrorKind::Interrupted;
        let script = Script::new().fails(interrupted).gives(b"late").fails(interrupted).ends();
        let script = script.write_fails(interrupted).flush_is(Stop::Error(interrupted));
        let mut connection = Connection::new(script.clone(), Talk::default())
            .with_options(Options::new().nonblocking(true).high_water(1));
        for item in [b"one", b"two"] {
            wait!(connection.queue(&mut Talk::default(), &item[..])).unwrap();
        }
        assert!(wait!(connection.close_unbounded(1000)).unwrap());
        assert_eq!(script.written(), messages(["one", "two"]));
        assert!(script.unread().is_empty());
    });
}

/// Output that is queued behind the end of this side.
#[test]
fn what_is_put_behind_the_end_is_refused_by_the_flush_once() {
    play!({
        let script = Script::new().gives(messages(["one"])).ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        wait!(connection.queue(&mut Talk::default(), &b"bye"[..])).unwrap();
        wait!(connection.close_write()).unwrap();
        connection.output_mut().put(b"late");
        let error = wait!(connection.flush()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert!(connection.output().is_empty() && !connection.wants_write());
        wait!(connection.flush()).unwrap();
        assert_eq!(script.written(), messages(["bye"]));

        let item = &b"more"[..];
        let queued = wait!(connection.queue(&mut Talk::default(), item)).unwrap_err();
        assert!(matches!(queued, SendError::Closed));
        let sent = wait!(connection.send(&mut Talk::default(), item)).unwrap_err();
        assert!(matches!(sent, SendError::Closed));
        // The other direction goes on.
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            assert_eq!(item, b"one");
            let refused = output.queue(&mut Talk::default(), item).unwrap_err();
            assert!(matches!(refused, SendError::Closed));
            output.output().put(b"late");
            wait!(output.room()).unwrap();
        }
        let error = wait!(connection.flush()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert!(wait!(connection.turn()).unwrap().is_none());
        assert_eq!(script.written(), messages(["bye"]));
    });
}

#[test]
fn what_a_stage_answers_behind_the_end_is_dropped_and_reading_goes_on() {
    play!({
        let stream = [record(b'p', b"?"), messages(["one"]), record(b'p', b"?")].concat();
        let script = Script::new().gives_in_pieces(stream.repeat(100), 7).ends();
        let mut connection = Connection::new(script.clone(), Talk::default())
            .with_options(Options::new().high_water(8));
        wait!(connection.close_write()).unwrap();
        let log = listen!(connection);
        assert_eq!((log.items.len(), log.ended), (100, true));
        assert!(log.failures.is_empty() && log.faults.is_empty());
        wait!(connection.flush()).unwrap();
        assert!(script.written().is_empty());
    });
}

#[test]
fn answers_to_what_came_before_a_fatal_fault_are_sent_before_it_is_told() {
    play!({
        // Found by `frame`, and in whatever pieces it all comes.
        let stream = [messages(["one", "two"]), b"\x00\x00".to_vec()].concat();
        for size in [1, 3, stream.len()] {
            let script = Script::new().gives_in_pieces(&stream, size);
            let mut connection = Connection::new(script.clone(), Talk::default());
            let error = loop {
                match wait!(connection.turn()) {
                    Ok(Some(Turn { item, mut output })) => {
                        output.queue(&mut Talk::default(), item).unwrap();
                    }
                    Ok(None) => panic!("there is a fault"),
                    Err(error) => break error,
                }
            };
            assert!(error.fault().unwrap().fatal);
            assert_eq!(script.written(), messages(["one", "two"]), "pieces of {size}");
        }
    });
}

#[test]
fn answers_to_what_came_before_a_fatal_fault_are_sent_by_a_deadline_too() {
    play!({
        let stream = [messages(["one", "two"]), b"\x00\x00".to_vec()].concat();
        for size in [1, 3, stream.len()] {
            let script = Script::new().gives_in_pieces(&stream, size);
            let mut connection = Connection::new(script.clone(), Talk::default());
            let mut clock = Clock::new(true);
            let error = loop {
                match wait!(connection.turn_by(&mut clock)) {
                    Ok(Some(Turn { item, mut output })) => {
                        output.queue(&mut Talk::default(), item).unwrap();
                    }
                    Ok(None) => panic!("there is a fault"),
                    Err(error) => break error,
                }
            };
            assert!(error.fault().unwrap().fatal);
            assert_eq!(script.written(), messages(["one", "two"]), "pieces of {size}");
        }
    });
}

#[test]
fn items_behind_a_close_are_refused_as_such() {
    play!({
        let script = Script::new().gives(messages(["one"])).ends();
        let mut connection = Connection::new(script, Talk::default());
        assert!(wait!(connection.close_unbounded(1000)).unwrap());
        let error = wait!(connection.turn()).map(|turn| turn.is_none()).unwrap_err();
        assert!(
            matches!(&error, Error::Io(error) if error.kind() == ErrorKind::NotConnected),
            "{error:?}"
        );
    });
}

#[test]
fn what_is_sent_behind_a_close_that_has_not_ended_is_refused_at_once() {
    play!({
        let script = Script::new().write_stalls();
        let options = Options::new().nonblocking(true).high_water(3);
        let mut connection = Connection::new(script.clone(), Talk::default()).with_options(options);
        wait!(connection.queue(&mut Talk::default(), &b"one"[..])).unwrap();
        assert!(once!(connection.close_write()).is_pending());
        // It has no room, and never will.
        let refused = wait!(connection.send(&mut Talk::default(), &b"two"[..])).unwrap_err();
        assert!(matches!(refused, SendError::Closed), "{refused:?}");
        script.goes_on();
        wait!(connection.close_write()).unwrap();
        assert_eq!(script.written(), messages(["one"]));
    });
}
