//! The streams of a session.

use alloc::{boxed::Box, vec::Vec};

use segue::{Output, mux::Priority};
use segue_http::Arena;

use super::state::{Change, State};
use crate::StreamError;

/// A stream. With its place in the table it takes at most 128 bytes while nothing waits to be sent.
pub(super) struct Stream {
    /// What waits to be sent; none while that is nothing.
    pub(super) out: Option<Box<Out>>,
    /// The bytes that the peer still allows. Less than none after it has made its windows smaller
    /// (RFC 9113 §6.9.2).
    pub(super) credit: i32,
    /// The bytes that the peer is still allowed, and those released that it was not told of yet.
    pub(super) window: i32,
    pub(super) released: u32,
    /// The bytes received, or announced in a frame that is being received, and not released.
    pub(super) held: u32,
    /// The bytes that went into frames since the last event of that.
    pub(super) sent: u32,
    /// The bytes still to come by Content-Length.
    pub(super) expected: Option<u64>,
    pub(super) state: State,
    pub(super) reading: Message,
    pub(super) writing: Message,
    pub(super) method: Method,
    pub(super) priority: Priority,
    pub(super) flags: Flags,
}

/// What waits to be sent on a stream.
#[derive(Default)]
pub(super) struct Out {
    pub(super) data: Output,
    /// The trailers, which are encoded when they leave.
    pub(super) trailers: Option<Arena>,
}

impl Out {
    /// Takes a spare box, or makes one.
    #[expect(clippy::vec_box, reason = "streams hold boxes")]
    pub(super) fn reused(spare: &mut Vec<Box<Self>>, high_water: usize) -> Box<Self> {
        let mut out = spare.pop().unwrap_or_default();
        out.data.set_high_water(high_water);
        out
    }

    /// Drops what is in it, and keeps the box for another stream.
    #[expect(clippy::vec_box, reason = "streams hold boxes")]
    pub(super) fn give_back(mut self: Box<Self>, spare: &mut Vec<Box<Self>>) {
        if spare.len() < SPARE && self.data.capacity() <= REUSED {
            self.data.clear();
            self.trailers = None;
            spare.push(self);
        }
    }
}

/// The number of boxes that are kept.
const SPARE: usize = 8;

/// The bytes of an output that are kept for the next stream.
const REUSED: usize = 16 * 1024;

/// The progress of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    /// The final head is still to come.
    Head,
    /// Data and trailers may come.
    Body,
    /// Data may come, and no trailers (RFC 9113 §8.5).
    Tunnel,
    /// Its end is queued behind its data. Of messages that are written.
    Ending,
    /// There is no content, and its end was told with its head. Of messages that are read.
    Nothing,
}

/// The methods that say something about the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Head,
    Connect,
    Other,
}

impl Method {
    pub(super) fn of(method: &[u8]) -> Self {
        match method {
            b"HEAD" => Self::Head,
            b"CONNECT" => Self::Connect,
            _ => Self::Other,
        }
    }

    pub(super) const fn name(self) -> &'static [u8] {
        match self {
            Self::Head => b"HEAD",
            Self::Connect => b"CONNECT",
            Self::Other => b"GET",
        }
    }
}

/// Facts about a stream, each a bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(u8);

impl Flags {
    /// The consumer has let go of it.
    pub(super) const GONE: Self = Self(0x01);
    /// It is in the queue of window updates.
    pub(super) const OWES: Self = Self(0x02);
    /// It is in the queue of events.
    pub(super) const QUEUED: Self = Self(0x04);
    /// Its output was full, and the consumer is to be told when it is not.
    pub(super) const FULL: Self = Self(0x08);
    /// That is to be told now.
    pub(super) const WRITABLE: Self = Self(0x10);
    /// The peer has not acted on it, and will not.
    pub(super) const REFUSED: Self = Self(0x20);
    /// The last frame of data was short because of the window.
    pub(super) const SHORT: Self = Self(0x40);
    /// It waits for credit of the connection.
    pub(super) const BLOCKED: Self = Self(0x80);

    pub(super) const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    pub(super) const fn set(&mut self, flag: Self) {
        self.0 |= flag.0;
    }

    /// Returns true if it was set.
    pub(super) const fn clear(&mut self, flag: Self) -> bool {
        let was = self.has(flag);
        self.0 &= !flag.0;
        was
    }
}

impl Stream {
    pub(super) fn new(credit: i32, window: i32) -> Self {
        Self {
            out: None,
            credit,
            window,
            released: 0,
            held: 0,
            sent: 0,
            expected: None,
            state: State::Open,
            reading: Message::Head,
            writing: Message::Head,
            method: Method::Other,
            priority: Priority::default(),
            flags: Flags::default(),
        }
    }

    pub(super) fn change(&mut self, change: Change) {
        self.state = self.state.after(change);
    }

    /// Returns the number of bytes that wait to be sent.
    pub(super) fn unsent(&self) -> usize {
        self.out.as_ref().map_or(0, |out| out.data.len())
    }

    /// Returns true if there is something to send, data or the end.
    pub(super) fn has_work(&self) -> bool {
        self.state.sends() && (self.unsent() > 0 || self.writing == Message::Ending)
    }

    /// Checks that a frame of data may come: of `length` bytes for flow control, with `data` bytes of
    /// content.
    pub(super) fn check_data(&self, length: u32, data: u64) -> Result<(), StreamError> {
        use crate::frame::Kind;
        if !self.state.receives() {
            return Err(StreamError::AfterEnd(Kind::DATA));
        }
        if self.reading == Message::Head {
            return Err(StreamError::Unexpected(Kind::DATA));
        }
        if i64::from(length) > i64::from(self.window) {
            return Err(StreamError::Window);
        }
        if self.expected.is_some_and(|expected| data > expected) {
            return Err(StreamError::ContentLength);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_small() {
        assert!(size_of::<Stream>() <= 72, "{}", size_of::<Stream>());
    }
}
