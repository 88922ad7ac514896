//! The states of a stream, as a table.
//!
//! ```text
//!                  (idle)
//!                     | HEADERS, of either end
//!                     v
//!        +---------- open -----------+
//!  ES    |            |              |  ES
//!  sent  |            |              |  received
//!        v            |              v
//!   half-closed       |         half-closed
//!    (local)          | R        (remote)
//!        |            |              |
//!        | ES recv.   v    ES sent   |
//!        +--------> closed <---------+
//!          or R               or R
//!
//!   ES: END_STREAM    R: RST_STREAM, sent or received
//! ```
//!
//! Streams are never reserved, since push is refused (RFC 9113 §5.1). An idle stream has no entry in
//! the table of streams.

/// The state of a stream (RFC 9113 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum State {
    Open,
    /// This end has sent its last frame.
    HalfClosedLocal,
    /// The peer has sent its last frame.
    HalfClosedRemote,
    Closed,
}

/// A thing that changes the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Change {
    /// END_STREAM is sent.
    EndSent,
    /// END_STREAM is received.
    EndReceived,
    /// RST_STREAM, in either direction.
    Reset,
}

impl State {
    /// Returns the state behind a change. One that cannot come leaves the state as it is.
    pub(super) const fn after(self, change: Change) -> Self {
        match (self, change) {
            (Self::Open, Change::EndSent) => Self::HalfClosedLocal,
            (Self::Open, Change::EndReceived) => Self::HalfClosedRemote,
            (Self::HalfClosedLocal, Change::EndReceived) => Self::Closed,
            (Self::HalfClosedRemote, Change::EndSent) => Self::Closed,
            (_, Change::Reset) => Self::Closed,
            (same, _) => same,
        }
    }

    /// Returns true if the peer may send messages.
    pub(super) const fn receives(self) -> bool {
        matches!(self, Self::Open | Self::HalfClosedLocal)
    }

    /// Returns true if this end may send messages.
    pub(super) const fn sends(self) -> bool {
        matches!(self, Self::Open | Self::HalfClosedRemote)
    }
}

#[cfg(test)]
mod tests {
    use super::{Change::*, State::*};

    /// RFC 9113 §5.1, Figure 2.
    #[test]
    fn every_transition() {
        for (before, change, after) in [
            (Open, EndSent, HalfClosedLocal),
            (Open, EndReceived, HalfClosedRemote),
            (Open, Reset, Closed),
            (HalfClosedLocal, EndSent, HalfClosedLocal),
            (HalfClosedLocal, EndReceived, Closed),
            (HalfClosedLocal, Reset, Closed),
            (HalfClosedRemote, EndSent, Closed),
            (HalfClosedRemote, EndReceived, HalfClosedRemote),
            (HalfClosedRemote, Reset, Closed),
            (Closed, EndSent, Closed),
            (Closed, EndReceived, Closed),
            (Closed, Reset, Closed),
        ] {
            assert_eq!(before.after(change), after, "{before:?} and {change:?}");
        }
        assert!(Open.sends() && Open.receives() && HalfClosedRemote.sends());
        assert!(HalfClosedLocal.receives() && !HalfClosedLocal.sends());
        assert!(!HalfClosedRemote.receives() && !Closed.sends() && !Closed.receives());
    }
}
