use core::fmt;

use crate::EncodeError;

/// The reason why something cannot be sent: a mistake of this end, never of the peer.
///
/// A refused item leaves nothing in the output, and the connection is in the same state as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WriteError {
    /// The head cannot be written.
    Head(EncodeError),
    /// The headers announce no length, or two, that the body can have: a `Content-Length` that is
    /// not a number, or stands beside `Transfer-Encoding: chunked`, or in a message without a body
    /// (RFC 9110 §8.6, RFC 9112 §6).
    Framing,
    /// A request of HTTP/1.1 has one `Host`, not none or several; and it is a host and an optional
    /// port, or empty (RFC 9112 §3.2).
    Host,
    /// The target is of none of the four forms, or of one that its method does not have (RFC 9112
    /// §3.2).
    TargetForm,
    /// An extended `CONNECT` (RFC 8441 §4) is none of HTTP/1.1: make an `Upgrade` of it.
    Protocol,
    /// At most four protocols can be offered at a time.
    TooManyProtocols,
    /// `Expect: 100-continue` is for a request with a body (RFC 9110 §10.1.1).
    Expect,
    /// The peer, or this message, is of HTTP/1.0, which knows neither chunks nor informational
    /// responses (RFC 9112 §6.1, RFC 9110 §15.2).
    Http10,
    /// The previous message has not ended.
    Unfinished,
    /// A piece or an end without a head before it.
    NoHead,
    /// The message has no body.
    NoBody,
    /// The body is longer than announced.
    TooLong,
    /// The body is shorter than announced: this many bytes are missing.
    TooShort(u64),
    /// Trailers go behind a body in chunks (RFC 9112 §7.1.2).
    NoTrailers,
    /// The trailers name a header that belongs in front of the body (RFC 9110 §6.5.1).
    Trailer,
    /// No request is waiting to be answered.
    NoRequest,
    /// The most unanswered requests are under way.
    TooManyRequests,
    /// The connection may change its protocol; the answer to the last request decides that.
    Waiting,
    /// A change of protocol was not offered, or its turn has not come: the request has not ended,
    /// or one before it has not been answered. Or the response does not name the protocol (RFC 9110
    /// §7.8).
    NotOffered,
    /// An informational response has no body, and does not end the exchange.
    Informational,
    /// The connection ends with the messages sent so far (RFC 9112 §9.6).
    Closing,
    /// The connection belongs to another protocol now.
    Switched,
}

impl From<EncodeError> for WriteError {
    fn from(error: EncodeError) -> Self {
        Self::Head(error)
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head(error) => return error.fmt(f),
            Self::TooShort(missing) => {
                return write!(f, "the body is {missing} bytes shorter than announced");
            }
            Self::Framing => "the headers announce no length that the body can have",
            Self::Host => {
                "a request of HTTP/1.1 has one Host, which is a host and an optional port"
            }
            Self::TargetForm => "the request target is not of the form that its method has",
            Self::Protocol => "HTTP/1.1 has no CONNECT with a protocol",
            Self::TooManyProtocols => "more than four protocols are offered",
            Self::Expect => "100-continue is expected for a request without a body",
            Self::Http10 => "HTTP/1.0 knows neither chunks nor informational responses",
            Self::Unfinished => "the previous message has not ended",
            Self::NoHead => "a body without a head before it",
            Self::NoBody => "the message has no body",
            Self::TooLong => "the body is longer than announced",
            Self::NoTrailers => "only a body in chunks has trailers",
            Self::Trailer => "a trailer that belongs in front of the body",
            Self::NoRequest => "no request is waiting to be answered",
            Self::TooManyRequests => "too many requests are unanswered",
            Self::Waiting => "the answer to the last request may change the protocol",
            Self::NotOffered => "a change of protocol that was not offered, or not yet",
            Self::Informational => "an informational response is only a head",
            Self::Closing => "the connection ends with the messages already sent",
            Self::Switched => "the connection belongs to another protocol",
        })
    }
}

impl core::error::Error for WriteError {}
