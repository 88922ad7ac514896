//! Stages on the streams of a session.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use segue::{
    Buffer, Cause, Decode, Fault, Framing, Moment, Output, Record, Say, Step, length,
    mux::{Carrier, Direction, Ending, Event, Item, Mux, Opens},
};
use segue_yamux::{Role, Session, StreamId};
use support::{DATA, End, RST, SYN, WINDOW_UPDATE, data, frames};

type Records = length::Prefixed<length::U32Be>;

fn records() -> Records {
    length::u32_be().max(1 << 22)
}

/// A session with a stage on each stream of the peer's, and its connection's buffers.
struct Staged<I: Decode> {
    mux: Mux<Session, I>,
    make: fn() -> I,
    input: Buffer,
    output: Output,
}

/// The events of a [`Staged`].
#[derive(Debug, PartialEq)]
enum Told {
    Event(Event<StreamId>),
    Record(StreamId, Vec<u8>),
    Fault(StreamId, Fault<String>),
    End(StreamId, Option<Fault<String>>),
}

impl<I: Decode> Staged<I>
where
    for<'a> I::Item<'a>: AsRef<[u8]>,
    I::Error: ToString,
{
    fn new(role: Role, make: fn() -> I) -> Self {
        let mux = Mux::new(Session::new(role));
        Self { mux, make, input: Buffer::new(), output: Output::new() }
    }

    fn next(&mut self) -> Option<Told> {
        let fault = |fault: Fault<I::Error>| fault.map(|error| error.to_string());
        let told = match self.input.step(&mut self.mux, false, &mut self.output).unwrap() {
            Step::Item(Item::Event(event, _)) => Told::Event(event),
            Step::Item(Item::Inner(id, Ok(item), _)) => Told::Record(id, item.as_ref().to_vec()),
            Step::Item(Item::Inner(id, Err(error), _)) => Told::Fault(id, fault(error)),
            Step::Item(Item::End(id, error, _)) => Told::End(id, error.map(fault)),
            Step::Need(_) | Step::Done => return None,
        };
        if let Told::Event(Event::Opened(id)) = told {
            assert!(self.mux.attach(id, (self.make)()).is_none());
        }
        Some(told)
    }

    fn speak(&mut self) -> Vec<u8> {
        let mut moment = Moment::unknown();
        self.mux.speak(&mut Say::new(&mut self.output, support::ROOM, &mut moment)).unwrap();
        let sent = self.output.to_vec();
        self.output.advance(sent.len());
        sent
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<Told> {
        self.input.extend(bytes);
        std::iter::from_fn(|| self.next()).collect()
    }
}

fn record(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    [&length.to_be_bytes()[..], payload].concat()
}

#[test]
fn a_record_longer_than_the_window_passes() {
    let mut client = End::new(Role::Client);
    let mut server = Staged::new(Role::Server, records);
    let payload: Vec<u8> = (0..300_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let id = client.open();
    client.put(id, &record(&payload));
    client.put(id, &record(b"and another"));
    client.session.finish(id);
    let mut told = Vec::new();
    for _ in 0..100 {
        client.speak();
        let sent = client.sent();
        told.extend(server.receive(&sent));
        client.receive(&server.speak());
    }
    let expected = [
        Told::Event(Event::Opened(id)),
        Told::Record(id, payload),
        Told::Record(id, b"and another".to_vec()),
        Told::End(id, None),
    ];
    assert!(told == expected, "{} were told", told.len());
}

#[test]
fn a_record_that_can_never_be_granted_ends_its_stream() {
    let mut server = Staged::new(Role::Server, records);
    let told = server.receive(&data(SYN, 1, &(1_u32 << 22).to_be_bytes()[..4]));
    let [Told::Event(_), Told::End(id, Some(fault))] = &told[..] else { panic!("{told:?}") };
    assert!(matches!(fault.cause, Cause::TooLong));
    assert_eq!(frames(&server.speak()), [(WINDOW_UPDATE, RST, 1, 0)]);
    assert_eq!(server.receive(&[]), [Told::Event(Event::Released(*id))]);
}

#[test]
fn a_fault_ends_its_stream_alone() {
    let mut server = Staged::new(Role::Server, || length::u8().max(5));
    let mut ids = Vec::new();
    for id in [1, 3] {
        let told = server.receive(&data(SYN, id, b""));
        let [Told::Event(Event::Opened(id))] = told[..] else { panic!("{told:?}") };
        ids.push(id);
    }
    assert_eq!(server.receive(&data(0, 1, b"\x03abc")), [Told::Record(ids[0], b"abc".to_vec())]);
    let told = server.receive(&data(0, 1, b"\x01a\x09"));
    let [Told::Record(..), Told::End(id, Some(fault))] = &told[..] else { panic!("{told:?}") };
    assert_eq!((*id, fault.at, fault.layer), (ids[0], 6, 1));
    let told = server.receive(&data(0, 3, b"\x02go"));
    assert_eq!(told, [Told::Record(ids[1], b"go".to_vec())]);
    let said = frames(&server.speak());
    assert!(said.contains(&(WINDOW_UPDATE, RST, 1, 0)), "{said:?}");
    assert!(!said.iter().any(|(_, flags, id, _)| *id == 3 && flags & RST != 0));
    // And what is still under way is nothing bad.
    assert_eq!(server.receive(&data(0, 1, b"late")), [Told::Event(Event::Released(ids[0]))]);
}

#[test]
fn a_stream_that_breaks_off_is_a_truncation() {
    let mut server = Staged::new(Role::Server, records);
    server.input.extend(&data(SYN, 1, b"\0\0\0\x01a\0\0"));
    let told = server.receive(&support::header(WINDOW_UPDATE, RST, 1, 0));
    let [_, Told::Record(..), Told::End(_, Some(fault)), ..] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((&fault.cause, fault.at), (&Cause::Truncated, 7));
}

/// Answers each byte by a kilobyte, absorbs all.
#[derive(Default)]
struct Loud {
    absorbed: usize,
}

impl Decode for Loud {
    type Item<'a> = &'a [u8];
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(match input {
            [] if eof => Framing::Done,
            [] => Framing::need(1),
            _ => Framing::Absorb(1),
        })
    }

    fn absorb(&mut self, _: Record<'_>, answers: &mut Output) -> Result<(), Fault<Infallible>> {
        self.absorbed += 1;
        answers.put(&[b'!'; 1024]);
        Ok(())
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<&'a [u8], Fault<Infallible>> {
        Ok(&[])
    }
}

#[test]
fn a_stage_whose_output_is_full_is_not_asked_and_so_gets_no_credit() {
    let (mut client, mut server) =
        (End::new(Role::Client), Staged::new(Role::Server, Loud::default));
    let id = client.open();
    client.put(id, &[7; 60_000]);
    let (mut windows, mut heard) = (Vec::new(), 0);
    for round in 0..3000 {
        client.speak();
        server.receive(&client.sent());
        let said = server.speak();
        windows.extend(frames(&said).into_iter().filter(|frame| frame.0 == WINDOW_UPDATE));
        client.receive(&said);
        // An answer waits in the output, or in the windows.
        let (unread, unsent) = server.mux.residue();
        assert!(unread <= 256 * 1024 && unsent <= 64 * 1024 + 1024);
        if round < 100 {
            continue;
        }
        if round == 100 {
            // Nobody has read an answer, so all stands still: 256 answers are in the window, and 64
            // in the output.
            assert!(windows.iter().all(|(.., more)| *more == 0), "{windows:?}");
            assert_eq!(server.mux.stage_mut(id).unwrap().absorbed, 256 + 64);
        }
        heard += client.take(id).len();
    }
    assert_eq!(heard, 1024 * 60_000);
}

/// Says a dot at the beginning, and one at each time that it has asked for.
struct Dots(Option<Duration>);

impl Decode for Dots {
    type Item<'a> = &'a [u8];
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(match input {
            [] if eof => Framing::Done,
            [] => Framing::need(1),
            all => Framing::Record(all.len()),
        })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<&'a [u8], Fault<Infallible>> {
        Ok(record.into_slice())
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Infallible>> {
        let Some(now) = say.now() else { return Ok(()) };
        let next = match self.0 {
            Some(next) if now < next => next,
            _ => {
                say.output().put(b".");
                now + Duration::from_secs(10)
            }
        };
        self.0 = Some(next);
        say.wake_at(next);
        Ok(())
    }
}

#[test]
fn stages_speak_when_their_time_has_come() {
    let mut client = Mux::new(Session::client());
    let said = |client: &mut Mux<Session, Dots>, second| {
        let (mut output, mut moment) = (Output::new(), Moment::at(Duration::from_secs(second)));
        client.speak(&mut Say::new(&mut output, 1024, &mut moment)).unwrap();
        let dots: Vec<_> = frames(&output.to_vec())
            .into_iter()
            .filter(|frame| frame.0 == DATA)
            .map(|frame| frame.2)
            .collect();
        (dots, moment.wake_at().map(|at| at.as_secs()))
    };
    let open = |client: &mut Mux<Session, Dots>| {
        let id = client.carrier_mut().open(Direction::Both).unwrap();
        client.attach(id, Dots(None));
        id
    };
    let first = open(&mut client);
    assert_eq!(said(&mut client, 0), (vec![1], Some(10)));
    open(&mut client);
    assert_eq!(said(&mut client, 4), (vec![3], Some(10)));
    assert_eq!(said(&mut client, 9), (vec![], Some(10)));
    assert_eq!(said(&mut client, 11), (vec![1], Some(14)));
    client.detach(first);
    assert_eq!(said(&mut client, 15), (vec![3], Some(25)));
    assert_eq!(said(&mut client, 24), (vec![], Some(25)));
}

#[test]
fn what_comes_while_a_buffer_is_lent_is_merged() {
    let mut server = End::new(Role::Server);
    let told = server.receive(&data(SYN, 1, b"one two"));
    let Some(Event::Opened(id)) = told.first().copied() else { panic!("{told:?}") };
    let mut lent = server.session.lend(id).unwrap();
    lent.consume(4);
    server.receive(&data(0, 1, b" three"));
    server.speak();
    server.session.give_back(id, lent);
    let input = server.session.stream(id).unwrap().input.unwrap();
    assert_eq!((input.as_slice(), input.position()), (&b"two three"[..], 4));
    let length = input.len();
    input.consume(length);
    server.session.release_credit(id, length + 4);
    assert_eq!(server.session.stream(id).unwrap().input.unwrap().position(), 13);
}

#[test]
fn an_echo_of_many_streams_by_stages_of_both_ends() {
    let (mut client, mut server) =
        (Staged::new(Role::Client, records), Staged::new(Role::Server, records));
    let mut sent = BTreeMap::new();
    for n in 0..100_u8 {
        let id = client.mux.carrier_mut().open(Direction::Both).unwrap();
        client.mux.attach(id, records());
        let payload = vec![n; usize::from(n) * 700];
        let stream = client.mux.carrier_mut().stream(id).unwrap();
        stream.output.unwrap().put(&record(&payload));
        client.mux.carrier_mut().finish(id);
        sent.insert(id, payload);
    }
    let (mut echoed, mut ends) = (BTreeMap::new(), 0);
    while ends < 200 {
        let said = client.speak();
        for told in server.receive(&said) {
            match told {
                Told::Record(id, payload) => {
                    let carrier = server.mux.carrier_mut();
                    carrier.stream(id).unwrap().output.unwrap().put(&record(&payload));
                }
                Told::End(id, None) => {
                    server.mux.carrier_mut().let_go(id);
                    ends += 1;
                }
                Told::Event(_) => {}
                told => panic!("{told:?}"),
            }
        }
        let said = server.speak();
        for told in client.receive(&said) {
            match told {
                Told::Record(id, payload) => assert!(echoed.insert(id, payload).is_none()),
                Told::End(id, None) => {
                    assert_eq!(client.mux.carrier_mut().stream(id).unwrap().ending, Ending::Ended);
                    client.mux.carrier_mut().let_go(id);
                    ends += 1;
                }
                Told::Event(_) => {}
                told => panic!("{told:?}"),
            }
        }
    }
    assert!(echoed == sent);
    server.receive(&client.speak());
    client.receive(&server.speak());
    assert_eq!((client.mux.carrier().streams(), server.mux.carrier().streams()), (0, 0));
    assert!(client.mux.is_empty() && server.mux.is_empty());
}
