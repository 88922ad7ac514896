//! A layer that carries any bytes over binary messages.

use core::fmt;
use segue::{Buffer, Encode, Fault, Layer, Output, Step};

#[cfg(feature = "std")]
use crate::Connected;
use crate::{
    Accepted, Close, CloseCode, Error, Outgoing, Part, Piece, Pieces, Reply, WriteError, Writer,
};

/// A stream of bytes over the binary messages of a WebSocket: a layer that carries any other
/// protocol wherever HTTP goes.
///
/// The borders of messages mean nothing; each sent message has up to
/// [`max_message`](Self::max_message) bytes. Pings are answered. A text message is a fault, and the
/// peer is told 1003. The end of each side is its close frame (RFC 6455 §7): the peer's is answered
/// when this side ends, and not before, so that everything still to be sent arrives. Peers that are
/// no tunnels may drop data that comes after their own close frame; if you may meet one, let the
/// inner protocol end first.
///
/// [`Accepted::tunnel`] and [`Connected::tunnel`](crate::Connected::tunnel) make one after a
/// handshake.
///
/// ```
/// use segue::{Exchange, driver::sync::Connection, separator};
/// use segue_websocket::{ClientHandshake, ServerHandshake};
/// use std::{net::{TcpListener, TcpStream}, thread};
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// let server = thread::spawn(move || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     let mut connection = Connection::new(listener.accept()?.0, ());
///     let accepted = connection.exchange(&mut ServerHandshake::new())?;
///     let mut lines = connection.layered(accepted.tunnel()).begin(separator::line());
///     while let Some(mut turn) = lines.turn()? {
///         turn.output.queue(&mut separator::line(), &turn.item[..])?; // an echo
///     }
///     lines.close(1024)?;
///     Ok(())
/// });
/// let mut connection = Connection::new(TcpStream::connect(address)?, ());
/// let opened = connection.exchange(&mut ClientHandshake::new("example.org", "/lines"))?;
/// let mut lines = connection.layered(opened.tunnel()).begin(separator::line());
/// lines.send(&mut separator::line(), &b"hello"[..])?;
/// assert_eq!(lines.turn()?.unwrap().item, "hello");
/// lines.close(1024)?;
/// # server.join().unwrap().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Tunnel {
    pieces: Pieces,
    writer: Writer,
    most: usize,
    /// The peer's close frame has come, with this code.
    ended: Option<Option<CloseCode>>,
}

impl Tunnel {
    /// The length of sent messages in bytes, unless [`max_message`](Self::max_message) sets
    /// another: 64 KiB, which peers that hold messages whole accept by default.
    pub const MAX_MESSAGE: usize = 64 * 1024;

    /// Creates a tunnel of a paired reader and writer, as [`Accepted::pieces`] returns them. The
    /// tunnel [answers](Pieces::closes) the close frame.
    #[must_use]
    pub fn new(pieces: Pieces, writer: Writer) -> Self {
        let pieces = pieces.closes(Reply::Manual);
        Self { pieces, writer, most: Self::MAX_MESSAGE, ended: None }
    }

    /// Sets the length of sent messages, in bytes; 0 counts as 1.
    #[must_use]
    pub fn max_message(mut self, most: usize) -> Self {
        self.most = most.max(1);
        self
    }

    /// Returns the reader and the writer.
    #[must_use]
    pub fn into_parts(self) -> (Pieces, Writer) {
        (self.pieces, self.writer)
    }
}

impl Accepted {
    /// Returns a tunnel over the connection, with the agreed extensions.
    #[must_use]
    pub fn tunnel(&self) -> Tunnel {
        let (pieces, writer) = self.pieces();
        Tunnel::new(pieces, writer)
    }
}

#[cfg(feature = "std")]
impl Connected {
    /// Returns a tunnel over the connection, with the agreed extensions.
    #[must_use]
    pub fn tunnel(&self) -> Tunnel {
        let (pieces, writer) = self.pieces();
        Tunnel::new(pieces, writer)
    }
}

impl Layer for Tunnel {
    type Plain<'a> = &'a [u8];
    type Error = TunnelError;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<&'a [u8]>, Fault<TunnelError>> {
        let at = wire.position();
        let (fault, code) = match wire.step(&mut self.pieces, eof, answers) {
            Ok(Step::Item(Piece::Part(Part { text: true, .. }))) => {
                (Fault::new(TunnelError::Text).at(at), CloseCode::UNSUPPORTED)
            }
            Ok(Step::Item(Piece::Part(part))) => return Ok(Step::Item(part.payload)),
            Ok(Step::Item(Piece::Ping(_) | Piece::Pong(_))) => return Ok(Step::Item(&[])),
            Ok(Step::Item(Piece::Close(close))) => {
                self.ended = Some(close.map(|close| close.code));
                return Ok(Step::Done);
            }
            Ok(Step::Done) => return Ok(Step::Done),
            Ok(Step::Need(need)) => return Ok(Step::Need(need)),
            Err(fault) => {
                let code = match &fault.cause {
                    segue::Cause::Stage(error) => Some(error.close_code()),
                    segue::Cause::Truncated => None,
                    _ => Some(CloseCode::PROTOCOL_ERROR),
                };
                let fault = fault.map(TunnelError::WebSocket);
                let Some(code) = code else { return Err(fault) };
                (fault, code)
            }
        };
        let close = Some(Close { code, reason: "" });
        // Fails if the close frame was sent before: then there is nothing more to tell.
        let _ = answers.try_encode(&mut self.writer, Outgoing::Close(close));
        Err(fault)
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), TunnelError> {
        let Some(bytes) = plain.chunks().next() else { return Ok(()) };
        let bytes = &bytes[..bytes.len().min(self.most)];
        self.writer.encode(Outgoing::Binary(bytes), wire).map_err(TunnelError::Write)?;
        let count = bytes.len();
        plain.advance(count);
        Ok(())
    }

    fn close(&mut self, wire: &mut Output) {
        // An answer has the code of what it answers (RFC 6455 §5.5.1).
        let code = self.ended.unwrap_or(Some(CloseCode::NORMAL));
        let close = code.map(|code| Close { code, reason: "" });
        // Behind a fault it was sent already.
        let _ = wire.try_encode(&mut self.writer, Outgoing::Close(close));
    }
}

/// The reason why a [`Tunnel`] failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TunnelError {
    /// The peer broke the rules of WebSocket. It was sent a close frame.
    WebSocket(Error),
    /// The peer sent a text message, which a tunnel does not carry. It was sent the close code
    /// 1003.
    Text,
    /// Nothing more can be sent: the close frame was sent.
    Write(WriteError),
}

impl fmt::Display for TunnelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WebSocket(error) => error.fmt(f),
            Self::Text => f.write_str("a text message in a tunnel of bytes"),
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for TunnelError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::WebSocket(error) => error.source(),
            Self::Write(error) => error.source(),
            Self::Text => None,
        }
    }
}
