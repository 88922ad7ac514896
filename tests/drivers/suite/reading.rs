//! Reading: the items are the same however the bytes come.

use segue::{
    Cause, Edge, Handoff,
    driver::{Options, ReadPolicy, Turn},
    length, separator,
};

use super::{Connection, Log};
use crate::{
    script::Script,
    talk::{Mistake, Overreaches, Talk, messages, record},
};

/// Something of everything, up to the end of the stage and beyond.
fn everything() -> Vec<u8> {
    [
        messages(["one", ""]),
        record(b'p', b"?"),
        record(b'-', b"padding"),
        b"z\x02".to_vec(),
        record(b'?', b"odd"),
        record(b'a', b"unwelcome"),
        messages(["three"]),
        record(b'e', b""),
        b"and the rest".to_vec(),
    ]
    .concat()
}

fn heard(script: &Script, options: Options) -> (Log, Vec<u8>) {
    run!({
        let handoff = Handoff::new(script.clone(), &[][..]);
        let mut connection =
            Connection::from_handoff(handoff, Talk::default()).with_options(options);
        let log = echo!(connection);
        let rest = connection.hand_off(Edge::Carry).unwrap().read().to_vec();
        (log, [rest, script.unread()].concat())
    })
}

#[test]
fn cuts_do_not_matter() {
    crate::executor::with_each_patience(|| {
        let stream = everything();
        let whole = Script::new().gives(&stream);
        let expected = heard(&whole, Options::default());
        assert_eq!(expected.0.texts(), ["one", "", "", "", "", "three"]);
        assert_eq!(expected.0.causes(), [Mistake::Odd, Mistake::Unwelcome].map(Cause::Stage));
        assert_eq!(expected.0.faults.iter().map(|fault| fault.at).collect::<Vec<_>>(), [22, 28]);
        assert!(expected.0.ended);
        assert_eq!(expected.1, b"and the rest");
        let answers = [messages(["one", ""]), record(b'o', b"?"), messages(["", "", "", "three"])];
        assert_eq!(whole.written(), answers.concat());

        for cut in 1..stream.len() {
            let (front, back) = stream.split_at(cut);
            let at_once = Script::new().gives(front).gives(back);
            let later = Script::new().gives(front).blocks().gives(back);
            for script in [at_once, later] {
                assert_eq!(heard(&script, Options::default()), expected, "cut at {cut}");
                assert_eq!(script.written(), whole.written());
            }
        }
        for size in 1..=stream.len() {
            let script = Script::new().gives_in_pieces(&stream, size);
            assert_eq!(heard(&script, Options::default()), expected, "pieces of {size}");
            let options = Options::new().read_size(size);
            let script = Script::new().gives(&stream);
            assert_eq!(heard(&script, options), expected, "reads of {size}");
        }
    });
}

#[test]
fn ready_and_take_are_a_turn_in_two_steps() {
    play!({
        let script = Script::new().gives(messages(["one", "two"])).ends();
        let mut connection = Connection::new(script, Talk::default());
        assert!(connection.take().is_none());
        for item in [b"one", b"two"] {
            // Asked twice it is ready twice.
            assert!(wait!(connection.ready()).unwrap());
            assert!(wait!(connection.ready()).unwrap());
            assert_eq!(connection.take().unwrap().unwrap(), item);
            assert!(connection.take().is_none());
        }
        assert!(!wait!(connection.ready()).unwrap());
        assert!(connection.take().is_none());
    });
}

#[test]
fn what_is_ready_stays_ready_while_something_else_is_done() {
    play!({
        let script = Script::new().gives(messages(["one"])).gives(messages(["two"])).ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        assert!(wait!(connection.ready()).unwrap());
        wait!(connection.queue(&mut Talk::default(), &b"first"[..])).unwrap();
        wait!(connection.flush()).unwrap();
        assert_eq!(script.written(), messages(["first"]));
        let Turn { item, .. } = wait!(connection.turn()).unwrap().unwrap();
        assert_eq!(item, b"one");
        assert!(wait!(connection.turn()).unwrap().is_some());
    });
}

#[test]
fn a_truncated_stream_is_a_fault_where_it_ends() {
    play!({
        let stream = messages(["one", "two"]);
        for length in 0..stream.len() {
            for carried in [0, length / 2, length] {
                let script = match &stream[carried..length] {
                    [] => Script::new().ends(),
                    bytes => Script::new().gives(bytes).ends(),
                };
                let handoff = Handoff::new(script, stream[..carried].to_vec());
                let mut connection = Connection::from_handoff(handoff, Talk::default());
                let log = listen!(connection);
                assert_eq!(log.items.len(), length / 5);
                if length % 5 == 0 {
                    assert!(log.ended);
                } else {
                    assert_eq!(log.causes(), [Cause::Truncated]);
                    assert_eq!(log.faults[0].at, length as u64);
                    assert!(log.faults[0].fatal);
                }
            }
        }
    });
}

#[test]
fn dead_stays_dead() {
    play!({
        for (killer, at) in [(record(b'!', b""), 5), (b"X".to_vec(), 5)] {
            let stream = [messages(["one"]), killer, messages(["two"])].concat();
            let mut connection = Connection::new(Script::new().gives(stream), Talk::default());
            let log = listen!(connection);
            assert_eq!((log.texts().len(), log.faults[0].at), (1, at));
            for _ in 0..3 {
                let error = wait!(connection.turn()).unwrap_err();
                assert_eq!(error.fault().unwrap().cause, Cause::Contract);
            }
            let refused = connection.follow(|_| length::u16_be()).unwrap_err();
            assert_eq!(refused.to_string(), "the stage is not done");
        }
    });
}

#[test]
fn a_record_longer_than_what_was_shown_is_a_fault() {
    play!({
        for policy in [ReadPolicy::ReadAhead, ReadPolicy::Exact, ReadPolicy::Peek] {
            let handoff = Handoff::new(Script::new().gives(b"abc"), &[][..]);
            let options = Options::new().policy(policy);
            let mut connection =
                Connection::from_handoff(handoff, Overreaches).with_options(options).peeking();
            let error = wait!(connection.turn()).unwrap_err();
            let fault = error.fault().unwrap();
            assert_eq!((fault.cause, fault.at, fault.fatal), (Cause::Contract, 0, true));
        }
    });
}

#[test]
fn a_stage_that_yields_without_end_is_stopped() {
    play!({
        let stream = [messages(["one"]), b"z\xff".to_vec()].concat();
        let mut connection = Connection::new(Script::new().gives(stream), Talk::default());
        let log = listen!(connection);
        assert_eq!(log.causes(), [Cause::NoProgress]);
        // Two records of seven bytes, what they pay for, and what is free.
        assert_eq!(log.items.len(), 2 + 7 + 64);
        assert!(log.items[2..].iter().all(Vec::is_empty));
    });
}

#[test]
fn a_record_that_does_not_fit_is_too_long_however_it_comes() {
    play!({
        let limit = 100;
        for length in [limit - 2, limit - 1, 200] {
            let long = messages([&"x".repeat(length)]);
            for policy in [ReadPolicy::ReadAhead, ReadPolicy::Exact, ReadPolicy::Peek] {
                for (size, read_size) in [(1, 16), (7, 16), (64, 16), (202, 16), (202, 1024)] {
                    let script = Script::new().gives(messages(["one"]));
                    let script = script.gives_in_pieces(&long, size).ends();
                    let options =
                        Options::new().policy(policy).max_record(limit).read_size(read_size);
                    let handoff = Handoff::new(script, &[][..]);
                    let mut connection = Connection::from_handoff(handoff, Talk::default())
                        .with_options(options)
                        .peeking();
                    let log = listen!(connection);
                    if length == limit - 2 {
                        assert_eq!((log.items.len(), log.ended), (2, true));
                    } else {
                        assert_eq!(log.items.len(), 1);
                        assert_eq!(log.causes(), [Cause::TooLong]);
                        assert_eq!(log.faults[0].at, 5 + 100);
                    }
                    assert!(connection.held() <= 1024);
                }
            }
        }
    });
}

#[test]
fn what_is_announced_and_does_not_fit_is_refused_at_once() {
    play!({
        let script = Script::new().gives(b"\x7f\xff\xff\xff").ends();
        let options = Options::new().max_record(1 << 20);
        let handoff = Handoff::new(script, &[][..]);
        let mut connection = Connection::from_handoff(handoff, length::u32_be().max(usize::MAX))
            .with_options(options);
        let fault = wait!(connection.turn()).unwrap_err().fault().cloned().unwrap();
        assert_eq!((fault.cause, fault.at), (Cause::TooLong, 1 << 20));
    });
}

#[test]
fn the_end_may_complete_what_just_fits() {
    play!({
        let line = [b'x'; 100];
        for (length, size) in [(100, 1), (100, 33), (100, 100), (101, 1), (101, 101)] {
            let line = [&line[..], b"x"].concat();
            let script = Script::new().gives_in_pieces(&line[..length], size).ends();
            let options = Options::new().max_record(100).read_size(256);
            let handoff = Handoff::new(script, &[][..]);
            let stage = separator::line().last_unterminated();
            let mut connection = Connection::from_handoff(handoff, stage).with_options(options);
            match wait!(connection.turn()) {
                Ok(Some(turn)) => assert_eq!((turn.item.len(), length), (100, 100)),
                Ok(None) => panic!("there is a line"),
                Err(error) => {
                    assert_eq!(length, 101);
                    let fault = error.fault().unwrap();
                    assert_eq!((fault.cause, fault.at), (Cause::TooLong, 100));
                }
            }
        }
    });
}

#[test]
fn a_failed_read_is_reported_and_can_be_tried_again() {
    play!({
        let script = Script::new()
            .gives(&messages(["one"])[..3])
            .fails(std::io::ErrorKind::ConnectionReset)
            .gives(&messages(["one"])[3..])
            .ends();
        let mut connection = Connection::new(script, Talk::default());
        let log = listen!(connection);
        assert_eq!(log.failures, [std::io::ErrorKind::ConnectionReset]);
        assert_eq!(log.texts(), ["one"]);
        assert!(log.ended);
    });
}
