//! Combinations of two features that work by themselves.

use segue::{
    Cause, DecodeExt, Edge, Encode, Output,
    driver::{Options, SendError, Turn},
    length, separator,
};

use super::Connection;
use crate::{
    knock::Knock,
    script::Script,
    talk::{Mistake, Talk, messages, record},
};

fn open(script: &Script, high_water: usize) -> Connection<Script, Talk> {
    let options = Options::new().nonblocking(true).high_water(high_water).read_size(64);
    Connection::new(script.clone(), Talk::default()).with_options(options)
}

#[test]
fn what_was_read_with_an_item_in_hand_comes_before_what_a_flush_reads() {
    play!({
        let script = Script::new().gives(messages(["one"])).gives(messages(["two"])).blocks();
        let script = script.gives(messages(["three"])).blocks().gives(messages(["four"])).ends();
        let mut connection = open(&script.write_stalls(), 5);
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
            assert!(once!(output.room()).is_pending());
        }
        assert!(once!(connection.flush()).is_pending());
        assert!(once!(connection.queue(&mut Talk::default(), &b"x"[..])).is_pending());
        connection.io().goes_on();
        let log = listen!(connection);
        assert_eq!(
            (log.texts(), log.ended),
            (["two", "three", "four"].map(String::from).to_vec(), true)
        );
    });
}

#[test]
fn what_was_queued_before_a_split_is_sent_before_what_the_writer_sends() {
    play!({
        let script = Script::new().gives(b"hello\n").ends();
        let mut connection = Connection::new(script.clone(), ());
        // The last word of the handshake is still queued.
        assert_eq!(wait!(connection.exchange(&mut Knock::default())).unwrap(), "hello");
        assert!(connection.wants_write());
        let connection = connection.follow(|()| Talk::default()).unwrap();
        let (_reader, mut writer) = connection.split();
        wait!(writer.queue(&mut Talk::default(), &b"first"[..])).unwrap();
        wait!(writer.flush()).unwrap();
        let expected = [&b"knock\nthanks\n"[..], &messages(["first"])].concat();
        assert_eq!(
            script.written().escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
    });
}

/// Passes on what somebody else had half sent, and then refuses.
struct Forwards;

impl Encode<&[u8]> for Forwards {
    type Error = Mistake;

    fn encode(&mut self, payload: &[u8], output: &mut Output) -> Result<(), Mistake> {
        let mut other = Output::new();
        other.put(payload);
        other.put(b"rest");
        other.advance(payload.len());
        output.append(&mut other);
        Err(Mistake::Odd)
    }
}

#[test]
fn what_an_encoder_passed_on_and_then_refused_reaches_nobody() {
    play!({
        for round in 0..3 {
            let script = Script::new();
            let mut connection = open(&script, 1000);
            let refused = wait!(connection.queue(&mut Forwards, &b"long before"[..])).unwrap_err();
            assert!(matches!(refused, SendError::Refused(Mistake::Odd)));
            wait!(connection.flush()).unwrap();
            // The storage that the next connection of this thread begins with is clean as well.
            wait!(connection.queue(&mut Talk::default(), &[round; 3][..])).unwrap();
            wait!(connection.flush()).unwrap();
            assert_eq!(script.written(), record(b'm', &[round; 3]));
            assert_eq!(connection.held(), 0);
        }
    });
}

#[test]
fn what_a_caller_keeps_is_not_written_over_by_another_connection() {
    play!({
        let mut kept = Vec::new();
        for round in 0..20 {
            for length in [1, 1023, 1024, 4000, 16 * 1024 - 2, 40_000] {
                let payload = vec![round; length];
                let prefix = u16::try_from(length).unwrap().to_be_bytes();
                let script = Script::new().gives([&prefix[..], &payload].concat());
                let mut connection = Connection::new(script, length::u16_be());
                kept.push((wait!(connection.turn()).unwrap().unwrap().item.into_bytes(), payload));
                // It waits for the next one, and gives its memory back to the pool.
                assert!(once!(connection.turn()).is_pending());
                assert_eq!(connection.held(), 0);
            }
        }
        assert!(kept.iter().all(|(bytes, payload)| bytes == payload));
    });
}

#[test]
fn a_stage_that_follows_the_end_sees_the_end() {
    play!({
        let script = Script::new().gives(b"one\n").ends();
        let mut connection = Connection::new(script, separator::line().take(1));
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, "one");
        assert!(wait!(connection.turn()).unwrap().is_none());
        let mut connection = connection.follow(|_| separator::line()).unwrap();
        assert!(wait!(connection.turn()).unwrap().is_none());
        // It is known from now on, and goes along.
        let mut connection = connection.follow(|_| length::payload(3)).unwrap();
        let error = wait!(connection.turn()).unwrap_err();
        assert_eq!(error.fault().unwrap().cause, Cause::Truncated);
        let handoff = connection.hand_off(Edge::MustBeEmpty).unwrap();
        assert!(handoff.is_eof());
        let mut connection = Connection::from_handoff(handoff, length::u8());
        assert!(wait!(connection.turn()).unwrap().is_none());
    });
}

#[test]
fn a_transport_that_always_takes_a_little_less_holds_no_more_and_more() {
    play!({
        let script = Script::new();
        let mut connection = open(&script, 400);
        let mut most = 0;
        wait!(connection.queue(&mut Talk::default(), &[7; 8][..])).unwrap();
        for _ in 0..2000 {
            // There is always something left over when the next item comes.
            wait!(connection.queue(&mut Talk::default(), &[7; 88][..])).unwrap();
            let _ = script.clone().takes(90).write_stalls();
            assert!(once!(connection.flush()).is_pending());
            assert_eq!(connection.output().len(), 10);
            most = most.max(connection.held());
            script.goes_on();
        }
        assert!(most < 32 * 1024, "{most} bytes are held");
    });
}
