//! Transports of blocking connections.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    task::{Context, Poll, ready},
};

use crate::{
    Buffer, Output,
    driver::{
        calls::{fill, polled, send, send_some},
        leaf::{ends_itself, leaf},
        transport::{EndOf, HasLeaf, IntoIo, Passed, Transport},
    },
};

leaf! {
    /// A transport of a connection over a [`Read`] and [`Write`].
    Std<T>, fn(&mut T, &mut [u8]) -> io::Result<usize>, Read + Write
}

/// The mark of a connection whose calls block, around its transport and all layers: it makes the
/// methods of a [`Connection`](crate::driver::Connection) synchronous.
///
/// A pending call on a transport returns as [`WouldBlock`](io::ErrorKind::WouldBlock).
#[derive(Debug)]
pub struct Blocking<X>(pub(in crate::driver) X);

impl<T> Std<T> {
    /// Writes the chunks by one call.
    #[inline]
    pub(in crate::driver) fn write(
        mut io: impl Write,
        chunks: &[io::IoSlice<'_>],
    ) -> io::Result<usize> {
        match chunks {
            [one] => io.write(one),
            many => io.write_vectored(many),
        }
    }
}

impl<X> Blocking<X> {
    /// Marks a transport whose calls wait, or come back as would-block.
    pub fn new(transport: X) -> Self {
        Self(transport)
    }
}

/// Transports that can show bytes and leave them in place.
pub trait Peek {
    /// Copies what could be read to the front of `into`; 0 is the end of the stream.
    ///
    /// # Errors
    /// Those of the transport.
    fn peek(&mut self, into: &mut [u8]) -> io::Result<usize>;
}

/// Transports whose writing side can be ended while the reading side goes on.
///
/// For another library's type, such as a mio socket or a TLS stream, use
/// [`close_with`](crate::driver::Connection::close_with).
pub trait CloseWrite {
    /// Sends the end of the stream.
    ///
    /// # Errors
    /// Those of the transport.
    fn close_write(&mut self) -> io::Result<()>;
}

impl<T: Read + Write> Transport for Std<T> {
    type Leaf = Self;
    const FLUSH_FIRST: bool = true;

    #[inline]
    fn poll_fill(
        &mut self,
        _: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        fill(into, most, |spare| polled(|| self.io.read(spare)))
    }

    fn poll_send(&mut self, _: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        ready!(send(output, |chunks| polled(|| Self::write(&mut self.io, chunks))))?;
        polled(|| self.io.flush())
    }

    fn poll_send_once(
        &mut self,
        _: &mut Context<'_>,
        output: &mut Output,
    ) -> Poll<io::Result<bool>> {
        if !output.is_empty() {
            ready!(send_some(output, usize::MAX, |chunks| {
                polled(|| Self::write(&mut self.io, chunks))
            }))?;
            if !output.is_empty() {
                return Poll::Ready(Ok(false));
            }
        }
        polled(|| self.io.flush()).map_ok(|()| true)
    }

    fn poll_peek(&mut self, _: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.peek {
            Some(peek) => polled(|| peek(&mut self.io, into)),
            None => Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        }
    }

    ends_itself!();
}

impl<X: Transport> Transport for Blocking<X> {
    type Leaf = X::Leaf;
    const FLUSH_FIRST: bool = X::FLUSH_FIRST;
    const MAKES_ROOM: bool = X::MAKES_ROOM;

    #[inline]
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        self.0.poll_fill(cx, into, most)
    }

    #[inline]
    fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        self.0.poll_send(cx, output)
    }

    fn poll_send_once(
        &mut self,
        cx: &mut Context<'_>,
        output: &mut Output,
    ) -> Poll<io::Result<bool>> {
        self.0.poll_send_once(cx, output)
    }

    fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        end: &mut EndOf<'_, X::Leaf>,
    ) -> Poll<io::Result<()>> {
        self.0.poll_end(cx, end)
    }

    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.poll_peek(cx, into)
    }

    fn can_peek(&self) -> bool {
        self.0.can_peek()
    }

    fn is_exact(&self) -> bool {
        self.0.is_exact()
    }

    #[inline]
    fn queued(&self) -> usize {
        self.0.queued()
    }

    #[inline]
    fn unsent(&self) -> usize {
        self.0.unsent()
    }

    fn passed(&self, queue: usize) -> Option<Passed> {
        self.0.passed(queue)
    }

    fn held(&self) -> usize {
        self.0.held()
    }

    fn holds_part(&self) -> bool {
        self.0.holds_part()
    }

    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.0.poll_rest(cx)
    }

    fn poll_left(&mut self, cx: &mut Context<'_>, below: usize) -> Poll<()> {
        self.0.poll_left(cx, below)
    }

    #[inline]
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl<X: IntoIo> IntoIo for Blocking<X> {
    type Io = X::Io;

    fn into_io(self) -> X::Io {
        self.0.into_io()
    }
}

impl<X: HasLeaf> HasLeaf for Blocking<X> {
    fn leaf(&self) -> &X::Leaf {
        self.0.leaf()
    }

    fn leaf_mut(&mut self) -> &mut X::Leaf {
        self.0.leaf_mut()
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
        ended(self.shutdown(std::net::Shutdown::Write))
    }
}

impl CloseWrite for &TcpStream {
    fn close_write(&mut self) -> io::Result<()> {
        ended(self.shutdown(std::net::Shutdown::Write))
    }
}

#[cfg(unix)]
impl CloseWrite for std::os::unix::net::UnixStream {
    fn close_write(&mut self) -> io::Result<()> {
        ended(self.shutdown(std::net::Shutdown::Write))
    }
}

#[cfg(unix)]
impl CloseWrite for &std::os::unix::net::UnixStream {
    fn close_write(&mut self) -> io::Result<()> {
        ended(self.shutdown(std::net::Shutdown::Write))
    }
}

/// Takes a socket whose peer has reset it for ended, as tokio does: the next read reports how it
/// came to that, and it says whether the peer has had its say before.
fn ended(shut: io::Result<()>) -> io::Result<()> {
    match shut {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
        shut => shut,
    }
}

impl<T: CloseWrite + ?Sized> CloseWrite for Box<T> {
    fn close_write(&mut self) -> io::Result<()> {
        (**self).close_write()
    }
}
