//! Streams of other libraries over a blocking socket.

use segue::driver::{Timeouts, sync::CloseWrite};
use std::{
    fmt,
    io::{self, IoSlice, Read, Write},
    time::Duration,
};

/// A blocking stream of another library over a socket, such as a TLS stream: what
/// [`sync::WebSocket`](super::sync::WebSocket) needs to know of it to be bounded in time.
///
/// With rustls, for a server; a client has a `ClientConnection`:
///
/// ```ignore
/// use rustls::{ServerConnection, StreamOwned};
/// use segue_websocket::sync::{OverSocket, WebSocket};
///
/// let tls = StreamOwned::new(ServerConnection::new(config)?, tcp);
/// let io = OverSocket::new(tls, |tls| &tls.sock, |tls| {
///     tls.conn.send_close_notify();
///     while tls.conn.wants_write() {
///         tls.conn.write_tls(&mut tls.sock)?;
///     }
///     Ok(())
/// });
/// let mut socket = WebSocket::accept(io)?;
/// ```
///
/// With native-tls and openssl the two are `|tls| tls.get_ref()` and
/// `|tls| tls.shutdown().map(drop)`.
pub struct OverSocket<S, K> {
    stream: S,
    socket: fn(&S) -> &K,
    end: fn(&mut S) -> io::Result<()>,
}

impl<S, K> OverSocket<S, K> {
    /// Wraps `stream`. `socket` returns the socket under it, whose time-outs bound each wait; `end`
    /// sends the end of the stream, such as the `close_notify` of TLS, and leaves it readable.
    pub fn new(stream: S, socket: fn(&S) -> &K, end: fn(&mut S) -> io::Result<()>) -> Self {
        Self { stream, socket, end }
    }

    /// Returns the stream.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Returns the stream, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Unwraps the stream.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: Read, K> Read for OverSocket<S, K> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.read(into)
    }
}

impl<S: Write, K> Write for OverSocket<S, K> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<S, K> CloseWrite for OverSocket<S, K> {
    fn close_write(&mut self) -> io::Result<()> {
        (self.end)(&mut self.stream)
    }
}

impl<S, K: Timeouts> Timeouts for OverSocket<S, K> {
    fn timeouts(&self) -> io::Result<(Option<Duration>, Option<Duration>)> {
        (self.socket)(&self.stream).timeouts()
    }

    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        (self.socket)(&self.stream).set_timeouts(read, write)
    }
}

impl<S, K> fmt::Debug for OverSocket<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OverSocket").finish_non_exhaustive()
    }
}
