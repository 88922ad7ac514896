//! The framing of the body behind a head that is sent, and the end of the connection.

use segue::Output;

use crate::WriteError;
use crate::announce::{Announced, Notes, put_length};
use crate::machine::{Event, Kind, Offered, Ring, Word};
use crate::sending::Sending;

/// The kind of response that a head begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseKind {
    Informational,
    Switch,
    Final,
}

/// The framing of the body behind a head, and the event for the state machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) sending: Sending,
    pub(super) event: Event,
}

impl ResponseKind {
    /// Returns true if such a response must not say anything of a body, so that headers that do are
    /// left out (RFC 9110 §8.6, RFC 9112 §6.1).
    pub(super) fn is_silent(self, status: u16) -> bool {
        self != Self::Final || status == 204
    }

    pub(super) fn of(status: u16, kind: Kind) -> Self {
        match status {
            101 => Self::Switch,
            100..=199 => Self::Informational,
            200..=299 if kind.is_connect() => Self::Switch,
            _ => Self::Final,
        }
    }
}

/// A header line that is added to those of the caller.
#[derive(Debug, Clone, Copy)]
pub(super) enum Added {
    Length(u64),
    Chunked,
    Upgrade,
    Close,
    KeepAlive,
}

impl Added {
    #[inline]
    pub(super) fn put(self, output: &mut Output) {
        match self {
            Self::Length(length) => put_length(length, output),
            Self::Chunked => output.put(b"Transfer-Encoding: chunked\r\n"),
            Self::Upgrade => output.put(b"Connection: Upgrade\r\n"),
            Self::Close => output.put(b"Connection: close\r\n"),
            Self::KeepAlive => output.put(b"Connection: keep-alive\r\n"),
        }
    }
}

/// The facts that a plan is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    pub(super) word: Word,
    /// The kind of the request that is answered.
    pub(super) kind: Kind,
    pub(super) status: u16,
    /// Either end is of HTTP/1.0.
    pub(super) http10: bool,
    /// The length of a body that follows at once.
    pub(super) whole: Option<u64>,
    pub(super) notes: Notes,
}

pub(super) type Planned = Result<(Plan, [Option<Added>; 2]), WriteError>;

/// An informational response, or one that changes the protocol: there is no body in either.
pub(super) fn other_plan(given: Given, form: ResponseKind, offered: &Offered) -> Planned {
    let Given { word, kind, status, http10, whole, notes } = given;
    if whole.is_some() {
        return Err(WriteError::Informational);
    }
    let plan = |event| Plan { sending: Sending::Nothing, event };
    if form == ResponseKind::Informational {
        let event = Event::Informational { status };
        return if http10 { Err(WriteError::Http10) } else { Ok((plan(event), [None, None])) };
    }
    let names_protocol = notes.upgrade.is_some_and(|it| it.is_among(offered)) && !kind.is_connect();
    if (status == 101 && !names_protocol) || word.after(Event::Switch, &Ring::NONE).is_none() {
        return Err(WriteError::NotOffered);
    }
    let bare = status == 101 && !notes.connection_upgrade;
    Ok((plan(Event::Switch), [bare.then_some(Added::Upgrade), None]))
}

/// Plans a final response: the framing of its body (RFC 9112 §6.3), and the end of the connection
/// (RFC 9112 §9.3).
pub(super) fn final_plan(given: Given, declined: bool) -> Planned {
    let Given { word, kind, status, http10, whole, notes } = given;
    if http10 && notes.coded {
        return Err(WriteError::Http10);
    }
    let framing = match notes.announced()? {
        // It was left out.
        Announced::Chunked if http10 => Announced::Nothing,
        framing => framing,
    };
    // Where no body follows, the headers are those of the answer to another request (RFC 9110 §8.6).
    let has_none = kind.is_head() || matches!(status, 204 | 304);
    match (whole, framing) {
        (None | Some(0), _) if has_none => {}
        (Some(whole), Announced::Length(length)) if whole != length => {
            return Err(WriteError::Framing);
        }
        (Some(_), Announced::Chunked) => return Err(WriteError::Framing),
        _ => {}
    }
    let (sending, added) = match (status, framing, whole) {
        (204 | 205 | 304, _, Some(1..)) => return Err(WriteError::NoBody),
        (204 | 304, ..) => (Sending::Empty, None),
        // It announces that there is none (RFC 9110 §15.3.6).
        (205, Announced::Length(0), _) => (Sending::Known(0), None),
        (205, Announced::Nothing, _) => (Sending::Known(0), Some(Added::Length(0))),
        (205, ..) if !kind.is_head() => return Err(WriteError::NoBody),
        (_, Announced::Length(length), _) => (Sending::Known(length), None),
        (_, Announced::Chunked, _) => (Sending::Chunked, None),
        (_, Announced::Nothing, Some(length)) => {
            (Sending::Known(length), Some(Added::Length(length)))
        }
        (_, Announced::Nothing, None) if kind.is_head() => (Sending::Dropped, None),
        (_, Announced::Nothing, None) if http10 => (Sending::UntilClose, None),
        (_, Announced::Nothing, None) => (Sending::Chunked, Some(Added::Chunked)),
    };
    let unheard = word.expects() && word.owed() == 1;
    let closes =
        notes.close || sending == Sending::UntilClose || word.answers_last() || unheard || declined;
    let connection = match (closes, http10) {
        (true, _) if !notes.close => Some(Added::Close),
        (false, true) if !notes.keep_alive => Some(Added::KeepAlive),
        _ => None,
    };
    let sending = match sending {
        Sending::Empty => Sending::Empty,
        _ if kind.is_head() => Sending::Dropped,
        sending => sending,
    };
    Ok((Plan { sending, event: Event::Response { closes, http10: false } }, [added, connection]))
}
