//! Blocking WebSockets, over any blocking transport of segue, including layered ones.

use segue::{
    Edge, Handoff, Output,
    driver::{
        Connection, Divide, HasLeaf, IntoIo, Leaf, Refused, Timeouts, TimerFor, Transport,
        sync::{Blocking, CloseWrite, SocketClock},
    },
};
use std::{
    fmt,
    io::{self, Read, Write},
    task::{Context, Poll, Waker},
    time::Duration,
};

pub use super::sync_halves::{Receiver, Sender};
use super::{
    Error, KeepAlive, MessageTurn, OwnedMessage,
    engine::{DRAIN, Endpoint},
    keeping,
    parting::{Clock, Parting},
};
use crate::{CloseFrame, Messages, Outgoing, Role, Writer};

/// A WebSocket over a blocking transport: [`sync::WebSocket`](super::sync::WebSocket) is its name
/// over sockets.
///
/// Pings and the peer's close frame are answered automatically, whenever it reads.
///
/// On a transport in non-blocking mode each method except those that open may return an error that
/// [`would_block`](Error::would_block); call it again to go on. A blocking socket with a time-out
/// does the same once the time is over. A blocking socket waits for one thing at a time: see
/// [`segue::driver::sync::Connection`], and [`split`](Self::split).
pub struct WebSocket<T> {
    endpoint: Endpoint<Blocking<T>>,
}

impl<T: Divide> WebSocket<T>
where
    for<'a> &'a T::Io: Read + Write,
{
    /// Splits it in two halves for two threads: the first sends, the second reads and answers control
    /// frames. They are in the order of `futures::StreamExt::split` and of channels.
    pub fn split(self) -> (Sender<T>, Receiver<T>) {
        Receiver::split(self.endpoint)
    }
}

impl<T: Transport> WebSocket<T> {
    /// Joins a connection and a writer to a WebSocket, and makes the two share their state. Use it
    /// for stages with a handshake or limits of your own.
    pub fn new(connection: Connection<Blocking<T>, Messages>, writer: Writer) -> Self {
        Self { endpoint: Endpoint::new(connection, writer) }
    }

    pub(super) fn from_endpoint(endpoint: Endpoint<Blocking<T>>) -> Self {
        Self { endpoint }
    }

    /// Parts from a peer that breaks the rules by the time-outs of the socket.
    pub(super) fn parting(mut self) -> Self
    where
        T: HasLeaf<Leaf: Leaf<Io: CloseWrite + Timeouts>>,
    {
        self.endpoint.parting_by(Parting::new(Clock::none, |connection, _, _| {
            match connection.close(DRAIN) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
                _ => Poll::Ready(()),
            }
        }));
        self
    }

    /// Changes the reading stage: `socket.read_with(|messages| messages.limits(limits))`.
    #[must_use]
    pub fn read_with(self, change: impl FnOnce(Messages) -> Messages) -> Self {
        Self { endpoint: self.endpoint.read_with(change) }
    }

    /// Waits for the next message, owned. `None` once both sides have sent their close frames, or
    /// an error has been returned. The peer's close frame is the last message; the next call
    /// answers it, after everything that was sent until then.
    ///
    /// Queued messages are sent before it waits.
    ///
    /// # Errors
    /// Errors of the transport, or a [fault](Error::Fault) of the peer, which has already been sent
    /// the close frame for it. A stream that ends without a close frame is a fault. After `accept`
    /// and `connect` the connection has also been ended then: what the peer still sent was dropped,
    /// for at most [`Options::linger`](segue::driver::Options::linger), so that it sees the close
    /// code and not a reset. The halves do not know how to end the stream: close the receiver.
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: it may fail and go on")]
    #[inline]
    pub fn next(&mut self) -> Result<Option<OwnedMessage>, Error> {
        now(self.endpoint.poll_next(&mut context()))
    }

    /// Waits for the next message, while `keep_alive` watches the connection by the clock of
    /// `timer`: it sends a ping, sends a close frame, or gives the peer up. A blocking socket needs
    /// a timer that sets its time-outs: [`SocketTimer`](segue::driver::SocketTimer).
    ///
    /// # Errors
    /// As [`next`](Self::next), and [`Error::Silent`] if the peer is given up.
    pub fn next_by(
        &mut self,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<Option<OwnedMessage>, Error> {
        next_by(&mut self.endpoint, keep_alive, timer)
    }

    /// Waits for the next message, lent, with the output for answers; `None` as for
    /// [`next`](Self::next). Nothing is copied, and the answers to a batch of messages leave in one
    /// write.
    ///
    /// # Errors
    /// As [`next`](Self::next). For a fault in a whole message (text that is not UTF-8) the next
    /// call sends the close frame: this one or [`close`](Self::close).
    #[inline]
    pub fn turn(&mut self) -> Result<Option<MessageTurn<'_, Blocking<T>>>, Error> {
        let is_ready = now(self.endpoint.poll_ready(&mut context()))?;
        if is_ready { self.endpoint.take_turn() } else { Ok(None) }
    }

    /// Sends a message: queues it once there is room, and flushes. To answer in a loop over
    /// [`next`](Self::next), use [`queue`](Self::queue): it saves a system call a message.
    ///
    /// If the transport would block after the message was queued, call only [`flush`](Self::flush)
    /// again; a readiness loop calls [`queue`](Self::queue) and `flush` separately.
    ///
    /// # Errors
    /// Errors of the transport, [`Error::Closed`] after the close frame, and [`Error::Write`] for a
    /// message that cannot be sent. A second close frame is no error and is not sent.
    pub fn send<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        self.queue(message)?;
        self.flush()
    }

    /// Queues a message once there is room. It is sent with the next [`flush`](Self::flush), or
    /// before the connection waits for the peer. A failed call has queued nothing.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn queue<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        now(self.endpoint.connection.poll_room(&mut context()).map(Ok))?;
        self.endpoint.encode(message.into())
    }

    /// Queues messages, each once there is room: see [`queue`](Self::queue). Messages for many
    /// connections should be [`Prepared`](crate::Prepared).
    ///
    /// # Errors
    /// As [`send`](Self::send); the messages before the one that failed are queued.
    #[doc(alias = "feed_all")]
    pub fn queue_all<'m, M: Into<Outgoing<'m>>>(
        &mut self,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<(), Error> {
        for message in messages {
            self.queue(message)?;
        }
        Ok(())
    }

    /// Sends messages: queues them all, and flushes once.
    ///
    /// # Errors
    /// As [`queue_all`](Self::queue_all), and those of [`flush`](Self::flush).
    pub fn send_all<'m, M: Into<Outgoing<'m>>>(
        &mut self,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<(), Error> {
        self.queue_all(messages)?;
        self.flush()
    }

    /// Sends a ping of at most 125 bytes. The answer is a pong with the same payload, among the
    /// messages.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn ping(&mut self, payload: impl AsRef<[u8]>) -> Result<(), Error> {
        self.send(Outgoing::Ping(payload.as_ref()))
    }

    /// Sends all queued bytes.
    ///
    /// # Errors
    /// Errors of the transport.
    pub fn flush(&mut self) -> Result<(), Error> {
        Ok(self.endpoint.connection.flush()?)
    }

    /// Sends a message as [`send`](Self::send) does, but gives up a peer that does not accept it
    /// within [`Deadlines::send`](segue::driver::Deadlines::send) by the clock of `timer`: 30
    /// seconds, unless `connection_mut().deadlines_mut()` sets another time.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`Error::Io`] of kind [`TimedOut`](io::ErrorKind::TimedOut) for
    /// a missed deadline.
    pub fn send_by<'m>(
        &mut self,
        message: impl Into<Outgoing<'m>>,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<(), Error> {
        self.queue_by(message, timer)?;
        self.flush_by(timer)
    }

    /// Queues a message as [`queue`](Self::queue) does, but waits for room no longer than
    /// [`send_by`](Self::send_by) does.
    ///
    /// # Errors
    /// As [`send_by`](Self::send_by).
    pub fn queue_by<'m>(
        &mut self,
        message: impl Into<Outgoing<'m>>,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<(), Error> {
        let connection = &mut self.endpoint.connection;
        let room = now(connection.poll_room_by(&mut context(), timer).map_err(Error::Io));
        // Some sockets refuse that once the peer has gone; what came of the call matters more.
        let _ = timer.arm_for(connection.transport(), None);
        room?;
        self.endpoint.encode(message.into())
    }

    /// Flushes as [`flush`](Self::flush) does, within the time that [`send_by`](Self::send_by) has.
    ///
    /// # Errors
    /// Errors of the transport, as [`send_by`](Self::send_by).
    pub fn flush_by(&mut self, timer: &mut impl TimerFor<Blocking<T>>) -> Result<(), Error> {
        Ok(self.endpoint.connection.flush_by(timer)?)
    }

    /// Closes the connection: sends a close frame unless one was sent, reads and drops messages up
    /// to the peer's close frame, and ends the transport so that everything sent arrives. After
    /// both close frames it only ends the transport. A close frame of the peer that
    /// [`next`](Self::next) returned is answered with its own code. At most 64 MiB are dropped.
    ///
    /// It waits for at most [`Options::linger`](segue::driver::Options::linger), 10 seconds by
    /// default, by the time-outs of the socket, which it restores.
    ///
    /// # Errors
    /// [`Error::Write`] if the code is not for the wire or the reason is longer than
    /// [`Close::MAX_REASON`](crate::Close::MAX_REASON); the connection is unchanged. [`Error::Unanswered`] if the peer did
    /// not answer in time: drop the connection. Otherwise the error that kept the peer from
    /// answering. A peer that has answered and only does not end its stream causes no error.
    pub fn close<'f>(&mut self, frame: impl Into<CloseFrame<'f>>) -> Result<(), Error>
    where
        T: HasLeaf<Leaf: Leaf<Io: CloseWrite + Timeouts>>,
    {
        close(&mut self.endpoint, frame.into())
    }

    /// Closes the connection as [`close`](Self::close) does, but waits no longer than `keep_alive`
    /// allows by the clock of `timer`: 10 seconds from the first close frame on, unless
    /// [`close_within`](KeepAlive::close_within) sets another time. A blocking transport needs a
    /// timer that interrupts its waits, such as [`SocketClock`].
    ///
    /// # Errors
    /// As [`close`](Self::close).
    pub fn close_by<'f>(
        &mut self,
        frame: impl Into<CloseFrame<'f>>,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<(), Error>
    where
        T::Leaf: Leaf<Io: CloseWrite>,
    {
        close_by(&mut self.endpoint, frame.into(), keep_alive, timer)
    }

    /// Closes the connection as [`close`](Self::close) does, but waits as long as the transport
    /// does: a peer that does not answer can hold it for ever. Use it in a readiness loop, which
    /// has time-outs of its own.
    ///
    /// # Errors
    /// As [`close`](Self::close), except for time-outs.
    pub fn close_unbounded<'f>(&mut self, frame: impl Into<CloseFrame<'f>>) -> Result<(), Error>
    where
        T::Leaf: Leaf<Io: CloseWrite>,
    {
        self.close_with(frame, CloseWrite::close_write)
    }

    /// Closes the connection without a time limit, on a transport that does not implement
    /// [`CloseWrite`]: the closure `end` ends the stream. Otherwise it is
    /// [`close_unbounded`](Self::close_unbounded).
    ///
    /// # Errors
    /// As for that method.
    pub fn close_with<'f>(
        &mut self,
        frame: impl Into<CloseFrame<'f>>,
        end: impl FnMut(&mut IoOf<T>) -> io::Result<()>,
    ) -> Result<(), Error>
    where
        T::Leaf: Leaf,
    {
        close_with(&mut self.endpoint, frame.into(), end)
    }

    /// Returns true if something waits to be sent: a readiness loop then asks for writability.
    pub fn wants_write(&self) -> bool {
        self.endpoint.connection.wants_write()
    }

    /// Returns the end that this is.
    pub fn role(&self) -> Role {
        self.endpoint.writer.role()
    }

    /// Returns true if this end has sent its close frame, so that it can send nothing more.
    pub fn is_closed(&self) -> bool {
        self.endpoint.writer.is_closed()
    }

    /// Lends the queued bytes, to add whole frames by other means. Add nothing behind the close
    /// frame: see [`is_closed`](Self::is_closed). For messages to many connections use
    /// [`Prepared`](crate::Prepared), which is checked.
    pub fn output(&mut self) -> &mut Output {
        self.endpoint.connection.output_mut()
    }

    /// Returns the socket, or whatever is under all layers: its address, its options. Bytes that are
    /// read from it or written to it directly are missing here.
    pub fn get_ref(&self) -> &IoOf<Blocking<T>>
    where
        Blocking<T>: HasLeaf<Leaf: Leaf>,
    {
        self.endpoint.connection.io()
    }

    /// Returns the socket, or whatever is under all layers, to be changed.
    pub fn get_mut(&mut self) -> &mut IoOf<Blocking<T>>
    where
        Blocking<T>: HasLeaf<Leaf: Leaf>,
    {
        self.endpoint.connection.io_mut()
    }

    /// Returns the transport, with the bytes that were received and not read, and those that were
    /// queued and not sent: see [`Handoff::into_io`].
    ///
    /// # Errors
    /// Returns the connection if a message is half read, or the transport has failed.
    pub fn into_inner<Io>(self) -> Result<Handoff<Io>, Refused<Connection<Blocking<T>, Messages>>>
    where
        Blocking<T>: IntoIo<Io = Io>,
    {
        self.endpoint.into_parts().0.hand_off(Edge::Carry)
    }

    /// Returns the connection, for everything else.
    pub fn connection_mut(&mut self) -> &mut Connection<Blocking<T>, Messages> {
        &mut self.endpoint.connection
    }

    /// Returns the connection and the writer.
    pub fn into_parts(self) -> (Connection<Blocking<T>, Messages>, Writer) {
        self.endpoint.into_parts()
    }
}

pub(super) fn next_by<T: Transport>(
    endpoint: &mut Endpoint<Blocking<T>>,
    keep_alive: &mut KeepAlive,
    timer: &mut impl TimerFor<Blocking<T>>,
) -> Result<Option<OwnedMessage>, Error> {
    let next = now(keeping::poll_next(endpoint, &mut context(), keep_alive, timer));
    // Some sockets refuse that once the peer has gone; what came of the call matters more.
    let _ = timer.arm_for(endpoint.connection.transport(), None);
    next
}

pub(super) fn close<T: HasLeaf<Leaf: Leaf<Io: CloseWrite + Timeouts>>>(
    endpoint: &mut Endpoint<Blocking<T>>,
    close: CloseFrame<'_>,
) -> Result<(), Error> {
    let linger = endpoint.connection.options().linger;
    let mut keep_alive = KeepAlive::new(Duration::ZERO).close_within(linger);
    close_by(endpoint, close, &mut keep_alive, &mut SocketClock::new())
}

pub(super) fn close_with<T: Transport<Leaf: Leaf>>(
    endpoint: &mut Endpoint<Blocking<T>>,
    close: CloseFrame<'_>,
    end: impl FnMut(&mut IoOf<T>) -> io::Result<()>,
) -> Result<(), Error> {
    let close = close.content();
    now(endpoint.poll_close(&mut context(), close, ending(end)))
}

pub(super) fn close_by<T: Transport<Leaf: Leaf<Io: CloseWrite>>>(
    endpoint: &mut Endpoint<Blocking<T>>,
    close: CloseFrame<'_>,
    keep_alive: &mut KeepAlive,
    timer: &mut impl TimerFor<Blocking<T>>,
) -> Result<(), Error> {
    let end = ending(CloseWrite::close_write);
    let closed =
        now(keeping::poll_close(endpoint, &mut context(), close.content(), end, keep_alive, timer));
    // Some sockets refuse that once the peer has gone; what came of the call matters more.
    let _ = timer.arm_for(endpoint.connection.transport(), None);
    closed
}

/// Ends a connection, with `end` for its stream. Pending is would-block.
fn ending<T: Transport<Leaf: Leaf>>(
    mut end: impl FnMut(&mut IoOf<T>) -> io::Result<()>,
) -> impl FnMut(&mut Connection<Blocking<T>, Messages>, &mut Context<'_>, u64) -> Poll<io::Result<bool>>
{
    move |connection, _, limit| match connection.close_with(limit, &mut end) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        ended => Poll::Ready(ended),
    }
}

/// The socket under all layers.
type IoOf<T> = <<T as Transport>::Leaf as Leaf>::Io;

/// Turns a poll without a waker into a result: pending is would-block.
pub(super) fn now<R>(poll: Poll<Result<R, Error>>) -> Result<R, Error> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::Io(io::ErrorKind::WouldBlock.into())),
    }
}

pub(super) fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

impl<T> fmt::Debug for WebSocket<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)
    }
}
