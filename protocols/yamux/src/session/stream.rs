//! The streams of a session.

use alloc::{boxed::Box, vec::Vec};

use segue::{
    Buffer, Output,
    mux::{Credit, Ending, Event, Priority, Window},
};

use crate::{StreamId, header::Flags, limits::WINDOW};

/// A stream. It takes at most 128 bytes including its place in the table, while nothing is
/// buffered.
pub(super) struct Stream {
    /// None while both are empty.
    pub(super) buffers: Option<Box<Buffers>>,
    /// The window for the peer's data. Its position is that of the data that has come.
    pub(super) window: Window,
    /// The credit for this end's data.
    pub(super) credit: Credit,
    /// The bytes that the peer was granted on top of its window and was not told yet.
    pub(super) granted: u32,
    /// The bytes that left for the wire since the last [`Event::Sent`].
    pub(super) sent: u32,
    pub(super) reading: Reading,
    pub(super) writing: Writing,
    pub(super) greeting: Greeting,
    pub(super) consumer: Consumer,
    pub(super) events: Events,
    pub(super) owes: Owes,
    pub(super) priority: Priority,
}

#[derive(Default)]
pub(super) struct Buffers {
    pub(super) input: Buffer,
    pub(super) output: Output,
}

impl Buffers {
    /// Takes a spare box for the buffers, or a new one. The input begins at `position`.
    #[expect(clippy::vec_box, reason = "streams hold boxes")]
    pub(super) fn reused(
        spare: &mut Vec<Box<Self>>,
        position: u64,
        high_water: usize,
    ) -> Box<Self> {
        let mut buffers = spare.pop().unwrap_or_default();
        buffers.input.set_position(position);
        buffers.output.set_high_water(high_water);
        buffers
    }

    /// Keeps the memory that the next stream can use, and releases the rest.
    pub(super) fn rest(&mut self) {
        if self.input.capacity() > REUSED {
            self.input = Buffer::new();
        }
        if self.output.capacity() > REUSED {
            self.output = Output::new();
        }
    }
}

/// The bytes of a stream's buffers that are kept for the next stream until the session rests.
const REUSED: usize = 128 * 1024;

/// The peer's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Open,
    Ended,
    Reset,
}

/// This end's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    Open,
    /// It ends behind the waiting output.
    Finishing,
    /// The end was written.
    Finished,
    /// It broke off.
    Reset,
}

/// The progress of the two ends in agreeing on a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greeting {
    /// This end opens it, and has not told the peer.
    Opening,
    /// This end has opened it, and the peer has not accepted it.
    Opened,
    /// The peer opened it, and the consumer was not told.
    Untold,
    /// The consumer knows, and the peer is to be told that it was accepted.
    Accepting,
    /// Both know.
    Done,
}

/// The state of the stream's consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consumer {
    Holds,
    /// The consumer let go, and there is data to send. Received data is dropped, and the peer may
    /// send on, since it may read only when it has sent everything. The stream still counts as
    /// open: otherwise data would pile up for a peer that grants no credit.
    Sends,
    /// The consumer let go, and only the end is left to send.
    LetGo,
    /// Everything was sent, and the peer goes on. It may use up one more window, in which time it
    /// can read what was sent, and then the stream is reset.
    Lingers,
    /// It is over, and the event for that is due.
    Gone,
}

/// The control frame that a stream owes. Each stream that owes one is in the queue for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owes {
    Nothing,
    /// A greeting or a grant.
    Something,
    Reset,
}

/// The unreported events of a stream, in the order of their report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Events(u8);

impl Events {
    pub(super) const OPENED: Self = Self(1);
    pub(super) const READABLE: Self = Self(2);
    pub(super) const SENT: Self = Self(4);
    pub(super) const WRITABLE: Self = Self(8);
    pub(super) const RESET: Self = Self(16);
    pub(super) const RELEASED: Self = Self(32);

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn add(&mut self, event: Self) {
        self.0 |= event.0;
    }

    /// Removes the first event.
    fn next(&mut self) -> Self {
        let first = self.0 & self.0.wrapping_neg();
        self.0 ^= first;
        Self(first)
    }
}

impl Stream {
    pub(super) fn new(greeting: Greeting) -> Self {
        Self {
            buffers: None,
            window: Window::new(WINDOW),
            credit: Credit::new(WINDOW),
            granted: 0,
            sent: 0,
            reading: Reading::Open,
            writing: Writing::Open,
            greeting,
            consumer: Consumer::Holds,
            events: Events::default(),
            owes: Owes::Nothing,
            priority: Priority::SHARED,
        }
    }

    /// Takes the next event.
    pub(super) fn next_event(&mut self, id: StreamId) -> Option<Event<StreamId>> {
        Some(match self.events.next() {
            Events::OPENED => Event::Opened(id),
            Events::READABLE => Event::Readable(id),
            Events::SENT => Event::Sent(id, core::mem::take(&mut self.sent) as usize),
            Events::WRITABLE => Event::Writable(id),
            Events::RESET => Event::Reset(id, 0),
            Events::RELEASED => Event::Released(id),
            _ => return None,
        })
    }

    pub(super) const fn ending(&self) -> Ending {
        match self.reading {
            Reading::Open => Ending::Open,
            Reading::Ended => Ending::Ended,
            Reading::Reset => Ending::Reset(0),
        }
    }

    /// Returns the number of bytes that wait to be sent.
    pub(super) fn unsent(&self) -> usize {
        self.buffers.as_ref().map_or(0, |buffers| buffers.output.len())
    }

    /// Returns true if the peer can still send data that has a reader.
    pub(super) fn is_read(&self) -> bool {
        self.reading == Reading::Open && self.consumer == Consumer::Holds
    }

    /// The offset of the first byte that has not come.
    pub(super) fn position(&self) -> u64 {
        self.window.reached()
    }

    /// Returns true if the peer has used up everything that it was told it may send.
    pub(super) fn is_exhausted(&self) -> bool {
        self.window.reached() + u64::from(self.granted) >= self.window.limit()
    }

    /// Returns true if this end still counts the stream among those that the peer has not accepted.
    pub(super) const fn is_unaccepted(&self) -> bool {
        matches!(self.greeting, Greeting::Opening | Greeting::Opened)
    }

    /// Takes the flag that the next frame has to carry; it counts as sent.
    pub(super) fn greet(&mut self) -> Flags {
        match self.greeting {
            Greeting::Opening => {
                self.greeting = Greeting::Opened;
                Flags::SYN
            }
            Greeting::Accepting => {
                self.greeting = Greeting::Done;
                Flags::ACK
            }
            Greeting::Opened | Greeting::Untold | Greeting::Done => Flags::NONE,
        }
    }

    /// Returns true if the next frame of the stream has to carry a flag.
    pub(super) const fn has_greeting(&self) -> bool {
        matches!(self.greeting, Greeting::Opening | Greeting::Accepting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_small() {
        assert!(size_of::<Stream>() <= 88);
    }
}
