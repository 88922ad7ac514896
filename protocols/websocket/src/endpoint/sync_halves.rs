//! A blocking endpoint in two halves, for two threads.

use segue::{
    Output,
    driver::{
        BlockingHalf, Deadlines, Divide, HalfConnection, Timeouts, TimerFor,
        sync::{Blocking, CloseWrite, SocketClock},
    },
};
use std::{
    fmt,
    io::{Read, Write},
};

use super::{
    Error, KeepAlive, OwnedMessage,
    blocking::{WebSocket, close, close_by, close_with, context, next_by, now},
    engine::{self, Endpoint},
};
use crate::{CloseFrame, Outgoing, Writer};

/// The half of a [`WebSocket`] that reads, and answers control frames.
pub struct Receiver<X: Divide> {
    endpoint: Endpoint<Blocking<BlockingHalf<X>>>,
}

/// The half of a [`WebSocket`] that sends.
///
/// After the other half has answered the peer's close frame, sending fails with [`Error::Closed`].
/// Messages that were queued until then are dropped with that error.
pub struct Sender<X: Divide> {
    connection: HalfConnection<X, ()>,
    writer: Writer,
    /// This half has sent the close frame, and queued messages go before it.
    has_closed: bool,
}

impl<X: Divide> Receiver<X>
where
    for<'a> &'a X::Io: Read + Write,
{
    pub(super) fn split(endpoint: Endpoint<Blocking<X>>) -> (Sender<X>, Self) {
        let (connection, writer, course) = endpoint.unmake();
        let has_closed = writer.is_closed();
        let (reader, sender) = connection.split();
        let (closer, writer) = engine::closer(writer);
        let endpoint = Endpoint::remake(reader, closer, course, None);
        (Sender { connection: sender, writer, has_closed }, Self { endpoint })
    }

    /// Joins the halves again.
    ///
    /// # Errors
    /// Returns both halves if they are not of the same WebSocket.
    pub fn unsplit(self, sender: Sender<X>) -> Result<WebSocket<X>, (Self, Sender<X>)> {
        let (connection, closer, course) = self.endpoint.unmake();
        match connection.unsplit(sender.connection) {
            Ok(connection) => Ok(WebSocket::from_endpoint(Endpoint::remake(
                connection,
                sender.writer,
                course,
                None,
            ))),
            Err((reader, connection)) => Err((
                Self { endpoint: Endpoint::remake(reader, closer, course, None) },
                Sender { connection, ..sender },
            )),
        }
    }

    /// Waits for the next message: see [`WebSocket::next`].
    ///
    /// # Errors
    /// As for that method.
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: it may fail and go on")]
    pub fn next(&mut self) -> Result<Option<OwnedMessage>, Error> {
        now(self.endpoint.poll_next(&mut context()))
    }

    /// Waits for the next message, watched by a keep-alive: see [`WebSocket::next_by`].
    ///
    /// # Errors
    /// As for that method.
    pub fn next_by(
        &mut self,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<Blocking<BlockingHalf<X>>>,
    ) -> Result<Option<OwnedMessage>, Error> {
        next_by(&mut self.endpoint, keep_alive, timer)
    }

    /// Closes the connection for both halves: see [`WebSocket::close`]. Messages that the other
    /// half has queued and not flushed are dropped.
    ///
    /// # Errors
    /// As for that method.
    pub fn close<'f>(&mut self, frame: impl Into<CloseFrame<'f>>) -> Result<(), Error>
    where
        X::Io: Timeouts,
        for<'a> &'a X::Io: CloseWrite,
    {
        close(&mut self.endpoint, frame.into())
    }

    /// Closes the connection without a time limit: see [`WebSocket::close_unbounded`].
    ///
    /// # Errors
    /// As for that method.
    pub fn close_unbounded<'f>(&mut self, frame: impl Into<CloseFrame<'f>>) -> Result<(), Error>
    where
        for<'a> &'a X::Io: CloseWrite,
    {
        close_with(&mut self.endpoint, frame.into(), CloseWrite::close_write)
    }

    /// Closes the connection by a timer: see [`WebSocket::close_by`].
    ///
    /// # Errors
    /// As for that method.
    pub fn close_by<'f>(
        &mut self,
        frame: impl Into<CloseFrame<'f>>,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<Blocking<BlockingHalf<X>>>,
    ) -> Result<(), Error>
    where
        for<'a> &'a X::Io: CloseWrite,
    {
        close_by(&mut self.endpoint, frame.into(), keep_alive, timer)
    }
}

impl<X: Divide> Sender<X>
where
    for<'a> &'a X::Io: Read + Write,
{
    /// Sends a message: see [`WebSocket::send`].
    ///
    /// # Errors
    /// As for that method.
    pub fn send<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        self.queue(message)?;
        self.flush()
    }

    /// Queues a message once there is room: see [`WebSocket::queue`].
    ///
    /// # Errors
    /// As for that method.
    pub fn queue<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        now(self.connection.poll_room(&mut context()).map(Ok))?;
        self.encode(message.into())
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

    /// Sends a ping: see [`WebSocket::ping`].
    ///
    /// # Errors
    /// As for that method.
    pub fn ping(&mut self, payload: impl AsRef<[u8]>) -> Result<(), Error> {
        self.send(Outgoing::Ping(payload.as_ref()))
    }

    /// Sends all queued bytes.
    ///
    /// # Errors
    /// Errors of the transport, and [`Error::Closed`] if the other half has sent the close frame.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.drop_late()?;
        Ok(self.connection.flush()?)
    }

    /// Sends a message as [`send`](Self::send) does, but gives up a peer that does not accept it
    /// within [`Deadlines::send`] by the clock of `timer`: 30 seconds, unless
    /// [`deadlines_mut`](Self::deadlines_mut) sets another time.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`Error::Io`] of kind
    /// [`TimedOut`](std::io::ErrorKind::TimedOut) for a missed deadline.
    pub fn send_by<'m>(
        &mut self,
        message: impl Into<Outgoing<'m>>,
        timer: &mut impl TimerFor<Blocking<BlockingHalf<X>>>,
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
        timer: &mut impl TimerFor<Blocking<BlockingHalf<X>>>,
    ) -> Result<(), Error> {
        let connection = &mut self.connection;
        let room = now(connection.poll_room_by(&mut context(), timer).map_err(Error::Io));
        // Some sockets refuse that once the peer has gone; what came of the call matters more.
        let _ = timer.arm_for(connection.transport(), None);
        room?;
        self.encode(message.into())
    }

    /// Flushes as [`flush`](Self::flush) does, within the time that [`send_by`](Self::send_by) has.
    ///
    /// # Errors
    /// As [`flush`](Self::flush), and as [`send_by`](Self::send_by) for a missed deadline.
    pub fn flush_by(
        &mut self,
        timer: &mut impl TimerFor<Blocking<BlockingHalf<X>>>,
    ) -> Result<(), Error> {
        self.drop_late()?;
        Ok(self.connection.flush_by(timer)?)
    }

    /// Returns the deadlines of [`send_by`](Self::send_by), [`queue_by`](Self::queue_by) and
    /// [`flush_by`](Self::flush_by). They are those of the WebSocket that was split, until they are
    /// changed.
    pub fn deadlines_mut(&mut self) -> &mut Deadlines {
        self.connection.deadlines_mut()
    }

    /// Sends the close frame, within [`Deadlines::send`], 30 seconds by default, by the time-outs of
    /// the socket, which it restores. The other half reads on: the peer's close frame is its last
    /// message.
    ///
    /// # Errors
    /// As [`send_by`](Self::send_by).
    pub fn close<'f>(&mut self, frame: impl Into<CloseFrame<'f>>) -> Result<(), Error>
    where
        X::Io: Timeouts,
    {
        self.close_by(frame, &mut SocketClock::new())
    }

    /// Sends the close frame as [`close`](Self::close) does, by the clock of `timer`.
    ///
    /// # Errors
    /// As [`send_by`](Self::send_by).
    pub fn close_by<'f>(
        &mut self,
        frame: impl Into<CloseFrame<'f>>,
        timer: &mut impl TimerFor<Blocking<BlockingHalf<X>>>,
    ) -> Result<(), Error> {
        self.encode(frame.into().into())?;
        self.flush_by(timer)
    }

    /// Sends the close frame as [`close`](Self::close) does, and waits as long as the transport
    /// does.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn close_unbounded<'f>(&mut self, frame: impl Into<CloseFrame<'f>>) -> Result<(), Error> {
        self.encode(frame.into().into())?;
        self.flush()
    }

    /// Returns true if this end has sent its close frame, so that it can send nothing more.
    pub fn is_closed(&self) -> bool {
        self.writer.is_closed()
    }

    /// Lends the queued bytes, to add whole frames by other means: see [`WebSocket::output`].
    pub fn output(&mut self) -> &mut Output {
        self.connection.output_mut()
    }

    fn encode(&mut self, item: Outgoing<'_>) -> Result<(), Error> {
        let closes = item.is_close() && !self.writer.is_closed();
        engine::encode(&mut self.connection, &mut self.writer, item)?;
        self.has_closed |= closes;
        Ok(())
    }

    /// Fails and drops the queue if the other half has sent its close frame in the meantime.
    fn drop_late(&mut self) -> Result<(), Error> {
        let is_late = !self.has_closed && self.writer.is_closed();
        if is_late && !self.connection.output().is_empty() {
            self.connection.output_mut().clear();
            return Err(Error::Closed);
        }
        Ok(())
    }
}

impl<X: Divide> fmt::Debug for Receiver<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.endpoint).finish()
    }
}

impl<X: Divide> fmt::Debug for Sender<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.connection).finish()
    }
}
