use core::fmt;

use segue::mux::{Direction, Window};

use crate::{Role, VarInt};

/// The id of a stream. Its two low bits tell who opened it, and if both ends send on it (RFC 9000
/// §2.1).
///
/// ```
/// use segue_quic::{Role, stream::{Direction, StreamId}};
///
/// let id = StreamId::new(7).expect("it has 62 bits");
/// assert_eq!((id.initiator(), id.direction()), (Role::Server, Direction::Sending));
/// assert_eq!((id.index(), id.count()), (1, 2));
/// assert_eq!(StreamId::of(Role::Server, Direction::Sending, 1), Some(id));
/// assert_eq!(id.to_string(), "7 (server, uni)");
/// assert_eq!(StreamId::new(1 << 62), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(u64);

impl StreamId {
    /// Creates an id from its value on the wire; none if it has more than 62 bits. One that was read
    /// converts by `From<VarInt>`.
    #[must_use]
    pub const fn new(id: u64) -> Option<Self> {
        if id <= VarInt::MAX.value() { Some(Self(id)) } else { None }
    }

    /// Returns the stream number `index` of its kind, from 0 on; none if there are not that many.
    #[must_use]
    pub const fn of(initiator: Role, direction: Direction, index: u64) -> Option<Self> {
        if index >= Window::MAX_STREAMS {
            return None;
        }
        let server = if matches!(initiator, Role::Server) { SERVER } else { 0 };
        let uni = if matches!(direction, Direction::Sending) { UNI } else { 0 };
        Some(Self(index << 2 | uni | server))
    }

    /// Returns the id as it is sent.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Returns the end that opened the stream, or is to open it.
    #[must_use]
    pub const fn initiator(self) -> Role {
        if self.0 & SERVER == 0 { Role::Client } else { Role::Server }
    }

    /// Returns the direction: both ends send on it, or its initiator only.
    #[must_use]
    pub const fn direction(self) -> Direction {
        if self.0 & UNI == 0 { Direction::Both } else { Direction::Sending }
    }

    /// Returns its number among those of its kind, from 0 on.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.0 >> 2
    }

    /// Returns the least number of streams of its kind if this one exists: those before it are
    /// opened with it (RFC 9000 §2.1). MAX_STREAMS limits this number.
    ///
    /// ```
    /// use segue::mux::Window;
    /// use segue_quic::{VarInt, stream::StreamId};
    ///
    /// let id = |id: u8| StreamId::from(VarInt::from(id));
    /// let mut streams = Window::streams(2);
    /// assert!(streams.reach(id(4).count()).is_ok()); // the second, and so the first
    /// assert!(streams.reach(id(8).count()).is_err());
    /// ```
    #[must_use]
    pub const fn count(self) -> u64 {
        self.index() + 1
    }

    /// Returns true if `role` sends on it. A frame that the other end cannot send on the stream is
    /// a STREAM_STATE_ERROR (RFC 9000 §19.8).
    #[must_use]
    pub fn is_sent_by(self, role: Role) -> bool {
        self.direction() == Direction::Both || self.initiator() == role
    }
}

impl From<VarInt> for StreamId {
    fn from(id: VarInt) -> Self {
        Self(id.value())
    }
}

impl From<StreamId> for VarInt {
    fn from(id: StreamId) -> Self {
        // An id has 62 bits.
        Self::new(id.0).unwrap_or(Self::MAX)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let initiator = match self.initiator() {
            Role::Client => "client",
            Role::Server => "server",
        };
        let direction = match self.direction() {
            Direction::Both => "bi",
            Direction::Sending => "uni",
        };
        write!(f, "{} ({initiator}, {direction})", self.0)
    }
}

/// The bit that is set in ids of the server's streams.
const SERVER: u64 = 0x01;

/// The bit that is set in ids of streams on which one side sends.
const UNI: u64 = 0x02;

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of RFC 9000 §2.1.
    #[test]
    fn kinds() {
        for (id, initiator, direction) in [
            (0, Role::Client, Direction::Both),
            (1, Role::Server, Direction::Both),
            (2, Role::Client, Direction::Sending),
            (3, Role::Server, Direction::Sending),
        ] {
            let id = StreamId::new(id + 40).expect("it has 62 bits");
            assert_eq!((id.initiator(), id.direction()), (initiator, direction));
            assert_eq!(StreamId::of(initiator, direction, 10), Some(id));
            assert!(id.is_sent_by(initiator));
            assert_eq!(id.is_sent_by(initiator.peer()), direction == Direction::Both);
        }
        assert_eq!(StreamId::of(Role::Client, Direction::Both, 1 << 60), None);
        let last = StreamId::of(Role::Server, Direction::Sending, (1 << 60) - 1);
        assert_eq!((StreamId::new((1 << 62) - 1), StreamId::new(1 << 62)), (last, None));
    }
}
