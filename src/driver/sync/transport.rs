//! What carries the bytes of a blocking connection.

use std::{
    fmt,
    io::{self, IoSlice, Read, Write},
    net::TcpStream,
    task::{Context, Poll, ready},
};

use crate::{Output, driver::transport};

/// A [`Read`] and [`Write`] as the engine sees it.
pub struct Blocking<T> {
    pub(in crate::driver) io: T,
    pub(in crate::driver) peek: Option<fn(&mut T, &mut [u8]) -> io::Result<usize>>,
}

impl<T: fmt::Debug> fmt::Debug for Blocking<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blocking").field(&self.io).finish()
    }
}

impl<T> Blocking<T> {
    pub(in crate::driver) fn new(io: T) -> Self {
        Self { io, peek: None }
    }
}

/// Transports that can show what could be read, and leave it there.
pub trait Peek {
    /// Copies what could be read to the front of `into`; 0 is the end of the stream.
    ///
    /// # Errors
    /// The transport's.
    fn peek(&mut self, into: &mut [u8]) -> io::Result<usize>;
}

/// Transports whose writing side can be ended while the reading side goes on.
///
/// For a type of another crate, such as a socket of mio's or a TLS stream, there is
/// [`close_with`](crate::driver::Connection::close_with).
pub trait CloseWrite {
    /// Sends the end of the stream.
    ///
    /// # Errors
    /// The transport's.
    fn close_write(&mut self) -> io::Result<()>;
}

/// What a blocking connection asks of what carries its bytes: any [`Read`] and [`Write`] does, and
/// so do the halves of a split one.
pub trait SyncTransport {
    /// As [`Read::read`].
    ///
    /// # Errors
    /// The transport's.
    fn receive(&mut self, into: &mut [u8]) -> io::Result<usize>;

    /// As [`Write::write_vectored`].
    ///
    /// # Errors
    /// The transport's.
    fn transmit(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize>;

    /// As [`Write::flush`].
    ///
    /// # Errors
    /// The transport's.
    fn push(&mut self) -> io::Result<()>;

    /// Sends all of `output`, or as much as can be sent now.
    fn poll_send(&mut self, output: &mut Output) -> Poll<io::Result<()>> {
        ready!(transport::send(output, |chunks| transport::polled(|| self.transmit(chunks))))?;
        transport::polled(|| self.push())
    }

    /// Sends what one call takes of `output`; true once all of it has left and was pushed on.
    fn poll_send_once(&mut self, output: &mut Output) -> Poll<io::Result<bool>> {
        if !output.is_empty() {
            let write = |chunks: &[IoSlice<'_>]| transport::polled(|| self.transmit(chunks));
            ready!(transport::send_some(output, usize::MAX, write))?;
            if !output.is_empty() {
                return Poll::Ready(Ok(false));
            }
        }
        transport::polled(|| self.push()).map_ok(|()| true)
    }

    /// How many bytes of this connection wait outside of its own output.
    fn queued(&self) -> usize {
        0
    }

    /// How many bytes a flush has to send that are not in the connection's own output.
    fn unsent(&self) -> usize {
        self.queued()
    }

    /// Bytes of memory for what waits outside of the connection's own output.
    fn held(&self) -> usize {
        0
    }

    /// Waits until fewer than `below` bytes of this connection wait outside of its own output, or
    /// nobody else is sending them, so that a flush would.
    fn poll_left(&mut self, _below: usize) -> Poll<()> {
        Poll::Ready(())
    }

    /// Whether somebody else has ended the writing side.
    fn is_closed(&self) -> bool {
        false
    }
}

impl<T: Read + Write> SyncTransport for T {
    #[inline]
    fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Read::read(self, into)
    }

    #[inline]
    fn transmit(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        match chunks {
            [one] => Write::write(self, one),
            many => self.write_vectored(many),
        }
    }

    fn push(&mut self) -> io::Result<()> {
        Write::flush(self)
    }
}

impl<T: SyncTransport> transport::Transport for Blocking<T> {
    type Io = T;
    const FLUSH_FIRST: bool = true;

    fn poll_read(&mut self, _: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        transport::polled(|| self.io.receive(into))
    }

    fn poll_send(&mut self, _: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        self.io.poll_send(output)
    }

    fn poll_send_once(
        &mut self,
        _: &mut Context<'_>,
        output: &mut Output,
    ) -> Poll<io::Result<bool>> {
        self.io.poll_send_once(output)
    }

    fn queued(&self) -> usize {
        self.io.queued()
    }

    fn unsent(&self) -> usize {
        self.io.unsent()
    }

    fn held(&self) -> usize {
        self.io.held()
    }

    fn poll_left(&mut self, _: &mut Context<'_>, below: usize) -> Poll<()> {
        self.io.poll_left(below)
    }

    fn is_closed(&self) -> bool {
        self.io.is_closed()
    }

    fn poll_peek(&mut self, _: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.peek {
            Some(peek) => transport::polled(|| peek(&mut self.io, into)),
            None => Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        }
    }

    fn can_peek(&self) -> bool {
        self.peek.is_some()
    }

    fn into_io(self) -> T {
        self.io
    }
}

impl Peek for TcpStream {
    fn peek(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Self::peek(self, into)
    }
}

impl Peek for &TcpStream {
    fn peek(&mut self, into: &mut [u8]) -> io::Result<usize> {
        TcpStream::peek(self, into)
    }
}

impl CloseWrite for TcpStream {
    fn close_write(&mut self) -> io::Result<()> {
        self.shutdown(std::net::Shutdown::Write)
    }
}

impl CloseWrite for &TcpStream {
    fn close_write(&mut self) -> io::Result<()> {
        self.shutdown(std::net::Shutdown::Write)
    }
}

#[cfg(unix)]
impl CloseWrite for std::os::unix::net::UnixStream {
    fn close_write(&mut self) -> io::Result<()> {
        self.shutdown(std::net::Shutdown::Write)
    }
}

#[cfg(unix)]
impl CloseWrite for &std::os::unix::net::UnixStream {
    fn close_write(&mut self) -> io::Result<()> {
        self.shutdown(std::net::Shutdown::Write)
    }
}

impl<T: CloseWrite + ?Sized> CloseWrite for Box<T> {
    fn close_write(&mut self) -> io::Result<()> {
        (**self).close_write()
    }
}
