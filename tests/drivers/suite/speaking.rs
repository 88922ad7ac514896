//! Stages that say something without having been asked.

use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    task::Poll,
    time::Duration,
};

use segue::{
    Cause, Edge,
    driver::{Deadlines, Error, Late, Options},
};

use super::Connection;
use crate::{
    clock::Clock,
    executor::with_each_patience,
    script::Script,
    speaker::{Dots, Leaves, Restless, Sent, Story, told},
    talk::{Mistake, messages, record},
};

const MIB: usize = 1 << 20;
const SECOND: Duration = Duration::from_secs(1);

/// A peer that takes what it is sent in odd pieces, and is not ready now and then.
fn slow(mut script: Script) -> Script {
    for _ in 0..40 {
        script = script.takes(1).write_blocks().takes(30_000).takes(7);
    }
    script
}

#[test]
fn a_stage_that_is_over_says_all_it_has_before_the_turn_says_so() {
    with_each_patience(|| {
        play!({
            for script in [Script::new(), slow(Script::new())] {
                let script = script.gives(messages(["one"])).ends();
                let stage = Story::of(MIB);
                let largest = stage.largest();
                let mut connection = Connection::new(script.clone(), stage);
                assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"one");
                assert!(wait!(connection.turn()).unwrap().is_none());
                assert!(script.written() == told(MIB));
                // Half of what lies below the high-water mark, and no more.
                assert_eq!(largest.load(Ordering::Relaxed), 32 * 1024);
                assert_eq!(connection.stage().left(), 0);
                assert!(connection.hand_off(Edge::MustBeEmpty).is_ok());
            }
        });
    });
}

#[test]
fn a_flush_and_an_end_say_all_there_is() {
    with_each_patience(|| {
        play!({
            let script = slow(Script::new());
            let mut connection = Connection::new(script.clone(), Story::of(MIB));
            wait!(connection.flush()).unwrap();
            assert!(script.written() == told(MIB));

            let script = slow(Script::new());
            let mut connection = Connection::new(script.clone(), Story::of(MIB));
            wait!(connection.close_write()).unwrap();
            assert!(script.written() == told(MIB));
            assert!(matches!(script.events().last(), Some(crate::script::Event::Close)));
        });
    });
}

#[test]
fn a_stage_speaks_before_a_turn_waits() {
    with_each_patience(|| {
        play!({
            // The peer says something only behind each piece of ten.
            let mut script = Script::new();
            for piece in 1..=5 {
                script = script.waits_for(10 * piece).gives(messages(["go on"]));
            }
            let script = script.ends();
            let mut connection = Connection::new(script.clone(), Story::of(60).in_turns(10));
            let log = listen!(connection);
            assert_eq!((log.items.len(), log.ended), (5, true));
            assert_eq!(script.written(), told(60));
        });
    });
}

#[test]
fn a_stage_is_not_asked_while_the_output_is_full_and_is_asked_once_it_has_left() {
    play!({
        let options = Options::new().nonblocking(true).high_water(100);
        let script = Script::new().write_stalls();
        let stage = Story::of(1000);
        let asked = stage.asked();
        let mut connection = Connection::new(script.clone(), stage).with_options(options);
        connection.output_mut().put(&[b'x'; 100]);
        for _ in 0..3 {
            assert!(once!(connection.turn()).is_pending());
            assert!(once!(connection.flush()).is_pending());
        }
        assert_eq!((asked.load(Ordering::Relaxed), connection.output().len()), (0, 100));
        script.goes_on();
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(script.written(), [vec![b'x'; 100], told(1000)].concat());
    });
}

#[test]
fn a_stage_fills_half_and_leaves_the_rest_to_others() {
    play!({
        let options = Options::new().nonblocking(true).high_water(100);
        let script = Script::new().write_stalls();
        let mut connection = Connection::new(script.clone(), Story::of(1000)).with_options(options);
        connection.output_mut().put(&[b'x'; 20]);
        for _ in 0..3 {
            assert!(once!(connection.turn()).is_pending());
            assert_eq!(connection.output().len(), 50);
        }
        connection.output_mut().put(&[b'y'; 10]);
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(connection.output().len(), 60);
        script.goes_on();
        wait!(connection.flush()).unwrap();
        let expected = [&[b'x'; 20], &told(1000)[..30], &[b'y'; 10], &told(1000)[30..]].concat();
        assert!(script.written() == expected);
    });
}

#[test]
fn a_reset_is_seen_while_the_output_is_full() {
    play!({
        let options = Options::new().nonblocking(true).high_water(100);
        let script = Script::new().write_stalls();
        let mut connection = Connection::new(script.clone(), Story::of(1000)).with_options(options);
        connection.output_mut().put(&[b'x'; 120]);
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(connection.stage().left(), 1000);
        let _ = script.clone().gives(record(b'-', b"reset"));
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(connection.stage().left(), 0);
        script.goes_on();
        assert!(once!(connection.turn()).is_pending());
        assert_eq!(script.written(), [b'x'; 120]);
    });
}

#[test]
fn what_is_said_pays_for_items_of_no_bytes() {
    play!({
        let script = Script::new().waits_for(500).gives(messages(["go on"])).ends();
        let mut connection = Connection::new(script, Sent::of(500));
        let log = listen!(connection);
        assert_eq!((log.items.len(), log.ended), (501, true));
        assert!(log.faults.is_empty());
    });
}

#[test]
fn a_stage_that_cannot_go_on_is_told_of_behind_its_last_words() {
    with_each_patience(|| {
        play!({
            let script = Script::new();
            let mut connection = Connection::new(script.clone(), Leaves::default());
            // A flush has nobody to tell.
            wait!(connection.flush()).unwrap();
            let error = wait!(connection.turn()).map(drop).unwrap_err();
            let fault = error.fault().unwrap();
            assert_eq!((fault.error(), fault.fatal), (Some(&Mistake::Fatal), true));
            assert_eq!(script.written(), b"bye");
            // It is dead.
            let error = wait!(connection.turn()).map(drop).unwrap_err();
            assert_eq!(error.fault().unwrap().cause, Cause::Contract);

            for script in [Script::new(), Script::new().ends(), Script::new().takes(1)] {
                let mut connection = Connection::new(script.clone(), Leaves::default());
                let error = wait!(connection.turn()).map(drop).unwrap_err();
                assert_eq!(error.fault().unwrap().error(), Some(&Mistake::Fatal));
                assert_eq!(script.written(), b"bye");
            }
        });
    });
}

#[test]
fn a_reading_half_speaks_for_itself() {
    with_each_patience(|| {
        play!({
            let script = slow(Script::new()).gives(messages(["one"])).ends();
            let stage = Story::of(MIB);
            let (mut reader, mut writer) = Connection::new(script.clone(), stage).split();
            wait!(writer.flush()).unwrap();
            assert_eq!(script.written(), b"");
            assert_eq!(wait!(reader.turn()).unwrap().unwrap().item, b"one");
            assert!(wait!(reader.turn()).unwrap().is_none());
            wait!(writer.flush()).unwrap();
            assert!(script.written() == told(MIB));
        });
    });
}

#[test]
fn a_stage_and_its_output_are_lent_together() {
    play!({
        let script = Script::new();
        let mut connection = Connection::new(script.clone(), Story::of(3));
        let (stage, output) = connection.stage_and_output();
        output.put(format!("{} to go: ", stage.left()).as_bytes());
        wait!(connection.flush()).unwrap();
        assert_eq!(script.written(), [b"3 to go: ", &told(3)[..]].concat());
    });
}

// By a timer.

fn dots(script: &Script) -> Connection<Script, Dots> {
    let deadlines = Deadlines::new().idle(290 * SECOND);
    Connection::new(script.clone(), Dots::new(60 * SECOND, 1000 * SECOND)).with_deadlines(deadlines)
}

#[test]
fn a_stage_keeps_a_connection_alive() {
    with_each_patience(|| {
        play!({
            for has_time_outs in [true, false] {
                let mut clock = Clock::new(has_time_outs);
                let script = Script::new().waits_for(3).gives(messages(["here"]));
                let mut connection = dots(&script);
                let item = wait!(connection.turn_by(&mut clock)).unwrap().unwrap().item.to_vec();
                assert_eq!((&item[..], clock.time()), (&b"here"[..], 180 * SECOND));
                // The deadline of the driver goes on beside it.
                let error = wait!(connection.turn_by(&mut clock)).map(drop).unwrap_err();
                assert_eq!((error.late(), clock.time()), (Some(Late::Idle), 470 * SECOND));
                assert_eq!(script.written(), b".......");
            }
        });
    });
}

#[test]
fn a_stage_gives_an_idle_peer_up() {
    with_each_patience(|| {
        play!({
            for has_time_outs in [true, false] {
                let mut clock = Clock::new(has_time_outs);
                let script = Script::new();
                let mut connection =
                    Connection::new(script.clone(), Dots::new(60 * SECOND, 150 * SECOND));
                let error = wait!(connection.turn_by(&mut clock)).map(drop).unwrap_err();
                let fault = error.fault().unwrap();
                assert_eq!((fault.error(), fault.fatal), (Some(&Mistake::Fatal), true));
                assert_eq!(clock.time(), 150 * SECOND);
                assert_eq!(script.written(), b"..bye");
            }
        });
    });
}

#[test]
fn a_stage_is_not_woken_while_what_it_said_cannot_leave() {
    with_each_patience(|| {
        play!({
            for has_time_outs in [true, false] {
                let mut clock = Clock::new(has_time_outs);
                let script = Script::new().takes(1).write_stalls();
                let mut connection = dots(&script);
                let error = wait!(connection.turn_by(&mut clock)).map(drop).unwrap_err();
                // 60 for the first dot, which left, 60 for the second, and 30 to send it.
                assert_eq!((error.late(), clock.time()), (Some(Late::Send), 150 * SECOND));
                assert_eq!(script.written(), b".");
            }
        });
    });
}

#[test]
fn a_time_to_wake_that_does_not_move_is_a_fault() {
    with_each_patience(|| {
        play!({
            for has_time_outs in [true, false] {
                let mut clock = Clock::new(has_time_outs);
                let asked = Arc::new(Mutex::new(0));
                let stage = Restless(7 * SECOND, Arc::clone(&asked));
                let mut connection = Connection::new(Script::new(), stage);
                let error = wait!(connection.turn_by(&mut clock)).map(drop).unwrap_err();
                assert!(
                    matches!(&error, Error::Fault(f) if f.cause == Cause::NoProgress && f.fatal)
                );
                assert_eq!(clock.time(), 7 * SECOND);
                assert!(*asked.lock().unwrap() < 20, "{asked:?}");
            }
        });
    });
}

#[test]
fn nobody_is_woken_without_a_timer() {
    play!({
        let clock = Clock::new(true);
        let asked = Arc::new(Mutex::new(0));
        let stage = Restless(7 * SECOND, Arc::clone(&asked));
        let mut connection = Connection::new(Script::new(), stage);
        assert!(once!(connection.turn()).is_pending());
        assert!(once!(connection.turn()).is_pending());
        assert_eq!((clock.time(), clock.alarm()), (Duration::ZERO, None));

        // Nor behind a call with one that is over.
        let mut clock = Clock::new(false);
        let script = Script::new();
        let mut connection = dots(&script);
        assert!(once!(connection.turn_by(&mut clock)).is_pending());
        clock.goes_on(100 * SECOND);
        assert_eq!(once!(connection.ready()).map(drop), Poll::Pending);
        assert_eq!(script.written(), b"");
        assert!(once!(connection.turn_by(&mut clock)).is_pending());
        assert_eq!(script.written(), b".");
    });
}

#[test]
fn a_flush_by_a_timer_tells_the_time() {
    with_each_patience(|| {
        play!({
            for has_time_outs in [true, false] {
                let mut clock = Clock::new(has_time_outs);
                let script = Script::new();
                let mut connection = dots(&script);
                wait!(connection.flush_by(&mut clock)).unwrap();
                clock.goes_on(61 * SECOND);
                wait!(connection.flush()).unwrap();
                assert_eq!(script.written(), b"");
                wait!(connection.flush_by(&mut clock)).unwrap();
                assert_eq!(script.written(), b".");
            }
        });
    });
}
