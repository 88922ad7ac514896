//! Where two things that work by themselves meet.

use segue::{
    Handoff,
    driver::{Options, Turn},
};

use super::Connection;
use crate::{
    knock::Knock,
    script::Script,
    talk::{Talk, messages},
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
