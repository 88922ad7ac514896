//! A layer that changes nothing, and records the yamux frames that pass it.

use segue::{Buffer, Fault, Inlet, Layer, Need, Output, Record, Step};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::frames::{Frame, Frames, HEADER, Kind};

/// The state that outlives its layer, which ends with its connection.
pub type Shared<T> = Arc<Mutex<T>>;

/// Looks at what is shared, or changes it.
pub fn with<T, R>(shared: &Shared<T>, what: impl FnOnce(&mut T) -> R) -> R {
    what(&mut shared.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The traffic seen from one end.
#[derive(Debug)]
pub struct Seen {
    begun: Instant,
    incoming: Inlet<Frames>,
    outgoing: Inlet<Frames>,
    /// The number of frames, in and out.
    pub frames: (u64, u64),
    /// The number of bytes, in and out.
    pub bytes: (u64, u64),
    pub streams: BTreeMap<u32, Stream>,
    /// An invalid frame, or more bytes than were granted.
    pub wrong: Option<String>,
}

/// The traffic of one stream.
#[derive(Debug, Default)]
pub struct Stream {
    /// Bytes of data that came.
    pub received: u64,
    /// Bytes of data that were sent.
    pub sent: u64,
    /// The grants of this end to the other.
    pub grants: Vec<Grant>,
}

/// A window update, as this end sent it.
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    /// The number of bytes more that the peer may send.
    pub more: u32,
    /// The number of bytes of the stream that had come by then.
    pub received: u64,
    pub after: Duration,
}

/// The bytes that an end may send on a stream before it is granted more.
pub const WINDOW: u64 = 256 * 1024;

impl Seen {
    /// Makes an empty record.
    pub fn new() -> Self {
        Self {
            begun: Instant::now(),
            incoming: Inlet::new(Frames::default()),
            outgoing: Inlet::new(Frames::default()),
            frames: (0, 0),
            bytes: (0, 0),
            streams: BTreeMap::new(),
            wrong: None,
        }
    }

    fn receives(&mut self, bytes: &[u8]) {
        self.bytes.0 += bytes.len() as u64;
        for frame in read(&mut self.incoming, bytes, &mut self.wrong) {
            self.frames.0 += 1;
            if frame.kind == Kind::Data {
                let stream = self.streams.entry(frame.stream).or_default();
                stream.received += u64::from(frame.length);
                let granted: u64 = stream.grants.iter().map(|grant| u64::from(grant.more)).sum();
                if stream.received > WINDOW + granted {
                    self.wrong.get_or_insert(format!(
                        "{} bytes came on stream {}, of which {} were granted",
                        stream.received,
                        frame.stream,
                        WINDOW + granted
                    ));
                }
            }
        }
    }

    fn sends(&mut self, bytes: &[u8]) {
        self.bytes.1 += bytes.len() as u64;
        for frame in read(&mut self.outgoing, bytes, &mut self.wrong) {
            self.frames.1 += 1;
            let Frame { kind, stream, length } = frame;
            match kind {
                Kind::Data => self.streams.entry(stream).or_default().sent += u64::from(length),
                // Updates of 0 open a stream, accept one, or end it.
                Kind::Grant if length > 0 => {
                    let stream = self.streams.entry(stream).or_default();
                    let (received, after) = (stream.received, self.begun.elapsed());
                    stream.grants.push(Grant { more: length, received, after });
                }
                _ => {}
            }
        }
    }

    /// Returns the bytes of headers, in and out: the overhead of yamux.
    pub fn headers(&self) -> (u64, u64) {
        (self.frames.0 * HEADER as u64, self.frames.1 * HEADER as u64)
    }

    /// Returns the bytes of data on all streams, in and out.
    pub fn data(&self) -> (u64, u64) {
        let sum = |of: fn(&Stream) -> u64| self.streams.values().map(of).sum();
        (sum(|stream| stream.received), sum(|stream| stream.sent))
    }
}

/// Counts the frames whose headers have come.
fn read(inlet: &mut Inlet<Frames>, bytes: &[u8], wrong: &mut Option<String>) -> Vec<Frame> {
    inlet.extend(bytes);
    let mut frames = Vec::new();
    loop {
        match inlet.step(&mut Output::new()) {
            Ok(Step::Item(frame)) => frames.push(frame),
            Ok(Step::Need(_) | Step::Done) => return frames,
            Err(fault) => {
                wrong.get_or_insert(fault.to_string());
                return frames;
            }
        }
    }
}

/// The layer.
#[derive(Debug)]
pub struct Tap {
    seen: Shared<Seen>,
}

impl Tap {
    pub fn new(seen: &Shared<Seen>) -> Self {
        Self { seen: Arc::clone(seen) }
    }
}

impl Layer for Tap {
    type Plain<'a> = Record<'a>;
    type Error = Infallible;

    /// It has no end of its own; the layer below has one.
    const ENDS: bool = false;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        _: bool,
        _: &mut Output,
    ) -> Result<Step<Record<'a>>, Fault<Infallible>> {
        if wire.is_empty() {
            return Ok(Step::Need(Need::ONE));
        }
        with(&self.seen, |seen| seen.receives(wire.as_slice()));
        let all = wire.len();
        Ok(Step::Item(wire.take(all)))
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Infallible> {
        with(&self.seen, |seen| plain.chunks().for_each(|bytes| seen.sends(bytes)));
        wire.append(plain);
        Ok(())
    }

    fn close(&mut self, _: &mut Output) {}
}
