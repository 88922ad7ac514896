//! Connections over `std::io`: blocking, or non-blocking for a readiness loop such as mio's.

use std::{
    io::{self, Read, Write},
    task::{Context, Poll, Waker},
    time::Instant,
};

use super::{
    Error, SendError, Timeouts, TimerFor, Turn, TurnOutput,
    calls::polled,
    connection,
    engine::{AtOnce, again},
    leaf::constructors,
    transport::{EndOf, HasLeaf, Leaf, Transport},
};
use crate::{Decode, Encode, Exchange};

mod clock;
mod transport;

pub use clock::SocketClock;
pub use transport::{Blocking, CloseWrite, Peek, Std};

/// A connection over [`Read`] and [`Write`].
///
/// On a transport in non-blocking mode each method returns an error for which
/// [`would_block`](Error::would_block) is true, and goes on when it is called again. The same holds
/// for a blocking socket whose time-out has passed. Set
/// [`Options::nonblocking`](super::Options::nonblocking) for a transport that never waits: such a
/// connection reads ahead while a write is pending.
///
/// A blocking socket is half-duplex: while one call waits to write, nothing is read. Two peers that
/// both send more than the kernel buffers, and read nothing meanwhile, wait for each other. Methods
/// that end in `_by` give up by a timer; [`split`](connection::Connection::split) or a non-blocking
/// socket avoid it.
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
pub type Connection<T, S> = connection::Connection<Blocking<Std<T>>, S>;

constructors!(|io| Blocking(Std::new(io)), [.0], Peek::peek, Read + Write);

/// # Blocking
impl<T: Transport, S: Decode> connection::Connection<Blocking<T>, S> {
    /// Polls by `timer`, and disarms it afterwards.
    fn by<W: TimerFor<Blocking<T>>, R>(
        &mut self,
        timer: &mut W,
        poll: impl FnOnce(&mut Self, &mut W) -> Poll<R>,
    ) -> io::Result<R> {
        let result = now(poll(self, timer));
        // Some sockets refuse that once the peer has gone; the result of the call matters more.
        let _ = timer.arm_for(&self.io, None);
        result
    }

    /// Returns the next item, with the output to answer it on. `None` once the stage is done and
    /// everything has been sent.
    ///
    /// # Errors
    /// Those of the transport, or a fault of the peer.
    #[inline]
    pub fn turn(&mut self) -> Result<Option<Turn<'_, Blocking<T>, S::Item<'_>>>, Error<S::Error>>
    where
        S: Decode,
    {
        let length = match self.at_once() {
            AtOnce::Record(length) => length,
            first => match self.length_past(first)? {
                Some(length) => length,
                None => return Ok(None),
            },
        };
        self.take_turn_of(length)
    }

    /// Returns the length of the next record, if there was none at once. Only lengths come together
    /// in a turn: a whole turn from two places would go through memory.
    #[inline(never)]
    fn length_past(&mut self, first: AtOnce<S::Error>) -> Result<Option<usize>, Error<S::Error>>
    where
        S: Decode,
    {
        let is_ready = now(self.poll_ready_past(&mut context(), first))??;
        Ok(self.read.take_ready().filter(|_| is_ready))
    }

    /// Waits until an item can be [taken](connection::Connection::take), and returns whether there
    /// is one: the first half of a [`turn`](Self::turn), for loops that decide in between.
    ///
    /// # Errors
    /// Those of [`turn`](Self::turn).
    #[inline]
    pub fn ready(&mut self) -> Result<bool, Error<S::Error>>
    where
        S: Decode,
    {
        now(self.poll_ready(&mut context())).unwrap_or_else(|error| Err(error.into()))
    }

    /// Queues `item` by `encoder`, once there is room. It leaves with the next
    /// [`flush`](Self::flush) or [`send`](Self::send), or before the connection waits for the peer.
    ///
    /// # Errors
    /// Those of the transport, or a refusal of the encoder; nothing of the item is queued then.
    pub fn queue<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        now(self.poll_room(&mut context())).map_err(SendError::Io)?;
        self.encode(encoder, item)
    }

    /// Sends `item` by `encoder`: [queues](Self::queue) it, then [flushes](Self::flush).
    ///
    /// If the flush would block, the error is [`SendError::Queued`], and only the flush must be
    /// repeated.
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue) and [`flush`](Self::flush).
    pub fn send<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        self.queue(encoder, item)?;
        self.flush().map_err(SendError::Queued)
    }

    /// Sends what is queued.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn flush(&mut self) -> io::Result<()> {
        now(self.poll_flush(&mut context()))?
    }

    /// Does what [`turn`](Self::turn) does, but gives up on a peer that misses one of the
    /// [`Deadlines`](super::Deadlines) by the clock of `timer`, which is [armed](super::Timer::arm)
    /// for each call that may wait, and disarmed at the end.
    ///
    /// ```no_run
    /// use segue::{driver::{Deadlines, SocketTimer, Turn, sync::Connection}, separator};
    /// use std::time::Duration;
    ///
    /// # fn serve(socket: std::net::TcpStream) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut timer = SocketTimer::new(socket.try_clone()?);
    /// let deadlines = Deadlines::new().record(Duration::from_secs(5));
    /// let mut connection = Connection::new(socket, separator::line()).with_deadlines(deadlines);
    /// let mut writer = separator::line();
    /// while let Some(Turn { item, mut output }) = connection.turn_by(&mut timer)? {
    ///     output.queue(&mut writer, &*item)?;
    /// }
    /// connection.close(4096)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`turn`](Self::turn), and a [missed deadline](Error::late).
    pub fn turn_by(
        &mut self,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<Option<Turn<'_, Blocking<T>, S::Item<'_>>>, Error<S::Error>>
    where
        S: Decode,
    {
        if self.ready_by(timer)? { self.take_turn() } else { Ok(None) }
    }

    /// Does what [`ready`](Self::ready) does, with the deadlines of [`turn_by`](Self::turn_by).
    ///
    /// # Errors
    /// Those of [`turn_by`](Self::turn_by).
    pub fn ready_by(
        &mut self,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<bool, Error<S::Error>>
    where
        S: Decode,
    {
        self.by(timer, |this, timer| this.poll_ready_by(&mut context(), timer))
            .unwrap_or_else(|error| Err(error.into()))
    }

    /// Does what [`queue`](Self::queue) does, but waits for room no longer than
    /// [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue), and a [missed deadline](SendError::late).
    pub fn queue_by<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<(), SendError<E::Error>> {
        self.by(timer, |this, timer| this.poll_room_by(&mut context(), timer))??;
        self.encode(encoder, item)
    }

    /// Does what [`send`](Self::send) does, but gives up on a peer that does not take it within
    /// [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// Those of [`send`](Self::send), and a [missed deadline](SendError::late).
    pub fn send_by<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<(), SendError<E::Error>> {
        self.by(timer, |this, timer| this.poll_room_before(&mut context(), timer))??;
        self.encode(encoder, item)?;
        self.flush_by(timer).map_err(SendError::Queued)
    }

    /// Does what [`flush`](Self::flush) does, but gives up on a peer that does not take all of it
    /// within [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// Those of the transport, and [`TimedOut`](io::ErrorKind::TimedOut) for a missed deadline.
    pub fn flush_by(&mut self, timer: &mut impl TimerFor<Blocking<T>>) -> io::Result<()> {
        self.by(timer, |this, timer| this.poll_flush_by(&mut context(), timer))?
    }

    /// Sends what is queued, then the end of the stream. Reading goes on.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn close_write(&mut self) -> io::Result<()>
    where
        T::Leaf: Leaf<Io: CloseWrite>,
    {
        self.close_write_with(CloseWrite::close_write)
    }

    /// Sends what is queued, then the end of the stream by `end`. It is for another library's
    /// transport without [`CloseWrite`].
    ///
    /// # Errors
    /// Those of the transport.
    pub fn close_write_with(
        &mut self,
        end: impl FnMut(&mut IoOf<T>) -> io::Result<()>,
    ) -> io::Result<()>
    where
        T::Leaf: Leaf,
    {
        let pace = self.pace().unlimited();
        match now(self.poll_end(&mut context(), pace, ending(end)))?? {
            true => Ok(()),
            false => now(again::<Blocking<T>, _>(&mut context()))?,
        }
    }

    /// Ends the connection so that the peer gets everything: sends what is queued and the end of
    /// the stream, then drops what the peer still sends, up to its end or `drain_limit` bytes. No
    /// more items can be taken. Returns whether the peer's end has come; the half of a split
    /// connection that writes does not read, and returns false.
    ///
    /// It waits for at most [`Options::linger`](super::Options::linger), by the time-outs of the
    /// socket, which are restored afterwards. A peer that has everything and merely does not end is
    /// no error: the result is false, and the connection should be dropped. Dropping a socket with
    /// unread input sends a reset, which destroys an answer in flight.
    ///
    /// # Errors
    /// Those of the transport, and [`TimedOut`](io::ErrorKind::TimedOut) if the peer did not take
    /// everything in time.
    pub fn close(&mut self, drain_limit: u64) -> io::Result<bool>
    where
        T: HasLeaf<Leaf: Leaf<Io: CloseWrite + Timeouts>>,
    {
        let epoch = self.waits().epoch(Instant::now());
        self.close_by(drain_limit, &mut SocketClock::since(epoch))
    }

    /// Ends the connection as [`close`](Self::close) does, for a transport without a clock: it
    /// waits for at most [`Options::linger`](super::Options::linger) by the clock of `timer`.
    ///
    /// ```
    /// # use segue::{driver::sync::{CloseWrite, Connection}, length};
    /// # use std::io::{self, Read, Write};
    /// # struct Pipe;
    /// # impl Read for Pipe { fn read(&mut self, _: &mut [u8]) -> io::Result<usize> { Ok(0) } }
    /// # impl Write for Pipe {
    /// #     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> { Ok(bytes.len()) }
    /// #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
    /// # }
    /// # impl CloseWrite for Pipe { fn close_write(&mut self) -> io::Result<()> { Ok(()) } }
    /// # struct Timer;
    /// # impl segue::driver::Timer for Timer {
    /// #     fn now(&mut self) -> std::time::Duration { std::time::Duration::ZERO }
    /// #     fn poll_at(&mut self, _: &mut std::task::Context<'_>, _: std::time::Duration)
    /// #         -> std::task::Poll<()> { std::task::Poll::Pending }
    /// # }
    /// let mut connection = Connection::new(Pipe, length::u8());
    /// assert!(connection.close_by(1024, &mut Timer)?);
    /// # Ok::<(), io::Error>(())
    /// ```
    ///
    /// Without a timer such a transport is closed by [`close_unbounded`](Self::close_unbounded),
    /// and this does not compile:
    ///
    /// ```compile_fail
    /// # use segue::{driver::sync::{CloseWrite, Connection}, length};
    /// # use std::io::{self, Read, Write};
    /// # struct Pipe;
    /// # impl Read for Pipe { fn read(&mut self, _: &mut [u8]) -> io::Result<usize> { Ok(0) } }
    /// # impl Write for Pipe {
    /// #     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> { Ok(bytes.len()) }
    /// #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
    /// # }
    /// # impl CloseWrite for Pipe { fn close_write(&mut self) -> io::Result<()> { Ok(()) } }
    /// let mut connection = Connection::new(Pipe, length::u8());
    /// assert!(connection.close(1024)?); // a pipe has no `Timeouts`
    /// # Ok::<(), io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`close`](Self::close).
    pub fn close_by(
        &mut self,
        drain_limit: u64,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> io::Result<bool>
    where
        T::Leaf: Leaf<Io: CloseWrite>,
    {
        self.by(timer, |this, timer| {
            this.poll_close_by(&mut context(), timer, drain_limit, ending(CloseWrite::close_write))
        })?
    }

    /// Ends the connection as [`close`](Self::close) does, but waits as long as the transport does:
    /// a peer that neither sends nor ends can hold it for ever. It is for a readiness loop with
    /// time-outs of its own.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn close_unbounded(&mut self, drain_limit: u64) -> io::Result<bool>
    where
        T::Leaf: Leaf<Io: CloseWrite>,
    {
        self.close_with(drain_limit, CloseWrite::close_write)
    }

    /// Ends the connection as [`close_unbounded`](Self::close_unbounded) does, for another
    /// library's transport without [`CloseWrite`]: `end` sends the end of the stream.
    ///
    /// ```no_run
    /// use segue::{driver::{Options, sync::Connection}, length};
    /// use std::net::Shutdown;
    ///
    /// # type MioStream = std::net::TcpStream;
    /// # fn closed(socket: MioStream) -> std::io::Result<()> {
    /// let options = Options::new().nonblocking(true);
    /// let mut connection = Connection::new(socket, length::u16_be()).with_options(options);
    /// connection.close_with(4096, |socket| socket.shutdown(Shutdown::Write))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of the transport.
    pub fn close_with(
        &mut self,
        drain_limit: u64,
        end: impl FnMut(&mut IoOf<T>) -> io::Result<()>,
    ) -> io::Result<bool>
    where
        T::Leaf: Leaf,
    {
        self.read.give_up(drain_limit);
        self.close_write_with(end)?;
        now(self.poll_drain(&mut context(), drain_limit))?
    }
}

/// # Blocking
impl<T: Transport> connection::Connection<Blocking<T>, ()> {
    /// Runs a handshake to its end. Its result comes at once; the last of its output may still be
    /// queued.
    ///
    /// The handshake takes the place of a stage, so the connection has none: it was made with `()`,
    /// or comes from `follow(|_| ())`.
    ///
    /// The exchange stays with the caller, so that it can go on after would-block. Its deadlines
    /// are ignored: see [`exchange_by`](Self::exchange_by).
    ///
    /// # Errors
    /// Those of the transport, or a fault of the peer. Its notice to the peer has left as far as one
    /// attempt goes; `close` sends the rest and lets it arrive.
    pub fn exchange<X: Exchange>(
        &mut self,
        exchange: &mut X,
    ) -> Result<X::Output, Error<X::Error>> {
        now(self.poll_exchange(&mut context(), exchange, &mut None))
            .unwrap_or_else(|error| Err(error.into()))
    }

    /// Runs a handshake to its end as [`exchange`](Self::exchange) does, with its deadlines enforced by
    /// `timer`. One without deadlines has [`Deadlines::record`](super::Deadlines::record) in all.
    /// The timer is [armed](super::Timer::arm) for each call that may wait, and disarmed at the
    /// end: a [`SocketTimer`](super::SocketTimer) restores the time-outs of the socket.
    ///
    /// # Errors
    /// Those of [`exchange`](Self::exchange), and a [missed deadline](Error::late).
    pub fn exchange_by<X: Exchange>(
        &mut self,
        exchange: &mut X,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<X::Output, Error<X::Error>> {
        self.by(timer, |this, timer| this.poll_exchange(&mut context(), exchange, &mut Some(timer)))
            .unwrap_or_else(|error| Err(error.into()))
    }
}

impl<T: Transport> TurnOutput<'_, Blocking<T>> {
    /// Waits until less is queued than the high-water mark.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn room(&mut self) -> io::Result<()> {
        now(self.poll_room(&mut context()))?
    }
}

/// Converts a poll without a waker: pending is would-block.
pub(super) fn now<R>(poll: Poll<R>) -> io::Result<R> {
    match poll {
        Poll::Ready(result) => Ok(result),
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// Ends the writing side of a leaf, in the form that the engine calls.
fn ending<T: Transport<Leaf: Leaf>>(
    mut end: impl FnMut(&mut IoOf<T>) -> io::Result<()>,
) -> impl FnMut(&mut Blocking<T>, &mut Context<'_>) -> Poll<io::Result<()>> {
    move |io, cx| {
        let mut end = |leaf: &mut T::Leaf, _: &mut Context<'_>| polled(|| end(leaf.io_mut()));
        io.poll_end(cx, &mut EndOf::new(&mut end))
    }
}

/// The type under all layers, as the caller knows it.
type IoOf<T> = <<T as Transport>::Leaf as Leaf>::Io;

pub(super) fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}
