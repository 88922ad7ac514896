//! A chain of stages over one stream, cut anywhere, moved on by `then`, by `follow` and by hand,
//! in and out of connections all the time: it comes to what one uncut run comes to, and at every
//! moment what has been consumed and what is left over is what was given.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use segue::driver::{Error, Leading, Options, ReadPolicy, sync::Connection};
use segue::{Buffer, Decode, Edge, Fault, Framing, Handoff, Output, Step};
use segue_fuzz::chain::{self, Link, Opening, Stage, uncut};
use segue_fuzz::heard::Heard;
use segue_fuzz::pipe::Pipe;
use segue_fuzz::plan;
use std::io::{Read, Write};

struct Plan<'a> {
    links: Vec<Link>,
    acts: Vec<Act>,
    stream: &'a [u8],
}

impl<'a> Arbitrary<'a> for Plan<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self { links: plan::list(u, 6)?, acts: plan::list(u, 80)?, stream: plan::rest(u)? })
    }
}

/// All that is done with the stream, each in two bytes.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// This many more bytes of it arrive.
    Give(u8),
    /// All the rest, and the end.
    End,
    /// One item is had, or what it takes to have one.
    Step,
    /// All that can be had.
    All,
    /// This many items at most, by the loop for many small records.
    Records(u8),
    /// On to the next stage, if this one is over.
    Next,
    /// The buffer goes into a connection.
    Connect(Reading),
    /// The connection is left, for the next protocol, or only if it holds nothing.
    Leave(Edge),
    /// The connection is left for somebody else, who reads so many bytes and puts them back.
    Lead(u8),
}

/// The way in which a connection is to read, in bits.
#[derive(Debug, Clone, Copy)]
struct Reading(u8);

impl<'a> Arbitrary<'a> for Act {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let (kind, how) = (u.arbitrary::<u8>()?, u.arbitrary::<u8>()?);
        Ok(match kind % 10 {
            0 | 1 => Self::Give(how),
            2 => Self::Step,
            3 => Self::All,
            4 => Self::Next,
            5 => Self::Connect(Reading(how)),
            6 => Self::Leave(if how & 1 == 0 { Edge::Carry } else { Edge::MustBeEmpty }),
            7 => Self::Lead(how),
            8 => Self::Records(how),
            _ => Self::End,
        })
    }
}

impl Reading {
    fn options(self) -> Options {
        let policy = match self.0 & 3 {
            0 | 3 => ReadPolicy::ReadAhead,
            1 => ReadPolicy::Exact,
            _ => ReadPolicy::Peek,
        };
        let read_size = [1, 5, 64, 4096][usize::from(self.0 >> 2 & 3)];
        Options::new().policy(policy).read_size(read_size)
    }

    /// The most that a read brings.
    fn most(self) -> usize {
        [usize::MAX, 1, 3, 40][usize::from(self.0 >> 4 & 3)]
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(plan) = Plan::arbitrary(&mut Unstructured::new(data)) else { return };
    let expected = uncut(Opening::None, &plan.links, plan.stream, false);
    let mut walk = Walk::new(&plan);
    for act in &plan.acts {
        walk.act(*act);
        walk.account();
    }
    walk.finish();
    walk.account();

    let Walk { heard, consumed, sent, ends, .. } = walk;
    assert!(heard.agrees(&expected.heard), "not\n{:?}\nbut\n{heard:?}", expected.heard);
    let (least, most) = (consumed.min(expected.consumed), consumed.max(expected.consumed));
    assert!(least == most || heard.breaks_off(least), "{least} bytes are consumed, and {most}");
    let mut ends_of_links = plan.links.iter().zip(expected.ends).filter(|(link, _)| !link.joined);
    for end in ends {
        let expected = ends_of_links.next().map(|(_, end)| end);
        // A chain may end with a link that was to be joined with another.
        assert!(expected.is_none_or(|expected| end == expected), "a stage was over at {end}");
    }
    assert_eq!(sent, expected.sent, "what is sent differs");
});

/// A chain on its way through the stream.
struct Walk<'p> {
    stream: &'p [u8],
    /// The part of it that has arrived.
    given: usize,
    ended: bool,
    holder: Holder,
    /// The stages to come.
    next: std::vec::IntoIter<Stage>,
    /// True if no stage of the chain reads more than it claims.
    claims_all: bool,
    heard: Heard,
    consumed: u64,
    ends: Vec<u64>,
    sent: Vec<u8>,
    /// The last stage is over, or one is dead.
    over: bool,
}

/// The holder of the buffer.
enum Holder {
    Nobody,
    Bare { buffer: Buffer, stage: Stage, answers: Output },
    Connection { connection: Connection<Pipe, Stage>, exact: bool },
}

impl<'p> Walk<'p> {
    fn new(plan: &'p Plan<'_>) -> Self {
        let mut next = chain::stages(&plan.links).into_iter();
        let holder = match next.next() {
            Some(stage) => Holder::Bare { buffer: Buffer::new(), stage, answers: Output::new() },
            None => Holder::Nobody,
        };
        Self {
            stream: plan.stream,
            given: 0,
            ended: false,
            over: matches!(holder, Holder::Nobody),
            holder,
            next,
            claims_all: !plan.links.iter().any(|link| link.looks_ahead()),
            heard: Heard::default(),
            consumed: 0,
            ends: Vec::new(),
            sent: Vec::new(),
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Give(count) => self.give(usize::from(count)),
            Act::End => {
                self.give(usize::MAX);
                self.ended = true;
                if let Holder::Connection { connection, .. } = &mut self.holder {
                    connection.io().end();
                }
            }
            _ if self.over => {}
            Act::Step => {
                self.step();
            }
            Act::All => while self.step() == Come::Item {},
            Act::Records(most) => self.records(usize::from(most)),
            Act::Next => self.follow(),
            Act::Connect(reading) => self.connect(reading),
            Act::Leave(edge) => self.leave(edge, |handoff| handoff),
            Act::Lead(count) => self.leave(Edge::Carry, |handoff| lead(handoff, count.into())),
        }
    }

    fn give(&mut self, most: usize) {
        let rest = &self.stream[self.given..];
        let bytes = &rest[..rest.len().min(most)];
        self.given += bytes.len();
        match &mut self.holder {
            Holder::Nobody => {}
            Holder::Bare { buffer, .. } => buffer.extend(bytes),
            Holder::Connection { connection, .. } => connection.io().give(bytes),
        }
    }

    fn step(&mut self) -> Come {
        let come = match &mut self.holder {
            Holder::Nobody => return Come::Done,
            Holder::Bare { buffer, stage, answers } => {
                match buffer.step(stage, self.ended, answers) {
                    Ok(Step::Item(said)) => Come::said(&mut self.heard, said),
                    Ok(Step::Need(_)) => Come::Need,
                    Ok(Step::Done) => Come::Done,
                    Err(fault) => Come::fault(&mut self.heard, fault),
                }
            }
            Holder::Connection { connection, exact } => match connection.turn() {
                Ok(Some(turn)) => Come::said(&mut self.heard, turn.item),
                Ok(None) => {
                    assert!(!connection.wants_write(), "it is done and has something to send");
                    let over_read = connection.buffer().len();
                    assert!(!*exact || over_read == 0, "{over_read} bytes are read too far");
                    Come::Done
                }
                Err(Error::Fault(fault)) => Come::fault(&mut self.heard, fault),
                Err(error) => {
                    assert!(error.would_block(), "{error:?}");
                    Come::Need
                }
            },
        };
        self.over |= come == Come::Death;
        come
    }

    /// At most `most` items.
    fn records(&mut self, most: usize) {
        let Holder::Bare { buffer, stage, answers } = &mut self.holder else {
            (0..most).all(|_| self.ready_and_take());
            return;
        };
        let mut records = buffer.records(stage, self.ended, answers);
        for _ in 0..most {
            match records.next() {
                Ok(Step::Item(said)) => self.heard.item(said),
                Ok(_) => return,
                Err(fault) => {
                    self.over |= Come::fault(&mut self.heard, fault) == Come::Death;
                    if self.over {
                        return;
                    }
                }
            }
        }
    }

    /// A connection's way to have an item in two steps; whether there may be more.
    fn ready_and_take(&mut self) -> bool {
        let Holder::Connection { connection, .. } = &mut self.holder else { return false };
        let come = match connection.ready() {
            Ok(true) => {
                assert!(matches!(connection.ready(), Ok(true)), "what is ready stays so");
                match connection.take() {
                    Some(Ok(said)) => Come::said(&mut self.heard, said),
                    Some(Err(fault)) => Come::fault(&mut self.heard, fault),
                    None => panic!("what is ready cannot be had"),
                }
            }
            Ok(false) => Come::Done,
            Err(Error::Fault(fault)) => Come::fault(&mut self.heard, fault),
            Err(error) => {
                assert!(error.would_block(), "{error:?}");
                Come::Need
            }
        };
        self.over |= come == Come::Death;
        come == Come::Item
    }

    /// Moves on, if the stage lets that be.
    fn follow(&mut self) {
        let next = &mut self.next;
        let mut followed = false;
        match std::mem::replace(&mut self.holder, Holder::Nobody) {
            Holder::Nobody => {}
            Holder::Bare { buffer, mut stage, answers } => {
                if stage.frame(buffer.as_slice(), self.ended) == Ok(Framing::Done) {
                    followed = true;
                    if let Some(next) = next.next() {
                        stage = next;
                    } else {
                        self.over = true;
                    }
                }
                self.holder = Holder::Bare { buffer, stage, answers };
            }
            Holder::Connection { connection, exact } => {
                let mut last = false;
                let connection = connection.follow(|stage| {
                    followed = true;
                    next.next().unwrap_or_else(|| {
                        last = true;
                        stage
                    })
                });
                self.over |= last;
                let connection = connection.unwrap_or_else(|refused| refused.into_connection());
                self.holder = Holder::Connection { connection, exact };
            }
        }
        if followed {
            self.ends.push(self.position());
        }
    }

    fn connect(&mut self, reading: Reading) {
        match std::mem::replace(&mut self.holder, Holder::Nobody) {
            Holder::Bare { mut buffer, stage, answers } => {
                let position = buffer.position();
                let pipe = Pipe::open(reading.most());
                let rest = buffer.take_rest();
                let exact = reading.options().policy != ReadPolicy::ReadAhead
                    && rest.is_empty()
                    && self.claims_all;
                if self.ended {
                    pipe.end();
                }
                let handoff = Handoff::from_parts(pipe, rest, answers, self.ended);
                let handoff = handoff.at_position(position);
                let connection = Connection::from_handoff(handoff, stage)
                    .with_options(reading.options())
                    .peeking();
                self.holder = Holder::Connection { connection, exact };
            }
            holder => self.holder = holder,
        }
    }

    /// Leaves a connection by `edge`; on the way the hand-off is at the disposal of `between`.
    fn leave(&mut self, edge: Edge, between: impl FnOnce(Handoff<Pipe>) -> Handoff<Pipe>) {
        let connection = match std::mem::replace(&mut self.holder, Holder::Nobody) {
            Holder::Connection { connection, exact } => match self.part(connection, edge) {
                Ok(parted) => parted,
                Err(connection) => {
                    self.holder = Holder::Connection { connection, exact };
                    return;
                }
            },
            holder => {
                self.holder = holder;
                return;
            }
        };
        let (stage, handoff) = connection;
        let position = handoff.position();
        let (pipe, read, answers, eof) = between(handoff).into_parts();
        assert!(!eof || self.ended && pipe.unread().is_empty(), "the end comes before the end");
        let mut buffer = Buffer::from(read);
        buffer.set_position(position);
        buffer.extend(&pipe.unread());
        self.sent.extend(pipe.written());
        self.holder = Holder::Bare { buffer, stage, answers };
    }

    /// Takes the stage out of a connection, and leaves that.
    fn part(
        &mut self,
        connection: Connection<Pipe, Stage>,
        edge: Edge,
    ) -> Result<(Stage, Handoff<Pipe>), Connection<Pipe, Stage>> {
        let mut connection = connection;
        let holds_nothing = connection.buffer().is_empty() && !connection.wants_write();
        let stage = std::mem::replace(connection.stage_mut(), chain::over());
        match connection.hand_off(edge) {
            Ok(handoff) => {
                assert!(edge == Edge::Carry || holds_nothing);
                Ok((stage, handoff))
            }
            Err(refused) => {
                assert!(edge == Edge::MustBeEmpty && !holds_nothing, "{refused}");
                let mut connection = refused.into_connection();
                *connection.stage_mut() = stage;
                Err(connection)
            }
        }
    }

    /// Goes through all that is left.
    fn finish(&mut self) {
        self.act(Act::End);
        while !self.over {
            match self.step() {
                Come::Item | Come::Death => {}
                Come::Need => panic!("it was told that nothing follows"),
                Come::Done => {
                    let before = self.ends.len();
                    self.follow();
                    assert!(self.ends.len() > before, "a stage that is over may be followed");
                }
            }
        }
        self.consumed = self.position();
        // Nothing has been said that the next protocol does not know of.
        if let Holder::Connection { .. } = self.holder {
            self.leave(Edge::Carry, |handoff| handoff);
        }
        if let Holder::Bare { buffer, answers, .. } = &mut self.holder {
            self.sent.extend(answers.to_vec());
            answers.clear();
            let rest = usize::try_from(self.consumed).expect("streams are short");
            assert_eq!(buffer.as_slice(), &self.stream[rest..], "bytes are lost");
        }
    }

    /// Returns how far the stream is consumed, as the holder counts.
    fn position(&self) -> u64 {
        match &self.holder {
            Holder::Nobody => 0,
            Holder::Bare { buffer, .. } => buffer.position(),
            Holder::Connection { connection, .. } => connection.position(),
        }
    }

    /// L2: what was consumed and what is there still is what was given.
    fn account(&mut self) {
        let consumed = usize::try_from(self.position()).expect("streams are short");
        let held = match &mut self.holder {
            Holder::Nobody => return,
            Holder::Bare { buffer, .. } => buffer.as_slice().to_vec(),
            Holder::Connection { connection, .. } => {
                let unread = connection.io().unread();
                [connection.buffer().as_slice(), &unread].concat()
            }
        };
        assert_eq!(held, &self.stream[consumed..self.given], "bytes are lost");
    }
}

/// The outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Come {
    /// An item, or a fault after which the stage goes on.
    Item,
    Need,
    Done,
    Death,
}

impl Come {
    fn said(heard: &mut Heard, said: Vec<segue::laws::Entry>) -> Self {
        heard.item(said);
        Self::Item
    }

    fn fault(heard: &mut Heard, fault: Fault<String>) -> Self {
        let come = if fault.fatal { Self::Death } else { Self::Item };
        heard.fault(fault);
        come
    }
}

/// Somebody who knows nothing of stages reads `count` bytes, sends what was to be sent, and gives
/// all back.
fn lead(handoff: Handoff<Pipe>, count: usize) -> Handoff<Pipe> {
    let eof = handoff.is_eof();
    let mut leading = Leading::from(handoff);
    leading.flush().expect("the pipe takes all");
    let (mut read, mut some) = (Vec::new(), [0; 9]);
    while read.len() < count {
        let most = some.len().min(count - read.len());
        match leading.read(&mut some[..most]) {
            Ok(0) | Err(_) => break,
            Ok(count) => read.extend(&some[..count]),
        }
    }
    let (pipe, rest, unsent, still_eof) = leading.into_handoff().into_parts();
    assert!(unsent.is_empty() && eof == still_eof);
    read.extend(rest);
    Handoff::from_parts(pipe, bytes(&read), unsent, eof)
}

fn bytes(read: &[u8]) -> bytes::BytesMut {
    read.into()
}
