//! WebSockets whose calls block, over any transport of segue's that does, a layered one included.

use segue::{
    Output,
    driver::{
        Connection, Divide, HasLeaf, Leaf, Timeouts, TimerFor, Transport,
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
use super::{Error, KeepAlive, MessageTurn, OwnedMessage, engine::Endpoint, keeping};
use crate::{Close, CloseCode, Messages, Outgoing, Role, Writer};

/// A WebSocket over a blocking transport: [`sync::WebSocket`](super::sync::WebSocket) is its name
/// over sockets.
///
/// Pings and the peer's close frame are answered without the caller, whenever it reads.
///
/// On a transport in non-blocking mode each method but those that open answers an error that
/// [`would_block`](Error::would_block), and goes on when it is called again; a blocking socket with
/// a time-out does the same once it is over. A blocking socket waits for one thing at a time: see
/// [`segue::driver::sync::Connection`], and [`split`](Self::split).
pub struct WebSocket<T> {
    endpoint: Endpoint<Blocking<T>>,
}

impl<T: Divide> WebSocket<T>
where
    for<'a> &'a T::Io: Read + Write,
{
    /// Splits it in two, for two threads: one reads, and answers control frames, the other sends.
    pub fn split(self) -> (Receiver<T>, Sender<T>) {
        Receiver::split(self.endpoint)
    }
}

impl<T: Transport> WebSocket<T> {
    /// A WebSocket of stages that were made, and limited, by other means. They are made to know of
    /// each other.
    pub fn new(connection: Connection<Blocking<T>, Messages>, writer: Writer) -> Self {
        Self { endpoint: Endpoint::new(connection, writer) }
    }

    pub(super) fn from_endpoint(endpoint: Endpoint<Blocking<T>>) -> Self {
        Self { endpoint }
    }

    /// Changes the reading stage: `socket.read_with(|messages| messages.limits(limits))`.
    #[must_use]
    pub fn read_with(self, change: impl FnOnce(Messages) -> Messages) -> Self {
        Self { endpoint: self.endpoint.read_with(change) }
    }

    /// The next message, owned; `None` once both sides have said their last word, or an error has
    /// been told. The peer's close frame is the last message; what is asked for behind it answers
    /// it, after everything that was sent until then.
    ///
    /// Everything that is queued is sent before it waits.
    ///
    /// # Errors
    /// Of the transport, or a [fault](Error::Fault) of the peer, which has then been sent the
    /// close frame for it. A stream that ends without a close frame is a fault.
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: it may fail and go on")]
    #[inline]
    pub fn next(&mut self) -> Result<Option<OwnedMessage>, Error> {
        now(self.endpoint.poll_next(&mut context()))
    }

    /// The same, while `keep_alive` watches over the connection by the clock of `timer`: the peer
    /// is asked for a sign of life, sent a close frame, or given up. A blocking socket needs a
    /// timer that sets its time-outs: [`SocketTimer`](segue::driver::SocketTimer).
    ///
    /// # Errors
    /// As [`next`](Self::next), and [`Error::Silent`] where the peer is given up.
    pub fn next_by(
        &mut self,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<Option<OwnedMessage>, Error> {
        next_by(&mut self.endpoint, keep_alive, timer)
    }

    /// The next message, lent, with the output to answer it on; `None` as for
    /// [`next`](Self::next). Nothing is copied, and answers to a batch of messages leave in one
    /// write.
    ///
    /// # Errors
    /// As [`next`](Self::next); but where a whole message was at fault (text that is not UTF-8) the
    /// close frame is sent by the next call, be it this one or [`close`](Self::close).
    #[inline]
    pub fn turn(&mut self) -> Result<Option<MessageTurn<'_, Blocking<T>>>, Error> {
        let is_ready = now(self.endpoint.poll_ready(&mut context()))?;
        if is_ready { self.endpoint.take_turn() } else { Ok(None) }
    }

    /// Sends a message: queues it once there is room, and sends all that is queued. To answer in a
    /// loop over [`next`](Self::next) take [`queue`](Self::queue): it saves a system call a message.
    ///
    /// Where the transport would block, only [`flush`](Self::flush) is to be called again if it
    /// was queued; a readiness loop calls [`queue`](Self::queue) and `flush` by themselves.
    ///
    /// # Errors
    /// Of the transport, [`Error::Closed`] behind the close frame, and [`Error::Write`] where it
    /// cannot be sent. A close frame behind the close frame is none, and not sent.
    pub fn send<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        self.queue(message)?;
        self.flush()
    }

    /// Queues a message once there is room. It leaves with the next [`flush`](Self::flush), or
    /// before the connection waits for the peer. Where it fails nothing was queued.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn queue<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        now(self.endpoint.connection.poll_room(&mut context()).map(Ok))?;
        self.endpoint.encode(message.into())
    }

    /// Sends all that is queued.
    ///
    /// # Errors
    /// Of the transport.
    pub fn flush(&mut self) -> Result<(), Error> {
        Ok(self.endpoint.connection.flush()?)
    }

    /// The same as [`send`](Self::send), but gives up a peer that does not take it within
    /// [`Deadlines::send`](segue::driver::Deadlines::send) by the clock of `timer`: 30 seconds,
    /// unless `connection_mut().deadlines_mut()` is told otherwise.
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

    /// The same as [`queue`](Self::queue), but waits for room no longer than
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

    /// The same as [`flush`](Self::flush), within the time that [`send_by`](Self::send_by) has.
    ///
    /// # Errors
    /// As [`send_by`](Self::send_by), of the transport.
    pub fn flush_by(&mut self, timer: &mut impl TimerFor<Blocking<T>>) -> Result<(), Error> {
        Ok(self.endpoint.connection.flush_by(timer)?)
    }

    /// Closes the connection: sends a close frame unless one was sent, reads on and drops what
    /// comes until the peer's, and ends the transport so that the peer gets everything. Where
    /// both close frames have been exchanged already it only does the last of these; a close
    /// frame of the peer's that [`next`](Self::next) gave is answered with its own code. At most
    /// 16 MiB are dropped.
    ///
    /// It waits for at most [`Options::linger`](segue::driver::Options::linger), 10 seconds unless
    /// set, by the time-outs of the socket, which are as before afterwards.
    ///
    /// # Errors
    /// [`Error::Write`] if `code` is not for the wire or `reason` longer than
    /// [`Close::MAX_REASON`], and the connection is as before; [`Error::Unanswered`] where the
    /// peer did not answer in time: the connection is to be dropped; otherwise what kept the peer
    /// from answering properly. One that has answered, and only does not end its stream, is no
    /// error.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error>
    where
        T: HasLeaf<Leaf: Leaf<Io: CloseWrite + Timeouts>>,
    {
        close(&mut self.endpoint, code, reason)
    }

    /// The same, but waits no longer than `keep_alive` allows by the clock of `timer`: 10 seconds
    /// from the first close frame on, unless [`close_within`](KeepAlive::close_within) says
    /// otherwise. A blocking transport needs a timer that has it come back:
    /// [`SocketClock`], for one.
    ///
    /// # Errors
    /// As [`close`](Self::close).
    pub fn close_by(
        &mut self,
        code: CloseCode,
        reason: &str,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<Blocking<T>>,
    ) -> Result<(), Error>
    where
        T::Leaf: Leaf<Io: CloseWrite>,
    {
        close_by(&mut self.endpoint, Close { code, reason }, keep_alive, timer)
    }

    /// The same as [`close`](Self::close), but waits as long as the transport does: a peer that
    /// does not answer can hold it for ever. For a readiness loop, which has time-outs of its own.
    ///
    /// # Errors
    /// As [`close`](Self::close), but for those of time.
    pub fn close_unbounded(&mut self, code: CloseCode, reason: &str) -> Result<(), Error>
    where
        T::Leaf: Leaf<Io: CloseWrite>,
    {
        self.close_with(code, reason, CloseWrite::close_write)
    }

    /// Closes the connection without a bound in time, for a transport from elsewhere that is no
    /// [`CloseWrite`]: the closure `end` sends the end of the stream. Otherwise it is
    /// [`close_unbounded`](Self::close_unbounded).
    ///
    /// # Errors
    /// As there.
    pub fn close_with(
        &mut self,
        code: CloseCode,
        reason: &str,
        end: impl FnMut(&mut IoOf<T>) -> io::Result<()>,
    ) -> Result<(), Error>
    where
        T::Leaf: Leaf,
    {
        close_with(&mut self.endpoint, code, reason, end)
    }

    /// Whether there is something to send: whether a readiness loop should ask for writability.
    pub fn wants_write(&self) -> bool {
        self.endpoint.connection.wants_write()
    }

    /// Which end this is.
    pub fn role(&self) -> Role {
        self.endpoint.writer.role()
    }

    /// Whether this end has sent its close frame, so that it can send nothing more.
    pub fn is_closed(&self) -> bool {
        self.endpoint.writer.is_closed()
    }

    /// What is queued, to be added to by other means: whole frames that were encoded once for
    /// many connections. Not behind the close frame: see [`is_closed`](Self::is_closed).
    pub fn output_mut(&mut self) -> &mut Output {
        self.endpoint.connection.output_mut()
    }

    /// The connection, for what is not offered here.
    pub fn connection_mut(&mut self) -> &mut Connection<Blocking<T>, Messages> {
        &mut self.endpoint.connection
    }

    /// The stages that it is made of.
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
    code: CloseCode,
    reason: &str,
) -> Result<(), Error> {
    let linger = endpoint.connection.options().linger;
    let mut keep_alive = KeepAlive::new(Duration::ZERO).close_within(linger);
    close_by(endpoint, Close { code, reason }, &mut keep_alive, &mut SocketClock::new())
}

pub(super) fn close_with<T: Transport<Leaf: Leaf>>(
    endpoint: &mut Endpoint<Blocking<T>>,
    code: CloseCode,
    reason: &str,
    end: impl FnMut(&mut IoOf<T>) -> io::Result<()>,
) -> Result<(), Error> {
    let close = Some(Close { code, reason });
    now(endpoint.poll_close(&mut context(), close, ending(end)))
}

pub(super) fn close_by<T: Transport<Leaf: Leaf<Io: CloseWrite>>>(
    endpoint: &mut Endpoint<Blocking<T>>,
    close: Close<'_>,
    keep_alive: &mut KeepAlive,
    timer: &mut impl TimerFor<Blocking<T>>,
) -> Result<(), Error> {
    let end = ending(CloseWrite::close_write);
    let closed = now(keeping::poll_close(endpoint, &mut context(), close, end, keep_alive, timer));
    // Some sockets refuse that once the peer has gone; what came of the call matters more.
    let _ = timer.arm_for(endpoint.connection.transport(), None);
    closed
}

/// Ends a connection, `end` its stream: pending is would-block.
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

/// What a poll without a waker comes to: pending is would-block.
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
