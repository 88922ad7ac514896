//! The memory of a connection while it waits.

use segue::{
    Handoff,
    driver::{Options, ReadPolicy, Turn},
    length,
};

use super::Connection;
use crate::{
    knock::Knock,
    script::Script,
    talk::{Talk, messages, record},
};

#[test]
fn nothing_is_held_while_nothing_is_half_read() {
    play!({
        let long = record(b'm', &[7; 250]);
        for policy in [ReadPolicy::ReadAhead, ReadPolicy::Exact, ReadPolicy::Peek] {
            for read_size in [1, 100, 1024, 16 * 1024] {
                let script = Script::new().gives(messages(["one", "two"])).gives(long.repeat(9));
                let options = Options::new().policy(policy).read_size(read_size);
                let handoff = Handoff::new(script, &[][..]);
                let mut connection = Connection::from_handoff(handoff, Talk::default())
                    .with_options(options)
                    .peeking();
                assert_eq!(connection.held(), 0);
                for _ in 0..11 {
                    let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
                    output.queue(&mut Talk::default(), item).unwrap();
                }
                assert!(connection.held() > 0);
                assert!(once!(connection.turn()).is_pending());
                assert_eq!(connection.held(), 0, "{policy:?}, {read_size}");
            }
        }
    });
}

#[test]
fn a_small_rest_is_held_in_little_memory() {
    play!({
        let stream = [messages(["one"]), record(b'm', &[7; 200])].concat();
        let script = Script::new().gives(&stream[..50]);
        let mut connection = Connection::new(script.clone(), Talk::default());
        assert!(wait!(connection.turn()).unwrap().is_some());
        assert!(once!(connection.turn()).is_pending());
        assert_eq!((connection.buffer().len(), connection.held()), (45, 45));
        let _ = script.gives(&stream[50..]);
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, [7; 200]);
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(connection.held(), 0);
    });
}

#[test]
fn a_rest_below_16_kib_is_held_in_at_most_twice_its_length() {
    play!({
        let lengths =
            [1, 2, 45, 511, 512, 513, 602, 1024, 1025, 4096, 8191, 8192, 8193, 12_000, 16_383];
        for (read_size, pieces) in [(16 * 1024, 1460), (16 * 1024, 20_000), (1000, 600), (64, 64)] {
            for length in lengths {
                let record = [&20_000_u16.to_be_bytes()[..], &[7; 20_000]].concat();
                let script = Script::new().gives_in_pieces(&record[..length], pieces);
                let options = Options::new().read_size(read_size).max_work(Some(usize::MAX));
                let mut connection =
                    Connection::new(script.clone(), length::u16_be()).with_options(options);
                for _ in 0..3 {
                    assert!(once!(connection.turn()).is_pending());
                    assert_eq!(connection.buffer().len(), length);
                    let held = connection.held();
                    assert!(held <= 2 * length, "{held} for {length} in reads of {read_size}");
                }
                let _ = script.gives_in_pieces(&record[length..], pieces);
                let payload = wait!(connection.turn()).unwrap().unwrap().item;
                assert_eq!(payload.as_slice(), &record[2..]);
                assert!(once!(connection.turn()).is_pending());
                assert_eq!(connection.held(), 0);
            }
        }
    });
}

#[test]
fn a_rest_is_held_in_little_while_the_buffer_grew_to_much_before() {
    play!({
        // Reads that fill a buffer have it grow, up to eight times its size.
        let record = [&1000_u16.to_be_bytes()[..], &[7; 1000]].concat();
        let stream = record.repeat(1000);
        let script = Script::new().gives(&stream).gives(&record[..602]);
        let mut connection = Connection::new(script, length::u16_be());
        for _ in 0..1000 {
            assert!(wait!(connection.turn()).unwrap().is_some());
        }
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(connection.buffer().len(), 602);
        assert!(connection.held() <= 1204, "{}", connection.held());
    });
}

#[test]
fn a_buffer_that_grew_is_given_back() {
    play!({
        let payload = vec![7; 60_000];
        let record = [&60_000u16.to_be_bytes()[..], &payload].concat();
        let script = Script::new().gives_in_pieces(&record, 1460);
        let mut connection = Connection::new(script, length::u16_be());
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item.as_slice(), payload);
        assert!(connection.held() >= 60_000);
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(connection.held(), 0);
    });
}

#[test]
fn what_was_handed_off_is_not_held_for_ever() {
    play!({
        let script = Script::new().gives([messages(["one"]), record(b'e', b"")].concat());
        let script = script.gives(b"\x00\x03two");
        let mut connection = Connection::new(script, Talk::default());
        assert!(wait!(connection.turn()).unwrap().is_some());
        assert!(wait!(connection.turn()).unwrap().is_none());
        let handoff = connection.hand_off(segue::Edge::Carry).unwrap();
        let mut connection = Connection::from_handoff(handoff, length::u16_be());
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item.as_slice(), b"two");
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(connection.held(), 0);
    });
}

#[test]
fn an_exchange_that_waits_holds_nothing() {
    play!({
        let mut connection = Connection::new(Script::new(), ());
        let mut knock = Knock::default();
        assert!(once!(connection.exchange(&mut knock)).is_pending());
        assert_eq!(connection.held(), 0);
    });
}

#[test]
fn who_only_sends_holds_nothing_once_it_is_sent() {
    play!({
        let mut connection = Connection::new(Script::new(), ());
        wait!(connection.queue(&mut Talk::default(), &b"one"[..])).unwrap();
        wait!(connection.flush()).unwrap();
        assert_eq!(connection.held(), 0);
    });
}

#[test]
fn a_flush_that_waits_holds_no_read_buffer() {
    play!({
        let mut connection = Connection::new(Script::new().write_stalls(), ());
        wait!(connection.queue(&mut Talk::default(), &b"one"[..])).unwrap();
        assert!(once!(connection.flush()).is_pending());
        assert_eq!(connection.buffer().capacity(), 0);
    });
}

#[test]
fn waiting_for_room_holds_nothing_afterwards() {
    play!({
        let script = Script::new().gives(messages(["one"])).write_stalls();
        let options = Options::new().high_water(5);
        let handoff = Handoff::new(script.clone(), &[][..]);
        let mut connection =
            Connection::from_handoff(handoff, Talk::default()).with_options(options);
        {
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
            // Reads on, and nothing comes.
            assert!(once!(output.room()).is_pending());
            script.goes_on();
            wait!(output.room()).unwrap();
        }
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(connection.held(), 0);
    });
}
