//! Sessions of yamux: any bytes under the laws, and two sessions with what both do, in any order.
//!
//! The first byte says which: 0 or 1 for the bytes that a server or a client receives, 2 for two
//! sessions that keep the rules, 3 for two sessions and bytes of nobody's in between. After it come
//! the bytes, or operations: a byte for which and of which end and stream, and what it takes.
//!
//! Of two sessions that keep the rules all that is written arrives, in order, and never more than the
//! window and what was let go of, or what was wanted and half a window; in the end all streams are over. With bytes of
//! nobody's in between nothing panics, and what is held is bounded.
#![no_main]

#[path = "../../protocols/yamux/tests/support/reader.rs"]
mod reader;

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use segue::{
    Buffer, Decode, Moment, Output, Say, Step, laws,
    mux::{Carrier, Direction, Ending, Event, Opens, Priority},
};
use segue_yamux::{Limits, Role, Session, StreamId};

use self::reader::Reader;

fuzz_target!(|data: &[u8]| {
    let [mode, data @ ..] = data else { return };
    let role = if mode & 1 == 0 { Role::Server } else { Role::Client };
    match mode % 4 {
        0 | 1 => {
            let suite = laws::stage(|| Reader::new(role)).absorbs_records().ends_anywhere();
            suite.speech_counts().limit(12).fuzz(data);
        }
        hostile => {
            let mut world = World::new(hostile == 3);
            let _ = world.go(&mut Unstructured::new(data));
            world.finish();
        }
    }
});

/// One direction of a stream, as it must be.
#[derive(Default)]
struct Flow {
    written: u64,
    read: u64,
    released: u64,
    wanted: u64,
    finished: bool,
    broken: bool,
}

/// A session and its connection's buffers.
struct End {
    session: Session,
    input: Buffer,
    output: Output,
    /// A fault has ended it.
    dead: bool,
    held: Vec<StreamId>,
    opened: Vec<StreamId>,
    released: Vec<StreamId>,
}

struct World {
    ends: [End; 2],
    /// All that each sends.
    flows: [BTreeMap<StreamId, Flow>; 2],
    wires: [Vec<u8>; 2],
    /// Bytes of nobody's come in between.
    hostile: bool,
}

/// Few enough that limits are met.
const LIMITS: Limits = Limits {
    streams: 12,
    backlog: 8,
    opened: 10,
    excess: 100_000,
    excess_of_all: 150_000,
    frame: 5000,
    output: 20_000,
    refused: 6,
    resets: 20,
    pongs: 3,
    lingering: 3,
    keep_alive: None,
    pong: core::time::Duration::from_secs(1),
};

const WINDOW: u64 = 256 * 1024;

impl World {
    fn new(hostile: bool) -> Self {
        let limits = match hostile {
            true => LIMITS,
            // They keep the rules, so nothing may be held against them.
            false => Limits { resets: u32::MAX, refused: usize::MAX, lingering: 100, ..LIMITS },
        };
        let end = |role| End {
            session: Session::new(role).limits(limits),
            input: Buffer::new(),
            output: Output::new(),
            dead: false,
            held: Vec::new(),
            opened: Vec::new(),
            released: Vec::new(),
        };
        Self {
            ends: [end(Role::Client), end(Role::Server)],
            flows: Default::default(),
            wires: Default::default(),
            hostile,
        }
    }

    fn flow(&mut self, end: usize, id: StreamId) -> &mut Flow {
        self.flows[end].entry(id).or_default()
    }

    fn go(&mut self, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
        while !u.is_empty() {
            let operation = u.arbitrary::<u8>()?;
            let end = usize::from(operation >> 4 & 1);
            let held = &self.ends[end].held;
            let id = held.get(usize::from(operation >> 5) % held.len().max(1)).copied();
            match (operation & 15, id) {
                (0, _) => self.open(end),
                (1 | 2, Some(id)) => {
                    let length = u64::from(u.arbitrary::<u16>()?) << (operation & 2);
                    self.write(end, id, length);
                }
                (3, Some(id)) => {
                    self.ends[end].session.finish(id);
                    self.flow(end, id).finished = true;
                }
                (4, Some(id)) => {
                    self.ends[end].session.reset(id, 0);
                    self.flow(end, id).broken = true;
                    self.flow(1 - end, id).broken = true;
                }
                (5, Some(id)) => {
                    self.ends[end].session.let_go(id);
                    self.ends[end].held.retain(|held| *held != id);
                    self.flow(end, id).finished = true;
                    self.flow(1 - end, id).broken = true;
                }
                (6 | 7, Some(id)) => {
                    let most = usize::from(u.arbitrary::<u16>()?);
                    self.read(end, id, most);
                }
                (8, Some(id)) => {
                    let more = u.arbitrary::<u32>()? % 200_000;
                    self.want(end, id, more);
                }
                (9, Some(id)) => {
                    let n = u.arbitrary::<u8>()?;
                    let priority = Priority { urgency: n % 9, incremental: n & 16 == 0 };
                    self.ends[end].session.prioritise(id, priority);
                }
                (10, _) => self.ends[end].session.ping(),
                (11, Some(id)) => self.lend(end, id),
                (12, _) if self.hostile => {
                    let length = usize::from(u.arbitrary::<u8>()? % 32).min(u.len());
                    let bytes = u.bytes(length)?.to_vec();
                    self.ends[end].input.extend(&bytes);
                    self.pull(end);
                }
                (13, _) => self.speak(end),
                (14, _) => {
                    let most = usize::from(u.arbitrary::<u16>()?);
                    self.deliver(end, most);
                }
                (15, _) if self.hostile => match u.arbitrary::<u8>()? % 8 {
                    0 => self.ends[end].session.close(1, "by hand"),
                    1 => self.ends[end].session.away(0),
                    2 => self.ends[end].session.release(),
                    n => self.frame(end, n, u)?,
                },
                _ => {
                    self.speak(end);
                    self.deliver(end, usize::MAX);
                }
            }
            self.is_bounded(end);
        }
        Ok(())
    }

    /// A frame of nobody's.
    fn frame(&mut self, end: usize, n: u8, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
        let [flags, stream, length] = u.arbitrary::<[u8; 3]>()?;
        let length = if n < 5 { u32::from(length) } else { u32::from(length) << 18 };
        let mut frame = vec![0, n & 3, 0, flags & 15, 0, 0, 0, stream % 32];
        frame.extend(length.to_be_bytes());
        self.ends[end].input.extend(&frame);
        self.pull(end);
        Ok(())
    }

    fn open(&mut self, end: usize) {
        let End { session, held, opened, .. } = &mut self.ends[end];
        if let Some(id) = session.open(Direction::Both) {
            held.push(id);
            opened.push(id);
        }
    }

    fn write(&mut self, end: usize, id: StreamId, length: u64) {
        let flow = self.flows[end].entry(id).or_default();
        let output = self.ends[end].session.stream(id).and_then(|stream| stream.output);
        let Some(output) = output.filter(|output| output.has_room()) else { return };
        let bytes: Vec<u8> =
            (flow.written..flow.written + length).map(|at| byte(id, end, at)).collect();
        flow.written += length;
        output.put_bytes(bytes.into());
    }

    fn read(&mut self, end: usize, id: StreamId, most: usize) {
        let Some(input) = self.ends[end].session.stream(id).and_then(|stream| stream.input) else {
            return;
        };
        let length = input.len().min(most);
        let bytes = input.take(length).to_vec();
        self.check(end, id, &bytes);
        self.release(end, id, length);
    }

    fn want(&mut self, end: usize, id: StreamId, more: u32) {
        let session = &mut self.ends[end].session;
        let Some(input) = session.stream(id).and_then(|stream| stream.input) else { return };
        let arrived = input.position() + input.len() as u64;
        if session.want(id, more as usize) {
            let flow = self.flow(1 - end, id);
            flow.wanted = flow.wanted.max(arrived + u64::from(more));
        }
    }

    fn lend(&mut self, end: usize, id: StreamId) {
        let Some(mut lent) = self.ends[end].session.lend(id) else { return };
        self.speak(1 - end);
        self.deliver(1 - end, 7000);
        let consumed = lent.len() / 2;
        self.check(end, id, &lent.as_slice()[..consumed]);
        lent.consume(consumed);
        self.ends[end].session.give_back(id, lent);
        self.release(end, id, consumed);
    }

    /// Checks that the bytes which come are those that were written.
    fn check(&mut self, end: usize, id: StreamId, bytes: &[u8]) {
        let hostile = self.hostile;
        let flow = self.flow(1 - end, id);
        let same = |got: &u8, at| *got == byte(id, 1 - end, at);
        let good = bytes.iter().zip(flow.read..).all(|(got, at)| same(got, at));
        flow.read += bytes.len() as u64;
        assert!(hostile || (good && flow.read <= flow.written), "stream {id}");
    }

    fn release(&mut self, end: usize, id: StreamId, count: usize) {
        self.ends[end].session.release_credit(id, count);
        self.flow(1 - end, id).released += count as u64;
    }

    fn speak(&mut self, end: usize) {
        let End { session, output, dead, .. } = &mut self.ends[end];
        if output.has_room() {
            let room = (output.high_water() / 2).saturating_sub(output.len());
            let mut moment = Moment::unknown();
            let said = session.speak(&mut Say::new(output, room, &mut moment));
            assert!(said.is_ok() || *dead);
        }
        self.pull(end);
    }

    /// Moves bytes of an end to the other, cut anywhere.
    fn deliver(&mut self, from: usize, most: usize) {
        let output = &mut self.ends[from].output;
        self.wires[from].extend(output.to_vec());
        output.advance(output.len());
        let length = self.wires[from].len().min(most);
        let to = &mut self.ends[1 - from];
        to.input.extend(&self.wires[from][..length]);
        self.wires[from].drain(..length);
        self.pull(1 - from);
    }

    fn pull(&mut self, end: usize) {
        loop {
            let End { session, input, output, dead, .. } = &mut self.ends[end];
            if *dead {
                return;
            }
            match input.step(session, false, output) {
                Ok(Step::Item(event)) => self.hear(end, event),
                Ok(Step::Need(_) | Step::Done) => return,
                Err(fault) => {
                    assert!(self.hostile, "{fault:?}");
                    *dead = true;
                }
            }
        }
    }

    fn hear(&mut self, end: usize, event: Event<StreamId>) {
        let hostile = self.hostile;
        let here = &mut self.ends[end];
        match event {
            Event::Opened(id) => {
                assert!(!here.opened.contains(&id), "{id} is opened twice");
                here.opened.push(id);
                here.held.push(id);
            }
            Event::Readable(id) => {
                let stream = here.session.stream(id).expect("it is held");
                let input = stream.input.expect("it is read");
                let arrived = input.position() + input.len() as u64;
                let flow = self.flow(1 - end, id);
                let granted = (flow.released + WINDOW).max(flow.wanted + WINDOW / 2);
                assert!(arrived <= granted, "{arrived} of {granted} came on {id}");
            }
            Event::Released(id) => {
                assert!(!here.held.contains(&id) && !here.released.contains(&id));
                here.released.push(id);
            }
            Event::Reset(id, _) => {
                assert!(here.held.contains(&id));
                let refused = !self.ends[1 - end].opened.contains(&id);
                let broken = self.flow(end, id).broken || self.flow(1 - end, id).broken;
                assert!(hostile || refused || broken, "{id} broke off");
                self.flow(end, id).broken = true;
                self.flow(1 - end, id).broken = true;
            }
            Event::Writable(id) | Event::Sent(id, _) => assert!(here.held.contains(&id)),
            Event::May => {}
            Event::Away(_) | Event::Stopped(..) => assert!(hostile, "{event:?}"),
        }
    }

    /// Checks that little is held beyond what streams have.
    fn is_bounded(&self, end: usize) {
        let End { session, .. } = &self.ends[end];
        let (unread, _) = session.residue();
        let streams = session.streams() as u64;
        assert!(unread as u64 <= streams * WINDOW + LIMITS.excess_of_all);
    }

    fn settle(&mut self, reads: bool) {
        let mut quiet = 0;
        while quiet < 3 {
            quiet += 1;
            for end in 0..2 {
                self.speak(end);
                if !self.ends[end].output.is_empty() || !self.wires[end].is_empty() {
                    quiet = 0;
                }
                self.deliver(end, usize::MAX);
                for id in self.ends[end].held.clone().into_iter().filter(|_| reads) {
                    self.read(end, id, usize::MAX);
                }
            }
        }
    }

    /// Everything gets through and is read, and both let go of all.
    fn finish(&mut self) {
        self.settle(true);
        for end in 0..2 {
            for id in self.ends[end].held.clone() {
                let stream = self.ends[end].session.stream(id).expect("it is held");
                let ending = stream.ending;
                let broken = self.flow(end, id).broken;
                let hostile = self.hostile;
                let flow = self.flow(1 - end, id);
                if !(flow.broken || broken || hostile) {
                    assert_eq!(flow.read, flow.written, "stream {id}");
                    let expected = if flow.finished { Ending::Ended } else { Ending::Open };
                    assert_eq!(ending, expected, "stream {id}");
                }
            }
        }
        for End { session, held, .. } in &mut self.ends {
            held.drain(..).for_each(|id| session.let_go(id));
        }
        self.settle(false);
        if !self.hostile {
            for End { session, opened, released, .. } in &mut self.ends {
                assert_eq!(session.streams(), 0, "all streams are over");
                opened.sort_unstable();
                released.sort_unstable();
                assert_eq!(opened, released, "each was told to be over");
            }
        }
    }
}

/// The byte at an offset of what an end sends on a stream.
fn byte(id: StreamId, end: usize, at: u64) -> u8 {
    let (stream, end) = (u64::from(id.value()) * 31, end as u64 * 77);
    (at ^ (at >> 8) ^ stream ^ end).to_le_bytes()[0]
}
