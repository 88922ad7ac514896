//! The ends of a session, and the ids of their streams.

use core::fmt;

/// An end of a session. The two differ in the ids of the streams that they open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that opened the connection: its streams have odd ids.
    Client,
    /// The end that accepted the connection: its streams have even ids.
    Server,
}

impl Role {
    /// Returns the other end.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// The first id of a stream that this end opens.
    pub(crate) const fn first(self) -> u32 {
        match self {
            Self::Client => 1,
            Self::Server => 2,
        }
    }
}

/// The id of a stream: odd if the client opened it, even if the server did, and never 0, which
/// stands for the session itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub(crate) u32);

impl StreamId {
    /// Returns the id as it is sent.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }

    /// Returns the end that opened the stream.
    #[must_use]
    pub const fn initiator(self) -> Role {
        if self.0 % 2 == 1 { Role::Client } else { Role::Server }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
