//! One stream of a connection.

use bytes::Bytes;
use quinn_proto::StreamId;
use segue::{
    Buffer, Output,
    mux::{Ending, Event, Priority, Window},
};

pub(super) use crate::stream::told::Events;

pub(super) struct Stream {
    pub(super) input: Buffer,
    pub(super) output: Output,
    /// The bytes taken out of the output and not written yet.
    pub(super) front: Bytes,
    /// The window for reading ahead of the consumer.
    pub(super) window: Window,
    pub(super) reading: Reading,
    pub(super) writing: Writing,
    /// Reading stopped because the window is used up: more may be there.
    pub(super) held_up: bool,
    /// The consumer uses the stream.
    pub(super) held: bool,
    /// The stream counts against the limit on the peer's streams.
    pub(super) counts: bool,
    /// The stream began as early data.
    pub(super) early: bool,
    pub(super) priority: Priority,
    /// The time of its last write, counted in writes of the connection.
    pub(super) wrote: u64,
    pub(super) events: Events,
    /// The stream is in the queue of those with events.
    pub(super) tells: bool,
    /// The connection accepts nothing of it until it says so.
    pub(super) blocked: bool,
    /// The number of bytes written since the last [`Event::Sent`].
    pub(super) sent: usize,
    /// The code of the peer's STOP_SENDING frame, or of the end of the connection.
    pub(super) stopped: u64,
}

/// The peer's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The peer does not send on this stream.
    Never,
    Open,
    Ended,
    /// It broke off, or nobody wants it any more.
    Reset(u64),
}

/// This end's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    /// This end does not send on this stream.
    Never,
    Open,
    /// It ends behind what waits to be written.
    Finishing,
    /// All was written, and the end; the peer has not acknowledged it.
    Finished,
    /// All was acknowledged, or the side broke off.
    Over,
}

impl Stream {
    pub(super) fn new(reads: bool, writes: bool, window: u64, output: usize) -> Self {
        Self {
            input: Buffer::new(),
            output: Output::with_high_water(output),
            front: Bytes::new(),
            window: Window::new(window),
            reading: if reads { Reading::Open } else { Reading::Never },
            writing: if writes { Writing::Open } else { Writing::Never },
            held_up: false,
            held: true,
            counts: false,
            early: false,
            priority: Priority::SHARED,
            wrote: 0,
            events: Events::default(),
            tells: false,
            blocked: false,
            sent: 0,
            stopped: 0,
        }
    }

    pub(super) const fn ending(&self) -> Ending {
        match self.reading {
            Reading::Open => Ending::Open,
            Reading::Never | Reading::Ended => Ending::Ended,
            Reading::Reset(code) => Ending::Reset(code),
        }
    }

    /// Returns the number of bytes not written yet.
    pub(super) fn unsent(&self) -> usize {
        self.front.len() + self.output.len()
    }

    /// Has the output count what was taken out of it.
    pub(super) fn mark(&mut self, high_water: usize) {
        self.output.set_high_water(high_water.saturating_sub(self.front.len()));
    }

    /// Returns true if this end has nothing more to send: then no id is needed for it.
    pub(super) const fn is_sent(&self) -> bool {
        matches!(self.writing, Writing::Never | Writing::Over)
    }

    /// Drops what waits to be written, and writes no more.
    pub(super) fn end_writing(&mut self) {
        if self.writing != Writing::Never {
            self.writing = Writing::Over;
        }
        self.output.clear();
        self.front = Bytes::new();
    }

    /// Takes the next event.
    pub(super) fn next_event(&mut self, id: StreamId) -> Option<Event<StreamId>> {
        let code = match self.reading {
            Reading::Reset(code) => code,
            _ => self.stopped,
        };
        Some(match self.events.next() {
            Events::OPENED => Event::Opened(id),
            Events::READABLE => Event::Readable(id),
            Events::SENT => Event::Sent(id, core::mem::take(&mut self.sent)),
            Events::WRITABLE => Event::Writable(id),
            Events::RESET => Event::Reset(id, code),
            Events::STOPPED => Event::Stopped(id, self.stopped),
            Events::RELEASED => Event::Released(id),
            _ => return None,
        })
    }
}
