//! The way out of a connection, with everything it still holds.

use bytes::{Bytes, BytesMut};
use core::fmt;

use super::Output;

/// The fate of bytes that a stage has not consumed, when its connection is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Edge {
    /// They belong to the next protocol and go along: WebSocket after its HTTP upgrade, `CONNECT`.
    Carry,
    /// There must be none, received or unsent. In STARTTLS, bytes sent in the clear before TLS are
    /// an attack. A hand-off with bytes is refused and gives the connection back, so that an error
    /// can be sent.
    MustBeEmpty,
    /// They are dropped. This is never the default.
    Discard,
}

/// A transport that has left its connection, with all that the connection still held.
///
/// The parts are private, so that taking one does not drop another: take [all of
/// them](Self::into_parts), or the [transport alone](Self::into_io) if nothing else is left.
///
/// ```
/// use segue::Handoff;
///
/// // From another library: its transport, and what it has read too far.
/// let handoff = Handoff::new("socket", &b"\x81\x02hi"[..]);
/// let handoff = handoff.into_io().unwrap_err(); // not without the four bytes
/// let (io, read, write, eof) = handoff.into_parts();
/// assert_eq!((io, &read[..], write.is_empty(), eof), ("socket", &b"\x81\x02hi"[..], true, false));
/// ```
#[must_use = "a hand-off carries bytes that are lost with it"]
pub struct Handoff<T> {
    io: T,
    read: BytesMut,
    write: Output,
    eof: bool,
    position: u64,
}

impl<T> Handoff<T> {
    /// Makes a hand-off of a transport and the bytes that were read from it and not consumed, as
    /// other libraries give them: hyper's `Parts { io, read_buf }`, tokio-util's `FramedParts`.
    pub fn new(io: T, read: impl Into<Bytes>) -> Self {
        Self::from_parts(io, read.into().into(), Output::new(), false)
    }

    /// Makes a hand-off of its parts: the transport, the bytes received and not consumed, the bytes
    /// queued and not sent, and whether the peer has ended its side behind what was received.
    pub fn from_parts(io: T, read: BytesMut, write: Output, eof: bool) -> Self {
        Self { io, read, write, eof, position: 0 }
    }

    /// Returns the parts in the order of [`from_parts`](Self::from_parts).
    pub fn into_parts(self) -> (T, BytesMut, Output, bool) {
        (self.io, self.read, self.write, self.eof)
    }

    /// Returns the transport, if nothing is left to be read or sent with it.
    ///
    /// # Errors
    /// Returns the hand-off itself while something is left.
    pub fn into_io(self) -> Result<T, Self> {
        if self.read.is_empty() && self.write.is_empty() && !self.eof {
            Ok(self.io)
        } else {
            Err(self)
        }
    }

    /// Returns the bytes received and not consumed.
    pub fn read(&self) -> &[u8] {
        &self.read
    }

    /// Returns the bytes queued and not sent.
    pub fn unsent(&self) -> &Output {
        &self.write
    }

    /// Returns the bytes queued and not sent, to add to them.
    pub fn unsent_mut(&mut self) -> &mut Output {
        &mut self.write
    }

    /// Returns true if the peer has ended its side: nothing follows [`read`](Self::read).
    pub fn is_eof(&self) -> bool {
        self.eof
    }

    /// Returns the offset in the stream of the first byte of [`read`](Self::read), in bytes. The
    /// next connection counts on from here, so that the offset of a [`Fault`](crate::Fault) is one
    /// in the whole stream. 0 after another library.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Sets the position: 0 where a new layer begins, or the count of another library.
    pub fn at_position(self, position: u64) -> Self {
        Self { position, ..self }
    }

    /// Exchanges the transport for another: one that was wrapped or unwrapped.
    pub fn map_io<U>(self, f: impl FnOnce(T) -> U) -> Handoff<U> {
        let Self { io, read, write, eof, position } = self;
        Handoff { io: f(io), read, write, eof, position }
    }
}

/// Shows lengths and not payload.
impl<T> fmt::Debug for Handoff<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handoff")
            .field("read", &self.read.len())
            .field("unsent", &self.write.len())
            .field("eof", &self.eof)
            .finish_non_exhaustive()
    }
}
