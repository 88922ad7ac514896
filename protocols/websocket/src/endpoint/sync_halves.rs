//! A blocking endpoint in two halves, for two threads.

use segue::{
    Output,
    driver::{
        BlockingHalf, Deadlines, Divide, HalfConnection, Timeouts, TimerFor,
        sync::{Blocking, CloseWrite},
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
use crate::{Close, CloseCode, Outgoing, Writer};

/// The half of a [`WebSocket`] that reads, and answers control frames.
pub struct Receiver<X: Divide> {
    endpoint: Endpoint<Blocking<BlockingHalf<X>>>,
}

/// The half of a [`WebSocket`] that sends.
///
/// Once the other half has answered the peer's close frame nothing can be sent any more:
/// [`Error::Closed`]. Messages that were only queued until then are dropped with that error.
pub struct Sender<X: Divide> {
    connection: HalfConnection<X, ()>,
    writer: Writer,
    /// The close frame was sent by this half, and what is queued goes before it.
    has_closed: bool,
}

impl<X: Divide> Receiver<X>
where
    for<'a> &'a X::Io: Read + Write,
{
    pub(super) fn split(endpoint: Endpoint<Blocking<X>>) -> (Self, Sender<X>) {
        let (connection, writer, course) = endpoint.unmake();
        let has_closed = writer.is_closed();
        let (reader, sender) = connection.split();
        let (closer, writer) = engine::closer(writer);
        let endpoint = Endpoint::remake(reader, closer, course);
        (Self { endpoint }, Sender { connection: sender, writer, has_closed })
    }

    /// Makes the halves one again.
    ///
    /// # Errors
    /// Both halves, if they are not of one WebSocket.
    pub fn unsplit(self, sender: Sender<X>) -> Result<WebSocket<X>, (Self, Sender<X>)> {
        let (connection, closer, course) = self.endpoint.unmake();
        match connection.unsplit(sender.connection) {
            Ok(connection) => {
                Ok(WebSocket::from_endpoint(Endpoint::remake(connection, sender.writer, course)))
            }
            Err((reader, connection)) => Err((
                Self { endpoint: Endpoint::remake(reader, closer, course) },
                Sender { connection, ..sender },
            )),
        }
    }

    /// The next message: see [`WebSocket::next`].
    ///
    /// # Errors
    /// As there.
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: it may fail and go on")]
    pub fn next(&mut self) -> Result<Option<OwnedMessage>, Error> {
        now(self.endpoint.poll_next(&mut context()))
    }

    /// The same, watched over: see [`WebSocket::next_by`].
    ///
    /// # Errors
    /// As there.
    pub fn next_by(
        &mut self,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<Blocking<BlockingHalf<X>>>,
    ) -> Result<Option<OwnedMessage>, Error> {
        next_by(&mut self.endpoint, keep_alive, timer)
    }

    /// Closes the connection, for both halves: see [`WebSocket::close`]. What the other half has
    /// queued and not flushed is not sent.
    ///
    /// # Errors
    /// As there.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error>
    where
        X::Io: Timeouts,
        for<'a> &'a X::Io: CloseWrite,
    {
        close(&mut self.endpoint, code, reason)
    }

    /// The same without a bound in time: see [`WebSocket::close_unbounded`].
    ///
    /// # Errors
    /// As there.
    pub fn close_unbounded(&mut self, code: CloseCode, reason: &str) -> Result<(), Error>
    where
        for<'a> &'a X::Io: CloseWrite,
    {
        close_with(&mut self.endpoint, code, reason, CloseWrite::close_write)
    }

    /// The same by a timer: see [`WebSocket::close_by`].
    ///
    /// # Errors
    /// As there.
    pub fn close_by(
        &mut self,
        code: CloseCode,
        reason: &str,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<Blocking<BlockingHalf<X>>>,
    ) -> Result<(), Error>
    where
        for<'a> &'a X::Io: CloseWrite,
    {
        close_by(&mut self.endpoint, Close { code, reason }, keep_alive, timer)
    }
}

impl<X: Divide> Sender<X>
where
    for<'a> &'a X::Io: Read + Write,
{
    /// Sends a message: see [`WebSocket::send`].
    ///
    /// # Errors
    /// As there.
    pub fn send<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        self.queue(message)?;
        self.flush()
    }

    /// Queues a message once there is room: see [`WebSocket::queue`].
    ///
    /// # Errors
    /// As there.
    pub fn queue<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        now(self.connection.poll_room(&mut context()).map(Ok))?;
        self.encode(message.into())
    }

    /// Sends all that is queued.
    ///
    /// # Errors
    /// Of the transport, and [`Error::Closed`] where the other half has sent the close frame.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.drop_late()?;
        Ok(self.connection.flush()?)
    }

    /// The same as [`send`](Self::send), but gives up a peer that does not take it within
    /// [`Deadlines::send`] by the clock of `timer`: 30 seconds, unless
    /// [`deadlines_mut`](Self::deadlines_mut) is told otherwise.
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

    /// The same as [`queue`](Self::queue), but waits for room no longer than
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

    /// The same as [`flush`](Self::flush), within the time that [`send_by`](Self::send_by) has.
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

    /// The deadlines of [`send_by`](Self::send_by), [`queue_by`](Self::queue_by) and
    /// [`flush_by`](Self::flush_by). They are those of the WebSocket that was split, until they are
    /// changed.
    pub fn deadlines_mut(&mut self) -> &mut Deadlines {
        self.connection.deadlines_mut()
    }

    /// Sends the last word. The other half reads on: the peer's close frame is its last message.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.encode(Outgoing::Close(Some(Close { code, reason })))?;
        self.flush()
    }

    /// Whether this end has sent its close frame, so that it can send nothing more.
    pub fn is_closed(&self) -> bool {
        self.writer.is_closed()
    }

    /// What is queued, to be added to by other means: see [`WebSocket::output_mut`].
    pub fn output_mut(&mut self) -> &mut Output {
        self.connection.output_mut()
    }

    fn encode(&mut self, item: Outgoing<'_>) -> Result<(), Error> {
        let closes = matches!(item, Outgoing::Close(_)) && !self.writer.is_closed();
        engine::encode(&mut self.connection, &mut self.writer, item)?;
        self.has_closed |= closes;
        Ok(())
    }

    /// Drops what is queued, and fails, if the other half has said the last word meanwhile.
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
