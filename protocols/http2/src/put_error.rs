use core::fmt;

use segue_http::Full;

use crate::hpack::EncodeError;

/// The reason why a request was not sent. Nothing of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// As many streams are open as the peer and the limits allow:
    /// [`Room`](crate::What::Room) tells when that has changed.
    Full,
    /// This end, or the peer, takes no new streams on this connection.
    Draining,
    /// A server opens no streams.
    Server,
    /// The peer has not announced that it knows extended CONNECT (RFC 8441 §3).
    ConnectProtocol,
    /// The head cannot be sent.
    Put(PutError),
}

/// The reason why something was not put on a stream. Nothing of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutError {
    /// There is no such stream, or it was reset.
    Gone,
    /// It cannot come now: content in front of its head, behind the end, or a second final head.
    State,
    /// There is no such status, or it is 101, which HTTP/2 does not have (RFC 9113 §8.6).
    Status(u16),
    /// This field, counted from 0, is meant for one connection only (RFC 9113 §8.2.2).
    Connection(usize),
    /// The fields cannot be encoded.
    Encode(EncodeError),
    /// Trailers are larger than the limits of this end.
    Full(Full),
}

impl From<EncodeError> for PutError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "as many streams are open as are allowed: wait for room",
            Self::Draining => "the connection takes no new streams: open another one",
            Self::Server => "a server opens no streams",
            Self::ConnectProtocol => "the peer does not know extended CONNECT (RFC 8441 §3)",
            Self::Put(error) => return error.fmt(f),
        })
    }
}

impl fmt::Display for PutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the stream is not there any more"),
            Self::State => f.write_str("that cannot be sent at this point of the message"),
            Self::Status(status) => write!(f, "{status} is not a status of HTTP/2 (RFC 9113 §8.6)"),
            Self::Connection(line) => {
                write!(f, "field {line} is meant for one connection only (RFC 9113 §8.2.2)")
            }
            Self::Encode(error) => error.fmt(f),
            Self::Full(full) => full.fmt(f),
        }
    }
}

impl core::error::Error for OpenError {}
impl core::error::Error for PutError {}
