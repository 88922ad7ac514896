//! The ends of connections.

use std::io::ErrorKind;

use segue::driver::{SendError, Turn};

use super::Connection;
use crate::{
    script::{Call, Event, Script, Stop},
    talk::{Talk, messages, record},
};

#[test]
fn a_close_sends_everything_and_drains_to_the_end() {
    play!({
        let script = Script::new().gives(messages(["one"])).gives(b"late").blocks().gives(b"x");
        let script = script.ends().takes(2).write_blocks().close_is(Stop::Block);
        let mut connection = Connection::new(script.clone(), Talk::default());
        wait!(connection.queue(&mut Talk::default(), &b"bye"[..])).unwrap();
        assert!(wait!(connection.close_unbounded(1000)).unwrap());
        assert_eq!(script.written(), messages(["bye"]));
        assert_eq!(script.count(Call::Close), 1);
        assert!(script.unread().is_empty());
        // First all of the output, then the end, and then nothing more is sent.
        let last_write =
            script.events().iter().rposition(|event| matches!(event, Event::Write { .. }));
        let close = script.events().iter().position(|event| matches!(event, Event::Close));
        assert!(last_write < close);
    });
}

#[test]
fn an_end_that_cannot_be_sent_yet_wants_to_be_written() {
    play!({
        let script = Script::new().close_is(Stop::Block);
        let mut connection = Connection::new(script.clone(), Talk::default());
        assert!(!connection.wants_write());
        assert!(once!(connection.close_write()).is_pending());
        assert!(connection.wants_write(), "a readiness loop would not come back");
        wait!(connection.close_write()).unwrap();
        assert!(!connection.wants_write());
    });
}

#[test]
fn an_answer_behind_the_end_is_no_failure_after_a_refused_item() {
    play!({
        let stream = [record(b'p', b"?"), messages(["one"])].concat();
        let script = Script::new().gives(stream).ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        wait!(connection.flush()).unwrap();
        let refused = wait!(connection.queue(&mut Talk::default(), &[0; 300][..]));
        assert!(matches!(refused, Err(SendError::Refused(_))));
        wait!(connection.close_write()).unwrap();
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"one");
        assert!(wait!(connection.turn()).unwrap().is_none());
        wait!(connection.flush()).unwrap();
        assert!(script.written().is_empty());
    });
}

#[test]
fn a_close_drains_up_to_a_limit() {
    play!({
        for limit in [0, 1, 100] {
            let script = Script::new().gives_in_pieces([b'm'; 1000], 10);
            let mut connection = Connection::new(script.clone(), Talk::default());
            assert!(!wait!(connection.close_unbounded(limit)).unwrap());
            assert_eq!(script.unread().len() as u64, 1000 - limit.next_multiple_of(10));
        }
    });
}

#[test]
fn the_limit_holds_however_often_a_close_is_tried() {
    play!({
        let mut script = Script::new();
        for _ in 0..100 {
            script = script.gives([b'm'; 10]).blocks();
        }
        let mut connection = Connection::new(script.clone(), Talk::default());
        assert!(!wait!(connection.close_unbounded(50)).unwrap());
        assert_eq!(script.unread().len(), 950);
    });
}

#[test]
fn a_connection_that_waits_for_the_end_holds_nothing() {
    play!({
        let script = Script::new().gives(b"late");
        let mut connection = Connection::new(script, Talk::default());
        wait!(connection.queue(&mut Talk::default(), &b"bye"[..])).unwrap();
        assert!(once!(connection.close_unbounded(1000)).is_pending());
        assert_eq!(connection.held(), 0);
    });
}

#[test]
fn what_is_drained_reaches_no_stage() {
    play!({
        // Half a record is drained; what follows is not the beginning of one.
        let script = Script::new().gives(messages(["one"])).blocks().gives(b"m\x05m\x01x");
        let mut connection = Connection::new(script, Talk::default());
        assert!(wait!(connection.ready()).unwrap());
        assert!(!wait!(connection.close_unbounded(7)).unwrap());
        assert!(connection.take().is_none());
        assert!(wait!(connection.turn()).is_err());
    });
}

#[test]
fn nothing_is_sent_behind_the_end_and_reading_goes_on() {
    play!({
        let script = Script::new().gives(messages(["one"])).gives(record(b'p', b"?"));
        let script = script.blocks().gives(messages(["two"])).ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        wait!(connection.queue(&mut Talk::default(), &b"bye"[..])).unwrap();
        wait!(connection.close_write()).unwrap();
        wait!(connection.close_write()).unwrap();
        let refused = wait!(connection.queue(&mut Talk::default(), &b"more"[..])).unwrap_err();
        assert!(matches!(refused, SendError::Closed));
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            assert_eq!(item, b"one");
            let refused = output.queue(&mut Talk::default(), item).unwrap_err();
            assert!(matches!(refused, SendError::Closed));
        }
        // An answer that the stage gives by itself is dropped, and does no harm.
        let log = listen!(connection);
        assert_eq!((log.texts(), log.ended), (vec!["two".to_owned()], true));
        assert!(log.failures.is_empty());
        assert!(!connection.wants_write());
        assert_eq!(script.written(), messages(["bye"]));
        assert_eq!(script.count(Call::Close), 1);
    });
}

#[test]
fn a_close_that_has_begun_is_not_written_behind() {
    play!({
        // The close is under way when a ping comes.
        let script = Script::new().gives(record(b'p', b"?")).ends().close_is(Stop::Quiet);
        let mut connection = Connection::new(script.clone(), Talk::default());
        assert!(once!(connection.close_write()).is_pending());
        let log = listen!(connection);
        assert!(log.ended && log.failures.is_empty());
        script.goes_on();
        wait!(connection.close_write()).unwrap();
        assert_eq!((script.written(), script.count(Call::Close)), (Vec::new(), 1));
    });
}

#[test]
fn a_close_reports_why_it_could_not_send() {
    play!({
        let script = Script::new().write_fails(ErrorKind::BrokenPipe).ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        wait!(connection.queue(&mut Talk::default(), &b"bye"[..])).unwrap();
        let error = wait!(connection.close_unbounded(10)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);

        let script = Script::new().close_is(Stop::Error(ErrorKind::NotConnected)).ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        let error = wait!(connection.close_unbounded(10)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotConnected);
    });
}
