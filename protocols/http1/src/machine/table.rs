//! The table of transitions.

use alloc::string::String;
use core::fmt::Write as _;

/// One of the two directions of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// From the client to the server.
    Requests,
    /// From the server to the client.
    Responses,
}

/// The state of one side of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Between two messages; the server owes nothing.
    Idle,
    /// The server owes an answer that it has not begun.
    Owed,
    /// A head has been sent, and its body, if there is one, is under way.
    Body,
    /// A request that offers another protocol has been sent: the bytes behind it may belong to
    /// that.
    Offered,
    /// The last message of this side has been sent (RFC 9112 §9.6).
    Ended,
    /// HTTP/1.1 is over, and another protocol has the connection (RFC 9110 §7.8, §9.3.6).
    Switched,
    /// This side has broken the rules, and its further bytes have no meaning.
    Failed,
}

/// A part of a message that is sent or received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// The head of a request.
    Request,
    /// A piece of the body of a request.
    RequestPiece,
    /// The end of a request, trailers included.
    RequestEnd,
    /// Bytes that are not a request.
    Fault,
    /// An informational response: 1xx but 101 (RFC 9110 §15.2).
    Informational,
    /// The head of a final response.
    Response,
    /// The response that changes the protocol: 101, or a 2xx to `CONNECT`.
    Switch,
    /// A piece of the body of a response.
    ResponsePiece,
    /// The end of a response, trailers included.
    ResponseEnd,
    /// Bytes that are not a response, or only a part of one.
    ResponseFault,
}

/// The condition of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum When {
    /// None: the transition is always taken.
    Always,
    /// The connection is kept.
    Keeps,
    /// The connection closes behind this message.
    Closes,
    /// The request offers another protocol, and has not been declined.
    Offers,
    /// Another request is owed an answer.
    Owes,
}

/// A row of the table: a side in a state goes to another with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// The side that changes its state.
    pub side: Side,
    /// The state before.
    pub from: State,
    /// The event, on this side or the other.
    pub event: EventKind,
    /// The condition.
    pub when: When,
    /// The state after.
    pub to: State,
}

impl EventKind {
    /// Returns the side on which the event happens.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Request | Self::RequestPiece | Self::RequestEnd | Self::Fault => Side::Requests,
            _ => Side::Responses,
        }
    }
}

macro_rules! transitions {
    ($($side:ident { $($from:ident: $event:ident [$when:ident] => $to:ident;)* })*) => {
        /// The table. An event of a side without a row in its state is a mistake of the sender; an
        /// event of the other side without a row changes nothing.
        pub const TRANSITIONS: &[Transition] = &[$($(Transition {
            side: Side::$side,
            from: State::$from,
            event: EventKind::$event,
            when: When::$when,
            to: State::$to,
        },)*)*];
    };
}

transitions! {
    Requests {
        Idle: Request [Always] => Body;
        Idle: Response [Closes] => Ended;
        Idle: Fault [Always] => Failed;
        Idle: ResponseFault [Always] => Ended;
        Body: RequestPiece [Always] => Body;
        Body: RequestEnd [Keeps] => Idle;
        Body: RequestEnd [Offers] => Offered;
        Body: RequestEnd [Closes] => Ended;
        Body: Fault [Always] => Failed;
        Body: ResponseFault [Always] => Ended;
        Offered: Switch [Always] => Switched;
        Offered: Response [Keeps] => Idle;
        Offered: Response [Closes] => Ended;
        Offered: ResponseFault [Always] => Ended;
    }
    Responses {
        Idle: Request [Always] => Owed;
        Idle: Fault [Owes] => Owed;
        Idle: ResponseFault [Always] => Failed;
        Owed: Informational [Always] => Owed;
        Owed: Response [Always] => Body;
        Owed: Switch [Offers] => Switched;
        Owed: ResponseFault [Always] => Failed;
        Body: ResponsePiece [Always] => Body;
        Body: ResponseEnd [Keeps] => Idle;
        Body: ResponseEnd [Owes] => Owed;
        Body: ResponseEnd [Closes] => Ended;
        Body: ResponseFault [Always] => Failed;
    }
}

/// Looks up the state that `side` goes to from `from` with `event`, given that `when` holds.
pub(super) const fn next(side: Side, from: State, event: EventKind, when: When) -> Option<State> {
    NEXT[side as usize][from as usize][event as usize][when as usize]
}

/// The table as an array, for lookups.
const NEXT: [[[[Option<State>; WHENS]; EVENTS]; STATES]; 2] = {
    let mut next = [[[[None; WHENS]; EVENTS]; STATES]; 2];
    let mut row = 0;
    while row < TRANSITIONS.len() {
        let Transition { side, from, event, when, to } = TRANSITIONS[row];
        let places = &mut next[side as usize][from as usize][event as usize];
        let mut place = 0;
        while place < WHENS {
            if matches!(when, When::Always) || place == when as usize {
                places[place] = Some(to);
            }
            place += 1;
        }
        row += 1;
    }
    next
};

const WHENS: usize = When::Owes as usize + 1;
const EVENTS: usize = EventKind::ResponseFault as usize + 1;
const STATES: usize = State::Failed as usize + 1;

/// Returns the table as a diagram in text: the one in the book.
#[must_use]
pub fn diagram() -> String {
    let mut drawn = String::new();
    let mut before = None;
    for &Transition { side, from, event, when, to } in TRANSITIONS {
        let (title, state) = match before {
            Some((same, state)) if same == side => (None, (state != from).then_some(from)),
            _ => (Some(side), Some(from)),
        };
        before = Some((side, from));
        if let Some(title) = title {
            let gap = if drawn.is_empty() { "" } else { "\n" };
            let _ = writeln!(drawn, "{gap}{title:?}");
        }
        let state = state.map(|state| alloc::format!("{state:?}")).unwrap_or_default();
        let label = match when {
            When::Always => alloc::format!("{event:?} "),
            when => alloc::format!("{event:?} [{when:?}] "),
        };
        let _ = writeln!(drawn, "  {state:<8} ──{label:─<24}──▶ {to:?}");
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_contradicts_another() {
        for (at, one) in TRANSITIONS.iter().enumerate() {
            for other in &TRANSITIONS[at + 1..] {
                let same = (one.side, one.from, one.event) == (other.side, other.from, other.event);
                let overlap = one.when == When::Always
                    || other.when == When::Always
                    || one.when == other.when;
                assert!(!(same && overlap), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn every_state_is_reached_and_the_last_ones_are_never_left() {
        for &Transition { side, from, .. } in TRANSITIONS {
            let last = matches!(from, State::Ended | State::Switched | State::Failed);
            assert!(!last, "{from:?} is left");
            let reached = from == State::Idle
                || TRANSITIONS.iter().any(|row| row.side == side && row.to == from);
            assert!(reached, "{side:?} never come to {from:?}");
        }
    }

    #[test]
    fn looking_up_is_going_through_the_rows() {
        for row in TRANSITIONS {
            assert_eq!(next(row.side, row.from, row.event, row.when), Some(row.to), "{row:?}");
        }
        assert_eq!(next(Side::Requests, State::Ended, EventKind::Request, When::Keeps), None);
        assert_eq!(next(Side::Responses, State::Idle, EventKind::Response, When::Keeps), None);
    }
}
