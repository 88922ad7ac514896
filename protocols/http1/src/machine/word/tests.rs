//! Sequences of events, and the states that they lead to.

use alloc::{collections::BTreeSet, vec, vec::Vec};

use super::*;

const GET: Event = Event::Request { kind: Kind::Plain, closes: false, expects: false };
const LAST: Event = Event::Request { kind: Kind::Plain, closes: true, expects: false };
const CONNECT: Event = Event::Request { kind: Kind::Connect, closes: false, expects: false };
const OK: Event = Event::Response { closes: false, http10: false };

/// A word and the slots of its ring.
#[derive(Debug, Clone, PartialEq, Eq)]
struct At {
    word: Word,
    slots: Vec<u8>,
}

impl At {
    /// Nothing has been said, and that many requests may be owed an answer.
    fn new(owed: u32) -> Self {
        Self { word: Word::NEW, slots: Ring::of(owed).slots() }
    }

    fn after(&self, event: Event) -> Option<Self> {
        let ring = Ring::from_slots(&self.slots);
        let word = self.word.after(event, &ring)?;
        Some(Self { word, slots: ring.slots() })
    }

    fn after_by_table(&self, event: Event) -> Option<Self> {
        let ring = Ring::from_slots(&self.slots);
        let word = self.word.after_by_table(event, &ring)?;
        Some(Self { word, slots: ring.slots() })
    }
}

impl core::ops::Deref for At {
    type Target = Word;

    fn deref(&self) -> &Word {
        &self.word
    }
}

fn run(events: &[Event]) -> At {
    events.iter().fold(At::new(6), |word, &event| {
        word.after(event).unwrap_or_else(|| panic!("{event:?} is refused in {word:?}"))
    })
}

#[test]
fn answers_are_taken_to_belong_to_the_oldest_request() {
    let kinds = [Kind::Head, Kind::Plain10, Kind::Plain, Kind::Head10, Kind::Head];
    let mut word = At::new(6);
    for kind in kinds {
        let head = Event::Request { kind, closes: false, expects: false };
        word = word.after(head).unwrap().after(Event::RequestEnd).unwrap();
    }
    for (at, kind) in kinds.into_iter().enumerate() {
        assert_eq!(
            (word.oldest(), word.owed()),
            (Some(kind), u32::try_from(kinds.len() - at).unwrap())
        );
        word = word.after(OK).unwrap().after(Event::ResponseEnd).unwrap();
    }
    assert_eq!(word.word, Word::NEW);
    let six = [GET, Event::RequestEnd].repeat(6);
    assert_eq!(run(&six).after(GET), None);
}

/// Against a plain queue: requests and answers in turns that go round the ring, with a fault from
/// the other half at the end.
#[test]
fn the_ring_is_a_queue() {
    for owed in [1, 2, 3, 64, Word::MAX_OWED] {
        let (mut at, mut queue) = (At::new(owed), alloc::collections::VecDeque::new());
        for step in 0..1000_u32 {
            let kind = Kind::from_bits(step.wrapping_mul(0x9e37_79b9) >> 29);
            let kind = if kind.offers() { Kind::Plain } else { kind };
            let asks = step % 7 < 4;
            if asks {
                let head = Event::Request { kind, closes: false, expects: false };
                match at.after(head) {
                    Some(next) => {
                        at = next.after(Event::RequestEnd).unwrap();
                        queue.push_back(kind);
                    }
                    None => assert_eq!(queue.len(), owed as usize),
                }
            } else if let Some(next) = at.after(OK) {
                assert_eq!(at.oldest(), queue.pop_front());
                at = next.after(Event::ResponseEnd).unwrap();
            }
            assert_eq!((at.oldest(), at.owed() as usize), (queue.front().copied(), queue.len()));
        }
        if let Some(mut next) = at.after(Event::Fault) {
            queue.push_back(Kind::Plain);
            while let Some(kind) = queue.pop_front() {
                assert_eq!(next.oldest(), Some(kind));
                next = next.after(OK).unwrap().after(Event::ResponseEnd).unwrap();
            }
            assert_eq!(next.requests(), State::Failed);
        }
    }
}

#[test]
fn the_last_request_lets_those_before_it_be_answered() {
    let word = run(&[GET, Event::RequestEnd, LAST, Event::RequestEnd, OK, Event::ResponseEnd]);
    assert_eq!((word.requests(), word.responses()), (State::Ended, State::Owed));
    let word = word.after(OK).unwrap().after(Event::ResponseEnd).unwrap();
    assert_eq!(word.responses(), State::Ended);
}

#[test]
fn a_last_answer_ends_the_requests() {
    let closing = Event::Response { closes: true, http10: false };
    let word = run(&[GET, closing, Event::ResponseEnd]);
    assert_eq!((word.requests(), word.responses()), (State::Body, State::Ended));
    assert_eq!(word.after(Event::RequestEnd).unwrap().requests(), State::Ended);
    assert_eq!(run(&[GET, Event::RequestEnd, closing]).requests(), State::Ended);
}

#[test]
fn a_switch_waits_for_the_end_of_the_request_and_for_its_turn() {
    assert_eq!(run(&[CONNECT]).after(Event::Switch), None);
    assert_eq!(run(&[GET, Event::RequestEnd]).after(Event::Switch), None);
    let behind = run(&[GET, Event::RequestEnd, CONNECT, Event::RequestEnd]);
    assert_eq!((behind.requests(), behind.after(Event::Switch)), (State::Offered, None));
    let word = run(&[CONNECT, Event::RequestEnd, Event::Switch]);
    assert_eq!((word.requests(), word.responses()), (State::Switched, State::Switched));
    let word = run(&[CONNECT, OK, Event::RequestEnd]);
    assert_eq!(word.requests(), State::Idle, "it was declined before its end");
    let word = run(&[CONNECT, OK, Event::ResponseEnd, Event::RequestEnd]);
    assert_eq!(word.requests(), State::Idle);
}

#[test]
fn an_offer_is_declined_by_its_own_answer_alone() {
    let offered = [GET, Event::RequestEnd, CONNECT, Event::RequestEnd];
    let word = run(&[&offered[..], &[OK, Event::ResponseEnd]].concat());
    assert_eq!(word.requests(), State::Offered);
    assert_eq!(word.after(OK).unwrap().requests(), State::Idle);
    assert_eq!(word.after(Event::Switch).unwrap().requests(), State::Switched);
    let closing = Event::Response { closes: true, http10: false };
    assert_eq!(run(&[&offered[..], &[closing]].concat()).requests(), State::Ended);
}

#[test]
fn faults_are_answered_once() {
    let word = run(&[Event::Fault]);
    assert_eq!((word.requests(), word.responses()), (State::Failed, State::Owed));
    let word = run(&[GET, Event::Fault, OK, Event::ResponseEnd]);
    assert_eq!((word.requests(), word.responses()), (State::Failed, State::Ended));
    assert_eq!(run(&[GET, OK, Event::ResponseEnd, Event::Fault]).responses(), State::Idle);
}

/// A server of HTTP/1.0 is remembered behind its answer, whatever else is owed.
#[test]
fn the_last_version_is_remembered() {
    let old = Event::Response { closes: false, http10: true };
    let two = [GET, Event::RequestEnd, GET, Event::RequestEnd];
    let word = run(&[&two[..], &[old, Event::ResponseEnd]].concat());
    assert!(word.server_is_http10());
    assert_eq!((word.owed(), word.oldest()), (1, Some(Kind::Plain)));
    let word = word.after(OK).unwrap().after(Event::ResponseEnd).unwrap();
    assert_eq!(word.word, Word::NEW);
    let connect = run(&[CONNECT, old, Event::ResponseEnd]);
    assert!(connect.server_is_http10());
}

#[test]
fn a_broken_response_ends_both_sides() {
    for events in [&[][..], &[GET], &[GET, Event::RequestEnd], &[GET, OK], &[CONNECT]] {
        let word = run(&[events, &[Event::ResponseFault]].concat());
        assert_eq!((word.requests(), word.responses()), (State::Ended, State::Failed));
        assert_eq!(word.after(GET), None);
    }
}

fn last(requests: State) -> bool {
    matches!(requests, State::Ended | State::Switched | State::Failed)
}

/// Every state that three requests of each kind can lead to, by whatever is said in whatever order.
#[test]
fn whatever_is_said_the_two_sides_fit_together() {
    let kinds = [Kind::Plain, Kind::Head10, Kind::Upgrade, Kind::Connect];
    let mut events = vec![Event::RequestPiece, Event::RequestEnd, Event::Fault, Event::Switch];
    events.extend([
        Event::ResponseEnd,
        Event::ResponseFault,
        OK,
        Event::Response { closes: true, http10: false },
    ]);
    events.extend([100, 103].map(|status| Event::Informational { status }));
    for kind in kinds {
        for (closes, expects) in [(false, false), (true, false), (false, true)] {
            events.push(Event::Request { kind, closes, expects });
        }
    }
    let mut reached = vec![At::new(4)];
    let mut seen = BTreeSet::from([(Word::NEW.bits(), At::new(4).slots)]);
    while let Some(word) = reached.pop() {
        let (requests, responses) = (word.requests(), word.responses());
        match responses {
            State::Idle => assert_eq!(word.owed(), 0, "{word:?}"),
            State::Owed | State::Body => assert!(word.owed() > 0, "{word:?}"),
            State::Ended => assert!(word.response_closes(), "{word:?}"),
            State::Switched => assert_eq!(word.owed(), 1, "{word:?}"),
            State::Failed => assert!(last(requests), "{word:?}"),
            State::Offered => panic!("{word:?}"),
        }
        assert_eq!(requests == State::Switched, responses == State::Switched, "{word:?}");
        if requests == State::Offered {
            assert!(word.newest().is_some_and(Kind::offers), "{word:?}");
        }
        // Once something is the last, nothing follows it.
        let last = last(requests);
        for &event in &events {
            assert_eq!(word.after(event), word.after_by_table(event), "{word:?}: {event:?}");
            let Some(next) = word.after(event) else { continue };
            assert!(!last || event.kind().side() == Side::Responses, "{word:?}: {event:?}");
            let over = matches!(responses, State::Ended | State::Failed);
            assert!(!over || next.responses() == responses);
            if next.owed() <= 3 && seen.insert((next.bits(), next.slots.clone())) {
                reached.push(next);
            }
        }
    }
    assert!(seen.len() > 500, "{} states", seen.len());
}
