//! The headers that say where a message ends and what becomes of its connection, found in one pass.

use segue_http::{Fields, Tokens};

use crate::Version;
use crate::spans::Span;

/// The places of the headers that matter to framing, and the facts that need no further check.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Named {
    pub(crate) host: Twice,
    pub(crate) length: Twice,
    /// The first `Transfer-Encoding`.
    pub(crate) encoding: Option<Span>,
    close: bool,
    keep_alive: bool,
    /// `Connection` names `upgrade`.
    connection_upgrade: bool,
    /// `Connection` names something else, which may be a header.
    connection_names: bool,
    upgrade: bool,
    expects_continue: bool,
}

/// A header that is there once, or more often, which is an error.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Twice {
    first: Option<Span>,
    second: Option<Span>,
}

impl Twice {
    #[inline]
    fn push(&mut self, span: Span) {
        if self.first.is_none() {
            self.first = Some(span);
        } else if self.second.is_none() {
            self.second = Some(span);
        }
    }

    #[inline]
    pub(crate) fn first(&self) -> Option<Span> {
        self.first
    }

    #[inline]
    pub(crate) fn second(&self) -> Option<Span> {
        self.second
    }
}

impl Named {
    /// Goes through `headers` once.
    pub(crate) fn of(headers: Fields<'_>) -> Self {
        let mut named = Self::default();
        for &span in headers.places() {
            named.note(headers.bytes(), span);
        }
        named
    }

    /// Does the same, and marks the headers that are meant for this connection (RFC 9110 §7.6.1).
    pub(crate) fn mark(head: &[u8], spans: &mut [Span]) -> Self {
        let mut named = Self::default();
        for span in spans.iter_mut() {
            if named.note(head, *span) {
                *span = span.flagged(Span::HOP);
            }
        }
        if named.connection_names {
            mark_named(head, spans);
        }
        named
    }

    /// Notes a header, and returns true if it is meant for this connection by its name alone. Names
    /// of other lengths than these are not compared.
    #[inline(always)]
    fn note(&mut self, head: &[u8], span: Span) -> bool {
        let name = span.name(head);
        let is = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
        match name.len() {
            2 => return is(b"te"),
            4 if is(b"host") => self.host.push(span),
            6 if is(b"expect") => {
                self.expects_continue |= Tokens::of(span.value(head))
                    .any(|token| token.eq_ignore_ascii_case(b"100-continue"));
            }
            7 if is(b"upgrade") => {
                self.upgrade = true;
                return true;
            }
            10 if is(b"connection") => {
                self.note_connection(span.value(head));
                return true;
            }
            10 => return is(b"keep-alive"),
            14 if is(b"content-length") => self.length.push(span),
            14 => return is(b"http2-settings"),
            16 => return is(b"proxy-connection"),
            17 if is(b"transfer-encoding") => {
                self.encoding = self.encoding.or(Some(span));
                return true;
            }
            _ => {}
        }
        false
    }

    /// The options of a connection are tokens, so quotes mean nothing among them.
    fn note_connection(&mut self, value: &[u8]) {
        for token in Tokens::of(value) {
            match token.len() {
                5 if token.eq_ignore_ascii_case(b"close") => self.close = true,
                7 if token.eq_ignore_ascii_case(b"upgrade") => self.connection_upgrade = true,
                10 if token.eq_ignore_ascii_case(b"keep-alive") => self.keep_alive = true,
                _ => self.connection_names = true,
            }
        }
    }

    /// Returns true if the connection can be kept for another request (RFC 9112 §9.3).
    pub(crate) fn keep_alive(&self, version: Version) -> bool {
        match version {
            _ if self.close => false,
            Version::Http10 => self.keep_alive,
            Version::Http11 => true,
        }
    }

    /// Returns true if another protocol is offered: by both `Upgrade` and `Connection`, and not in
    /// HTTP/1.0 (RFC 9110 §7.8).
    pub(crate) fn offers_upgrade(&self, version: Version) -> bool {
        self.upgrade && self.connection_upgrade && version == Version::Http11
    }

    /// Returns true if the client waits for `100 Continue` (RFC 9110 §10.1.1), which HTTP/1.0 does
    /// not have.
    pub(crate) fn expects_continue(&self, version: Version) -> bool {
        self.expects_continue && version == Version::Http11
    }
}

/// Marks the headers that `Connection` names, but those that others rely on.
#[cold]
fn mark_named(head: &[u8], spans: &mut [Span]) {
    for at in 0..spans.len() {
        if !spans[at].name(head).eq_ignore_ascii_case(b"connection") {
            continue;
        }
        for token in Tokens::of(spans[at].value(head)) {
            if STAYS.iter().any(|name| token.eq_ignore_ascii_case(name)) {
                continue;
            }
            for span in spans.iter_mut() {
                if span.name(head).eq_ignore_ascii_case(token) {
                    *span = span.flagged(Span::HOP);
                }
            }
        }
    }
}

/// Headers that `Connection` cannot hide from the next recipient, and the options that are on nearly all
/// connections.
const STAYS: [&[u8]; 6] =
    [b"host", b"content-length", b"authorization", b"cookie", b"close", b"keep-alive"];
