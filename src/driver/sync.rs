//! Connections over `std::io`: blocking, or non-blocking for a readiness loop such as mio's.

use std::{
    io::{self, IoSlice, Read, Write},
    net::TcpStream,
    task::{Context, Poll, Waker, ready},
};

use super::{
    Answer, Error, SendError, Timer, Turn, connection, constructors::constructors, transport,
};
use crate::{Decode, Encode, Exchange, Output};

/// A connection over [`Read`] and [`Write`].
///
/// On a transport in non-blocking mode each method answers an error that
/// [`would_block`](Error::would_block), and goes on when it is called again. So it does where a
/// blocking socket has a time-out, and that has passed.
///
/// A blocking socket is half-duplex: while one call waits to write, nothing is read. Two peers that
/// both send more than the kernel buffers, and read nothing meanwhile, stop for ever. Where that can
/// happen use a non-blocking socket and [`wants_write`](connection::Connection::wants_write), or
/// [`split`](connection::Connection::split).
///
/// ```
/// use segue::{driver::{Turn, sync::Connection}, separator};
/// # use std::{io, io::{Read, Write}};
/// # struct Pipe(&'static [u8], Vec<u8>);
/// # impl Read for Pipe { fn read(&mut self, b: &mut [u8]) -> io::Result<usize> { self.0.read(b) } }
/// # impl Write for Pipe {
/// #     fn write(&mut self, b: &[u8]) -> io::Result<usize> { self.1.write(b) }
/// #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
/// # }
/// # let socket = Pipe(b"one\ntwo\n", Vec::new());
/// let mut connection = Connection::new(socket, separator::line());
/// let mut writer = separator::line();
/// while let Some(Turn { item, mut output }) = connection.turn().unwrap() {
///     output.queue(&mut writer, &*item).unwrap(); // an echo
/// }
/// # let (socket, ..) = connection.hand_off(segue::Edge::Carry).unwrap().into_parts();
/// # assert_eq!(socket.1, b"one\ntwo\n");
/// ```
pub type Connection<T, S> = connection::Connection<Blocking<T>, S>;

/// A [`Read`] and [`Write`] as the engine sees it.
pub struct Blocking<T> {
    pub(super) io: T,
    pub(super) peek: Option<fn(&mut T, &mut [u8]) -> io::Result<usize>>,
}

impl<T> Blocking<T> {
    pub(super) fn new(io: T) -> Self {
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
/// [`close_with`](connection::Connection::close_with).
pub trait CloseWrite {
    /// Sends the end of the stream.
    ///
    /// # Errors
    /// The transport's.
    fn close_write(&mut self) -> io::Result<()>;
}

constructors!(Blocking, Peek::peek, Read + Write);

/// # Blocking
impl<T: SyncTransport, S> Connection<T, S> {
    /// The next item, with the output to answer it on; `None` once the stage is over and
    /// everything has been sent.
    ///
    /// # Errors
    /// Of the transport, or a fault of the peer.
    #[inline]
    pub fn turn(&mut self) -> Result<Option<Turn<'_, Blocking<T>, S::Item<'_>>>, Error<S::Error>>
    where
        S: Decode,
    {
        if self.ready()? { self.take_turn() } else { Ok(None) }
    }

    /// Waits until an item can be [taken](connection::Connection::take), and says whether there is
    /// one: the first half of a [`turn`](Self::turn), for loops that decide in between.
    ///
    /// # Errors
    /// As [`turn`](Self::turn).
    #[inline]
    pub fn ready(&mut self) -> Result<bool, Error<S::Error>>
    where
        S: Decode,
    {
        now(self.poll_ready(&mut context())).unwrap_or_else(|error| Err(error.into()))
    }

    /// Queues `item` by way of `encoder`, once there is room. It leaves with the next
    /// [`flush`](Self::flush) or [`send`](Self::send), or before the connection waits for the peer.
    ///
    /// # Errors
    /// Of the transport, or when the encoder refuses the item; nothing of it is queued then.
    pub fn queue<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        now(self.poll_room(&mut context())).map_err(SendError::Io)?;
        self.encode(encoder, item)
    }

    /// Sends `item` by way of `encoder`: [queues](Self::queue) it, then [flushes](Self::flush).
    ///
    /// An error that [would block](SendError::would_block) does not say which of the two it was;
    /// a readiness loop calls them by themselves.
    ///
    /// # Errors
    /// As [`queue`](Self::queue) and [`flush`](Self::flush).
    pub fn send<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        self.queue(encoder, item)?;
        Ok(self.flush()?)
    }

    /// Sends what is queued.
    ///
    /// # Errors
    /// Of the transport.
    pub fn flush(&mut self) -> io::Result<()> {
        now(self.poll_flush(&mut context()))?
    }

    /// Sends what is queued, then the end of the stream. Reading goes on.
    ///
    /// # Errors
    /// Of the transport.
    pub fn close_write(&mut self) -> io::Result<()>
    where
        T: CloseWrite,
    {
        self.close_write_with(T::close_write)
    }

    /// The same for a transport from elsewhere, which is no [`CloseWrite`]: `end` sends the end of
    /// the stream.
    ///
    /// # Errors
    /// Of the transport.
    pub fn close_write_with(
        &mut self,
        mut end: impl FnMut(&mut T) -> io::Result<()>,
    ) -> io::Result<()> {
        let end = |io: &mut Blocking<T>, _: &mut Context<'_>| transport::polled(|| end(&mut io.io));
        now(self.poll_close_write(&mut context(), end))?
    }

    /// Ends the connection such that the peer gets everything: sends what is queued and the end of
    /// the stream, then drops what the peer still sends, up to its end or `drain_limit` bytes.
    /// Gives whether its end has come. Items cannot be had any more.
    ///
    /// Dropping a socket with unread input sends a reset, which destroys an answer in flight. A
    /// peer that neither sends nor ends is waited for as long as the transport waits: give the
    /// socket a time-out, and take its would-block for an answer.
    ///
    /// # Errors
    /// Of the transport.
    pub fn close(&mut self, drain_limit: u64) -> io::Result<bool>
    where
        T: CloseWrite,
    {
        self.close_with(drain_limit, T::close_write)
    }

    /// The same for a transport from elsewhere, which is no [`CloseWrite`]: `end` sends the end of
    /// the stream.
    ///
    /// ```no_run
    /// use segue::{driver::sync::Connection, length};
    /// use std::net::Shutdown;
    ///
    /// # type MioStream = std::net::TcpStream;
    /// # fn closed(socket: MioStream) -> std::io::Result<()> {
    /// let mut connection = Connection::new(socket, length::u16_be());
    /// connection.close_with(4096, |socket| socket.shutdown(Shutdown::Write))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Of the transport.
    pub fn close_with(
        &mut self,
        drain_limit: u64,
        end: impl FnMut(&mut T) -> io::Result<()>,
    ) -> io::Result<bool> {
        self.close_write_with(end)?;
        now(self.poll_drain(&mut context(), drain_limit))?
    }
}

/// # Blocking
impl<T: SyncTransport> Connection<T, ()> {
    /// Runs a handshake to its end. Its value comes at once, with the last of its output perhaps
    /// still queued.
    ///
    /// It takes the place of a stage, so the connection has none: it was made with `()` for one, or
    /// comes from `follow(|_| ())`.
    ///
    /// The exchange stays with the caller, so that it can go on after would-block. Deadlines pass
    /// unseen: see [`exchange_by`](Self::exchange_by).
    ///
    /// # Errors
    /// Of the transport, or a fault of the peer; what it is to be told is queued.
    pub fn exchange<X: Exchange>(
        &mut self,
        exchange: &mut X,
    ) -> Result<X::Output, Error<X::Error>> {
        now(self.poll_exchange(&mut context(), exchange, &mut None))
            .unwrap_or_else(|error| Err(error.into()))
    }

    /// The same, with the deadlines of the exchange kept by `timer`, which is
    /// [armed](Timer::arm) for each call that may wait. It is disarmed in the end: a
    /// [`SocketTimer`](super::SocketTimer) leaves the socket without time-outs, whatever it had.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange).
    pub fn exchange_by<X: Exchange>(
        &mut self,
        exchange: &mut X,
        timer: &mut impl Timer,
    ) -> Result<X::Output, Error<X::Error>> {
        let result = now(self.poll_exchange(&mut context(), exchange, &mut Some(&mut *timer)));
        // Some sockets refuse that once the peer has gone; what came of the exchange says more.
        let _ = timer.arm(None);
        result.unwrap_or_else(|error| Err(error.into()))
    }
}

impl<T: SyncTransport> Answer<'_, Blocking<T>> {
    /// Waits until less is queued than the high-water mark.
    ///
    /// # Errors
    /// Of the transport.
    pub fn room(&mut self) -> io::Result<()> {
        now(self.poll_room(&mut context()))?
    }
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

    fn queued(&self) -> usize {
        self.io.queued()
    }

    fn unsent(&self) -> usize {
        self.io.unsent()
    }

    fn held(&self) -> usize {
        self.io.held()
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

/// What a poll without a waker comes to: pending is would-block.
fn now<R>(poll: Poll<R>) -> io::Result<R> {
    match poll {
        Poll::Ready(result) => Ok(result),
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
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
