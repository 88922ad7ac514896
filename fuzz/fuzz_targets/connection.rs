//! A non-blocking connection over a transport that gives and takes what it likes: would-block,
//! short reads, short writes, failures at any step. Its items are those of the uncut run, and what
//! it sends is what that would send.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use segue::driver::sync::{Blocking, Connection, Std};
use segue::driver::{self, BlockingHalf, Error, Options, ReadPolicy, SendError, Transport, Turn};
use segue::{Decode, Edge, Encode, Fault, Handoff, Output};
use segue_fuzz::chain::{self, Link, Opening, Stage, uncut};
use segue_fuzz::heard::{Heard, payload};
use segue_fuzz::pipe::{Arrival, Pipe, Taken};
use segue_fuzz::plan;
use std::{convert::Infallible, io, mem};

struct Plan<'a> {
    opening: Opening,
    /// True if the payload of each item is sent back.
    echoes: bool,
    options: Options,
    /// The most that a read brings.
    most: u8,
    links: Vec<Link>,
    acts: Vec<Act>,
    arrivals: Vec<Arrival>,
    writes: Vec<Taken>,
    stream: &'a [u8],
}

impl<'a> Arbitrary<'a> for Plan<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let bits = u.arbitrary::<u8>()?;
        let policy = match bits & 3 {
            0 | 3 => ReadPolicy::ReadAhead,
            1 => ReadPolicy::Exact,
            _ => ReadPolicy::Peek,
        };
        let options = Options::new()
            .policy(policy)
            .read_size(usize::from(u.arbitrary::<u8>()?) + 1)
            .max_read_ahead(usize::from(u.arbitrary::<u8>()?) + 1)
            .high_water(usize::from(u.arbitrary::<u8>()?) + 1);
        Ok(Self {
            opening: u.arbitrary()?,
            echoes: bits & 4 != 0,
            options,
            most: u.arbitrary()?,
            links: plan::list(u, 4)?,
            acts: plan::list(u, 40)?,
            arrivals: plan::list(u, 60)?,
            writes: plan::list(u, 60)?,
            stream: plan::rest(u)?,
        })
    }
}

/// All that is done with the connection.
#[derive(Debug, Clone, Copy)]
enum Act {
    Turn,
    /// A turn, and then there must be room for more before it goes on.
    TurnAndRoom,
    ReadyAndTake,
    Flush,
    /// This many bytes that are no answer.
    Send(u8),
    /// On to the next stage, if this one is over.
    Follow,
    /// The connection is left, and another goes on.
    HandOff,
    /// For so many acts the connection is in two halves.
    Split(u8),
}

impl<'a> Arbitrary<'a> for Act {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u.arbitrary::<u8>()? {
            0..=39 => Self::Turn,
            40..=69 => Self::TurnAndRoom,
            70..=99 => Self::ReadyAndTake,
            100..=119 => Self::Flush,
            count @ 120..=159 => Self::Send(count - 120),
            160..=179 => Self::Follow,
            180..=209 => Self::HandOff,
            count => Self::Split((count - 210) / 4),
        })
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(mut plan) = Plan::arbitrary(&mut Unstructured::new(data)) else { return };
    let expected = uncut(plan.opening, &plan.links, plan.stream, plan.echoes);
    let arrivals = mem::take(&mut plan.arrivals);
    let writes = mem::take(&mut plan.writes);
    let pipe = Pipe::new(plan.stream, arrivals, writes, plan.most.into());
    let handoff = Handoff::new(pipe, &[][..]);

    let mut tale = Tale { echoes: plan.echoes, ..Tale::default() };
    let opening = Connection::from_handoff(handoff, ()).with_options(plan.options).peeking();
    let connection = tale.open(opening, plan.opening);
    let mut next = chain::stages(&plan.links).into_iter();
    let first = next.next().unwrap_or_else(chain::over);
    let Ok(connection) = connection.follow(|()| first) else { panic!("nothing is always over") };
    let mut connection = tale.act(connection, &plan.acts, &mut next);
    connection = tale.finish(connection, &mut next);

    let Tale { heard, asides, .. } = tale;
    assert!(heard.agrees(&expected.heard), "not\n{:?}\nbut\n{heard:?}", expected.heard);
    // A payload that is broken off has an echo that is.
    if !heard.breaks_off(0) || !plan.echoes {
        tale_is_sent(&mut connection, &expected.sent, asides);
    }
});

/// Everything that was to be sent has been, once and in its order, unless the peer was gone.
fn tale_is_sent(connection: &mut Connection<Pipe, Stage>, expected: &[u8], asides: usize) {
    let without =
        |bytes: &[u8]| bytes.iter().copied().filter(|&byte| byte != ASIDE).collect::<Vec<_>>();
    let pipe = connection.io();
    let (written, words) = (without(&pipe.written()), without(expected));
    if pipe.is_broken() {
        assert!(words.starts_with(&written), "not {words:?} but {written:?} before it broke");
        return;
    }
    assert_eq!(written, words, "what is sent differs");
    assert_eq!(pipe.written().len(), expected.len() + asides, "what is sent aside differs");
}

/// All that is sent besides the answers is made of this byte, so that it can be told from them
/// where it matters: in what order it comes is up to the reads.
const ASIDE: u8 = 0xf5;

/// Bytes as they are.
struct Raw;

impl Encode<&[u8]> for Raw {
    type Error = Infallible;

    fn encode(&mut self, bytes: &[u8], output: &mut Output) -> Result<(), Infallible> {
        output.put(bytes);
        Ok(())
    }
}

/// All that happens to a connection.
#[derive(Default)]
struct Tale {
    echoes: bool,
    heard: Heard,
    /// The number of bytes that were sent aside.
    asides: usize,
    /// A turn has said that the stage is over.
    done: bool,
    /// A stage is dead, or the last is over.
    over: bool,
    /// The connection is in halves, which cannot be peeked into.
    in_halves: bool,
}

impl Tale {
    /// Runs the handshake, if there is one, until it comes to something.
    fn open(
        &mut self,
        mut connection: Connection<Pipe, ()>,
        opening: Opening,
    ) -> Connection<Pipe, ()> {
        let Some(mut handshake) = opening.handshake() else { return connection };
        for _ in 0..PATIENCE {
            match connection.exchange(&mut handshake) {
                Ok(said) => {
                    self.heard.item(said);
                    return connection;
                }
                Err(Error::Fault(fault)) => {
                    self.heard.fault(fault.fatal());
                    self.over = true;
                    return connection;
                }
                Err(error) => passing(&error),
            }
        }
        panic!("the handshake does not come to an end");
    }

    fn act(
        &mut self,
        mut connection: Connection<Pipe, Stage>,
        acts: &[Act],
        next: &mut impl Iterator<Item = Stage>,
    ) -> Connection<Pipe, Stage> {
        let mut acts = acts.iter();
        while !self.over
            && let Some(act) = acts.next()
        {
            connection = match *act {
                Act::Follow => self.follow(connection, next),
                Act::HandOff => self.hand_off(connection),
                Act::Split(count) => {
                    let acts = acts.by_ref().take(count.into());
                    self.in_halves(connection, acts)
                }
                act => {
                    self.one(&mut connection, act);
                    connection
                }
            };
        }
        connection
    }

    /// Does what can be done with a half as well.
    fn one<T: Transport>(
        &mut self,
        connection: &mut driver::Connection<Blocking<T>, Stage>,
        act: Act,
    ) {
        match act {
            // A dead stage is not to be asked again.
            Act::Turn | Act::TurnAndRoom | Act::ReadyAndTake if self.over => {}
            Act::Turn => self.turn(connection, false),
            Act::TurnAndRoom => self.turn(connection, true),
            Act::ReadyAndTake => self.ready_and_take(connection),
            Act::Flush => {
                let _ = connection.flush().map_err(|error| passing(&Error::<()>::Io(error)));
            }
            Act::Send(count) => self.send(connection, count),
            Act::Follow | Act::HandOff | Act::Split(_) => {}
        }
    }

    fn turn<T: Transport>(
        &mut self,
        connection: &mut driver::Connection<Blocking<T>, Stage>,
        room: bool,
    ) {
        match connection.turn() {
            Ok(Some(Turn { item, mut output })) => {
                assert!(!self.done, "it was over");
                if self.echoes {
                    sent(output.queue(&mut Raw, &payload(&item)[..]));
                }
                self.heard.item(item);
                if room && let Err(error) = output.room() {
                    passing(&Error::<()>::Io(error));
                }
            }
            Ok(None) => {
                self.done = true;
                assert!(!connection.wants_write(), "it is over and has something to send");
            }
            Err(Error::Fault(fault)) => self.fault(fault),
            Err(error) => {
                self.passing(&error);
                // The bytes that a half holds may be those that the other one has not sent yet.
                let idle =
                    connection.buffer().is_empty() && !connection.wants_write() && !self.in_halves;
                let held = connection.held();
                assert!(
                    !error.would_block() || !idle || held == 0,
                    "it waits and holds {held} bytes"
                );
            }
        }
    }

    fn ready_and_take<T: Transport>(
        &mut self,
        connection: &mut driver::Connection<Blocking<T>, Stage>,
    ) {
        match connection.ready() {
            Ok(true) => match connection.take() {
                Some(Ok(item)) => {
                    // An output that has no room takes it all the same.
                    let echo = payload(&item);
                    self.heard.item(item);
                    if self.echoes {
                        connection.output_mut().put(&echo);
                    }
                }
                Some(Err(fault)) => self.fault(fault),
                None => panic!("what is ready cannot be had"),
            },
            Ok(false) => self.done = true,
            Err(Error::Fault(fault)) => self.fault(fault),
            Err(error) => self.passing(&error),
        }
    }

    fn passing<E: std::fmt::Debug>(&self, error: &Error<E>) {
        let cannot_peek = |error: &io::Error| error.kind() == io::ErrorKind::Unsupported;
        match error {
            Error::Io(error) if self.in_halves && cannot_peek(error) => {}
            error => passing(error),
        }
    }

    fn fault(&mut self, fault: Fault<String>) {
        self.over |= fault.fatal;
        self.heard.fault(fault);
    }

    fn send<T: Transport, S: Decode>(
        &mut self,
        connection: &mut driver::Connection<Blocking<T>, S>,
        count: u8,
    ) {
        let aside = vec![ASIDE; count.into()];
        if sent(connection.queue(&mut Raw, &aside[..])) {
            self.asides += aside.len();
        }
    }

    fn follow(
        &mut self,
        connection: Connection<Pipe, Stage>,
        next: &mut impl Iterator<Item = Stage>,
    ) -> Connection<Pipe, Stage> {
        let done = mem::take(&mut self.done);
        let mut last = false;
        let followed = connection.follow(|stage| {
            next.next().unwrap_or_else(|| {
                last = true;
                stage
            })
        });
        self.over |= last;
        followed.unwrap_or_else(|refused| {
            assert!(!done, "a stage that is over may be followed");
            refused.into_connection()
        })
    }

    /// Leaves the connection and goes on with another.
    fn hand_off(&mut self, mut connection: Connection<Pipe, Stage>) -> Connection<Pipe, Stage> {
        let options = *connection.options();
        let stage = mem::replace(connection.stage_mut(), chain::over());
        match connection.hand_off(Edge::Carry) {
            Ok(handoff) => Connection::from_handoff(handoff, stage).with_options(options).peeking(),
            // A failure has to be told first.
            Err(refused) => {
                let mut connection = refused.into_connection();
                *connection.stage_mut() = stage;
                connection
            }
        }
    }

    /// Does `acts` with the two halves in turns.
    fn in_halves<'p>(
        &mut self,
        connection: Connection<Pipe, Stage>,
        acts: impl Iterator<Item = &'p Act>,
    ) -> Connection<Pipe, Stage> {
        let (mut reader, mut writer) = connection.split();
        self.in_halves = true;
        for act in acts {
            match *act {
                Act::Send(count) => self.send(&mut writer, count),
                Act::Flush => {
                    let _ = writer.flush().map_err(|error| passing(&Error::<()>::Io(error)));
                }
                act => self.one::<BlockingHalf<Std<Pipe>>>(&mut reader, act),
            }
        }
        self.in_halves = false;
        let Ok(connection) = reader.unsplit(writer) else { panic!("they are of one connection") };
        connection
    }

    /// Has all that is left, and ends the connection.
    fn finish(
        &mut self,
        mut connection: Connection<Pipe, Stage>,
        next: &mut impl Iterator<Item = Stage>,
    ) -> Connection<Pipe, Stage> {
        for _ in 0..PATIENCE {
            if self.over {
                break;
            }
            self.turn(&mut connection, false);
            if self.done {
                connection = self.follow(connection, next);
            }
        }
        assert!(self.over, "it does not come to an end");
        for _ in 0..PATIENCE {
            match connection.close_unbounded(u64::MAX) {
                Ok(ended) => {
                    assert!(ended, "all is dropped up to the end");
                    break;
                }
                Err(error) => passing(&Error::<()>::Io(error)),
            }
        }
        assert!(connection.io().has_ended() || connection.io().is_broken(), "it does not close");
        connection
    }
}

/// More than enough attempts for any script.
const PATIENCE: usize = 10_000;

/// Returns whether it was queued. It is not where the transport has no room or is broken.
fn sent(result: Result<(), SendError<Infallible>>) -> bool {
    match result {
        Ok(()) => true,
        Err(SendError::Io(error) | SendError::Queued(error)) => {
            passing(&Error::<()>::Io(error));
            false
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// The script's failures, and no others.
fn passing<E: std::fmt::Debug>(error: &Error<E>) {
    let known = match error {
        Error::Io(error) => matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::HostUnreachable | io::ErrorKind::BrokenPipe
        ),
        _ => false,
    };
    assert!(known, "{error:?}");
}
