//! Deadlines, by a clock that stands still until everybody sleeps.

use std::time::Duration;

use segue::{
    Buffer, Cause, Exchange, Fault, Need, Output, Progress,
    driver::{Deadlines, Error, Late},
};

use super::Connection;
use crate::{
    clock::Clock,
    knock::{Knock, Unanswered},
    script::Script,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_handshake_that_is_not_answered_is_tried_again() {
    play!({
        // Either a blocking transport returns by itself, or a readiness loop looks at the time.
        for has_time_outs in [true, false] {
            let mut clock = Clock::new(has_time_outs);
            let script = Script::new().waits_for(18).gives(b"come in\n");
            let mut connection = Connection::new(script.clone(), ());
            // The deadline is set by the first step of the exchange, not before.
            let mut knock = Knock::default().again(SECOND, 5);
            let answer = wait!(connection.exchange_by(&mut knock, &mut clock)).unwrap();
            assert_eq!((&answer[..], clock.time()), ("come in", 2 * SECOND));
            wait!(connection.flush()).unwrap();
            assert_eq!(script.written(), b"knock\nknock\nknock\nthanks\n");
        }
    });
}

#[test]
fn a_handshake_that_is_never_answered_gives_up() {
    play!({
        for has_time_outs in [true, false] {
            let mut clock = Clock::new(has_time_outs);
            let script = Script::new();
            let mut connection = Connection::new(script.clone(), ());
            let mut knock = Knock::default().again(SECOND, 2);
            let error = wait!(connection.exchange_by(&mut knock, &mut clock)).unwrap_err();
            assert_eq!(error.fault().unwrap().error(), Some(&Unanswered::NobodyHome));
            assert_eq!(clock.time(), 3 * SECOND);
            assert_eq!(script.written(), b"knock\n".repeat(3));
        }
    });
}

#[test]
fn a_handshake_may_be_tried_again_any_number_of_times() {
    play!({
        for has_time_outs in [true, false] {
            let mut clock = Clock::new(has_time_outs);
            let script = Script::new().waits_for(6 * 1000).gives(b"come in\n");
            let mut connection = Connection::new(script, ());
            let mut knock = Knock::default().again(SECOND, 1000);
            let answer = wait!(connection.exchange_by(&mut knock, &mut clock)).unwrap();
            assert_eq!((&answer[..], clock.time()), ("come in", 999 * SECOND));
        }
    });
}

#[test]
fn a_deadline_comes_while_a_write_waits() {
    play!({
        for has_time_outs in [true, false] {
            let mut clock = Clock::new(has_time_outs);
            let script = Script::new().waits_for(6).gives(b"come in\n").takes(6).write_stalls();
            let mut connection = Connection::new(script, ());
            let mut knock = Knock::default().again(SECOND, 0).sending_all();
            let error = wait!(connection.exchange_by(&mut knock, &mut clock)).unwrap_err();
            assert_eq!(error.fault().unwrap().error(), Some(&Unanswered::NobodyHome));
            assert_eq!(clock.time(), SECOND);

            // And while what must be said before a read cannot be.
            let mut clock = Clock::new(has_time_outs);
            let mut connection = Connection::new(Script::new().write_stalls(), ());
            let mut knock = Knock::default().again(SECOND, 2);
            let error = wait!(connection.exchange_by(&mut knock, &mut clock)).unwrap_err();
            assert_eq!(error.fault().unwrap().error(), Some(&Unanswered::NobodyHome));
            assert_eq!(clock.time(), 3 * SECOND);
        }
    });
}

#[test]
fn without_a_timer_deadlines_pass_unseen() {
    play!({
        let clock = Clock::new(false);
        let script = Script::new();
        let mut connection = Connection::new(script.clone(), ());
        let mut knock = Knock::default().again(SECOND, 0);
        for _ in 0..3 {
            assert!(once!(connection.exchange(&mut knock)).is_pending());
        }
        assert_eq!((script.written(), clock.alarm()), (b"knock\n".to_vec(), None));
        assert!(!clock.is_waited_for());
    });
}

#[test]
fn a_blocking_transport_is_given_its_patience_back() {
    play!({
        let mut clock = Clock::new(true);
        let script = Script::new().waits_for(12).gives(b"come in\n");
        let mut connection = Connection::new(script, ());
        let mut knock = Knock::default().again(SECOND, 5);
        wait!(connection.exchange_by(&mut knock, &mut clock)).unwrap();
        assert_eq!(clock.alarm(), None);
    });
}

#[test]
fn a_value_is_not_lost_with_an_alarm_that_cannot_be_taken_back() {
    play!({
        let mut clock = Clock::new(true).keeping_its_alarm();
        let script = Script::new().waits_for(6).gives(b"come in\n");
        let mut connection = Connection::new(script, ());
        let mut knock = Knock::default().again(SECOND, 5);
        assert_eq!(wait!(connection.exchange_by(&mut knock, &mut clock)).unwrap(), "come in");
    });
}

/// Always late.
struct Overdue;

impl Exchange for Overdue {
    type Output = ();
    type Error = Unanswered;

    fn advance(
        &mut self,
        _: &mut Buffer,
        _: bool,
        _: &mut Output,
    ) -> Result<Progress<()>, Fault<Unanswered>> {
        Ok(Progress::NeedRead(Need::ONE))
    }

    fn deadline(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

#[test]
fn a_deadline_that_never_moves_is_a_fault() {
    play!({
        let mut clock = Clock::new(false);
        let mut connection = Connection::new(Script::new(), ());
        match wait!(connection.exchange_by(&mut Overdue, &mut clock)) {
            Err(Error::Fault(fault)) => assert_eq!(fault.cause, Cause::NoProgress),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_handshake_without_a_deadline_has_the_time_of_a_record() {
    play!({
        for has_time_outs in [true, false] {
            let mut clock = Clock::new(has_time_outs);
            let deadlines = Deadlines::new().record(5 * SECOND);
            let script = Script::new().gives(b"come").waits_for(1 << 20);
            let mut connection = Connection::new(script, ()).with_deadlines(deadlines);
            let error =
                wait!(connection.exchange_by(&mut Knock::default(), &mut clock)).unwrap_err();
            assert_eq!((error.late(), clock.time()), (Some(Late::Record), 5 * SECOND));
        }
    });
}
