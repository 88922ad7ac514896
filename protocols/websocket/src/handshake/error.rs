//! Errors of the opening handshake, of either side.

use alloc::{boxed::Box, string::String};
use core::fmt;
use segue_http1::EncodeError;

use super::Answer;

/// The reason why a server refused a request to open a connection.
///
/// The [`Fault`](segue::Fault) around it has the place: the offset of the wrong header value, or of
/// the end of the head if a header is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// It is not well-formed HTTP/1.1.
    Http(segue_http1::Error),
    /// The method is not GET (RFC 6455 §4.1).
    Method,
    /// The version of HTTP is below 1.1 (RFC 6455 §4.1).
    HttpVersion,
    /// It does not ask for an upgrade to WebSocket (RFC 6455 §4.2.1), as when a browser opens the
    /// address as a page.
    NotAnUpgrade,
    /// `Sec-WebSocket-Version` is missing or not 13 (RFC 6455 §4.4).
    Version,
    /// `Sec-WebSocket-Key` is missing, repeated, or not 16 bytes in base64 (RFC 6455 §4.2.1).
    Key,
    /// An offered subprotocol is no token, or is offered twice (RFC 6455 §4.1).
    Protocols,
    /// It announces a body, which would be read as frames.
    Body,
    /// The caller refused it, with this status.
    Refused(u16),
    /// It came over HTTP/2 or later: WebSockets over those (RFC 8441, RFC 9220) are not supported
    /// yet. Only [`ServerHandshake::respond_to`](super::ServerHandshake) sees such requests.
    Http2,
    /// A mistake of this end: the library that serves HTTP does not give the connection away.
    NotUpgradable,
    /// A mistake of this end: the caller chose a subprotocol that the client did not offer
    /// (RFC 6455 §4.2.2).
    NotOffered,
    /// A mistake of this end: the caller added a header that the handshake writes itself.
    HeaderTaken(String),
    /// A mistake of this end: the answer that the caller asked for cannot be sent.
    Unsendable(EncodeError),
}

impl RequestError {
    /// Returns the status of the answer that the server sends.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Http(error) => error.status(),
            Self::Method => 405,
            Self::NotAnUpgrade | Self::Version => 426,
            Self::HttpVersion | Self::Key | Self::Protocols | Self::Body => 400,
            Self::Refused(status) => *status,
            Self::Http2 => 501,
            Self::NotUpgradable | Self::NotOffered | Self::HeaderTaken(_) | Self::Unsendable(_) => {
                500
            }
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(error) => return error.fmt(f),
            Self::Refused(status) => return write!(f, "refused with status {status}"),
            Self::HeaderTaken(name) => {
                return write!(f, "the handshake itself writes the header {name}");
            }
            Self::Unsendable(_) => "the answer cannot be sent",
            Self::Method => "the method is not GET (RFC 6455 §4.1)",
            Self::HttpVersion => "the version of HTTP is below 1.1 (RFC 6455 §4.1)",
            Self::NotAnUpgrade => "the request asks for no upgrade to WebSocket (RFC 6455 §4.2.1)",
            Self::Version => "the version of WebSocket is not 13 (RFC 6455 §4.4)",
            Self::Key => "there is not one Sec-WebSocket-Key of 16 bytes (RFC 6455 §4.2.1)",
            Self::Protocols => {
                "an offered subprotocol is no token, or is offered twice (RFC 6455 §4.1)"
            }
            Self::Body => "a request for an upgrade has a body",
            Self::Http2 => "WebSockets over HTTP/2 (RFC 8441) are not supported: use HTTP/1.1",
            Self::NotUpgradable => "the connection cannot be upgraded: serve it with upgrades",
            Self::NotOffered => "the client did not offer the subprotocol (RFC 6455 §4.2.2)",
        })
    }
}

impl core::error::Error for RequestError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Http(error) => error.source(),
            Self::Unsendable(error) => Some(error),
            _ => None,
        }
    }
}

impl From<EncodeError> for RequestError {
    fn from(error: EncodeError) -> Self {
        Self::Unsendable(error)
    }
}

/// The reason why a client's handshake failed.
///
/// The [`Fault`](segue::Fault) around it has the place, as
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseError {
    /// The answer is not well-formed HTTP/1.1.
    Http(segue_http1::Error),
    /// The server does not agree: a refusal, a redirect, a demand to log in.
    Status(Box<Answer>),
    /// Too many informational responses came.
    Informational,
    /// The version of HTTP is below 1.1, which has no upgrade.
    HttpVersion,
    /// The answer upgrades to another protocol than WebSocket, or names none (RFC 6455 §4.1).
    NotAnUpgrade,
    /// `Sec-WebSocket-Accept` does not prove that the server has read the key (RFC 6455 §4.1).
    Accept,
    /// The server uses an extension that was not offered, or not in this way (RFC 6455 §4.1, RFC
    /// 7692 §7.1).
    Extension,
    /// The server chose a subprotocol that was not offered (RFC 6455 §4.1).
    Protocol,
    /// A mistake of this end: the caller added a header that the handshake writes itself.
    HeaderTaken(String),
    /// A mistake of this end: a subprotocol to be offered is no token, or is there twice (RFC 6455
    /// §4.1).
    Offered(String),
    /// A mistake of this end: the target is neither a path with or without a query, nor an absolute
    /// URL for a proxy (RFC 6455 §4.1).
    Target,
    /// A mistake of this end: the request cannot be sent.
    Unsendable(EncodeError),
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(error) => return error.fmt(f),
            Self::Status(answer) => {
                write!(f, "the server answers with status {}", answer.status())?;
                return match answer.location() {
                    Some(location) => write!(f, ", see {location}"),
                    None => Ok(()),
                };
            }
            Self::HeaderTaken(name) => {
                return write!(f, "the handshake itself writes the header {name}");
            }
            Self::Offered(protocol) => {
                return write!(
                    f,
                    "the subprotocol {protocol:?} is no token, or is offered twice (RFC 6455 §4.1)"
                );
            }
            Self::Target => "the target is no path: begin it with a slash (RFC 6455 §4.1)",
            Self::Unsendable(_) => "the request cannot be sent",
            Self::Informational => "the server sends too many informational responses",
            Self::HttpVersion => "the version of HTTP is below 1.1 (RFC 6455 §4.1)",
            Self::NotAnUpgrade => "the server upgrades to another protocol (RFC 6455 §4.1)",
            Self::Accept => "the server does not prove that it read the key (RFC 6455 §4.1)",
            Self::Extension => "the server uses an extension other than offered (RFC 6455 §4.1)",
            Self::Protocol => "the server chose a subprotocol not offered (RFC 6455 §4.1)",
        })
    }
}

impl core::error::Error for ResponseError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Http(error) => error.source(),
            Self::Unsendable(error) => Some(error),
            _ => None,
        }
    }
}

impl From<EncodeError> for ResponseError {
    fn from(error: EncodeError) -> Self {
        Self::Unsendable(error)
    }
}
