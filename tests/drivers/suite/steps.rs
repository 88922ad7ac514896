//! Something else happens at a step, at each step there is.

use std::io::ErrorKind;

use segue::{
    Cause, Edge, Handoff,
    driver::{Options, ReadPolicy},
};

use super::{Connection, Log};
use crate::{
    executor::with_each_patience,
    script::{Event, Instead, Script},
    talk::{Talk, messages, record},
};

fn stream() -> Vec<u8> {
    let long = "long ".repeat(30);
    [
        messages(["one", "two"]),
        record(b'p', b"ping"),
        record(b'?', b"odd"),
        messages([&long, "", "last"]),
        record(b'-', b"padding"),
    ]
    .concat()
}

/// The ways to read that the steps are tried under.
fn ways() -> [Options; 4] {
    let small = Options::new().read_size(16).high_water(24);
    [
        Options::default(),
        small,
        small.policy(ReadPolicy::Exact),
        Options::new().policy(ReadPolicy::Peek),
    ]
}

/// A peer that sends in three pieces, and takes what is sent in little ones.
fn peer() -> Script {
    let stream = stream();
    let (front, rest) = stream.split_at(8);
    let (middle, back) = rest.split_at(60);
    let script = Script::new().gives(front).gives(middle).blocks().gives(back).ends();
    script.takes(1).takes(7).write_blocks().takes(40)
}

fn echoed(script: &Script, options: Options) -> Log {
    run!({
        let handoff = Handoff::new(script.clone(), &[][..]);
        let mut connection =
            Connection::from_handoff(handoff, Talk::default()).with_options(options).peeking();
        let log = echo!(connection);
        let handoff = connection.hand_off(Edge::Carry).unwrap();
        assert!(handoff.read().is_empty() || !log.ended);
        log
    })
}

/// Runs the scene with something else at each step; `check` is given the call that was replaced.
fn at_each_step(
    instead: Instead,
    mut check: impl FnMut(Event, usize, Log, Vec<u8>, (&Log, &[u8])),
) {
    with_each_patience(|| {
        for options in ways() {
            let plain = peer();
            let expected = echoed(&plain, options);
            assert!(expected.ended && expected.items.len() == 5);
            for (step, event) in plain.events().into_iter().enumerate() {
                let script = peer().at_step(step, instead);
                let log = echoed(&script, options);
                let read = stream().len() - script.unread().len();
                check(event, read, log, script.written(), (&expected, &plain.written()));
            }
        }
    });
}

#[test]
fn would_block_changes_nothing() {
    at_each_step(Instead::Block, |_, _, log, written, expected| {
        assert_eq!((&log, &written[..]), expected);
    });
}

#[test]
fn a_call_that_is_interrupted_is_made_again() {
    let interrupted = Instead::Error(ErrorKind::Interrupted);
    at_each_step(interrupted, |_, _, log, written, expected| {
        assert_eq!((&log, &written[..]), expected);
    });
}

#[test]
fn an_error_is_reported_once_and_hides_nothing() {
    let error = ErrorKind::ConnectionAborted;
    at_each_step(Instead::Error(error), |event, _, log, written, (expected, all)| {
        assert_eq!(log.items, expected.items);
        assert_eq!(log.faults, expected.faults);
        assert!(log.ended);
        assert_eq!(log.failures.first(), Some(&error), "at {event:?}");
        match event {
            Event::Read { .. } | Event::Peek { .. } => {
                assert_eq!((log.failures.len(), &written[..]), (1, all));
            }
            Event::Write { .. } | Event::Flush => assert!(all.starts_with(&written)),
            Event::Blocked(_) => {}
            event => panic!("{event:?}"),
        }
    });
}

#[test]
fn the_end_is_a_fault_inside_a_record_and_nothing_else_is_lost() {
    at_each_step(Instead::End, |event, read, log, written, (expected, all)| match event {
        Event::Read { .. } | Event::Peek { .. } => {
            assert!(expected.items.starts_with(&log.items));
            assert!(log.failures.is_empty());
            if log.ended {
                assert_eq!(written, all[..written.len()]);
            } else {
                let fault = log.faults.last().unwrap();
                assert_eq!((fault.cause, fault.at), (Cause::Truncated, read as u64));
            }
        }
        Event::Write { .. } => {
            assert_eq!(log.failures.first(), Some(&ErrorKind::WriteZero));
            assert_eq!(log.items, expected.items);
        }
        _ => {}
    });
}
