//! The states of the sending side of a stream (RFC 9000 §3.1).
//!
//! ```text
//!                   finish            frame with the end         acknowledged
//!       Open ─────────────────> FinDue ────────────────> FinSent ────────────> FinAcknowledged
//!   (Ready, Send)              (Send) <──────────────── (Data Sent)            (Data Recvd, once all
//!         │                      │           lost          │                    data is, too)
//!         │                      │                         │                           │
//!         └──────────────────────┴───────── reset ─────────┴───────────────────────────┘
//!                                             │
//!                                             v      RESET_STREAM          acknowledged
//!                                         ResetDue ────────────────> ResetSent ───────> ResetAcknowledged
//!                                                  <──────────────── (Reset Sent)       (Reset Recvd)
//!                                                         lost
//! ```
//!
//! What was lost may still be acknowledged, so the states in which something is due take the
//! acknowledgement, too. The standard's names stand in parentheses.

/// A state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SendState {
    /// More may be written.
    Open,
    /// The end is to be sent, for the first time or again.
    FinDue,
    /// The end is under way.
    FinSent,
    /// The end has arrived.
    FinAcknowledged,
    /// A RESET_STREAM frame is to be sent, for the first time or again.
    ResetDue,
    /// It is under way.
    ResetSent,
    /// It has arrived.
    ResetAcknowledged,
}

/// What happens to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SendEvent {
    /// The application ends the stream.
    Finish,
    /// A frame with the end is sent.
    FinSent,
    /// .. has arrived.
    FinAcknowledged,
    /// .. was lost.
    FinLost,
    /// The application, or the peer's STOP_SENDING, gives the stream up.
    Reset,
    /// A RESET_STREAM frame is sent.
    ResetSent,
    /// .. has arrived.
    ResetAcknowledged,
    /// .. was lost.
    ResetLost,
}

impl SendState {
    /// The state after an event. What does not matter in a state leaves it as it is.
    pub(super) const fn after(self, event: SendEvent) -> Self {
        use SendEvent as On;
        use SendState as S;
        match (self, event) {
            (S::Open, On::Finish) | (S::FinSent, On::FinLost) => S::FinDue,
            (S::FinDue, On::FinSent) => S::FinSent,
            (S::FinDue | S::FinSent, On::FinAcknowledged) => S::FinAcknowledged,
            (S::Open | S::FinDue | S::FinSent | S::FinAcknowledged, On::Reset)
            | (S::ResetSent, On::ResetLost) => S::ResetDue,
            (S::ResetDue, On::ResetSent) => S::ResetSent,
            (S::ResetDue | S::ResetSent, On::ResetAcknowledged) => S::ResetAcknowledged,
            (state, _) => state,
        }
    }

    /// Returns true if the application has ended the stream, and not reset it.
    pub(super) const fn is_finished(self) -> bool {
        matches!(self, Self::FinDue | Self::FinSent | Self::FinAcknowledged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All transitions: each row is a state, each column an event, in their order.
    #[test]
    fn every_transition_is_this() {
        use SendState::*;
        let states =
            [Open, FinDue, FinSent, FinAcknowledged, ResetDue, ResetSent, ResetAcknowledged];
        let events = [
            SendEvent::Finish,
            SendEvent::FinSent,
            SendEvent::FinAcknowledged,
            SendEvent::FinLost,
            SendEvent::Reset,
            SendEvent::ResetSent,
            SendEvent::ResetAcknowledged,
            SendEvent::ResetLost,
        ];
        #[rustfmt::skip]
        let snapshot = [
            // Finish        FinSent          FinAcknowledged  FinLost          Reset              ResetSent          ResetAcknowledged  ResetLost
            [FinDue,          Open,            Open,            Open,            ResetDue,          Open,              Open,              Open],
            [FinDue,          FinSent,         FinAcknowledged, FinDue,          ResetDue,          FinDue,            FinDue,            FinDue],
            [FinSent,         FinSent,         FinAcknowledged, FinDue,          ResetDue,          FinSent,           FinSent,           FinSent],
            [FinAcknowledged, FinAcknowledged, FinAcknowledged, FinAcknowledged, ResetDue,          FinAcknowledged,   FinAcknowledged,   FinAcknowledged],
            [ResetDue,        ResetDue,        ResetDue,        ResetDue,        ResetDue,          ResetSent,         ResetAcknowledged, ResetDue],
            [ResetSent,       ResetSent,       ResetSent,       ResetSent,       ResetSent,         ResetSent,         ResetAcknowledged, ResetDue],
            [ResetAcknowledged; 8],
        ];
        let all = states.map(|state| events.map(|event| state.after(event)));
        assert_eq!(all, snapshot);
    }
}
