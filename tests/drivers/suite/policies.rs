//! The extent of reading under each policy, by the script's record.

use std::{convert::Infallible, io::ErrorKind};

use segue::{
    Buffer, Edge, Exchange, Fault, Handoff, Need, Output, Progress,
    driver::{Error, Options, ReadPolicy},
    length, separator,
};

use super::Connection;
use crate::{
    script::{Call, Event, Script},
    talk::{Look, Talk, messages},
};

fn options(policy: ReadPolicy) -> Options {
    Options::new().policy(policy)
}

/// A head of 325 bytes.
fn head() -> Vec<u8> {
    let mut head = b"GET / HTTP/1.1\r\n".to_vec();
    head.extend_from_slice(format!("cookie: {}\r\n\r\n", "c".repeat(325 - 16 - 12)).as_bytes());
    assert_eq!(head.len(), 325);
    head
}

#[test]
fn reading_ahead_takes_what_there_is() {
    play!({
        let stream = messages(["one", "two"]);
        let script = Script::new().gives(&stream).ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        assert!(wait!(connection.turn()).unwrap().is_some());
        assert_eq!(script.reads(), [(16 * 1024, stream.len())]);
        assert_eq!(connection.buffer().as_slice(), messages(["two"]));
    });
}

#[test]
fn exact_reads_by_length_take_the_header_and_then_the_rest() {
    play!({
        let script = Script::new().gives(b"\x00\x05hello\x00\x00\x00\x03you and the next");
        let handoff = Handoff::new(script.clone(), &[][..]);
        let stage = length::u16_be();
        let mut connection =
            Connection::from_handoff(handoff, stage).with_options(options(ReadPolicy::Exact));
        for expected in ["hello", "", "you"] {
            let turn = wait!(connection.turn()).unwrap().unwrap();
            assert_eq!(turn.item.as_slice(), expected.as_bytes());
        }
        assert_eq!(script.reads(), [(2, 2), (5, 5), (2, 2), (2, 2), (3, 3)]);
        let io = connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().unwrap();
        assert_eq!(io.unread(), b" and the next");
    });
}

#[test]
fn exact_reads_by_separator_take_a_byte_at_a_time() {
    play!({
        let script = Script::new().gives(b"one\r\ntwo\nrest");
        let handoff = Handoff::new(script.clone(), &[][..]);
        let mut connection = Connection::from_handoff(handoff, separator::line())
            .with_options(options(ReadPolicy::Exact));
        for expected in ["one", "two"] {
            let turn = wait!(connection.turn()).unwrap().unwrap();
            assert_eq!(turn.item.as_slice(), expected.as_bytes());
        }
        assert_eq!(script.reads(), [(1, 1); 9]);
        assert_eq!(script.unread(), b"rest");
    });
}

#[test]
fn a_look_ahead_is_refused_where_nothing_can_be_peeked() {
    play!({
        let script = Script::new().gives(b"abcdef");
        let handoff = Handoff::new(script.clone(), &[][..]);
        let mut connection = Connection::from_handoff(handoff, Look { bytes: 4 })
            .with_options(options(ReadPolicy::Exact));
        for _ in 0..2 {
            let error = wait!(connection.turn()).unwrap_err();
            assert!(matches!(error, Error::Io(error) if error.kind() == ErrorKind::Unsupported));
        }
        assert_eq!(script.unread(), b"abcdef");
        // Reading ahead was not refused, and goes on from here.
        connection.options_mut().policy = ReadPolicy::ReadAhead;
        assert!(wait!(connection.turn()).unwrap().is_none());
        assert_eq!(connection.hand_off(Edge::Carry).unwrap().read(), b"abcdef");
    });
}

#[test]
fn peeking_is_refused_where_nothing_can_be_peeked() {
    play!({
        let handoff = Handoff::new(Script::new().gives(head()), &[][..]);
        let mut connection = Connection::from_handoff(handoff, separator::line())
            .with_options(options(ReadPolicy::Peek));
        let error = wait!(connection.turn()).unwrap_err();
        assert!(matches!(error, Error::Io(error) if error.kind() == ErrorKind::Unsupported));
    });
}

#[test]
fn a_look_ahead_takes_nothing_out_of_the_kernel() {
    play!({
        for policy in [ReadPolicy::Exact, ReadPolicy::Peek] {
            let script = Script::new().blocks().gives(b"abcdef");
            let handoff = Handoff::new(script.clone(), &[][..]);
            let mut connection = Connection::from_handoff(handoff, Look { bytes: 4 })
                .with_options(options(policy))
                .peeking();
            assert!(wait!(connection.turn()).unwrap().is_none());
            assert!(wait!(connection.turn()).unwrap().is_none());
            assert_eq!((script.count(Call::Peek), script.count(Call::Read)), (1, 0));
            // The next stage has it all, and takes only what is its own.
            let mut connection = connection.follow(|_| length::payload(5)).unwrap();
            assert_eq!(wait!(connection.turn()).unwrap().unwrap().item.as_slice(), b"abcde");
            assert!(wait!(connection.turn()).unwrap().is_none());
            assert_eq!(script.unread(), b"f");
        }
    });
}

#[test]
fn what_has_to_be_waited_behind_is_taken_and_carried() {
    play!({
        for policy in [ReadPolicy::Exact, ReadPolicy::Peek] {
            let script = Script::new().gives(b"ab").blocks().gives(b"cdef");
            let handoff = Handoff::new(script.clone(), &[][..]);
            let mut connection = Connection::from_handoff(handoff, Look { bytes: 4 })
                .with_options(options(policy))
                .peeking();
            assert!(wait!(connection.turn()).unwrap().is_none());
            let handoff = connection.hand_off(Edge::Carry).unwrap();
            assert_eq!((handoff.read(), &script.unread()[..]), (&b"ab"[..], &b"cdef"[..]));
            // The same look was not had over and over.
            assert!(script.steps() <= 5, "{:?}", script.events());
        }
    });
}

#[test]
fn a_head_is_peeked_and_taken_in_two_calls() {
    play!({
        let script = Script::new().gives([&head()[..], b"\x81\x02hi"].concat());
        let handoff = Handoff::new(script.clone(), &[][..]);
        let stage = separator::bytes(b"\r\n\r\n");
        let mut connection = Connection::from_handoff(handoff, stage)
            .with_options(options(ReadPolicy::Peek))
            .peeking();
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item.len(), 321);
        assert_eq!(script.reads(), [(325, 325)]);
        assert_eq!(script.count(Call::Peek), 1);
        let io = connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().unwrap();
        assert_eq!(io.unread(), b"\x81\x02hi");
    });
}

/// Ten bytes. It says what it needs, and not what belongs to it in what is shown.
struct Ten;

impl Exchange for Ten {
    type Output = Vec<u8>;
    type Error = Infallible;

    fn advance(
        &mut self,
        input: &mut Buffer,
        _: bool,
        _: &mut Output,
    ) -> Result<Progress<Vec<u8>>, Fault<Infallible>> {
        Ok(match 10_usize.saturating_sub(input.len()) {
            0 => Progress::Done(input.take(10).to_vec()),
            missing => Progress::NeedRead(Need::exactly(missing)),
        })
    }
}

#[test]
fn an_exchange_is_given_what_it_claims() {
    play!({
        for policy in [ReadPolicy::Exact, ReadPolicy::Peek] {
            let script = Script::new().gives(b"0123").gives(b"456789 and the rest");
            let handoff = Handoff::new(script.clone(), &[][..]);
            let mut connection =
                Connection::from_handoff(handoff, ()).with_options(options(policy)).peeking();
            assert_eq!(wait!(connection.exchange(&mut Ten)).unwrap(), b"0123456789");
            assert_eq!(script.count(Call::Read), 2);
            assert_eq!(script.unread(), b" and the rest");
        }
    });
}

#[test]
fn a_head_that_dribbles_is_peeked_and_taken_as_it_comes() {
    play!({
        let stream = [&head()[..], b"\x81\x02hi"].concat();
        for (size, most) in [(1, 1), (100, usize::MAX), (100, 7), (329, 1)] {
            let script = Script::new().gives_in_pieces(&stream, size).reads_at_most(most);
            let handoff = Handoff::new(script.clone(), &[][..]);
            let stage = separator::bytes(b"\r\n\r\n");
            let mut connection = Connection::from_handoff(handoff, stage)
                .with_options(options(ReadPolicy::Peek))
                .peeking();
            assert_eq!(wait!(connection.turn()).unwrap().unwrap().item.len(), 321);
            let pieces = 325_usize.div_ceil(size);
            assert_eq!(script.count(Call::Peek), pieces);
            if most >= size {
                assert_eq!(script.count(Call::Read), pieces);
            }
            assert_eq!(script.unread(), b"\x81\x02hi");
        }
    });
}

#[test]
fn the_end_is_seen_by_a_peek() {
    play!({
        let script = Script::new().gives(messages(["one"])).ends();
        let handoff = Handoff::new(script.clone(), &[][..]);
        let mut connection = Connection::from_handoff(handoff, Talk::default())
            .with_options(options(ReadPolicy::Peek))
            .peeking();
        let log = listen!(connection);
        assert_eq!(log.texts(), ["one"]);
        assert!(log.ended);
        assert!(script.events().contains(&Event::Peek { asked: 16 * 1024, given: 0 }));
    });
}

#[test]
fn the_policy_can_be_changed_on_the_way() {
    play!({
        let stream = messages(["one", "two", "three"]);
        let script = Script::new().gives(&stream).reads_at_most(1);
        let handoff = Handoff::new(script.clone(), &[][..]);
        let mut connection = Connection::from_handoff(handoff, Talk::default())
            .with_options(options(ReadPolicy::Peek))
            .peeking();
        for (policy, item) in [
            (ReadPolicy::Peek, "one"),
            (ReadPolicy::Exact, "two"),
            (ReadPolicy::ReadAhead, "three"),
        ] {
            connection.options_mut().policy = policy;
            assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, item.as_bytes());
        }
    });
}
