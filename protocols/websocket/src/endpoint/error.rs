use segue::{Fault, driver};
use std::{error, fmt, io};

use super::{UrlError, engine::code};
use crate::{CloseCode, RequestError, ResponseError, WriteError};

/// The error of an endpoint.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The transport failed, or would block: see [`would_block`](Self::would_block).
    Io(io::Error),
    /// The peer broke the rules, or went away without a close frame. It has been sent the close
    /// code if there is one ([`Error::close_code`](crate::Error::close_code)).
    Fault(Fault<crate::Error>),
    /// A client's request was refused. The client has its HTTP answer.
    Request(Fault<RequestError>),
    /// The server does not open a connection: it refuses, or redirects.
    Response(Fault<ResponseError>),
    /// The message cannot be sent: a mistake of the caller, of which the peer learns nothing.
    Write(WriteError),
    /// The close frame has been sent, and nothing may follow it (RFC 6455 §5.5.1).
    Closed,
    /// The peer does not answer the close frame in time, or sends on and on. The connection is
    /// over.
    Unanswered,
    /// The peer was silent for longer than a [`KeepAlive`](super::KeepAlive) allows.
    Silent,
    /// The URL cannot be connected to.
    Url(UrlError),
}

impl Error {
    /// Returns the code that says how the connection ended: the one that the peer was sent for its
    /// fault, or [`CloseCode::ABNORMAL`] if there was no close frame (RFC 6455 §7.1.5). `None` if
    /// the connection goes on, or was never opened.
    #[must_use]
    pub fn close_code(&self) -> Option<CloseCode> {
        match self {
            Self::Fault(fault) => Some(code(fault).unwrap_or(CloseCode::ABNORMAL)),
            Self::Io(_) if self.would_block() => None,
            Self::Io(_) | Self::Unanswered | Self::Silent => Some(CloseCode::ABNORMAL),
            Self::Request(_) | Self::Response(_) | Self::Url(_) => None,
            Self::Write(_) | Self::Closed => None,
        }
    }

    /// Returns true if a non-blocking transport has no bytes or no room now. Nothing is lost:
    /// repeat the call when the transport is ready.
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
            Self::Silent => f.write_str("the peer is silent"),
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

/// Lets `?` convert in functions that return I/O errors.
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
