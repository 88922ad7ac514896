//! Deadlines of a peer, by a clock that stands still until all tasks sleep.

use std::{io::ErrorKind, task::Poll, time::Duration};

use segue::driver::{Deadlines, Error, Late, Options};

use super::Connection;
use crate::{
    clock::Clock,
    script::Script,
    talk::{Talk, messages, record},
};

const MS: Duration = Duration::from_millis(1);

/// A second for a record, ten for an idle phase, three to send.
fn deadlines() -> Deadlines {
    Deadlines::new().record(1000 * MS).idle(10_000 * MS).send(3000 * MS)
}

fn open(script: &Script) -> Connection<Script, Talk> {
    Connection::new(script.clone(), Talk::default()).with_deadlines(deadlines())
}

/// Waits for an item, and lets a byte come every 60 milliseconds. Returns the
/// error that it ends with, and the time.
macro_rules! trickle {
    ($connection:expr, $script:expr, $clock:expr, $bytes:expr) => {{
        let mut error = None;
        for byte in $bytes {
            let _ = $script.clone().gives([*byte]);
            match once!($connection.turn_by(&mut $clock)) {
                Poll::Pending => $clock.goes_on(60 * MS),
                Poll::Ready(Err(late)) => {
                    error = Some(late);
                    break;
                }
                Poll::Ready(Ok(_)) => panic!("it is not complete"),
            }
        }
        error
    }};
}

#[test]
fn a_record_that_trickles_is_given_up_when_the_time_for_all_of_it_is_over() {
    play!({
        let script = Script::new();
        let mut clock = Clock::new(false);
        let mut connection = open(&script);
        clock.goes_on(500 * MS);
        let record = record(b'm', &[b'x'; 200]);
        let error = trickle!(connection, script, clock, &record).unwrap();
        assert_eq!(error.late(), Some(Late::Record));
        assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::TimedOut));
        // The first byte came at 500, and the clock was looked at each 60.
        assert_eq!(clock.time(), (500 + 17 * 60) * MS);
        // Nothing of it is lost.
        assert_eq!(connection.buffer().len(), 18);
    });
}

#[test]
fn a_deadline_is_due_when_it_has_come_and_not_before() {
    play!({
        for has_time_outs in [true, false] {
            let (idle, half) = (Script::new(), Script::new().gives(b"m"));
            let unsent = Script::new().write_stalls();
            for (script, late, at) in [
                (&idle, Late::Idle, 10_000 * MS),
                (&half, Late::Record, 1000 * MS),
                (&unsent, Late::Send, 3000 * MS),
            ] {
                let mut clock = Clock::new(has_time_outs);
                let mut connection = open(script);
                let error = if late == Late::Send {
                    connection.output_mut().put(b"request");
                    Error::Io(wait!(connection.flush_by(&mut clock)).unwrap_err())
                } else {
                    wait!(connection.turn_by(&mut clock)).map(drop).unwrap_err()
                };
                assert_eq!((error.late(), clock.time()), (Some(late), at), "{error:?}");
                assert!(!error.would_block() && !error.is_again());
                assert_eq!(clock.alarm(), None, "it is disarmed");
            }

            let mut clock = Clock::new(false);
            let mut connection = open(&idle);
            assert!(once!(connection.turn_by(&mut clock)).is_pending());
            clock.goes_on(9999 * MS);
            assert!(once!(connection.turn_by(&mut clock)).is_pending());
            clock.goes_on(MS);
            assert!(matches!(once!(connection.turn_by(&mut clock)), Poll::Ready(Err(_))));
        }
    });
}

#[test]
fn a_late_error_says_which_deadline_and_only_that_error_does() {
    play!({
        let mut clock = Clock::new(false);
        let mut connection = open(&Script::new());
        let error = wait!(connection.ready_by(&mut clock)).unwrap_err();
        assert_eq!(error.late(), Some(Late::Idle));
        let Error::Io(error) = error else { panic!("{error:?}") };
        assert_eq!((Late::of(&error), error.kind()), (Some(Late::Idle), ErrorKind::TimedOut));
        assert_eq!(error.to_string(), Late::Idle.to_string());
        assert_eq!(Late::of(&ErrorKind::TimedOut.into()), None);
    });
}

#[test]
fn a_peer_that_takes_nothing_is_given_up_by_each_call_that_sends() {
    play!({
        for has_time_outs in [true, false] {
            let open = || {
                let script = Script::new().write_stalls();
                let connection = Connection::new(script, Talk::default());
                let options = Options::new().high_water(1);
                let mut connection = connection.with_options(options).with_deadlines(deadlines());
                connection.output_mut().put(b"request");
                (connection, Clock::new(has_time_outs))
            };
            let item = &b"x"[..];
            let (mut connection, mut clock) = open();
            let error = wait!(connection.queue_by(&mut Talk::default(), item, &mut clock));
            assert_eq!((error.unwrap_err().late(), clock.time()), (Some(Late::Send), 3000 * MS));
            let (mut connection, mut clock) = open();
            let error = wait!(connection.send_by(&mut Talk::default(), item, &mut clock));
            assert_eq!((error.unwrap_err().late(), clock.time()), (Some(Late::Send), 3000 * MS));
            assert_eq!(connection.output().len(), 7, "nothing of the item is queued");
        }
    });
}

#[test]
fn a_flush_that_goes_on_has_no_more_time_for_that() {
    play!({
        // It takes a byte each second.
        let script = Script::new().write_stalls();
        let mut clock = Clock::new(false);
        let mut connection = open(&script);
        connection.output_mut().put(b"request");
        let mut taken = 0;
        let error = loop {
            match once!(connection.flush_by(&mut clock)) {
                Poll::Pending => {
                    clock.goes_on(999 * MS);
                    script.goes_on();
                    let _ = script.clone().takes(1).write_stalls();
                    taken += 1;
                }
                Poll::Ready(result) => break result.unwrap_err(),
            }
            assert!(taken < 10, "each byte gives it more time");
        };
        assert_eq!(Late::of(&error), Some(Late::Send));
        assert_eq!(clock.time(), 4 * 999 * MS);

        // The next flush has the whole time again.
        let later = clock.time();
        assert!(once!(connection.flush_by(&mut clock)).is_pending());
        clock.goes_on(2999 * MS);
        assert!(once!(connection.flush_by(&mut clock)).is_pending());
        let error = wait!(connection.flush_by(&mut clock)).unwrap_err();
        assert_eq!((Late::of(&error), clock.time()), (Some(Late::Send), later + 3000 * MS));
    });
}

/// A peer that asks and never reads.
#[test]
fn items_do_not_give_a_peer_more_time_to_take_the_answers() {
    play!({
        let script = Script::new().write_stalls();
        let mut clock = Clock::new(false);
        let mut connection = open(&script).with_options(Options::new().nonblocking(true));
        let mut asked = 0;
        let error = loop {
            let _ = script.clone().gives(messages(["?"]));
            asked += 1;
            assert!(asked < 100, "each question gives it more time");
            {
                let turn = wait!(connection.turn_by(&mut clock)).unwrap().unwrap();
                let mut output = turn.output;
                output.queue(&mut Talk::default(), &b"!"[..]).unwrap();
            }
            match once!(connection.turn_by(&mut clock)) {
                Poll::Ready(turn) => break turn.map(drop).unwrap_err(),
                Poll::Pending => clock.goes_on(900 * MS),
            }
        };
        assert_eq!((error.late(), asked), (Some(Late::Send), 5));
    });
}

/// A peer that is slow and steady: there is always something queued, and it takes all of it.
#[test]
fn a_peer_that_takes_what_is_queued_may_go_on_for_ever() {
    play!({
        let script = Script::new().write_stalls();
        let mut clock = Clock::new(false);
        let mut connection = open(&script).with_options(Options::new().nonblocking(true));
        connection.output_mut().put(&messages(["first"]));
        for _ in 0..50 {
            let _ = script.clone().gives(messages(["?"]));
            {
                let turn = wait!(connection.turn_by(&mut clock)).unwrap().unwrap();
                let mut output = turn.output;
                output.queue(&mut Talk::default(), &b"!"[..]).unwrap();
            }
            assert!(once!(connection.turn_by(&mut clock)).map(|turn| turn.map(drop)).is_pending());
            clock.goes_on(900 * MS);
            // As much leaves as comes, so that all that waits now has left after three times.
            script.goes_on();
            let _ = script.clone().takes(3).write_stalls();
        }
        assert!(!connection.output().is_empty());
    });
}

/// While the caller is busy with an item nobody sends, and the peer cannot take anything.
#[test]
fn the_time_that_a_caller_takes_is_not_the_peers() {
    play!({
        let script = Script::new().write_stalls().gives(messages(["?"]));
        let mut clock = Clock::new(false);
        let mut connection = open(&script).with_options(Options::new().nonblocking(true));
        connection.output_mut().put(&messages(["first"]));
        assert!(wait!(connection.turn_by(&mut clock)).unwrap().is_some());
        assert!(once!(connection.turn_by(&mut clock)).map(|turn| turn.map(drop)).is_pending());
        clock.goes_on(1000 * MS);
        let _ = script.clone().gives(messages(["?"]));
        assert!(wait!(connection.turn_by(&mut clock)).unwrap().is_some());
        clock.goes_on(60_000 * MS);
        assert!(once!(connection.turn_by(&mut clock)).map(|turn| turn.map(drop)).is_pending());
        let error = wait!(connection.turn_by(&mut clock)).map(drop).unwrap_err();
        assert_eq!((error.late(), clock.time()), (Some(Late::Send), 63_000 * MS));
    });
}

#[test]
fn what_is_absorbed_does_not_prolong_an_idle_phase() {
    play!({
        let script = Script::new();
        let mut clock = Clock::new(false);
        let mut connection = open(&script);
        let mut pings = 0;
        let error = loop {
            match once!(connection.turn_by(&mut clock)) {
                Poll::Pending => {
                    clock.goes_on(700 * MS);
                    let _ = script.clone().gives(record(b'p', b"?"));
                    pings += 1;
                }
                Poll::Ready(turn) => break turn.map(drop).unwrap_err(),
            }
            assert!(pings < 20, "pings keep it alive for ever");
        };
        assert_eq!(error.late(), Some(Late::Idle));
        assert_eq!((pings, clock.time()), (15, 15 * 700 * MS));
        wait!(connection.flush()).unwrap();
        assert_eq!(script.written(), record(b'o', b"?").repeat(15));
    });
}

#[test]
fn each_item_gives_the_next_one_the_whole_time() {
    play!({
        let script = Script::new();
        let mut clock = Clock::new(false);
        let mut connection = open(&script);
        for _ in 0..5 {
            assert!(once!(connection.turn_by(&mut clock)).is_pending());
            clock.goes_on(9000 * MS);
            // And then most of a second for the record.
            let _ = script.clone().gives(&messages(["one"])[..2]);
            assert!(once!(connection.turn_by(&mut clock)).is_pending());
            clock.goes_on(900 * MS);
            let _ = script.clone().gives(&messages(["one"])[2..]);
            assert_eq!(wait!(connection.turn_by(&mut clock)).unwrap().unwrap().item, b"one");
        }
        assert_eq!(clock.time(), 5 * 9900 * MS);
    });
}

/// A future in a `select!` that something else wins, again and again.
#[test]
fn a_phase_goes_on_where_its_future_was_dropped() {
    play!({
        let script = Script::new();
        let mut clock = Clock::new(false);
        let mut connection = open(&script);
        let mut times = 0;
        let error = loop {
            match once!(connection.turn_by(&mut clock)) {
                Poll::Pending => clock.goes_on(300 * MS),
                Poll::Ready(turn) => break turn.map(drop).unwrap_err(),
            }
            // The branch that wins sends something, which is no item.
            wait!(connection.send(&mut Talk::default(), &b"news"[..])).unwrap();
            times += 1;
            assert!(times < 100, "the phase begins anew");
        };
        assert_eq!((error.late(), times), (Some(Late::Idle), 34));
        assert_eq!(clock.time(), 34 * 300 * MS);

        let script = Script::new().gives(b"m\x05on");
        let mut clock = Clock::new(false);
        let mut connection = open(&script);
        let mut times = 0;
        while once!(connection.turn_by(&mut clock)).is_pending() {
            clock.goes_on(300 * MS);
            times += 1;
            assert!(times < 100, "the phase begins anew");
        }
        assert_eq!((times, clock.time()), (4, 1200 * MS));
    });
}

#[test]
fn a_connection_that_was_late_can_still_answer_and_close() {
    play!({
        for has_time_outs in [true, false] {
            let script = Script::new().gives(b"m\x05on");
            let mut clock = Clock::new(has_time_outs);
            let mut connection = open(&script);
            let error = wait!(connection.turn_by(&mut clock)).map(drop).unwrap_err();
            assert_eq!(error.late(), Some(Late::Record));
            // HTTP says 408 here.
            wait!(connection.send_by(&mut Talk::default(), &b"408"[..], &mut clock)).unwrap();
            assert_eq!(script.written(), messages(["408"]));
            let _ = script.clone().gives(b"e").ends();
            assert!(wait!(connection.close_by(1000, &mut clock)).unwrap());
            assert_eq!(clock.alarm(), None);
        }
    });
}

#[test]
fn a_connection_that_was_late_goes_on_if_the_caller_asks_again() {
    play!({
        let script = Script::new().gives(b"m\x03on");
        let mut clock = Clock::new(false);
        let mut connection = open(&script);
        assert!(wait!(connection.turn_by(&mut clock)).is_err());
        let _ = script.clone().gives(b"e").ends();
        assert_eq!(wait!(connection.turn_by(&mut clock)).unwrap().unwrap().item, b"one");
        assert!(wait!(connection.turn_by(&mut clock)).unwrap().is_none());
    });
}

#[test]
fn a_close_ends_when_its_linger_is_over_whatever_comes() {
    play!({
        let script = Script::new();
        let mut clock = Clock::new(false);
        let options = Options::new().linger(2000 * MS);
        let mut connection = open(&script).with_options(options);
        wait!(connection.queue(&mut Talk::default(), &b"bye"[..])).unwrap();
        let mut came = 0;
        let ended = loop {
            match once!(connection.close_by(u64::MAX, &mut clock)) {
                Poll::Pending => {
                    clock.goes_on(300 * MS);
                    let _ = script.clone().gives(b"-");
                    came += 1;
                }
                Poll::Ready(closed) => break closed.unwrap(),
            }
            assert!(came < 100, "a trickle keeps it open");
        };
        assert!(!ended);
        assert_eq!((came, clock.time()), (7, 2100 * MS));
        assert_eq!(script.written(), messages(["bye"]));

        for has_time_outs in [true, false] {
            let mut clock = Clock::new(has_time_outs);
            let mut connection = open(&Script::new()).with_options(options);
            assert!(!wait!(connection.close_by(u64::MAX, &mut clock)).unwrap());
            assert_eq!((clock.time(), clock.alarm()), (2000 * MS, None));
            // To a peer that takes nothing it is late.
            let mut clock = Clock::new(has_time_outs);
            let mut connection = open(&Script::new().write_stalls()).with_options(options);
            connection.output_mut().put(b"bye");
            let error = wait!(connection.close_by(u64::MAX, &mut clock)).unwrap_err();
            assert_eq!((Late::of(&error), clock.time()), (Some(Late::Send), 2000 * MS));
        }
    });
}

#[test]
fn no_deadline_is_none() {
    play!({
        let never = Deadlines::new().idle(Duration::MAX).record(Duration::MAX).send(Duration::MAX);
        let script = Script::new().write_stalls();
        let mut clock = Clock::new(false);
        let mut connection = Connection::new(script.clone(), Talk::default()).with_deadlines(never);
        connection.output_mut().put(b"request");
        assert!(once!(connection.flush_by(&mut clock)).is_pending());
        clock.goes_on(Duration::from_secs(1 << 40));
        assert!(once!(connection.flush_by(&mut clock)).is_pending());
        script.goes_on();
        assert!(once!(connection.turn_by(&mut clock)).is_pending());
        clock.goes_on(Duration::from_secs(1 << 40));
        assert!(once!(connection.turn_by(&mut clock)).is_pending());
    });
}

#[test]
fn what_is_there_needs_no_alarm() {
    play!({
        let script = Script::new().gives(messages(["one", "two"])).ends();
        let mut clock = Clock::new(true);
        let mut connection = open(&script);
        for item in [b"one", b"two"] {
            assert_eq!(wait!(connection.turn_by(&mut clock)).unwrap().unwrap().item, item);
        }
        assert!(wait!(connection.turn_by(&mut clock)).unwrap().is_none());
        assert_eq!((clock.time(), clock.alarm()), (Duration::ZERO, None));
    });
}
