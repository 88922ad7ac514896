//! Connections above the high-water mark.

use std::{io::ErrorKind, task::Poll};

use segue::{
    Edge,
    driver::{Options, SendError, Turn},
};

use super::Connection;
use crate::{
    script::{Call, Script},
    talk::{Talk, messages, record},
};

fn options(high_water: usize) -> Options {
    Options::new().nonblocking(true).high_water(high_water).read_size(64)
}

fn open(script: &Script, options: Options) -> Connection<Script, Talk> {
    Connection::new(script.clone(), Talk::default()).with_options(options)
}

#[test]
fn what_is_buffered_is_delivered_at_any_level_and_nothing_is_read_above_twice_the_mark() {
    play!({
        let script = Script::new().gives(messages(["one", "two", "three"])).gives(b"m");
        let script = script.blocks().ends().write_stalls();
        let mut connection = open(&script, options(5).max_read_ahead(0));
        for expected in ["one", "two", "three"] {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            assert_eq!(item, expected.as_bytes());
            // The mark is soft: an item is never refused for want of room.
            output.queue(&mut Talk::default(), item).unwrap();
            assert!(!output.has_room());
        }
        for _ in 0..3 {
            assert!(once!(connection.turn()).is_pending());
            assert!(once!(connection.ready()).is_pending());
        }
        assert!(connection.take().is_none());
        assert_eq!(script.unread(), b"m", "nothing is read for one that takes no answers");
        script.goes_on();
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(script.written(), messages(["one", "two", "three"]));
        assert_eq!(connection.buffer().as_slice(), b"m");
    });
}

#[test]
fn two_that_have_each_queued_much_are_read_for() {
    play!({
        // Far more than is read ahead, and an answer that the caller did not wait for.
        let large = [b'x'; 100];
        let script =
            Script::new().gives_in_pieces(messages([&"x".repeat(100)[..], "y"]), 7).write_stalls();
        let mut connection = open(&script, options(5).max_read_ahead(10));
        wait!(connection.queue(&mut Talk::default(), &large[..])).unwrap();
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, &large[..]);
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"y");
        assert_eq!(connection.output().len(), 102);
        script.goes_on();
    });
}

#[test]
fn one_that_begins_with_much_to_send_is_read_for() {
    play!({
        let large = [b'x'; 100];
        let script = Script::new().gives(messages(["y"])).write_stalls();
        let options = options(5).max_read_ahead(0);
        let mut connection = open(&script, options);
        wait!(connection.queue(&mut Talk::default(), &large[..])).unwrap();
        let handoff = connection.hand_off(Edge::Carry).unwrap();
        let mut connection =
            Connection::from_handoff(handoff, Talk::default()).with_options(options);
        assert_eq!(once!(connection.ready()).map(Result::unwrap), Poll::Ready(true));
        script.goes_on();
    });
}

#[test]
fn one_that_is_whole_again_with_much_to_send_is_read_for() {
    play!({
        let large = [b'x'; 100];
        let script = Script::new().gives(messages(["y"])).write_stalls();
        let (reader, mut writer) = open(&script, options(5).max_read_ahead(0)).split();
        wait!(writer.queue(&mut Talk::default(), &large[..])).unwrap();
        assert!(once!(writer.flush()).is_pending());
        let Ok(mut connection) = reader.unsplit(writer) else { panic!("of one connection") };
        assert_eq!(once!(connection.ready()).map(Result::unwrap), Poll::Ready(true));
        script.goes_on();
    });
}

#[test]
fn answers_that_nobody_takes_do_not_pile_up() {
    play!({
        let pings = record(b'p', b"0123456789").repeat(1000);
        let script = Script::new().gives(&pings).gives(messages(["one"])).ends().write_stalls();
        let options = options(100).max_read_ahead(1000);
        let mut connection = open(&script, options);
        for _ in 0..10 {
            assert!(once!(connection.turn()).is_pending());
            assert!(connection.output().len() < 2 * 100 + 12, "{}", connection.output().len());
            assert!(connection.buffer().len() <= 1000, "{}", connection.buffer().len());
        }
        script.goes_on();
        let log = listen!(connection);
        assert_eq!((log.texts(), log.ended), (vec!["one".to_owned()], true));
        assert_eq!(script.written(), record(b'o', b"0123456789").repeat(1000));
    });
}

#[test]
fn a_send_waits_for_room_and_can_be_given_up() {
    play!({
        let script = Script::new().write_stalls();
        let mut connection = open(&script, options(5));
        wait!(connection.queue(&mut Talk::default(), &b"one"[..])).unwrap();
        for _ in 0..3 {
            assert!(once!(connection.queue(&mut Talk::default(), &b"two"[..])).is_pending());
            assert_eq!(connection.output().len(), 5);
        }
        script.goes_on();
        // The one that was given up is not sent.
        wait!(connection.queue(&mut Talk::default(), &b"three"[..])).unwrap();
        wait!(connection.flush()).unwrap();
        assert_eq!(script.written(), messages(["one", "three"]));
    });
}

#[test]
fn a_send_that_waits_reads_on() {
    play!({
        let script = Script::new().gives(messages(["one", "two"])).ends().write_stalls();
        let mut connection = open(&script, options(5));
        wait!(connection.queue(&mut Talk::default(), &b"out"[..])).unwrap();
        assert!(once!(connection.queue(&mut Talk::default(), &b"x"[..])).is_pending());
        assert_eq!(connection.buffer().as_slice(), messages(["one", "two"]));
        script.goes_on();
        wait!(connection.queue(&mut Talk::default(), &b"x"[..])).unwrap();
        let log = listen!(connection);
        assert_eq!((log.texts().len(), log.ended), (2, true));
        assert_eq!(script.written(), messages(["out", "x"]));
    });
}

#[test]
fn waiting_for_room_reads_on_with_the_item_in_hand() {
    play!({
        let late = messages(["three", "four"]);
        let script = Script::new()
            .gives(messages(["one", "two"]))
            .gives(&late[..3])
            .blocks()
            .gives(&late[3..])
            .ends()
            .write_stalls();
        let mut connection = open(&script, options(5));
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
            for _ in 0..5 {
                assert!(once!(output.room()).is_pending());
            }
            // Everything has been read by now, and the item is still there.
            assert!(script.unread().is_empty());
            script.goes_on();
            wait!(output.room()).unwrap();
            assert!(output.has_room());
            output.queue(&mut Talk::default(), item).unwrap();
        }
        let log = listen!(connection);
        assert_eq!(
            (log.texts(), log.ended),
            (["two", "three", "four"].map(String::from).to_vec(), true)
        );
        assert_eq!(script.written(), messages(["one", "one"]));
    });
}

#[test]
fn what_was_read_with_an_item_in_hand_comes_before_what_is_read_later() {
    play!({
        let script = Script::new().gives(messages(["one"])).gives(messages(["two"])).blocks();
        let script = script.gives(messages(["three"])).ends().write_stalls();
        let mut connection = open(&script, options(5));
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
            assert!(once!(output.room()).is_pending());
        }
        // Now a flush reads on, or a send that waits for room, before anybody asks for an item.
        for _ in 0..3 {
            assert!(once!(connection.queue(&mut Talk::default(), &b"x"[..])).is_pending());
            assert!(once!(connection.flush()).is_pending());
        }
        assert!(script.unread().is_empty());
        script.goes_on();
        let log = listen!(connection);
        assert_eq!((log.texts(), log.ended), (["two", "three"].map(String::from).to_vec(), true));
    });
}

#[test]
fn what_was_read_with_an_item_in_hand_is_handed_off() {
    play!({
        let script = Script::new().gives(messages(["one"])).gives(b"and").gives(b" the rest");
        let script = script.ends().write_stalls();
        let mut connection = open(&script, options(5));
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
            for _ in 0..5 {
                assert!(once!(output.room()).is_pending());
            }
        }
        // It counts as held: the answer's memory, the item's, and that.
        assert!(connection.held() >= connection.output().capacity() + 64 + 12);
        let refused = connection.hand_off(Edge::MustBeEmpty).unwrap_err();
        assert_eq!(refused.to_string(), "received bytes would cross the edge");
        let handoff = refused.into_connection().hand_off(Edge::Carry).unwrap();
        assert_eq!((handoff.read(), handoff.is_eof()), (&b"and the rest"[..], true));
        assert_eq!(handoff.unsent().to_vec(), messages(["one"]));
    });
}

#[test]
fn what_went_wrong_while_waiting_is_reported_behind_what_came_before() {
    play!({
        let script = Script::new().gives(messages(["one"])).gives(messages(["two"]));
        let script = script.fails(ErrorKind::ConnectionReset).gives(messages(["three"])).ends();
        let mut connection = open(&script.clone().write_stalls(), options(5));
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
            assert!(once!(output.room()).is_pending());
            script.goes_on();
            wait!(output.room()).unwrap();
        }
        let log = listen!(connection);
        assert_eq!(log.texts(), ["two", "three"]);
        assert_eq!(log.failures, [ErrorKind::ConnectionReset]);
    });
}

#[test]
fn reading_on_has_a_limit() {
    play!({
        let limit = 1000;
        let script = Script::new().gives(messages(["x"]).repeat(10_000)).write_stalls();
        let options = options(5).max_read_ahead(limit);
        let mut connection = open(&script, options);
        // However many items are held while there is no room.
        for _ in 0..20 {
            {
                let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
                output.queue(&mut Talk::default(), &[item; 9].concat()[..]).unwrap();
                for _ in 0..3 {
                    assert!(once!(output.room()).is_pending());
                }
                script.goes_on();
                wait!(output.room()).unwrap();
            }
            assert!(connection.buffer().len() <= limit + 64, "{}", connection.buffer().len());
            let _ = script.clone().write_stalls();
        }
        // Flushing has the same one.
        wait!(connection.queue(&mut Talk::default(), &b"one"[..])).unwrap();
        assert!(once!(connection.flush()).is_pending());
        assert!(connection.buffer().len() <= limit + 64);
    });
}

#[test]
fn a_failure_to_send_makes_room_and_is_reported() {
    play!({
        let script = Script::new().gives(messages(["one", "two"])).ends();
        let mut connection = open(&script.clone().write_fails(ErrorKind::BrokenPipe), options(5));
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
            let error = wait!(output.room()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
            let refused = output.queue(&mut Talk::default(), item).unwrap_err();
            assert!(matches!(refused, SendError::Io(_)));
        }
        // It does not hide items that can still be read.
        let log = listen!(connection);
        assert_eq!((log.texts(), log.ended), (vec!["two".to_owned()], true));
    });
}

#[test]
fn the_end_is_noticed_while_waiting_for_room() {
    play!({
        let script = Script::new().gives(messages(["one"])).ends().write_stalls();
        let mut connection = open(&script, options(5));
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
            for _ in 0..3 {
                assert!(once!(output.room()).is_pending());
            }
            script.goes_on();
            wait!(output.room()).unwrap();
        }
        let reads = script.count(Call::Read);
        assert!(wait!(connection.turn()).unwrap().is_none());
        // Nobody asks again behind the end.
        assert_eq!(script.count(Call::Read), reads);
    });
}
