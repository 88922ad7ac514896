//! Leaving a connection with all that it still holds.

use bytes::{Bytes, BytesMut};
use core::fmt;

use super::Output;

/// What becomes of bytes that a stage has not consumed, when its connection is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Edge {
    /// They belong to the next protocol and go along: WebSocket after its HTTP upgrade, CONNECT.
    Carry,
    /// There must be none, received or unsent: in STARTTLS, bytes sent in the clear before TLS
    /// are an attack. A hand-off with bytes is refused, and the connection comes back so that an
    /// error can be sent.
    MustBeEmpty,
    /// They are dropped. By name only, never by default.
    Discard,
}

/// A transport that has left its connection, with all that the connection still held.
///
/// The parts are private, so that none is dropped by taking another: take
/// [all of them](Self::into_parts), or the [transport alone](Self::into_io) if there is nothing
/// else.
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
    /// A transport and the bytes that were read from it and not consumed, as other libraries give
    /// them: hyper's `Parts { io, read_buf }`, tokio-util's `FramedParts`.
    pub fn new(io: T, read: impl Into<Bytes>) -> Self {
        Self::from_parts(io, read.into().into(), Output::new(), false)
    }

    /// All of its parts: the transport, what was received and not consumed, what was queued and
    /// not sent, and whether the peer has ended its side behind what was received.
    pub fn from_parts(io: T, read: BytesMut, write: Output, eof: bool) -> Self {
        Self { io, read, write, eof, position: 0 }
    }

    /// The parts of [`from_parts`](Self::from_parts).
    pub fn into_parts(self) -> (T, BytesMut, Output, bool) {
        (self.io, self.read, self.write, self.eof)
    }

    /// The transport, if nothing is left to be read or sent with it.
    ///
    /// # Errors
    /// The hand-off itself, while something is left.
    pub fn into_io(self) -> Result<T, Self> {
        if self.read.is_empty() && self.write.is_empty() && !self.eof {
            Ok(self.io)
        } else {
            Err(self)
        }
    }

    /// What was received and not consumed.
    pub fn read(&self) -> &[u8] {
        &self.read
    }

    /// What was queued and not sent.
    pub fn unsent(&self) -> &Output {
        &self.write
    }

    /// What was queued and not sent, to be added to.
    pub fn unsent_mut(&mut self) -> &mut Output {
        &mut self.write
    }

    /// Whether the peer has ended its side: nothing follows [`read`](Self::read).
    pub fn is_eof(&self) -> bool {
        self.eof
    }

    /// The offset in the stream of the first byte of [`read`](Self::read): how many bytes were
    /// consumed before it. The connection that goes on counts on from here, so that the offset of a
    /// [`Fault`](crate::Fault) is one in the whole stream. 0 where another library has left off.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The same hand-off at another position: 0 where a new layer begins, or what another library
    /// has counted.
    pub fn at_position(self, position: u64) -> Self {
        Self { position, ..self }
    }

    /// The same hand-off with another transport: one that was wrapped or unwrapped.
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
