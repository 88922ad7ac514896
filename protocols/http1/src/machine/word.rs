//! The state of both sides in one word.

use super::Ring;
use super::table::{EventKind, Side, State, When, next};

/// The state of both sides of a connection, and what has to be known of the requests that are owed
/// an answer: small enough to be changed at once by two threads.
///
/// From the lowest bit: the state of the requests (3), that of the responses (3), whether the
/// newest request is the last (1), whether the response under way is (1), whether the client
/// waits for `100 Continue` (1), whether the last response was of HTTP/1.0 (1), whether the newest
/// request is a fault (1), the kinds of the oldest and of the newest request that is owed an answer
/// (3 each), how many those are (7), and the first slot in use of the [`Ring`] (7), which has the kinds
/// of all but the oldest.
///
/// Words of 64 bits would have room for some more, but not every machine can change those at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(u32);

/// The facts about a request that decide how its answer is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// Of HTTP/1.0, which knows no chunks.
    Plain10,
    /// `HEAD`: the answer has no body.
    Head,
    Head10,
    /// It offers another protocol.
    Upgrade,
    HeadUpgrade,
    Connect,
    Connect10,
}

/// An event, with what it brings. Pieces of a body change nothing but that the first one of a
/// request is what `100 Continue` was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Request {
        kind: Kind,
        /// No request follows it.
        closes: bool,
        /// It waits for `100 Continue` with its body.
        expects: bool,
    },
    RequestPiece,
    RequestEnd,
    Fault,
    Informational {
        status: u16,
    },
    Response {
        /// The connection closes behind it.
        closes: bool,
        /// It is of HTTP/1.0, as far as that is known: who writes a response knows nothing new.
        http10: bool,
    },
    Switch,
    ResponseEnd,
    ResponseFault,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Plain,
        Self::Plain10,
        Self::Head,
        Self::Head10,
        Self::Upgrade,
        Self::HeadUpgrade,
        Self::Connect,
        Self::Connect10,
    ];

    pub(super) const fn from_bits(bits: u32) -> Self {
        Self::ALL[(bits & 7) as usize]
    }

    /// The kind of a request of `method`.
    pub(crate) fn of(method: &[u8], http10: bool, offers_upgrade: bool) -> Self {
        match (method, http10) {
            (b"CONNECT", false) => Self::Connect,
            (b"CONNECT", true) => Self::Connect10,
            // A server must ignore what HTTP/1.0 offers (RFC 9110 §7.8).
            (b"HEAD", true) => Self::Head10,
            (b"HEAD", false) if offers_upgrade => Self::HeadUpgrade,
            (b"HEAD", false) => Self::Head,
            (_, true) => Self::Plain10,
            (_, false) if offers_upgrade => Self::Upgrade,
            (_, false) => Self::Plain,
        }
    }

    /// A method whose answers are delimited as those to this request.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Plain | Self::Plain10 | Self::Upgrade => "GET",
            Self::Head | Self::Head10 | Self::HeadUpgrade => "HEAD",
            Self::Connect | Self::Connect10 => "CONNECT",
        }
    }

    pub(crate) const fn is_head(self) -> bool {
        matches!(self, Self::Head | Self::Head10 | Self::HeadUpgrade)
    }

    pub(crate) const fn is_connect(self) -> bool {
        matches!(self, Self::Connect | Self::Connect10)
    }

    pub(crate) const fn is_http10(self) -> bool {
        matches!(self, Self::Plain10 | Self::Head10 | Self::Connect10)
    }

    pub(crate) const fn offers(self) -> bool {
        matches!(self, Self::Upgrade | Self::HeadUpgrade | Self::Connect | Self::Connect10)
    }

    /// The same request once it was answered without a change of protocol.
    const fn declined(self) -> Self {
        match self {
            Self::Upgrade | Self::Connect => Self::Plain,
            Self::Connect10 => Self::Plain10,
            Self::HeadUpgrade => Self::Head,
            kind => kind,
        }
    }
}

impl Event {
    /// Returns true if a reader that has paused may go on behind it.
    pub(super) const fn is_answer(self) -> bool {
        matches!(self.kind().side(), Side::Responses)
    }

    const fn kind(self) -> EventKind {
        match self {
            Self::Request { .. } => EventKind::Request,
            Self::RequestPiece => EventKind::RequestPiece,
            Self::RequestEnd => EventKind::RequestEnd,
            Self::Fault => EventKind::Fault,
            Self::Informational { .. } => EventKind::Informational,
            Self::Response { .. } => EventKind::Response,
            Self::Switch => EventKind::Switch,
            Self::ResponseEnd => EventKind::ResponseEnd,
            Self::ResponseFault => EventKind::ResponseFault,
        }
    }
}

impl Word {
    /// A connection on which nothing has been said.
    pub(crate) const NEW: Self = Self(0);

    /// The most requests that a word can count.
    ///
    /// One less than there is room for, since a fault is owed an answer as well.
    pub(crate) const MAX_OWED: u32 = 126;

    pub(super) const fn bits(self) -> u32 {
        self.0
    }

    pub(super) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    pub(crate) const fn requests(self) -> State {
        state(self.0)
    }

    pub(crate) const fn responses(self) -> State {
        state(self.0 >> RESPONSES)
    }

    /// Returns true if the newest request is the last.
    pub(crate) const fn requests_close(self) -> bool {
        self.0 & REQUESTS_CLOSE != 0
    }

    /// Returns true if the connection closes behind the response under way.
    pub(crate) const fn response_closes(self) -> bool {
        self.0 & RESPONSE_CLOSES != 0
    }

    /// Returns true if the client waits for `100 Continue` with the body of its newest request.
    pub(crate) const fn expects(self) -> bool {
        self.0 & EXPECTS != 0
    }

    /// Returns true if it does, and no older request has to be answered before.
    pub(crate) const fn expects_now(self) -> bool {
        self.expects() && self.owed() == 1
    }

    /// Returns true if the last response was of HTTP/1.0.
    pub(crate) const fn server_is_http10(self) -> bool {
        self.0 & SERVER_10 != 0
    }

    /// Returns the number of requests that are owed an answer, or the end of one.
    pub(crate) const fn owed(self) -> u32 {
        self.0 >> OWED & COUNT
    }

    /// The oldest request that is owed an answer.
    pub(crate) fn oldest(self) -> Option<Kind> {
        (self.owed() > 0).then(|| Kind::from_bits(self.0 >> OLDEST))
    }

    fn newest(self) -> Option<Kind> {
        (self.owed() > 0).then(|| Kind::from_bits(self.0 >> NEWEST))
    }

    /// The first slot of the ring that is in use.
    const fn first(self) -> u32 {
        self.0 >> FIRST & COUNT
    }

    /// Returns true if the next answer is the last of the connection, regardless of its headers.
    pub(crate) const fn answers_last(self) -> bool {
        self.requests_close() && self.owed() == 1
    }

    /// The state after `event`, unless that cannot happen now.
    ///
    /// Most requests are plain ones on a connection that is kept, each answered before the next: for
    /// the four events of those there is no need to look anything up.
    #[inline]
    pub(crate) fn after(self, event: Event, ring: &Ring) -> Option<Self> {
        let after = match (self.0, event) {
            (IDLE, Event::Request { kind: Kind::Plain, closes: false, expects: false }) => ASKING,
            (ASKING, Event::RequestEnd) => ASKED,
            (ASKED, Event::Response { closes: false, http10: false }) => ANSWERING,
            (ANSWERING, Event::ResponseEnd) => IDLE,
            _ => return self.after_by_table(event, ring),
        };
        Some(Self(after))
    }

    /// As [`after`](Self::after), for any state and event.
    fn after_by_table(self, event: Event, ring: &Ring) -> Option<Self> {
        let kind = event.kind();
        let mut word = self.noting(event, ring)?;
        let [requests, responses] = [Side::Requests, Side::Responses].map(|side| {
            let from = if side == Side::Requests { self.requests() } else { self.responses() };
            let to = next(side, from, kind, word.holds(kind));
            (to.is_some() || kind.side() != side).then_some(to.unwrap_or(from))
        });
        word.set(0, requests?);
        word.set(RESPONSES, responses?);
        // A switch takes both sides along.
        let switched = [word.requests(), word.responses()].map(|state| state == State::Switched);
        (switched[0] == switched[1]).then_some(word)
    }

    /// The state with the facts of `event` noted, and the sides unchanged.
    fn noting(mut self, event: Event, ring: &Ring) -> Option<Self> {
        match event {
            Event::Request { kind, closes, expects } => {
                self = self.asked(kind, ring)?;
                self.flag(REQUESTS_CLOSE, closes);
                self.flag(EXPECTS, expects);
            }
            // The body comes, whatever was said to that.
            Event::RequestPiece | Event::RequestEnd => self.0 &= !EXPECTS,
            Event::Fault => {
                // Even a broken request is owed an answer.
                if self.requests() == State::Idle {
                    self = self.faulted();
                }
                self.flag(REQUESTS_CLOSE, true);
            }
            // If another request has been sent since, it is not the one that waits.
            Event::Informational { status: 100 } if self.owed() == 1 => self.0 &= !EXPECTS,
            Event::Response { closes, http10 } => {
                self.0 = self.0 & !SERVER_10 | if http10 { SERVER_10 } else { 0 };
                let closes = closes || self.answers_last();
                self.flag(RESPONSE_CLOSES, closes);
                if self.owed() == 1 {
                    self.0 &= !EXPECTS;
                }
                let declined = self.oldest()?.declined();
                self.set_kind(OLDEST, declined);
                if self.owed() == 1 {
                    self.set_kind(NEWEST, declined);
                }
            }
            Event::ResponseEnd => {
                let owed = self.owed().checked_sub(1)?;
                self.answered(owed, ring);
            }
            Event::ResponseFault => self.0 &= !EXPECTS,
            Event::Informational { .. } | Event::Switch => {}
        }
        Some(self)
    }

    /// The condition that holds for the transition of `kind`, once the facts of the event are
    /// noted.
    fn holds(self, kind: EventKind) -> When {
        let offers = self.newest().is_some_and(Kind::offers);
        match kind {
            EventKind::ResponseEnd if self.response_closes() => When::Closes,
            EventKind::ResponseEnd | EventKind::Fault if self.owed() > 0 => When::Owes,
            EventKind::Switch if offers && self.owed() == 1 => When::Offers,
            EventKind::RequestEnd if offers && !self.response_closes() => When::Offers,
            EventKind::RequestEnd | EventKind::Response
                if self.requests_close() || self.response_closes() =>
            {
                When::Closes
            }
            // It answers a request before the one that offers.
            EventKind::Response if offers => When::Offers,
            _ => When::Keeps,
        }
    }

    /// Another request is owed an answer.
    fn asked(mut self, kind: Kind, ring: &Ring) -> Option<Self> {
        let owed = self.owed();
        if owed >= ring.owed().min(Self::MAX_OWED) {
            return None;
        }
        match owed.checked_sub(1) {
            None => self.set_kind(OLDEST, kind),
            // Whatever the other half answers meanwhile, this is the same slot.
            Some(before) => ring.put(self.first() + before, kind),
        }
        self.set_kind(NEWEST, kind);
        self.0 += 1 << OWED;
        Some(self)
    }

    /// Something that is no request is owed an answer. Both halves may say so, and so it has no slot.
    fn faulted(mut self) -> Self {
        if self.owed() == 0 {
            self.set_kind(OLDEST, Kind::Plain);
        }
        self.set_kind(NEWEST, Kind::Plain);
        self.0 = (self.0 | FAULTED) + (1 << OWED);
        self
    }

    /// The oldest request has its answer, and `owed` more are owed one.
    fn answered(&mut self, owed: u32, ring: &Ring) {
        let first = self.first();
        self.0 &= !(COUNT << OWED | COUNT << FIRST);
        if owed == 0 {
            self.0 &= !(7 << OLDEST | 7 << NEWEST);
            return;
        }
        let is_fault = owed == 1 && self.0 & FAULTED != 0;
        self.set_kind(OLDEST, if is_fault { Kind::Plain } else { ring.get(first) });
        let first = if owed == 1 { 0 } else { ring.next(first) };
        self.0 |= owed << OWED | first << FIRST;
    }

    fn set_kind(&mut self, shift: u32, kind: Kind) {
        self.0 = self.0 & !(7 << shift) | (kind as u32) << shift;
    }

    fn flag(&mut self, flag: u32, on: bool) {
        if on {
            self.0 |= flag;
        }
    }

    fn set(&mut self, shift: u32, state: State) {
        self.0 = self.0 & !(7 << shift) | (state as u32) << shift;
    }
}

impl core::fmt::Debug for Word {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("State")
            .field("requests", &self.requests())
            .field("responses", &self.responses())
            .field("owed", &self.owed())
            .finish_non_exhaustive()
    }
}

const fn state(bits: u32) -> State {
    match bits & 7 {
        0 => State::Idle,
        1 => State::Owed,
        2 => State::Body,
        3 => State::Offered,
        4 => State::Ended,
        5 => State::Switched,
        _ => State::Failed,
    }
}

const RESPONSES: u32 = 3;
const REQUESTS_CLOSE: u32 = 1 << 6;
const RESPONSE_CLOSES: u32 = 1 << 7;
const EXPECTS: u32 = 1 << 8;
const SERVER_10: u32 = 1 << 9;
const FAULTED: u32 = 1 << 10;
const OLDEST: u32 = 11;
const NEWEST: u32 = 14;
const OWED: u32 = 17;
const FIRST: u32 = 24;
const COUNT: u32 = 0x7f;

/// The states that a plain request goes through from the first byte of its head to the last of its
/// answer.
const IDLE: u32 = Word::NEW.0;
const ASKING: u32 = State::Body as u32 | (State::Owed as u32) << RESPONSES | 1 << OWED;
const ASKED: u32 = (State::Owed as u32) << RESPONSES | 1 << OWED;
const ANSWERING: u32 = (State::Body as u32) << RESPONSES | 1 << OWED;

#[cfg(test)]
mod tests;
