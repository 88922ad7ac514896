//! A polled endpoint in two halves, for two tasks.

use futures_core::Stream;
use futures_sink::Sink;
use segue::{
    Output,
    driver::{Connection, Deadlines, Half, PollTransport, TimerFor},
};
use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    Error, KeepAlive, OwnedMessage, WebSocket,
    engine::{self, Endpoint},
    keeping,
    parting::Parting,
    polled::{self, poll_end, poll_item, poll_parting},
};
use crate::{Close, CloseCode, CloseFrame, Outgoing, Writer};

/// The half of a [`WebSocket`] that reads, and answers control frames.
///
/// Its automatic answers are sent before it waits. It is a [`Stream`], as the whole is.
pub struct Receiver<T> {
    pub(super) endpoint: Endpoint<Half<T>>,
    is_over: bool,
}

/// The half of a [`WebSocket`] that sends. It is a [`Sink`] of [`OwnedMessage`]s.
///
/// After the other half has answered the peer's close frame, sending fails with [`Error::Closed`].
/// Messages that were queued until then are dropped with that error, since nothing may follow a
/// close frame.
pub struct Sender<T> {
    connection: Connection<Half<T>, ()>,
    writer: Writer,
    /// This half has sent the close frame, and queued messages go before it.
    has_closed: bool,
}

impl<T: PollTransport> Receiver<T> {
    pub(super) fn split(endpoint: Endpoint<T>) -> (Sender<T>, Self) {
        let parting = endpoint.parting().map(|parting| Parting::new(parting.clock, poll_parting));
        let (connection, writer, course) = endpoint.unmake();
        let has_closed = writer.is_closed();
        let (reader, sender) = connection.split();
        let (closer, writer) = engine::closer(writer);
        let endpoint = Endpoint::remake(reader, closer, course, parting);
        (Sender { connection: sender, writer, has_closed }, Self { endpoint, is_over: false })
    }

    /// Joins the halves again.
    ///
    /// # Errors
    /// Returns both halves if they are not of the same WebSocket.
    pub fn unsplit(self, sender: Sender<T>) -> Result<WebSocket<T>, (Self, Sender<T>)> {
        let parting = self.endpoint.parting();
        let (connection, closer, course) = self.endpoint.unmake();
        match connection.unsplit(sender.connection) {
            Ok(connection) => {
                let parting = parting.map(|parting| Parting::new(parting.clock, poll_parting));
                let endpoint = Endpoint::remake(connection, sender.writer, course, parting);
                Ok(WebSocket::from_endpoint(endpoint))
            }
            Err((reader, writer)) => Err((
                Self { endpoint: Endpoint::remake(reader, closer, course, parting), ..self },
                Sender { connection: writer, ..sender },
            )),
        }
    }

    /// Waits for the next message: see [`WebSocket::next`].
    ///
    /// # Errors
    /// As for that method.
    pub async fn next(&mut self) -> Result<Option<OwnedMessage>, Error> {
        poll_fn(|cx| self.endpoint.poll_next(cx)).await
    }

    /// Waits for the next message, watched by a keep-alive: see [`WebSocket::next_by`].
    ///
    /// # Errors
    /// As for that method.
    pub async fn next_by(
        &mut self,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<Half<T>>,
    ) -> Result<Option<OwnedMessage>, Error> {
        poll_fn(|cx| keeping::poll_next(&mut self.endpoint, cx, keep_alive, timer)).await
    }

    /// Closes the connection for both halves, by a timer: see [`WebSocket::close_by`]. Messages
    /// that the other half has queued and not flushed are dropped.
    ///
    /// # Errors
    /// As for that method.
    pub async fn close_by<'f>(
        &mut self,
        frame: impl Into<CloseFrame<'f>>,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<Half<T>>,
    ) -> Result<(), Error> {
        Box::pin(polled::close_by(&mut self.endpoint, frame.into(), keep_alive, timer)).await
    }

    /// Closes the connection for both halves, and waits as long as the peer takes: see
    /// [`WebSocket::close_unbounded`].
    ///
    /// # Errors
    /// As for that method.
    pub async fn close_unbounded<'f>(
        &mut self,
        frame: impl Into<CloseFrame<'f>>,
    ) -> Result<(), Error> {
        let close = frame.into().content();
        poll_fn(|cx| self.endpoint.poll_close(cx, close, poll_end)).await
    }
}

impl<T: PollTransport> Sender<T> {
    /// Sends a message: see [`WebSocket::send`].
    ///
    /// # Errors
    /// As for that method.
    pub async fn send<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        self.queue(message).await?;
        self.flush().await
    }

    /// Queues a message once there is room: see [`WebSocket::queue`].
    ///
    /// # Errors
    /// As for that method.
    pub async fn queue<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        poll_fn(|cx| self.connection.poll_room(cx)).await;
        self.encode(message.into())
    }

    /// Queues messages, each once there is room: see [`queue`](Self::queue). Messages for many
    /// connections should be [`Prepared`](crate::Prepared).
    ///
    /// # Errors
    /// As [`send`](Self::send); the messages before the one that failed are queued.
    #[doc(alias = "feed_all")]
    pub async fn queue_all<'m, M: Into<Outgoing<'m>>>(
        &mut self,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<(), Error> {
        for message in messages {
            self.queue(message).await?;
        }
        Ok(())
    }

    /// Sends messages: queues them all, and flushes once.
    ///
    /// # Errors
    /// As [`queue_all`](Self::queue_all), and those of [`flush`](Self::flush).
    pub async fn send_all<'m, M: Into<Outgoing<'m>>>(
        &mut self,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<(), Error> {
        self.queue_all(messages).await?;
        self.flush().await
    }

    /// Sends a ping: see [`WebSocket::ping`].
    ///
    /// # Errors
    /// As for that method.
    pub async fn ping(&mut self, payload: impl AsRef<[u8]>) -> Result<(), Error> {
        self.send(Outgoing::Ping(payload.as_ref())).await
    }

    /// Sends all queued bytes.
    ///
    /// # Errors
    /// Errors of the transport, and [`Error::Closed`] if the other half has sent the close frame.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_sent(cx)).await
    }

    /// Sends a message as [`send`](Self::send) does, but gives up a peer that does not accept it
    /// within [`Deadlines::send`] by the clock of `timer`: 30 seconds, unless
    /// [`deadlines_mut`](Self::deadlines_mut) sets another time.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`Error::Io`] of kind
    /// [`TimedOut`](std::io::ErrorKind::TimedOut) for a missed deadline.
    pub async fn send_by<'m>(
        &mut self,
        message: impl Into<Outgoing<'m>>,
        timer: &mut impl TimerFor<Half<T>>,
    ) -> Result<(), Error> {
        self.queue_by(message, timer).await?;
        self.flush_by(timer).await
    }

    /// Queues a message as [`queue`](Self::queue) does, but waits for room no longer than
    /// [`send_by`](Self::send_by) does.
    ///
    /// # Errors
    /// As [`send_by`](Self::send_by).
    pub async fn queue_by<'m>(
        &mut self,
        message: impl Into<Outgoing<'m>>,
        timer: &mut impl TimerFor<Half<T>>,
    ) -> Result<(), Error> {
        poll_fn(|cx| self.connection.poll_room_by(cx, timer)).await?;
        self.encode(message.into())
    }

    /// Flushes as [`flush`](Self::flush) does, within the time that [`send_by`](Self::send_by) has.
    ///
    /// # Errors
    /// As [`flush`](Self::flush), and as [`send_by`](Self::send_by) for a missed deadline.
    pub async fn flush_by(&mut self, timer: &mut impl TimerFor<Half<T>>) -> Result<(), Error> {
        poll_fn(|cx| {
            self.drop_late()?;
            self.connection.poll_flush_by(cx, timer).map_err(Error::Io)
        })
        .await
    }

    /// Returns the deadlines of [`send_by`](Self::send_by), [`queue_by`](Self::queue_by) and
    /// [`flush_by`](Self::flush_by). They are those of the WebSocket that was split, until they are
    /// changed.
    pub fn deadlines_mut(&mut self) -> &mut Deadlines {
        self.connection.deadlines_mut()
    }

    /// Sends the close frame, within [`Deadlines::send`] by the clock of `timer`. The other half
    /// reads on: the peer's close frame is its last message.
    ///
    /// # Errors
    /// As [`send_by`](Self::send_by).
    pub async fn close_by<'f>(
        &mut self,
        frame: impl Into<CloseFrame<'f>>,
        timer: &mut impl TimerFor<Half<T>>,
    ) -> Result<(), Error> {
        self.encode(frame.into().into())?;
        self.flush_by(timer).await
    }

    /// Sends the close frame as [`close_by`](Self::close_by) does, and waits as long as the peer
    /// takes: for callers with a time limit of their own.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn close_unbounded<'f>(
        &mut self,
        frame: impl Into<CloseFrame<'f>>,
    ) -> Result<(), Error> {
        self.encode(frame.into().into())?;
        self.flush().await
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

    /// Sends the queue, unless the other half has sent its close frame in the meantime.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.drop_late()?;
        self.connection.poll_flush(cx).map_err(Error::Io)
    }
}

impl<T: PollTransport + Unpin> Stream for Receiver<T> {
    type Item = Result<OwnedMessage, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { endpoint, is_over } = self.get_mut();
        poll_item(is_over, || endpoint.poll_next(cx))
    }
}

impl<T: PollTransport + Unpin> Sink<OwnedMessage> for Sender<T> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().connection.poll_room(cx).map(Ok)
    }

    fn start_send(self: Pin<&mut Self>, item: OwnedMessage) -> Result<(), Error> {
        self.get_mut().encode(Outgoing::from(&item))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().poll_sent(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        this.encode(Outgoing::Close(Some(Close { code: CloseCode::NORMAL, reason: "" })))?;
        ready!(this.poll_sent(cx))?;
        Poll::Ready(Ok(()))
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.endpoint).finish()
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.connection).finish()
    }
}
