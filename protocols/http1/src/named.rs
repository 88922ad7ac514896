//! The headers that say where a message ends and what becomes of its connection, found in one pass.

use crate::spans::Span;
use crate::{Headers, Version};

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
    /// Goes through `headers` once. Names of other lengths than these are not compared.
    pub(crate) fn of(headers: Headers<'_>) -> Self {
        let mut named = Self::default();
        for &span in headers.spans() {
            let name = headers.name(span);
            let is = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
            match name.len() {
                4 if is(b"host") => named.host.push(span),
                6 if is(b"expect") => {
                    let tokens = &mut headers.tokens_of(span);
                    named.expects_continue |=
                        tokens.any(|token| token.eq_ignore_ascii_case(b"100-continue"));
                }
                7 if is(b"upgrade") => named.upgrade = true,
                10 if is(b"connection") => {
                    for token in headers.tokens_of(span) {
                        match token.len() {
                            5 => named.close |= token.eq_ignore_ascii_case(b"close"),
                            7 => named.connection_upgrade |= token.eq_ignore_ascii_case(b"upgrade"),
                            10 => named.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive"),
                            _ => {}
                        }
                    }
                }
                14 if is(b"content-length") => named.length.push(span),
                17 if is(b"transfer-encoding") => {
                    named.encoding = named.encoding.or(Some(span));
                }
                _ => {}
            }
        }
        named
    }

    /// Returns true if the connection can be kept for another request (RFC 9112 §9.3).
    pub(crate) fn keep_alive(&self, version: Version) -> bool {
        match version {
            _ if self.close => false,
            Version::Http10 => self.keep_alive,
            Version::Http11 => true,
        }
    }

    /// Returns true if another protocol is offered (RFC 9110 §7.8).
    pub(crate) fn offers_upgrade(&self) -> bool {
        self.upgrade && self.connection_upgrade
    }

    /// Returns true if the client waits for `100 Continue` (RFC 9110 §10.1.1), which HTTP/1.0 does
    /// not have.
    pub(crate) fn expects_continue(&self, version: Version) -> bool {
        self.expects_continue && version == Version::Http11
    }
}
