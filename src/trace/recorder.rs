//! The place in which the parts of a connection write down what passes through them.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::{Event, Lane, Recording, Traced, What, lane::Place};
use crate::Need;

/// Records what passes through the parts that it [wraps](Self::trace).
///
/// It is a handle: clones record into the same recording, from any thread. Take one for each
/// connection, or one for several with a [stream](Self::on) of its own for each.
#[derive(Clone)]
pub struct Recorder {
    shared: Option<Arc<Shared>>,
    /// The name of the stream that it records on.
    stream: Arc<str>,
}

/// The state that all handles and wrapped parts of one recorder share.
pub(super) struct Shared {
    begun: Instant,
    state: Mutex<State>,
}

/// The recording, and the progress of each stream and lane.
pub(super) struct State {
    recording: Recording,
    /// The most events that are kept.
    events: usize,
    /// The most bytes of payload that are kept of an event.
    payload: usize,
    /// One for each stream of the recording.
    streams: Vec<Reading>,
    /// One for each lane of the recording.
    lanes: Vec<Asked>,
}

/// The progress of a stream.
#[derive(Debug, Default)]
struct Reading {
    /// The lane that reads it.
    reader: Option<usize>,
    /// Offset of the first byte that nobody took.
    position: u64,
    /// Offset behind everything that was queued.
    sent: u64,
}

/// The last answers of a lane.
#[derive(Debug, Default)]
struct Asked {
    /// The end of what it was first shown while another lane read its stream.
    first_shown: Option<u64>,
    /// It needs more, behind this offset and with this much shown.
    need: Option<(u64, u64, Need)>,
    /// It is done, with this many bytes left.
    done: Option<Option<usize>>,
    /// The offset in the outgoing stream at which its output begins: 0 for that of a connection.
    outgoing: Option<u64>,
}

impl Recorder {
    /// The number of events that are kept by default: about a megabyte without payload.
    pub const EVENTS: usize = 8192;

    /// The most lanes, and the most streams. What is named behind them shares the last one.
    const MOST: usize = 64;

    /// The stream that a recorder is on unless it is given another.
    const STREAM: &str = "stream";

    /// The longest name of a lane or a stream, in characters. What is behind it is cut off.
    const LONGEST_NAME: usize = 64;

    /// A recorder with nothing recorded.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            recording: Recording::default(),
            events: Self::EVENTS,
            payload: 0,
            streams: Vec::new(),
            lanes: Vec::new(),
        };
        let shared = Shared { begun: Instant::now(), state: Mutex::new(state) };
        Self { shared: Some(Arc::new(shared)), stream: Self::STREAM.into() }
    }

    /// A recorder that records nothing: for programs that trace when an option is given, with the
    /// same types when it is not.
    #[must_use]
    pub fn off() -> Self {
        Self { shared: None, stream: Self::STREAM.into() }
    }

    /// Returns true unless the recorder is [off](Self::off).
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.shared.is_some()
    }

    /// Sets the number of events that are kept. Those behind them are only counted.
    #[must_use]
    pub fn with_events(self, most: usize) -> Self {
        self.change(|state| state.events = most);
        self
    }

    /// Keeps up to `limit` bytes from the front of each range that a part takes or queues, and
    /// shows them. Without this no payload is kept, since a trace is easily passed on.
    #[must_use]
    pub fn with_payload(self, limit: usize) -> Self {
        self.change(|state| state.payload = limit);
        self
    }

    /// Returns a handle for the stream of this name, which counts its own offsets: another
    /// connection, or what a layer makes of the bytes below it.
    #[must_use]
    pub fn on(&self, stream: &str) -> Self {
        Self { shared: self.shared.clone(), stream: cut(stream).into() }
    }

    /// Sets the offset of the next byte that a stage takes of this stream, which is 0 at first: for
    /// a connection that was used before, [`position`](crate::driver::Connection::position).
    /// Handshakes and layers know where they are.
    #[must_use]
    pub fn starting_at(self, position: u64) -> Self {
        self.change(|state| {
            let stream = state.stream(&self.stream);
            state.streams[stream].position = position;
        });
        self
    }

    /// Wraps a part of a protocol: a [`Decode`](crate::Decode), [`Encode`](crate::Encode),
    /// [`Exchange`](crate::Exchange) or [`Layer`](crate::Layer). It goes where the part went, and
    /// records by this `name`; parts of the same name and stream share a lane.
    ///
    /// Wrap the whole stage of a connection, or stages that follow one another inside of it, and
    /// not both on one stream: their bytes would count twice. A stage that is wrapped inside of one
    /// that takes bytes by itself does not know of those: give it a [stream of its own](Self::on).
    pub fn trace<S>(&self, name: &str, part: S) -> Traced<S> {
        let lane = self.change(|state| state.lane(&self.stream, &cut(name)));
        Traced::new(part, Place::new(self.shared.clone(), lane.unwrap_or(0)))
    }

    /// Returns a copy of what has been recorded so far.
    #[must_use]
    pub fn recording(&self) -> Recording {
        self.change(|state| state.recording.clone()).unwrap_or_default()
    }

    /// Does something with the state, if there is one.
    fn change<R>(&self, what: impl FnOnce(&mut State) -> R) -> Option<R> {
        self.shared.as_ref().map(|shared| what(&mut shared.lock()))
    }
}

impl Shared {
    /// The state. A thread that has panicked leaves what it recorded.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down that `what` happened on a lane.
    pub(super) fn note(&self, state: &mut State, lane: usize, what: What, payload: &[u8]) {
        let recording = &mut state.recording;
        recording.lanes[lane].count(&what);
        if recording.events.len() >= state.events {
            recording.left_out += 1;
            return;
        }
        let payload = payload[..payload.len().min(state.payload)].into();
        let after = self.begun.elapsed();
        recording.events.push(Event { lane, after, what, payload });
    }
}

impl State {
    /// The index of the stream of this name, which is made where there is none.
    fn stream(&mut self, name: &str) -> usize {
        let streams = &mut self.recording.streams;
        streams.iter().position(|stream| stream == name).unwrap_or_else(|| {
            if streams.len() < Recorder::MOST {
                streams.push(name.into());
                self.streams.push(Reading::default());
            }
            streams.len() - 1
        })
    }

    /// The index of the lane of this name, which is made where there is none.
    fn lane(&mut self, stream: &str, name: &str) -> usize {
        let stream = self.stream(stream);
        let lanes = &mut self.recording.lanes;
        let found = lanes.iter().position(|lane| lane.stream == stream && lane.name == name);
        found.unwrap_or_else(|| {
            if lanes.len() < Recorder::MOST {
                lanes.push(Lane { name: name.into(), stream, ..Lane::default() });
                self.lanes.push(Asked::default());
            }
            lanes.len() - 1
        })
    }

    /// The most bytes of payload that are kept of an event.
    pub(super) const fn payload(&self) -> usize {
        self.payload
    }

    /// Offset of the first byte of a lane's stream that nobody took.
    pub(super) fn position(&self, lane: usize) -> u64 {
        self.streams[self.recording.lanes[lane].stream].position
    }

    /// Sets that offset.
    pub(super) fn set_position(&mut self, lane: usize, position: u64) {
        self.streams[self.recording.lanes[lane].stream].position = position;
    }

    /// A lane is asked, with everything up to `end` shown. Returns what crossed over to it from
    /// another lane that had read this stream and is done.
    pub(super) fn asked(&mut self, lane: usize, end: u64) -> Option<What> {
        match self.streams[self.recording.lanes[lane].stream].reader {
            Some(before) if before == lane => None,
            // It may only be looking ahead; it follows once it takes something.
            Some(before) if self.lanes[before].done.is_none() => {
                self.lanes[lane].first_shown.get_or_insert(end);
                None
            }
            _ => self.follows(lane),
        }
    }

    /// A lane reads from now on. The same if another one did before.
    pub(super) fn follows(&mut self, lane: usize) -> Option<What> {
        self.lanes[lane].done = None;
        let reading = &mut self.streams[self.recording.lanes[lane].stream];
        let before = reading.reader.replace(lane).filter(|before| *before != lane)?;
        let at = reading.position;
        let left = self.lanes[before].done.take().flatten();
        let shown = self.lanes[lane].first_shown.take().unwrap_or(at);
        let carried = left.map_or(shown.saturating_sub(at), |left| left as u64);
        Some(What::Followed { from: before, at, carried })
    }

    /// A lane has queued these bytes of its output. Returns where they are in the outgoing stream.
    pub(super) fn sends(&mut self, lane: usize, bytes: Range<u64>) -> Range<u64> {
        let begins = self.lanes[lane].outgoing.unwrap_or(0);
        let bytes = bytes.start.saturating_add(begins)..bytes.end.saturating_add(begins);
        let reading = &mut self.streams[self.recording.lanes[lane].stream];
        reading.sent = reading.sent.max(bytes.end);
        bytes
    }

    /// A lane is about to queue to an output of its own, behind `end` in it. The first time, that
    /// is behind everything that was queued on its stream.
    pub(super) fn sends_behind(&mut self, lane: usize, end: u64) {
        let sent = self.streams[self.recording.lanes[lane].stream].sent;
        self.lanes[lane].outgoing.get_or_insert(sent.saturating_sub(end));
    }

    /// A lane needs more. Returns whether that is news.
    pub(super) fn needs(&mut self, lane: usize, from: u64, end: u64, need: Need) -> bool {
        let need = Some((from, end, need));
        let is_news = self.lanes[lane].need != need;
        self.lanes[lane].need = need;
        is_news
    }

    /// Notes that a lane is done, with this many bytes left, if that is known. Returns true if that is
    /// new.
    pub(super) fn ends(&mut self, lane: usize, left: Option<usize>) -> bool {
        self.lanes[lane].done.replace(left).is_none()
    }
}

/// As much of a name as is kept.
fn cut(name: &str) -> String {
    name.chars().take(Recorder::LONGEST_NAME).collect()
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows no events: a recorder goes into other types' `Debug`.
impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("is_on", &self.is_on()).finish_non_exhaustive()
    }
}
