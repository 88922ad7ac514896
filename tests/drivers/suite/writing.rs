//! When what is written leaves.

use std::io::ErrorKind;

use bytes::Bytes;
use segue::{
    Edge, Handoff,
    driver::{Options, SendError, Turn},
    length,
};

use super::{Connection, FLUSH_FIRST, Log, SHORT_IS_ALL};
use crate::{
    script::{Call, Event, Script, Stop},
    talk::{Mistake, Talk, messages, record},
};

#[test]
fn answers_to_a_batch_leave_in_one_write() {
    play!({
        let batch = [messages(["one", "two"]), record(b'p', b"!"), messages(["three"])].concat();
        let script = Script::new().gives(&batch).blocks().gives(&batch).ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        let log = echo!(connection);
        assert_eq!((log.items.len(), log.ended), (6, true));
        assert_eq!(script.writes(), [batch.len(), batch.len()]);
        assert_eq!(script.written().len(), 2 * batch.len());
        // Once for each batch, and once because nobody knows what was done to the transport before.
        assert!(script.count(Call::Flush) <= 3);
    });
}

#[test]
fn a_batch_is_flushed_before_a_read_that_may_wait() {
    play!({
        let script = Script::new().gives(messages(["one"])).gives(messages(["two"])).ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        let log = echo!(connection);
        assert_eq!(log.texts(), ["one", "two"]);
        // If a read cannot wait, everything that has come is read first; but not if a read that
        // was short has most likely taken all.
        let expected: &[usize] = if FLUSH_FIRST || SHORT_IS_ALL { &[5, 5] } else { &[10] };
        assert_eq!(script.writes(), expected);
    });
}

#[test]
fn a_turn_is_none_only_when_everything_has_been_sent() {
    play!({
        let script = Script::new().gives([messages(["one"]), record(b'e', b"")].concat()).takes(2);
        let script = script.write_blocks().takes(1).write_stalls();
        let mut connection = Connection::new(script.clone(), Talk::default());
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
        }
        for _ in 0..4 {
            assert!(once!(connection.turn()).is_pending());
        }
        assert!(connection.wants_write());
        script.goes_on();
        assert!(wait!(connection.turn()).unwrap().is_none());
        assert!(!connection.wants_write());
        assert_eq!(script.written(), messages(["one"]));
    });
}

#[test]
fn what_a_lower_layer_holds_back_is_pushed_on() {
    play!({
        let script =
            Script::new().flush_is(Stop::Block).flush_is(Stop::Block).flush_is(Stop::Quiet);
        let mut connection = Connection::new(script.clone(), Talk::default());
        wait!(connection.queue(&mut Talk::default(), &b"one"[..])).unwrap();
        for _ in 0..4 {
            assert!(once!(connection.flush()).is_pending());
            assert!(connection.wants_write());
        }
        assert_eq!(script.written(), messages(["one"]));
        script.goes_on();
        wait!(connection.flush()).unwrap();
        assert!(!connection.wants_write());
        assert_eq!((script.count(Call::Flush), script.count(Call::Write)), (1, 1));

        // And a turn does not say that all is sent before.
        let script = Script::new().flush_is(Stop::Quiet).gives(record(b'e', b""));
        let mut connection = Connection::new(script.clone(), Talk::default());
        wait!(connection.queue(&mut Talk::default(), &b"one"[..])).unwrap();
        for _ in 0..2 {
            assert!(once!(connection.turn()).is_pending());
        }
        let refused = connection.hand_off(Edge::MustBeEmpty).unwrap_err();
        connection = refused.into_connection();
        script.goes_on();
        assert!(wait!(connection.turn()).unwrap().is_none());
        assert!(connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().is_ok());
    });
}

#[test]
fn long_payloads_leave_whole_and_in_order() {
    play!({
        let script = Script::new().takes(1).takes(5000).write_blocks().takes(3);
        let mut connection = Connection::new(script.clone(), ());
        let mut writer = length::u16_be();
        let payload = Bytes::from(vec![7; 4000]);
        for _ in 0..20 {
            wait!(connection.queue(&mut writer, payload.clone())).unwrap();
        }
        wait!(connection.flush()).unwrap();
        let one = [&4000u16.to_be_bytes()[..], &payload].concat();
        assert_eq!(script.written(), one.repeat(20));
        let slices = script.events().into_iter().filter_map(|event| match event {
            Event::Write { slices, .. } => Some(slices),
            _ => None,
        });
        assert_eq!(slices.max(), Some(16));
    });
}

#[test]
fn a_refused_item_leaves_nothing_behind() {
    play!({
        let script = Script::new();
        let mut connection = Connection::new(script.clone(), ());
        let long = [0; 256];
        let refused = wait!(connection.queue(&mut Talk::default(), &long[..])).unwrap_err();
        assert!(matches!(refused, SendError::Refused(Mistake::Unwelcome)));
        wait!(connection.queue(&mut Talk::default(), &b"short"[..])).unwrap();
        wait!(connection.flush()).unwrap();
        assert_eq!(script.written(), messages(["short"]));
    });
}

#[test]
fn nothing_is_sent_by_queueing_alone() {
    play!({
        let script = Script::new();
        let mut connection = Connection::new(script.clone(), ());
        wait!(connection.queue(&mut Talk::default(), &b"one"[..])).unwrap();
        assert_eq!((script.steps(), connection.output().len()), (0, 5));
        assert!(connection.wants_write());
        // It is sent by waiting for the peer.
        let mut connection = connection.follow(|()| Talk::default()).unwrap();
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(script.written(), messages(["one"]));
    });
}

/// A peer that has said its last word and gone: what it said is still there.
fn answer_of_a_peer_that_has_gone(script: Script) -> Log {
    run!({
        let mut connection = Connection::new(script, Talk::default());
        wait!(connection.queue(&mut Talk::default(), &b"request"[..])).unwrap();
        listen!(connection)
    })
}

#[test]
fn a_write_error_does_not_hide_an_answer() {
    crate::executor::with_each_patience(|| {
        let answer = messages(["too large"]);
        for size in [1, 4, answer.len()] {
            let script = Script::new().write_fails(ErrorKind::BrokenPipe);
            let script = script.gives_in_pieces(&answer, size).ends();
            let log = answer_of_a_peer_that_has_gone(script);
            assert_eq!(log.texts(), ["too large"]);
            // It is reported once, and then the stage is over.
            assert_eq!(log.failures, [ErrorKind::BrokenPipe]);
            assert!(log.ended);

            let script = Script::new().blocks().write_fails(ErrorKind::BrokenPipe);
            let log = answer_of_a_peer_that_has_gone(script.gives(&answer).ends());
            assert_eq!(log.texts(), ["too large"]);
            assert_eq!(log.failures, [ErrorKind::BrokenPipe]);
        }
    });
}

#[test]
fn a_write_error_is_reported_when_nothing_can_be_read() {
    play!({
        let script = Script::new().write_fails(ErrorKind::BrokenPipe).blocks();
        let mut connection = Connection::new(script, Talk::default());
        wait!(connection.queue(&mut Talk::default(), &b"request"[..])).unwrap();
        let error = wait!(connection.ready()).unwrap_err();
        assert!(matches!(error, segue::driver::Error::Io(e) if e.kind() == ErrorKind::BrokenPipe));
        // Output that cannot be sent is not kept, and nothing more is accepted.
        assert!(!connection.wants_write());
        let error = wait!(connection.queue(&mut Talk::default(), &b"x"[..])).unwrap_err();
        assert!(matches!(error, SendError::Io(_)));
    });
}

#[test]
fn a_write_that_takes_nothing_is_an_error() {
    play!({
        let script = Script::new().takes(0);
        let mut connection = Connection::new(script, ());
        wait!(connection.queue(&mut Talk::default(), &b"x"[..])).unwrap();
        assert_eq!(wait!(connection.flush()).unwrap_err().kind(), ErrorKind::WriteZero);
    });
}

#[test]
fn a_failure_is_not_lost_in_a_hand_off() {
    play!({
        let stream = [record(b'e', b""), b"rest".to_vec()].concat();
        let script = Script::new().write_fails(ErrorKind::BrokenPipe).gives(stream);
        let options = Options::new().nonblocking(true).high_water(1);
        let handoff = Handoff::new(script, &[][..]);
        let mut connection =
            Connection::from_handoff(handoff, Talk::default()).with_options(options);
        wait!(connection.queue(&mut Talk::default(), &b"lost"[..])).unwrap();
        // It waits for room, which there is once sending has failed.
        let error = wait!(connection.turn()).map(|turn| turn.is_none()).unwrap_err();
        assert!(matches!(error, segue::driver::Error::Io(_)));
        assert_eq!(connection.hand_off(Edge::Carry).unwrap().read(), b"rest");
    });
}
