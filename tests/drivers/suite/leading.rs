//! Leftover as a transport: a connection over it is as one over the transport itself.

use segue::{
    Handoff, Output,
    driver::{Leading, Options, Turn},
};

use super::Connection;
use crate::{
    executor::with_each_patience,
    script::{Instead, Script},
    talk::{Talk, messages},
};

fn left(script: &Script, read: &[u8], unsent: &[u8], eof: bool) -> Leading<Script> {
    let mut output = Output::new();
    output.put(unsent);
    Handoff::from_parts(script.clone(), read.into(), output, eof).into()
}

#[test]
fn what_was_left_over_is_read_first() {
    play!({
        let stream = messages(["one", "two", "three"]);
        for cut in 0..=stream.len() {
            for read_size in [1, 4, 100] {
                let script = match &stream[cut..] {
                    [] => Script::new().ends(),
                    rest => Script::new().blocks().gives(rest).ends(),
                };
                let leading = left(&script, &stream[..cut], b"", false);
                let options = Options::new().read_size(read_size);
                let handoff = Handoff::new(leading, &[][..]);
                let mut connection =
                    Connection::from_handoff(handoff, Talk::default()).with_options(options);
                let log = listen!(connection);
                assert_eq!(log.texts(), ["one", "two", "three"]);
                assert!(connection.io().lead().is_empty());
            }
        }
    });
}

#[test]
fn what_is_read_is_counted_from_where_the_connection_left() {
    play!({
        let stream = messages(["one", "two"]);
        let script = Script::new().gives(&stream[4..]).ends();
        let handoff = Handoff::from_parts(script, stream[..4].into(), Output::new(), false);
        let leading = Leading::from(handoff.at_position(100));
        let mut connection = Connection::new(leading, Talk::default());
        let log = listen!(connection);
        assert_eq!(log.texts(), ["one", "two"]);
        let end = 100 + stream.len() as u64;
        assert_eq!(connection.io().position(), end);
        let (leading, ..) = connection.hand_off(segue::Edge::Carry).unwrap().into_parts();
        assert_eq!(leading.into_handoff().position(), end);
    });
}

#[test]
fn the_end_that_was_seen_is_the_end() {
    play!({
        let script = Script::new().gives(messages(["not to be read"]));
        let leading = left(&script, &messages(["one"]), b"", true);
        let mut connection = Connection::new(leading, Talk::default());
        let log = listen!(connection);
        assert_eq!((log.texts(), log.ended), (vec!["one".to_owned()], true));
        assert_eq!(script.reads(), []);
    });
}

fn sent(script: &Script) -> Vec<u8> {
    run!({
        let leading = left(script, b"", b"unsent", false);
        let mut connection = Connection::new(leading, ());
        for text in [&b"a"[..], b"b"] {
            wait!(connection.queue(&mut Talk::default(), text)).unwrap();
            wait!(connection.flush()).unwrap();
        }
        let (io, ..) = connection.hand_off(segue::Edge::Carry).unwrap().into_parts();
        assert!(io.unsent().is_empty());
        assert!(io.into_handoff().into_io().is_ok());
        script.written()
    })
}

#[test]
fn what_was_left_unsent_is_sent_first() {
    with_each_patience(|| {
        let expected = [b"unsent".to_vec(), messages(["a", "b"])].concat();
        let plain = Script::new().takes(2).write_blocks().takes(1);
        assert_eq!(sent(&plain), expected);
        for step in 0..plain.steps() {
            let script = Script::new().takes(2).write_blocks().takes(1);
            assert_eq!(sent(&script.at_step(step, Instead::Block)), expected);
        }
    });
}

#[test]
fn a_flush_alone_sends_what_was_left_unsent() {
    play!({
        let script = Script::new().gives(messages(["one"]));
        let mut connection = Connection::new(left(&script, b"", b"unsent", false), Talk::default());
        let Turn { item, .. } = wait!(connection.turn()).unwrap().unwrap();
        assert_eq!(item, b"one");
        // Nobody knows what the transport may hold back, so it is flushed once.
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(script.written(), b"unsent");
    });
}

#[test]
fn what_is_not_served_yet_goes_on() {
    play!({
        let script = Script::new();
        let leading = left(&script, &messages(["one", "two"]), b"unsent", true);
        let options = Options::new().read_size(5);
        let handoff = Handoff::new(leading, &[][..]);
        let mut connection =
            Connection::from_handoff(handoff, Talk::default()).with_options(options);
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"one");
        let (leading, ..) = connection.hand_off(segue::Edge::Carry).unwrap().into_parts();
        let shown = format!("{leading:?}");
        let handoff = leading.into_handoff();
        assert_eq!((handoff.read(), handoff.is_eof()), (&messages(["two"])[..], true));
        assert!(!shown.contains("two") && shown.contains("lead: 5"), "{shown}");
    });
}
