//! Sessions of HTTP/2: any bytes under the laws, and two sessions with what both do, in any order.
//!
//! The first byte says which: 0 or 1 for the bytes that a server or a client receives, 2 or 3 for
//! those that come behind preface and settings, and for a client behind two requests, 4 for two
//! sessions that keep the rules, 5 for two sessions and bytes of nobody's in between. After it come
//! the bytes, or operations: a byte for which and of which end and stream, and what it takes.
//!
//! Of two sessions that keep the rules all heads and all content arrive, in order, and never more
//! content than the window and what was released; in the end all streams are over. With bytes of
//! nobody's in between nothing panics, and what is held is bounded.
#![no_main]

#[path = "../../protocols/http2/tests/support/mod.rs"]
mod support;

#[path = "http2_session/flow.rs"]
mod flow;

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use segue::{Buffer, Decode, Moment, Output, Say, Step, laws, mux::Priority};
use segue_http::{Fields, Length, RequestHead, ResponseHead};
use segue_http2::{
    ErrorCode, Limits, Role, Session,
    frame::{FrameLimits, PREFACE, StreamId},
};

use self::{
    flow::{Flow, Heard, arena, byte, fields},
    support::{end, reader::Reader},
};

fuzz_target!(|data: &[u8]| {
    let [mode, data @ ..] = data else { return };
    let role = if mode & 1 == 0 { Role::Server } else { Role::Client };
    let suite = |make: fn(Role) -> Reader| {
        let suite = laws::stage(move || make(role)).absorbs_records().ends_anywhere();
        suite.speech_counts().limit(BLOCK)
    };
    match mode % 6 {
        0 | 1 => suite(|role| Reader(Session::new(role, Limits::DEFAULT))).fuzz(data),
        2 | 3 => {
            let greeting: &[u8] = if role == Role::Server { PREFACE } else { b"" };
            suite(begun).fuzz(&[greeting, &support::settings(&[]), data].concat());
        }
        hostile => {
            let mut world = World::new(hostile == 5);
            let _ = world.go(&mut Unstructured::new(data));
            world.finish();
        }
    }
});

/// The longest record: a header block with the headers of its frames.
const BLOCK: usize = FrameLimits::DEFAULT.block + 9 * FrameLimits::DEFAULT.block_frames;

/// A client has made two requests, the second with content to come.
fn begun(role: Role) -> Reader {
    let mut session = Session::new(role, Limits::DEFAULT);
    if role == Role::Client {
        for (method, length) in [("GET", Length::None), ("POST", Length::Open)] {
            let request = end::request(method, length, Fields::EMPTY);
            session.streams().open(&request).expect("there is room");
        }
    }
    Reader(session)
}

/// A session and its connection's buffers.
struct End {
    session: Session,
    input: Buffer,
    output: Output,
    /// A fault has ended it.
    dead: bool,
    held: Vec<StreamId>,
    /// The content that was heard and not released.
    unreleased: BTreeMap<StreamId, u64>,
}

struct World {
    ends: [End; 2],
    /// All that each sends.
    flows: [BTreeMap<StreamId, Flow>; 2],
    wires: [Vec<u8>; 2],
    /// Bytes of nobody's come in between.
    hostile: bool,
}

const CLIENT: usize = 0;

const WINDOW: u32 = 80_000;
const CONNECTION_WINDOW: u32 = 120_000;

/// Few enough that limits are met.
const LIMITS: Limits = Limits {
    streams: 12,
    opened: 10,
    window: WINDOW,
    connection_window: CONNECTION_WINDOW,
    table: 300,
    encoder_table: 500,
    output: 20_000,
    resets: 20,
    control: 30,
    empty_data: 5,
    ..Limits::DEFAULT
};

impl World {
    fn new(hostile: bool) -> Self {
        let limits = match hostile {
            true => LIMITS,
            // They keep the rules, so nothing may be held against them.
            false => Limits { resets: u32::MAX, control: u32::MAX, empty_data: u32::MAX, ..LIMITS },
        };
        let end = |role| End {
            session: Session::new(role, limits),
            input: Buffer::new(),
            output: Output::new(),
            dead: false,
            held: Vec::new(),
            unreleased: BTreeMap::new(),
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

    /// Nothing need arrive on a stream any more.
    fn give_up(&mut self, id: StreamId) {
        self.flow(0, id).broken = true;
        self.flow(1, id).broken = true;
    }

    fn go(&mut self, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
        while !u.is_empty() {
            let operation = u.arbitrary::<u8>()?;
            let end = usize::from(operation >> 4 & 1);
            let held = &self.ends[end].held;
            let id = held.get(usize::from(operation >> 5) % held.len().max(1)).copied();
            match (operation & 15, id) {
                (0, _) if end == CLIENT => self.open(u)?,
                (0, Some(id)) => self.respond(id, u)?,
                (1 | 2, Some(id)) => {
                    let length = u64::from(u.arbitrary::<u16>()?) << (operation & 2);
                    self.write(end, id, length);
                }
                (3, Some(id)) => self.end(end, id, u)?,
                (4, Some(id)) => {
                    self.ends[end].session.streams().reset(id, ErrorCode::CANCEL);
                    self.give_up(id);
                }
                (5, Some(id)) => {
                    let is_over = self.flow(end, id).ended && self.flow(1 - end, id).heard_end;
                    if !is_over {
                        self.give_up(id);
                    }
                    self.let_go(end, id);
                }
                (6 | 7, Some(id)) => {
                    let most = u64::from(u.arbitrary::<u16>()?) << (operation & 1);
                    self.release(end, id, most);
                }
                (8, Some(id)) => {
                    let n = u.arbitrary::<u8>()?;
                    let priority = Priority { urgency: n % 9, incremental: n & 16 == 0 };
                    self.ends[end].session.streams().prioritise(id, priority);
                }
                (9, Some(id)) => {
                    let streams = self.ends[end].session.streams();
                    let _ = (streams.has_room(id), streams.unsent(id), streams.calm());
                }
                (10, _) if u.arbitrary::<u8>()? % 8 == 0 => {
                    self.ends[end].session.streams().drain();
                }
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
                (15, _) if self.hostile => match u.arbitrary::<u8>()? % 32 {
                    0 => self.ends[end].session.streams().close(ErrorCode::NO_ERROR),
                    kind => self.frame(end, kind, u)?,
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
    fn frame(&mut self, end: usize, kind: u8, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
        let [flags, stream, length] = u.arbitrary::<[u8; 3]>()?;
        let length = usize::from(length % 16).min(u.len());
        let payload = u.bytes(length)?;
        let frame = support::frame(kind - 1, flags, u32::from(stream % 32), payload);
        self.ends[end].input.extend(&frame);
        self.pull(end);
        Ok(())
    }

    fn open(&mut self, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
        let kind = u.arbitrary::<u8>()?;
        let fields = fields(u)?;
        let (method, length) = match kind % 4 {
            0 => ("GET", Length::None),
            1 => ("HEAD", Length::None),
            2 => ("CONNECT", Length::Tunnel),
            _ => ("POST", Length::Open),
        };
        let is_tunnel = length == Length::Tunnel;
        let arena = arena(&fields);
        let request = RequestHead {
            scheme: if is_tunnel { b"" } else { b"https" },
            authority: b"example.org:443",
            path: if is_tunnel { b"" } else { b"/" },
            ..end::request(method, length, arena.fields())
        };
        let Ok(id) = self.ends[CLIENT].session.streams().open(&request) else { return Ok(()) };
        self.ends[CLIENT].held.push(id);
        let flow = self.flow(CLIENT, id);
        flow.heads.push_back(fields);
        (flow.method, flow.speaks, flow.ended) = (method, true, length == Length::None);
        Ok(())
    }

    fn respond(&mut self, id: StreamId, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
        let kind = u.arbitrary::<u8>()?;
        let fields = fields(u)?;
        let method = self.flow(CLIENT, id).method;
        let (status, length) = match kind % 4 {
            0 => (103, Length::Open),
            1 if method == "CONNECT" => (200, Length::Tunnel),
            1 => (200, Length::None),
            _ if method == "HEAD" => (404, Length::None),
            _ => (404, Length::Open),
        };
        let arena = arena(&fields);
        let response = ResponseHead { status, fields: arena.fields(), length };
        if self.ends[1].session.streams().respond(id, &response).is_ok() {
            let flow = self.flow(1, id);
            flow.heads.push_back(fields);
            flow.speaks |= status >= 200;
            flow.ended |= length == Length::None;
        }
        Ok(())
    }

    fn write(&mut self, end: usize, id: StreamId, length: u64) {
        let streams = self.ends[end].session.streams();
        if !streams.has_room(id) {
            return;
        }
        let written = self.flow(end, id).written;
        let bytes: Vec<u8> = (written..written + length).map(|at| byte(id, end, at)).collect();
        let put = self.ends[end].session.streams().put_bytes(id, bytes.into());
        let hostile = self.hostile;
        let flow = self.flow(end, id);
        assert!(hostile || flow.broken || put.is_ok() == (flow.speaks && !flow.ended), "{put:?}");
        if put.is_ok() {
            flow.written += length;
        }
    }

    fn end(&mut self, end: usize, id: StreamId, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
        let fields = fields(u)?;
        let trailers = arena(&fields);
        if self.ends[end].session.streams().end(id, trailers.fields()).is_ok() {
            let flow = self.flow(end, id);
            flow.ended = true;
            flow.heads.push_back(fields);
        }
        Ok(())
    }

    fn release(&mut self, end: usize, id: StreamId, most: u64) {
        let here = &mut self.ends[end];
        let unreleased = here.unreleased.entry(id).or_default();
        let count = most.min(*unreleased);
        *unreleased -= count;
        here.session.streams().release(id, usize::try_from(count).expect("it came"));
    }

    fn let_go(&mut self, end: usize, id: StreamId) {
        let here = &mut self.ends[end];
        here.session.streams().let_go(id);
        here.held.retain(|held| *held != id);
        here.unreleased.remove(&id);
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
            let Self { ends, flows, hostile, .. } = self;
            let End { session, input, output, dead, held, unreleased } = &mut ends[end];
            if *dead {
                return;
            }
            let event = match input.step(session, false, output) {
                Ok(Step::Item(event)) => event,
                Ok(Step::Need(_) | Step::Done) => return,
                Err(fault) => {
                    assert!(*hostile, "{fault:?}");
                    *dead = true;
                    return;
                }
            };
            let mut heard = Heard { end, hostile: *hostile, flows, held, unreleased };
            heard.hear(event);
        }
    }

    /// Checks that little is held beyond what waits to be sent.
    fn is_bounded(&mut self, end: usize) {
        let End { session, unreleased, held, .. } = &mut self.ends[end];
        let of_all: u64 = unreleased.values().sum();
        assert!(
            of_all <= CONNECTION_WINDOW.into() && unreleased.values().all(|n| *n <= WINDOW.into())
        );
        let unsent: usize = held.iter().map(|id| session.streams().unsent(*id)).sum();
        assert!(session.held() <= 300_000 + 3 * unsent, "{} bytes", session.held());
    }

    /// Lets both speak until neither has anything to say; what comes is released.
    fn settle(&mut self) {
        let mut quiet = 0;
        while quiet < 3 {
            quiet += 1;
            for end in 0..2 {
                self.speak(end);
                if !self.ends[end].output.is_empty() || !self.wires[end].is_empty() {
                    quiet = 0;
                }
                self.deliver(end, usize::MAX);
                for id in self.ends[end].held.clone() {
                    self.release(end, id, u64::MAX);
                }
            }
        }
    }

    /// Everything gets through, and both let go of all.
    fn finish(&mut self) {
        self.settle();
        for end in 0..2 {
            for id in self.ends[end].held.clone() {
                let flow = &self.flows[1 - end].entry(id).or_default();
                if !(flow.broken || self.hostile) {
                    assert_eq!((flow.read, flow.heard_end), (flow.written, flow.ended), "{id}");
                    assert!(flow.heads.is_empty(), "a head of {id} is lost");
                }
            }
        }
        for end in 0..2 {
            for id in self.ends[end].held.clone() {
                self.let_go(end, id);
                self.give_up(id);
            }
        }
        self.settle();
        // A request that was under way has only been told now.
        for end in 0..2 {
            for id in self.ends[end].held.clone() {
                self.let_go(end, id);
            }
        }
        self.settle();
        if !self.hostile {
            assert!(self.ends.iter_mut().all(|end| end.session.streams().is_empty()));
        }
    }
}
