//! From stage to stage, and out of the toolkit.

use std::io::ErrorKind;

use segue::{
    Edge, Handoff, Output,
    driver::{Options, Turn},
    length, separator,
};

use super::Connection;
use crate::{
    script::Script,
    talk::{Talk, messages, record},
};

/// A stage, and one that follows it, and one that follows that, glued together.
fn glued() -> (Vec<u8>, usize) {
    let first = [messages(["one"]), record(b'e', b"")].concat();
    ([&first[..], b"\x00\x03two\x00\x00", b"three\r\nfour"].concat(), first.len())
}

#[test]
fn leftover_reaches_the_next_stage_and_the_one_after() {
    play!({
        let (stream, _) = glued();
        for cut in 1..stream.len() {
            for size in [1, 3, 16 * 1024] {
                let script = Script::new().gives(&stream[..cut]).blocks().gives(&stream[cut..]);
                let options = Options::new().read_size(size);
                let handoff = Handoff::new(script.ends(), &[][..]);
                let mut connection =
                    Connection::from_handoff(handoff, Talk::default()).with_options(options);
                assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"one");
                assert!(wait!(connection.turn()).unwrap().is_none());

                let mut connection = connection.follow(|_| length::u16_be()).unwrap();
                assert_eq!(connection.position(), 7);
                for expected in [&b"two"[..], b""] {
                    assert_eq!(
                        wait!(connection.turn()).unwrap().unwrap().item.as_slice(),
                        expected
                    );
                }
                // This stage is never over by itself; who goes on nevertheless leaves first.
                let handoff = connection.hand_off(Edge::Carry).unwrap();
                assert_eq!(handoff.position(), 14);
                let mut connection =
                    Connection::from_handoff(handoff, separator::line().last_unterminated());
                assert_eq!(connection.position(), 14);
                for expected in [&b"three"[..], b"four"] {
                    assert_eq!(
                        wait!(connection.turn()).unwrap().unwrap().item.as_slice(),
                        expected
                    );
                }
                assert!(wait!(connection.turn()).unwrap().is_none());
            }
        }
    });
}

#[test]
fn a_stage_that_is_not_done_is_not_followed() {
    play!({
        let (stream, end) = glued();
        let script = Script::new().gives(&stream);
        let mut connection = Connection::new(script, Talk::default());
        // Before anything was read.
        connection = connection.follow(|_| length::u16_be()).unwrap_err().into_connection();
        // While an item is ready.
        assert!(wait!(connection.ready()).unwrap());
        connection = connection.follow(|_| length::u16_be()).unwrap_err().into_connection();
        // Behind it, in front of the end. The connection is as it was.
        assert_eq!(connection.take().unwrap().unwrap(), b"one");
        let refused = connection.follow(|_| length::u16_be()).unwrap_err();
        assert_eq!(format!("{refused:?}"), "Refused(\"the stage is not done\")");
        let error = std::io::Error::from(refused);
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);

        let mut connection = Connection::new(Script::new().gives(&stream), Talk::default());
        assert!(wait!(connection.turn()).unwrap().is_some());
        assert!(wait!(connection.turn()).unwrap().is_none());
        let connection = connection.follow(|_| length::u16_be()).unwrap();
        assert_eq!(connection.buffer().as_slice(), &stream[end..]);
    });
}

#[test]
fn an_edge_that_must_be_empty_is() {
    play!({
        let (stream, end) = glued();
        let mut connection = Connection::new(Script::new().gives(&stream), Talk::default());
        assert!(wait!(connection.turn()).unwrap().is_some());
        assert!(wait!(connection.turn()).unwrap().is_none());
        let refused = connection.hand_off(Edge::MustBeEmpty).unwrap_err();
        assert_eq!(refused.to_string(), "received bytes would cross the edge");
        // The peer can be told.
        let mut connection = refused.into_connection();
        wait!(connection.queue(&mut Talk::default(), &b"no"[..])).unwrap();
        wait!(connection.flush()).unwrap();
        assert_eq!(connection.io().written(), messages(["no"]));

        let script = Script::new().gives(&stream[..end]);
        let mut connection = Connection::new(script, Talk::default());
        assert!(wait!(connection.turn()).unwrap().is_some());
        assert!(wait!(connection.turn()).unwrap().is_none());
        wait!(connection.queue(&mut Talk::default(), &b"unsent"[..])).unwrap();
        let refused = connection.hand_off(Edge::MustBeEmpty).unwrap_err();
        assert_eq!(refused.to_string(), "unsent bytes would cross the edge");
        let mut connection = refused.into_connection();
        wait!(connection.flush()).unwrap();
        assert!(connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().is_ok());
    });
}

#[test]
fn bytes_are_dropped_by_name_only() {
    play!({
        let (stream, end) = glued();
        for edge in [Edge::Carry, Edge::Discard] {
            let mut connection = Connection::new(Script::new().gives(&stream), Talk::default());
            assert!(wait!(connection.turn()).unwrap().is_some());
            assert!(wait!(connection.turn()).unwrap().is_none());
            wait!(connection.queue(&mut Talk::default(), &b"unsent"[..])).unwrap();
            let handoff = connection.hand_off(edge).unwrap();
            if edge == Edge::Discard {
                assert!(handoff.read().is_empty() && handoff.unsent().is_empty());
                assert!(handoff.into_io().is_ok());
            } else {
                let handoff = handoff.into_io().unwrap_err();
                let (_, read, write, eof) = handoff.into_parts();
                assert_eq!((&read[..], eof), (&stream[end..], false));
                assert_eq!(write.to_vec(), messages(["unsent"]));
            }
        }
    });
}

#[test]
fn a_read_that_failed_behind_the_end_is_told() {
    play!({
        let script = Script::new().gives([messages(["one"]), record(b'e', b"")].concat());
        let script = script.fails(ErrorKind::ConnectionReset).write_stalls();
        let options = Options::new().nonblocking(true);
        let mut connection = Connection::new(script.clone(), Talk::default()).with_options(options);
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
        }
        // It reads on while it sends.
        assert!(once!(connection.turn()).is_pending());
        script.goes_on();
        assert!(wait!(connection.turn()).unwrap().is_none());
        let refused = connection.hand_off(Edge::Carry).unwrap_err();
        assert_eq!(refused.failure().unwrap().kind(), ErrorKind::ConnectionReset);
        assert!(std::error::Error::source(&refused).is_some());
        let handoff = refused.into_connection().hand_off(Edge::Carry).unwrap();
        assert_eq!(handoff.into_io().unwrap().written(), messages(["one"]));
    });
}

#[test]
fn a_transport_alone_is_refused_while_anything_is_left() {
    play!({
        let mut unsent = Output::new();
        unsent.put(b"x");
        let handoffs = [
            Handoff::from_parts(Script::new(), b"x"[..].into(), Output::new(), false),
            Handoff::from_parts(Script::new(), b""[..].into(), unsent, false),
            Handoff::from_parts(Script::new(), b""[..].into(), Output::new(), true),
        ];
        for handoff in handoffs {
            // And so it is when it went through a connection.
            let connection = Connection::from_handoff(handoff.into_io().unwrap_err(), ());
            assert!(connection.hand_off(Edge::Carry).unwrap().into_io().is_err());
        }
    });
}

#[test]
fn what_another_has_left_comes_first() {
    play!({
        let mut unsent = Output::new();
        unsent.put(b"unsent");
        let (stream, _) = glued();
        for cut in 0..=7 {
            let script = Script::new().gives(&stream[cut..]);
            let handoff = Handoff::from_parts(
                script,
                stream[..cut].into(),
                std::mem::take(&mut unsent),
                false,
            );
            let mut connection = Connection::from_handoff(handoff, Talk::default());
            assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"one");
            assert!(wait!(connection.turn()).unwrap().is_none());
            let expected = if cut == 0 { &b"unsent"[..] } else { b"" };
            assert_eq!(connection.io().written(), expected);
        }
    });
}
