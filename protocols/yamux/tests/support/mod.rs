//! Frames put together by hand, and two sessions in memory.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::time::Duration;

use segue::{
    Buffer, Decode, Fault, Moment, Output, Say, Step,
    mux::{Carrier, Direction, Event, Opens},
};
use segue_yamux::{Error, Limits, Role, Session, StreamId};

pub(crate) const DATA: u8 = 0;
pub(crate) const WINDOW_UPDATE: u8 = 1;
pub(crate) const PING: u8 = 2;
pub(crate) const GO_AWAY: u8 = 3;

pub(crate) const SYN: u16 = 1;
pub(crate) const ACK: u16 = 2;
pub(crate) const FIN: u16 = 4;
pub(crate) const RST: u16 = 8;

/// The room that a connection gives a stage by default.
pub(crate) const ROOM: usize = 32 * 1024;

/// A header.
pub(crate) fn header(kind: u8, flags: u16, stream: u32, length: u32) -> Vec<u8> {
    let mut header = vec![0, kind];
    header.extend(flags.to_be_bytes());
    header.extend(stream.to_be_bytes());
    header.extend(length.to_be_bytes());
    header
}

/// A frame of data.
pub(crate) fn data(flags: u16, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("it is short");
    [&header(DATA, flags, stream, length)[..], payload].concat()
}

/// Frames as (type, flags, stream, length), data with its payload left out.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<(u8, u16, u32, u32)> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        let flags = u16::from_be_bytes([bytes[2], bytes[3]]);
        let (kind, stream, length) = (bytes[1], word(4), word(8));
        frames.push((kind, flags, stream, length));
        let payload = if kind == DATA { length as usize } else { 0 };
        bytes = &bytes[12 + payload..];
    }
    frames
}

/// A session with its connection's buffers.
pub(crate) struct End {
    pub(crate) session: Session,
    pub(crate) input: Buffer,
    pub(crate) output: Output,
    pub(crate) now: Option<Duration>,
}

impl End {
    pub(crate) fn new(role: Role) -> Self {
        Self::with(role, Limits::default())
    }

    pub(crate) fn with(role: Role, limits: Limits) -> Self {
        Self {
            session: Session::new(role).limits(limits),
            input: Buffer::new(),
            output: Output::new(),
            now: None,
        }
    }

    /// The next event of what came.
    pub(crate) fn next(&mut self) -> Option<Event<StreamId>> {
        self.try_next().expect("the peer keeps the rules")
    }

    pub(crate) fn try_next(&mut self) -> Result<Option<Event<StreamId>>, Fault<Error>> {
        match self.input.step(&mut self.session, false, &mut self.output)? {
            Step::Item(event) => Ok(Some(event)),
            Step::Need(_) | Step::Done => Ok(None),
        }
    }

    /// All events of what came.
    pub(crate) fn events(&mut self) -> Vec<Event<StreamId>> {
        std::iter::from_fn(|| self.next()).collect()
    }

    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Vec<Event<StreamId>> {
        self.input.extend(bytes);
        self.events()
    }

    /// Lets the session speak as a connection does.
    pub(crate) fn speak(&mut self) -> Option<Duration> {
        self.try_speak().expect("the peer is there")
    }

    pub(crate) fn try_speak(&mut self) -> Result<Option<Duration>, Fault<Error>> {
        let mut moment = self.now.map_or(Moment::unknown(), Moment::at);
        if self.output.has_room() {
            let room = ROOM.saturating_sub(self.output.len());
            self.session.speak(&mut Say::new(&mut self.output, room, &mut moment))?;
        }
        Ok(moment.wake_at())
    }

    /// The frames that were sent.
    pub(crate) fn said(&mut self) -> Vec<(u8, u16, u32, u32)> {
        self.speak();
        frames(&self.sent())
    }

    /// The bytes that wait on the wire.
    pub(crate) fn sent(&mut self) -> Vec<u8> {
        let sent = self.output.to_vec();
        self.output.advance(sent.len());
        sent
    }

    pub(crate) fn open(&mut self) -> StreamId {
        self.session.open(Direction::Both).expect("a stream can be opened")
    }

    pub(crate) fn put(&mut self, id: StreamId, bytes: &[u8]) {
        let stream = self.session.stream(id).expect("it is there");
        stream.output.expect("it is not finished").put(bytes);
    }

    /// All that is unread of a stream, without letting go of its credit.
    pub(crate) fn read(&mut self, id: StreamId) -> Vec<u8> {
        let input = self.session.stream(id).expect("it is there").input.expect("there is one");
        let read = input.as_slice().to_vec();
        input.consume(read.len());
        read
    }

    /// All that is unread of a stream.
    pub(crate) fn take(&mut self, id: StreamId) -> Vec<u8> {
        let taken = self.read(id);
        self.session.release_credit(id, taken.len());
        taken
    }
}

/// Moves what each says to the other until neither says anything; their events are returned.
pub(crate) fn talk(ends: [&mut End; 2]) -> [Vec<Event<StreamId>>; 2] {
    let mut events = [Vec::new(), Vec::new()];
    let [left, right] = ends;
    loop {
        left.speak();
        right.speak();
        let (from_left, from_right) = (left.sent(), right.sent());
        left.input.extend(&from_right);
        right.input.extend(&from_left);
        events[0].extend(left.events());
        events[1].extend(right.events());
        if from_left.is_empty() && from_right.is_empty() {
            return events;
        }
    }
}
