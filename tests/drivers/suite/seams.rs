//! Where two things that work by themselves meet.

use segue::{
    Encode, Handoff, Output,
    driver::{Options, SendError, Turn},
};

use super::Connection;
use crate::{
    knock::Knock,
    script::Script,
    talk::{Mistake, Talk, messages, record},
};

fn open(script: &Script, high_water: usize) -> Connection<Script, Talk> {
    let options = Options { high_water, read_size: 64, ..Options::default() };
    Connection::with_options(Handoff::new(script.clone(), &[][..]), Talk::default(), options)
}

#[test]
fn what_was_read_with_an_item_in_hand_comes_before_what_a_flush_reads() {
    play!({
        let script = Script::new().gives(messages(["one"])).gives(messages(["two"])).blocks();
        let script = script.gives(messages(["three"])).blocks().gives(messages(["four"])).ends();
        let mut connection = open(&script.write_stalls(), 5);
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.send(&mut Talk::default(), item).unwrap();
            assert!(once!(output.room()).is_pending());
        }
        assert!(once!(connection.flush()).is_pending());
        assert!(once!(connection.send(&mut Talk::default(), &b"x"[..])).is_pending());
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
        wait!(writer.send(&mut Talk::default(), &b"first"[..])).unwrap();
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
            let refused = wait!(connection.send(&mut Forwards, &b"long before"[..])).unwrap_err();
            assert!(matches!(refused, SendError::Refused(Mistake::Odd)));
            wait!(connection.flush()).unwrap();
            // What the next connection of this thread begins with is clean as well.
            wait!(connection.send(&mut Talk::default(), &[round; 3][..])).unwrap();
            wait!(connection.flush()).unwrap();
            assert_eq!(script.written(), record(b'm', &[round; 3]));
            assert_eq!(connection.held(), 0);
        }
    });
}
