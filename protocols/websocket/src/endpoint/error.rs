//! What can go wrong at an endpoint.

use segue::{Fault, driver};
use std::{error, fmt, io};

use super::UrlError;
use crate::{RequestError, ResponseError, WriteError};

/// What can go wrong at an endpoint.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The transport failed, or would block: see [`would_block`](Self::would_block).
    Io(io::Error),
    /// The peer broke the rules, or went without a close frame. It has been told the close code
    /// where there is one ([`Error::close_code`](crate::Error::close_code)).
    Fault(Fault<crate::Error>),
    /// A client's request was refused. It has its HTTP answer.
    Request(Fault<RequestError>),
    /// The server does not agree to open a connection: a refusal, a redirect.
    Response(Fault<ResponseError>),
    /// The message cannot be sent: a mistake of the caller, of which the peer learns nothing.
    Write(WriteError),
    /// The close frame has been sent, behind which nothing may follow (RFC 6455 §5.5.1).
    Closed,
    /// The peer does not answer the close frame: it sends on and on, or not in time. The
    /// connection is over.
    Unanswered,
    /// Nothing was heard of the peer for as long as a [`KeepAlive`](super::KeepAlive) allows.
    Silent,
    /// The URL is none that can be connected to.
    Url(UrlError),
}

impl Error {
    /// Whether this is a non-blocking transport that has nothing now, or no room. Nothing is lost:
    /// the same call goes on when the transport is ready.
    #[must_use]
    pub fn would_block(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<driver::Error<crate::Error>> for Error {
    fn from(error: driver::Error<crate::Error>) -> Self {
        match error {
            driver::Error::Fault(fault) => Self::Fault(fault),
            other => Self::Io(other.into()),
        }
    }
}

impl From<driver::Error<RequestError>> for Error {
    fn from(error: driver::Error<RequestError>) -> Self {
        match error {
            driver::Error::Fault(fault) => Self::Request(fault),
            other => Self::Io(other.into()),
        }
    }
}

impl From<driver::Error<ResponseError>> for Error {
    fn from(error: driver::Error<ResponseError>) -> Self {
        match error {
            driver::Error::Fault(fault) => Self::Response(fault),
            other => Self::Io(other.into()),
        }
    }
}

impl From<driver::SendError<WriteError>> for Error {
    fn from(error: driver::SendError<WriteError>) -> Self {
        match error {
            driver::SendError::Closed | driver::SendError::Refused(WriteError::Closed) => {
                Self::Closed
            }
            driver::SendError::Refused(error) => Self::Write(error),
            other => Self::Io(other.into()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
            Self::Request(fault) => fault.fmt(f),
            Self::Response(fault) => fault.fmt(f),
            Self::Write(error) => error.fmt(f),
            Self::Closed => f.write_str("the close frame has been sent"),
            Self::Unanswered => f.write_str("the peer does not answer the close frame"),
            Self::Silent => f.write_str("nothing is heard of the peer"),
            Self::Url(error) => error.fmt(f),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            Self::Fault(fault) => fault.source(),
            Self::Request(fault) => fault.source(),
            Self::Response(fault) => fault.source(),
            Self::Write(error) => error.source(),
            Self::Url(error) => error.source(),
            Self::Closed | Self::Unanswered | Self::Silent => None,
        }
    }
}

/// So that `?` works where only I/O errors are expected.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::Io(error) => return error,
            Error::Fault(_) | Error::Request(_) | Error::Response(_) => io::ErrorKind::InvalidData,
            Error::Write(_) | Error::Url(_) => io::ErrorKind::InvalidInput,
            Error::Closed => io::ErrorKind::BrokenPipe,
            Error::Unanswered | Error::Silent => io::ErrorKind::TimedOut,
        };
        Self::new(kind, error)
    }
}
