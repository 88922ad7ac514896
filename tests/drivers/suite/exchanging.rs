//! Handshakes.

use std::io::ErrorKind;

use segue::{
    Buffer, Cause, Edge, Exchange, Fault, Handoff, Output, Progress,
    driver::{Error, Options, ReadPolicy},
};

use super::{Connection, FLUSH_FIRST};
use crate::{
    executor::with_each_patience,
    knock::{Knock, Unanswered},
    script::{Call, Event, Instead, Script, Stop},
    talk::{Talk, messages},
};

#[test]
fn an_exchange_leaves_what_follows_to_the_next_stage() {
    play!({
        let stream = [b"come in\n".to_vec(), messages(["one", "two"])].concat();
        for cut in 0..=stream.len() {
            let mut script = Script::new().waits_for(6);
            for piece in [&stream[..cut], &stream[cut..]] {
                script = if piece.is_empty() { script } else { script.gives(piece).blocks() };
            }
            let script = script.ends();
            let mut connection = Connection::new(script.clone(), ());
            let mut knock = Knock::default();
            assert_eq!(wait!(connection.exchange(&mut knock)).unwrap(), "come in");
            let mut connection = connection.follow(|()| Talk::default()).unwrap();
            assert_eq!(connection.position(), 8);
            let log = listen!(connection);
            assert_eq!((log.texts(), log.ended), (vec!["one".to_owned(), "two".to_owned()], true));
            assert_eq!(script.written(), b"knock\nthanks\n");
        }
    });
}

#[test]
fn a_value_comes_at_once_with_output_still_queued() {
    play!({
        let script = Script::new().waits_for(6).gives(b"come in\n").takes(6).write_stalls();
        let mut connection = Connection::new(script.clone(), ());
        let mut knock = Knock::default();
        assert_eq!(wait!(connection.exchange(&mut knock)).unwrap(), "come in");
        assert_eq!(
            (connection.output().to_vec(), connection.wants_write()),
            (b"thanks\n".to_vec(), true)
        );
        // It cannot be left behind unseen, and goes along.
        let refused = connection.hand_off(Edge::MustBeEmpty).unwrap_err();
        assert_eq!(refused.to_string(), "unsent bytes would cross the edge");
        let handoff = refused.into_connection().hand_off(Edge::Carry).unwrap();
        let mut connection = Connection::from_handoff(handoff, Talk::default());
        assert!(once!(connection.turn()).is_pending());
        script.goes_on();
        wait!(connection.flush()).unwrap();
        assert_eq!(script.written(), b"knock\nthanks\n");
    });
}

#[test]
fn a_value_that_needs_everything_sent_waits_for_it() {
    play!({
        let script = Script::new().waits_for(6).gives(b"come in\n").takes(6).write_stalls();
        let mut connection = Connection::new(script.clone(), ());
        let mut knock = Knock::default().sending_all();
        for _ in 0..3 {
            assert!(once!(connection.exchange(&mut knock)).is_pending());
        }
        script.goes_on();
        assert_eq!(wait!(connection.exchange(&mut knock)).unwrap(), "come in");
        assert!(!connection.wants_write());
        assert_eq!(script.written(), b"knock\nthanks\n");
    });
}

/// A handshake of two round trips with everything cut up, and what follows it.
fn scene() -> Script {
    let script = Script::new().waits_for(6).gives(b"co").gives(b"me ").blocks();
    script.gives(b"in\nm\x03on").gives(b"em\x00").ends().takes(2).write_blocks().takes(1)
}

fn knocked(script: &Script, policy: ReadPolicy) -> (Vec<String>, Vec<ErrorKind>) {
    run!({
        let handoff = Handoff::new(script.clone(), &[][..]);
        let options = Options::new().policy(policy);
        let mut connection = Connection::from_handoff(handoff, ()).with_options(options).peeking();
        let mut knock = Knock::default();
        let (mut values, mut failures) = (Vec::new(), Vec::new());
        while values.is_empty() {
            match wait!(connection.exchange(&mut knock)) {
                Ok(value) => values.push(value),
                Err(Error::Io(error)) if failures.is_empty() => failures.push(error.kind()),
                Err(error) => panic!("{error:?}"),
            }
        }
        let mut connection = connection.follow(|()| Talk::default()).unwrap();
        let log = listen!(connection);
        values.extend(log.texts());
        failures.extend(log.failures);
        assert!(log.ended);
        (values, failures)
    })
}

const POLICIES: [ReadPolicy; 3] = [ReadPolicy::ReadAhead, ReadPolicy::Exact, ReadPolicy::Peek];

#[test]
fn a_handshake_survives_would_block_at_each_step() {
    with_each_patience(|| {
        for policy in POLICIES {
            let plain = scene();
            let expected = knocked(&plain, policy);
            assert_eq!(expected.0, ["come in", "one", ""]);
            for step in 0..plain.steps() {
                let script = scene().at_step(step, Instead::Block);
                assert_eq!(knocked(&script, policy), expected, "at {step}");
                assert_eq!(script.written(), b"knock\nthanks\n");
            }
        }
    });
}

#[test]
fn a_handshake_survives_a_failed_read_at_each_step() {
    with_each_patience(|| {
        for policy in POLICIES {
            let plain = scene();
            let expected = knocked(&plain, policy);
            for (step, event) in plain.events().into_iter().enumerate() {
                if matches!(event, Event::Read { .. } | Event::Peek { .. }) {
                    let error = ErrorKind::ConnectionAborted;
                    let script = scene().at_step(step, Instead::Error(error));
                    assert_eq!(knocked(&script, policy), (expected.0.clone(), vec![error]));
                    assert_eq!(script.written(), b"knock\nthanks\n");
                }
            }
        }
    });
}

#[test]
fn a_stream_that_ends_inside_a_handshake_is_truncated() {
    play!({
        for policy in POLICIES {
            let handoff = Handoff::new(Script::new().gives(b"come").ends(), &[][..]);
            let options = Options::new().policy(policy);
            let mut connection =
                Connection::from_handoff(handoff, ()).with_options(options).peeking();
            let mut knock = Knock::default();
            let error = wait!(connection.exchange(&mut knock)).unwrap_err();
            let fault = error.fault().unwrap();
            assert_eq!((fault.cause, fault.at), (Cause::Truncated, 4));
        }
    });
}

#[test]
fn a_stream_that_ends_at_any_step_is_truncated_or_enough() {
    with_each_patience(|| {
        for policy in POLICIES {
            let plain = scene();
            let expected = knocked(&plain, policy);
            for (step, event) in plain.events().into_iter().enumerate() {
                if !matches!(event, Event::Read { .. } | Event::Peek { .. }) {
                    continue;
                }
                let script = scene().at_step(step, Instead::End);
                let (came, at) = run!({
                    let handoff = Handoff::new(script.clone(), &[][..]);
                    let options = Options::new().policy(policy);
                    let mut connection =
                        Connection::from_handoff(handoff, ()).with_options(options).peeking();
                    let mut knock = Knock::default();
                    match wait!(connection.exchange(&mut knock)) {
                        Ok(value) => (Ok(value), 0),
                        Err(error) => {
                            let fault = error.fault().unwrap();
                            (Err(fault.cause), fault.at)
                        }
                    }
                });
                match came {
                    Ok(value) => assert_eq!(value, expected.0[0]),
                    Err(cause) => {
                        assert_eq!(cause, Cause::Truncated);
                        let given = scene().unread().len() - script.unread().len();
                        assert_eq!(at, given as u64);
                    }
                }
            }
        }
    });
}

/// Wants everything sent, over and over.
struct Insists;

impl Exchange for Insists {
    type Output = ();
    type Error = Unanswered;

    fn advance(
        &mut self,
        _: &mut Buffer,
        _: bool,
        _: &mut Output,
    ) -> Result<Progress<()>, Fault<Unanswered>> {
        Ok(Progress::NeedWrite)
    }
}

#[test]
fn a_handshake_that_never_goes_on_is_stopped() {
    play!({
        let mut connection = Connection::new(Script::new(), ());
        let error = wait!(connection.exchange(&mut Insists)).unwrap_err();
        assert_eq!(error.fault().unwrap().cause, Cause::NoProgress);
    });
}

#[test]
fn a_handshake_that_does_not_fit_is_too_long() {
    play!({
        let handoff = Handoff::new(Script::new().gives_in_pieces([b'x'; 100], 10), &[][..]);
        let options = Options::new().max_record(50);
        let mut connection = Connection::from_handoff(handoff, ()).with_options(options);
        let mut knock = Knock::default();
        let error = wait!(connection.exchange(&mut knock)).unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!((fault.cause, fault.at), (Cause::TooLong, 50));
    });
}

#[test]
fn what_a_refused_peer_is_told_is_queued() {
    play!({
        let script = Script::new().gives(b"go away\n");
        let mut connection = Connection::new(script.clone(), ());
        let mut knock = Knock::default();
        let error = wait!(connection.exchange(&mut knock)).unwrap_err();
        assert_eq!(error.fault().unwrap().error(), Some(&Unanswered::SentAway));
        wait!(connection.flush()).unwrap();
        assert_eq!(script.written(), b"knock\nbye\n");
    });
}

#[test]
fn a_handshake_is_peeked_and_taken_in_one_piece() {
    play!({
        let script = Script::new().gives(b"come in\nand the rest");
        let options = Options::new().policy(ReadPolicy::Peek);
        let mut connection = Connection::new(script.clone(), ()).with_options(options).peeking();
        let mut knock = Knock::default().sending_all();
        assert_eq!(wait!(connection.exchange(&mut knock)).unwrap(), "come in");
        assert_eq!(script.reads(), [(8, 8)]);
        assert_eq!(script.count(Call::Peek), 1);
        let io = connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().unwrap();
        assert_eq!(io.unread(), b"and the rest");
    });
}

#[test]
fn a_handshake_does_not_hide_an_answer_behind_a_write_error() {
    play!({
        let script = Script::new().write_fails(ErrorKind::BrokenPipe).gives(b"go away\n");
        let mut connection =
            Connection::new(script.clone(), ()).with_options(Options::new().nonblocking(true));
        let mut knock = Knock::default();
        let error = wait!(connection.exchange(&mut knock)).unwrap_err();
        assert_eq!(error.fault().unwrap().error(), Some(&Unanswered::SentAway));
    });
}

#[test]
fn a_failure_to_send_is_not_left_behind() {
    play!({
        // Only a driver that sends before it reads has met the failure by then.
        let script = Script::new().write_fails(ErrorKind::BrokenPipe).gives(b"come in\n");
        let mut connection =
            Connection::new(script.clone(), ()).with_options(Options::new().nonblocking(true));
        let mut knock = Knock::default();
        assert_eq!(wait!(connection.exchange(&mut knock)).unwrap(), "come in");
        if FLUSH_FIRST {
            let refused = connection.hand_off(Edge::Carry).unwrap_err();
            assert_eq!(refused.to_string(), "the transport has failed");
            assert_eq!(refused.failure().unwrap().kind(), ErrorKind::BrokenPipe);
            // It has been told now, and is not told again.
            connection = refused.into_connection();
            wait!(connection.flush()).unwrap();
        }
        let handoff = connection.hand_off(Edge::Carry).unwrap();
        let unsent = if FLUSH_FIRST { &b""[..] } else { b"knock\nthanks\n" };
        assert_eq!(handoff.unsent().to_vec(), unsent);
    });
}

#[test]
fn a_failed_flush_is_a_failure_to_send() {
    play!({
        let script = Script::new().flush_is(Stop::Error(ErrorKind::BrokenPipe)).blocks();
        let mut connection = Connection::new(script, ());
        let mut knock = Knock::default();
        let error = wait!(connection.exchange(&mut knock)).unwrap_err();
        assert!(matches!(error, Error::Io(error) if error.kind() == ErrorKind::BrokenPipe));
    });
}
