//! Errors of connections.

use std::{error, fmt, io};

use super::Late;
use crate::Fault;

/// The error of a [`turn`](super::Connection::turn) or an exchange.
///
/// A program has errors of its own, so name this one by its module, `driver::Error`, as one does
/// with `io::Error`. A loop that goes on behind a bad record need not name it at all:
/// [`into_fault`](Self::into_fault) takes the fault out and lets `?` pass everything else on.
///
/// ```no_run
/// use segue::{DecodeExt, Fault, driver::{Turn, sync::Connection}, separator};
/// use std::{error::Error, io, net::TcpStream};
///
/// fn print_numbers(socket: TcpStream) -> io::Result<()> {
///     let numbers = separator::line().try_map(|line| {
///         let number = str::from_utf8(&line).unwrap_or_default().parse::<u32>();
///         number.map_err(|error| Fault::new(Box::<dyn Error>::from(error)).recoverable())
///     });
///     let mut connection = Connection::new(socket, numbers);
///     loop {
///         match connection.turn() {
///             Ok(Some(Turn { item: number, .. })) => println!("{number}"),
///             Ok(None) => return Ok(()),
///             Err(error) => {
///                 let fault = error.into_fault()?; // a failed socket ends it
///                 println!("{fault}");
///                 if fault.fatal {
///                     return Ok(());
///                 }
///             }
///         }
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error<E> {
    /// The transport failed, or would block: see [`would_block`](Self::would_block).
    Io(io::Error),
    /// The peer broke the rules. Unless the fault is [`fatal`](Fault::fatal), the next turn goes on
    /// behind the bad record.
    Fault(Fault<E>),
}

impl<E> Error<E> {
    /// Returns true if a non-blocking transport has nothing now. Nothing is lost: repeat the call
    /// when the transport is ready.
    pub fn would_block(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Returns true if a [non-blocking](super::Options::nonblocking) connection has done enough for
    /// one call. Repeat the call at once, or after serving others.
    pub fn is_again(&self) -> bool {
        matches!(self, Self::Io(error) if is_again(error))
    }

    /// Returns the deadline that the peer has missed, after a method that ends in `_by`.
    pub fn late(&self) -> Option<Late> {
        match self {
            Self::Io(error) => Late::of(error),
            Self::Fault(_) => None,
        }
    }

    /// Returns the fault that a [layer](crate::Layer) with errors of type `L` under the connection
    /// has found. It travels in an [`io::Error`], as a failure of the transport that the layer is
    /// part of. A missing end is of kind [`UnexpectedEof`](io::ErrorKind::UnexpectedEof). Streams
    /// of a carrier get only the text: the error of their driver has the fault.
    pub fn layer<L: error::Error + Send + Sync + 'static>(&self) -> Option<&Fault<L>> {
        match self {
            Self::Io(error) => layer_fault(error),
            Self::Fault(_) => None,
        }
    }

    /// Returns the fault as a value.
    ///
    /// # Errors
    /// The failure of the transport, if it is one: also a [missed deadline](Self::late), and
    /// would-block.
    pub fn into_fault(self) -> io::Result<Fault<E>> {
        match self {
            Self::Fault(fault) => Ok(fault),
            Self::Io(error) => Err(error),
        }
    }

    /// Returns the fault, if it is one.
    pub fn fault(&self) -> Option<&Fault<E>> {
        match self {
            Self::Fault(fault) => Some(fault),
            Self::Io(_) => None,
        }
    }
}

/// The mark of a call that has done enough. It is in an `io::Error` of kind `Interrupted`, so that
/// code that does not know it repeats the call.
#[derive(Debug)]
pub(super) struct Again;

impl Again {
    /// Makes the error of a call that has done enough, or has received nothing that gives bytes
    /// yet.
    #[cold]
    pub(super) fn error() -> io::Error {
        io::Error::new(io::ErrorKind::Interrupted, Self)
    }
}

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("enough was done for one call; call again")
    }
}

impl error::Error for Again {}

/// Returns true if an error asks to repeat the call at once: see [`Error::is_again`].
#[must_use]
pub fn is_again(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn error::Error + Send + Sync>::is::<Again>)
}

/// Returns the fault that a [layer](crate::Layer) with errors of type `L` has found, in an error of
/// the transport that it is part of: see [`Error::layer`].
#[must_use]
pub fn layer_fault<L: error::Error + Send + Sync + 'static>(
    error: &io::Error,
) -> Option<&Fault<L>> {
    error.get_ref()?.downcast_ref()
}

impl<E> From<io::Error> for Error<E> {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<E> From<Fault<E>> for Error<E> {
    fn from(fault: Fault<E>) -> Self {
        Self::Fault(fault)
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl<E: error::Error> error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            Self::Fault(fault) => fault.source(),
        }
    }
}

/// Makes an `io::Error` of kind `InvalidData` out of a fault, so that `?` works where only I/O
/// errors are expected.
impl<E: error::Error + Send + Sync + 'static> From<Error<E>> for io::Error {
    fn from(error: Error<E>) -> Self {
        match error {
            Error::Io(error) => error,
            Error::Fault(fault) => Self::new(io::ErrorKind::InvalidData, fault),
        }
    }
}

/// The reason that an item was not sent. None of it was queued, except for
/// [`Queued`](Self::Queued).
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError<E> {
    /// The transport failed, or would block before there was room. Nothing was queued.
    Io(io::Error),
    /// The item was queued by `send`, and then the flush failed or would block. Do not send it
    /// again: a flush goes on with it.
    Queued(io::Error),
    /// The encoder refused the item: a mistake of the caller, not of the peer.
    Refused(E),
    /// This side of the connection has been closed.
    Closed,
}

impl<E> SendError<E> {
    /// Returns true if a non-blocking transport has no room now; send the item again later. False
    /// for [`Queued`](Self::Queued), where only the flush is to be repeated.
    pub fn would_block(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Returns the deadline that the peer has missed, after a method that ends in `_by`.
    pub fn late(&self) -> Option<Late> {
        match self {
            Self::Io(error) | Self::Queued(error) => Late::of(error),
            Self::Refused(_) | Self::Closed => None,
        }
    }
}

impl<E> From<io::Error> for SendError<E> {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<E: fmt::Display> fmt::Display for SendError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) | Self::Queued(error) => error.fmt(f),
            Self::Refused(error) => error.fmt(f),
            Self::Closed => f.write_str("this side of the connection has been closed"),
        }
    }
}

impl<E: error::Error> error::Error for SendError<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(error) | Self::Queued(error) => error.source(),
            Self::Refused(error) => error.source(),
            Self::Closed => None,
        }
    }
}

impl<E: error::Error + Send + Sync + 'static> From<SendError<E>> for io::Error {
    fn from(error: SendError<E>) -> Self {
        match error {
            SendError::Io(error) | SendError::Queued(error) => error,
            SendError::Refused(error) => Self::new(io::ErrorKind::InvalidInput, error),
            SendError::Closed => io::ErrorKind::BrokenPipe.into(),
        }
    }
}

/// A refused step, with the connection as it was.
///
/// [`follow`](super::Connection::follow) is refused while the stage is not done, and
/// [`hand_off`](super::Connection::hand_off) while there are bytes that the edge forbids, and once
/// after an unreported failure of the transport.
#[must_use = "the connection is in here"]
pub struct Refused<C> {
    connection: C,
    why: &'static str,
    failure: Option<io::Error>,
}

impl<C> Refused<C> {
    pub(super) fn new(connection: C, why: &'static str) -> Self {
        Self { connection, why, failure: None }
    }

    /// Reports that the transport has failed.
    pub(super) fn after(connection: C, failure: io::Error) -> Self {
        Self { connection, why: "the transport has failed", failure: Some(failure) }
    }

    /// Returns the connection, unchanged: an error may be sent on it.
    pub fn into_connection(self) -> C {
        self.connection
    }

    /// Returns the failure of the transport, if that is the reason.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }
}

impl<C> fmt::Debug for Refused<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refused").field(&self.why).finish()
    }
}

impl<C> fmt::Display for Refused<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

impl<C> error::Error for Refused<C> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.failure.as_ref().map(|failure| failure as _)
    }
}

impl<C> From<Refused<C>> for io::Error {
    fn from(refused: Refused<C>) -> Self {
        match refused.failure {
            Some(failure) => failure,
            None => Self::new(io::ErrorKind::InvalidInput, refused.why),
        }
    }
}
