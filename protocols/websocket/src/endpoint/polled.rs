//! Polled endpoints, for tokio and futures-io alike.

use futures_core::Stream;
use futures_sink::Sink;
use segue::{
    Edge, Handoff, Output,
    driver::{
        self, Connection, HasLeaf, IntoIo, Leaf, PollTransport, Refused, TimerFor, Transport,
    },
};
use std::{
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use super::{
    Error, KeepAlive, MessageTurn, OwnedMessage, Receiver, Sender,
    engine::{DRAIN, Endpoint},
    keeping,
    parting::{Clock, MakeClock, Parting},
};
use crate::{
    Accepted, ClientHandshake, Close, CloseCode, CloseFrame, Connected, Messages, Outgoing,
    RequestError, ResponseError, Role, ServerHandshake, Writer,
};

/// A WebSocket over a polled transport: the type behind
/// [`tokio::WebSocket`](crate::tokio::WebSocket) and
/// [`futures::WebSocket`](crate::futures::WebSocket), which have the constructors.
///
/// Pings and the peer's close frame are answered automatically. A connection that waits with
/// nothing half-read or unsent holds no buffer.
///
/// # Dropped futures
/// Every method may be called again after its future was dropped. [`next`](Self::next),
/// [`turn`](Self::turn), [`flush`](Self::flush) and [`close_by`](Self::close_by) lose nothing and
/// repeat nothing. A dropped [`queue`](Self::queue) has queued nothing. A dropped
/// [`send`](Self::send), which is `queue` and then `flush`, has queued nothing or the whole
/// message, which is then sent with the next flush. Where the difference matters, call the two
/// separately.
///
/// # As a stream and a sink
/// It is a [`Stream`] of the messages of [`next`](Self::next), which ends after the peer's close
/// frame or the first error, and a [`Sink`] of [`OwnedMessage`]s. Closing the sink sends a close
/// frame with [`CloseCode::NORMAL`], if none was sent before, and flushes, without a bound in time,
/// since a sink has no clock; the peer's messages still come from the stream. Where methods of the extension traits have the same names, the
/// methods here are called.
pub struct WebSocket<T> {
    pub(super) endpoint: Endpoint<T>,
    /// The stream has ended.
    is_over: bool,
}

impl<T: PollTransport> WebSocket<T> {
    /// Joins a connection and a writer to a WebSocket, and makes the two share their state. Use it
    /// for stages with a handshake or limits of your own.
    ///
    /// After a [fault](Error::Fault) of the peer close it: no clock is known here, so `next` returns
    /// the fault at once, and a socket that is dropped while the peer sends may destroy the close
    /// frame on its way. The other constructors know a clock, if there is one.
    pub fn new(connection: Connection<T, Messages>, writer: Writer) -> Self {
        Self::from_endpoint(Endpoint::new(connection, writer))
    }

    /// Changes the reading stage: `socket.read_with(|messages| messages.limits(limits))`.
    #[must_use]
    pub fn read_with(self, change: impl FnOnce(Messages) -> Messages) -> Self {
        Self { endpoint: self.endpoint.read_with(change), ..self }
    }

    /// Waits for the next message, owned. `None` once both sides have sent their close frames, or
    /// an error has been returned. The peer's close frame is the last message; the next call
    /// answers it, after everything that was sent until then.
    ///
    /// Queued messages are sent before it waits.
    ///
    /// # Errors
    /// Errors of the transport, or a [fault](Error::Fault) of the peer, which has already been sent
    /// the close frame for it. A stream that ends without a close frame is a fault. With a clock the
    /// connection has also been ended then: what the peer still sent was dropped, for at most
    /// [`Options::linger`](segue::driver::Options::linger), so that it sees the close code and not a
    /// reset.
    #[inline]
    pub async fn next(&mut self) -> Result<Option<OwnedMessage>, Error> {
        poll_fn(|cx| self.endpoint.poll_next(cx)).await
    }

    /// Waits for the next message, while `keep_alive` watches the connection by the clock of
    /// `timer`: it sends a ping, sends a close frame, or gives the peer up.
    ///
    /// # Errors
    /// As [`next`](Self::next), and [`Error::Silent`] if the peer is given up.
    pub async fn next_by(
        &mut self,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<T>,
    ) -> Result<Option<OwnedMessage>, Error> {
        poll_fn(|cx| keeping::poll_next(&mut self.endpoint, cx, keep_alive, timer)).await
    }

    /// Waits for the next message, lent, with the output for answers; `None` as for
    /// [`next`](Self::next). Nothing is copied, and the answers to a batch of messages leave in one
    /// write.
    ///
    /// # Errors
    /// As [`next`](Self::next). For a fault in a whole message (text that is not UTF-8) the next
    /// call sends the close frame: this one or a close.
    #[inline]
    pub async fn turn(&mut self) -> Result<Option<MessageTurn<'_, T>>, Error> {
        let is_ready = poll_fn(|cx| self.endpoint.poll_ready(cx)).await?;
        if is_ready { self.endpoint.take_turn() } else { Ok(None) }
    }

    /// Sends a message: queues it once there is room, and flushes. To answer in a loop over
    /// [`next`](Self::next), use [`queue`](Self::queue): it saves a system call a message.
    ///
    /// # Errors
    /// Errors of the transport, [`Error::Closed`] after the close frame, and [`Error::Write`] for a
    /// message that cannot be sent. A second close frame is no error and is not sent.
    pub async fn send<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        self.queue(message).await?;
        self.flush().await
    }

    /// Queues a message once there is room. It is sent with the next [`flush`](Self::flush), or
    /// when the connection waits for the peer.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn queue<'m>(&mut self, message: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        poll_fn(|cx| self.endpoint.connection.poll_room(cx)).await;
        self.endpoint.encode(message.into())
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

    /// Sends a ping of at most 125 bytes. The answer is a pong with the same payload, among the
    /// messages.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn ping(&mut self, payload: impl AsRef<[u8]>) -> Result<(), Error> {
        self.send(Outgoing::Ping(payload.as_ref())).await
    }

    /// Sends all queued bytes.
    ///
    /// # Errors
    /// Errors of the transport.
    pub async fn flush(&mut self) -> Result<(), Error> {
        Ok(self.endpoint.connection.flush().await?)
    }

    /// Sends a message as [`send`](Self::send) does, but gives up a peer that does not accept it
    /// within [`Deadlines::send`](segue::driver::Deadlines::send) by the clock of `timer`: 30
    /// seconds, unless `connection_mut().deadlines_mut()` sets another time.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`Error::Io`] of kind
    /// [`TimedOut`](std::io::ErrorKind::TimedOut) for a missed deadline.
    pub async fn send_by<'m>(
        &mut self,
        message: impl Into<Outgoing<'m>>,
        timer: &mut impl TimerFor<T>,
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
        timer: &mut impl TimerFor<T>,
    ) -> Result<(), Error> {
        poll_fn(|cx| self.endpoint.connection.poll_room_by(cx, timer)).await?;
        self.endpoint.encode(message.into())
    }

    /// Flushes as [`flush`](Self::flush) does, within the time that [`send_by`](Self::send_by) has.
    ///
    /// # Errors
    /// Errors of the transport, as [`send_by`](Self::send_by).
    pub async fn flush_by(&mut self, timer: &mut impl TimerFor<T>) -> Result<(), Error> {
        Ok(self.endpoint.connection.flush_by(timer).await?)
    }

    /// Closes the connection: sends a close frame unless one was sent, reads and drops messages up
    /// to the peer's close frame, and ends the transport so that everything sent arrives. After
    /// both close frames it only ends the transport. A close frame of the peer that
    /// [`next`](Self::next) returned is answered with its own code. At most 64 MiB are dropped.
    ///
    /// It waits no longer than `keep_alive` allows by the clock of `timer`: 10 seconds from the
    /// first close frame on, unless [`close_within`](KeepAlive::close_within) sets another time.
    ///
    /// # Errors
    /// [`Error::Write`] if the code is not for the wire or the reason is longer than
    /// [`Close::MAX_REASON`]; the connection is unchanged. [`Error::Unanswered`] if the peer did
    /// not answer in time: drop the connection. Otherwise the error that kept the peer from
    /// answering. A peer that has answered and only does not end its stream causes no error.
    pub async fn close_by<'f>(
        &mut self,
        frame: impl Into<CloseFrame<'f>>,
        keep_alive: &mut KeepAlive,
        timer: &mut impl TimerFor<T>,
    ) -> Result<(), Error> {
        Box::pin(close_by(&mut self.endpoint, frame.into(), keep_alive, timer)).await
    }

    /// Closes the connection, and waits for the peer as long as it takes, possibly for ever: for
    /// callers with a time limit of their own.
    ///
    /// # Errors
    /// As [`close_by`](Self::close_by), except for time-outs.
    pub async fn close_unbounded<'f>(
        &mut self,
        frame: impl Into<CloseFrame<'f>>,
    ) -> Result<(), Error> {
        let close = frame.into().content();
        poll_fn(|cx| self.endpoint.poll_close(cx, close, poll_end)).await
    }

    /// Splits it in two halves for two tasks: the first sends, the second reads and answers control
    /// frames. They are in the order of `futures::StreamExt::split` and of channels.
    pub fn split(self) -> (Sender<T>, Receiver<T>) {
        Receiver::split(self.endpoint)
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
    pub fn get_ref(&self) -> &IoOf<T>
    where
        T: HasLeaf<Leaf: Leaf>,
    {
        self.endpoint.connection.io()
    }

    /// Returns the socket, or whatever is under all layers, to be changed.
    pub fn get_mut(&mut self) -> &mut IoOf<T>
    where
        T: HasLeaf<Leaf: Leaf>,
    {
        self.endpoint.connection.io_mut()
    }

    /// Returns the transport, with the bytes that were received and not read, and those that were
    /// queued and not sent: see [`Handoff::into_io`].
    ///
    /// # Errors
    /// Returns the connection if a message is half read, or the transport has failed.
    pub fn into_inner<Io>(self) -> Result<Handoff<Io>, Refused<Connection<T, Messages>>>
    where
        T: IntoIo<Io = Io>,
    {
        self.endpoint.into_parts().0.hand_off(Edge::Carry)
    }

    /// Returns the connection, for everything else.
    pub fn connection_mut(&mut self) -> &mut Connection<T, Messages> {
        &mut self.endpoint.connection
    }

    /// Returns the connection and the writer.
    pub fn into_parts(self) -> (Connection<T, Messages>, Writer) {
        self.endpoint.into_parts()
    }

    pub(super) fn from_endpoint(endpoint: Endpoint<T>) -> Self {
        Self { endpoint, is_over: false }
    }

    /// Parts from a peer that breaks the rules by this clock, if there is one.
    pub(super) fn parting_by(mut self, clock: Option<MakeClock>) -> Self {
        if let Some(clock) = clock {
            self.endpoint.parting_by(Parting::new(clock, poll_parting));
        }
        self
    }

    /// Opens a connection as a server. A refused client gets its answer, and `end` ends the
    /// connection.
    pub(super) async fn open_as_server(
        mut connection: Connection<T, ()>,
        mut handshake: ServerHandshake,
        exchange: impl AsyncFnOnce(
            &mut Connection<T, ()>,
            &mut ServerHandshake,
        ) -> Result<Accepted, driver::Error<RequestError>>,
        end: impl AsyncFnOnce(&mut Connection<T, ()>),
        clock: Option<MakeClock>,
    ) -> Result<(Self, Accepted), Error> {
        match exchange(&mut connection, &mut handshake).await {
            Ok(accepted) => {
                connection.flush().await?;
                let socket = Self::opened(connection, accepted.halves())?;
                Ok((socket.parting_by(clock), accepted))
            }
            Err(error) => Err(Self::refused(connection, error.into(), end).await),
        }
    }

    /// Opens a connection as a client.
    pub(super) async fn open_as_client(
        mut connection: Connection<T, ()>,
        mut handshake: ClientHandshake,
        exchange: impl AsyncFnOnce(
            &mut Connection<T, ()>,
            &mut ClientHandshake,
        ) -> Result<Connected, driver::Error<ResponseError>>,
        end: impl AsyncFnOnce(&mut Connection<T, ()>),
        clock: Option<MakeClock>,
    ) -> Result<(Self, Connected), Error> {
        match exchange(&mut connection, &mut handshake).await {
            Ok(opened) => {
                let socket = Self::opened(connection, opened.halves())?;
                Ok((socket.parting_by(clock), opened))
            }
            Err(error) => Err(Self::refused(connection, error.into(), end).await),
        }
    }

    fn opened(
        connection: Connection<T, ()>,
        (messages, writer): (Messages, Writer),
    ) -> Result<Self, Error> {
        let connection = connection.follow(|()| messages).map_err(std::io::Error::from)?;
        Ok(Self::from_endpoint(Endpoint::new(connection, writer)))
    }

    /// Ends a connection whose handshake failed. The handshake error wins over an error of the
    /// close.
    async fn refused(
        mut connection: Connection<T, ()>,
        error: Error,
        end: impl AsyncFnOnce(&mut Connection<T, ()>),
    ) -> Error {
        if !matches!(error, Error::Io(_)) {
            end(&mut connection).await;
        }
        error
    }
}

/// Ends a connection whose handshake failed, without a clock: bytes that are there are dropped, and
/// nothing is waited for.
#[cfg(any(
    all(feature = "futures", not(feature = "async-io")),
    all(feature = "tokio", not(feature = "tokio-time"))
))]
pub(super) async fn end_at_once<T: PollTransport>(connection: &mut Connection<T, ()>) {
    if connection.close_write().await.is_ok() {
        let mut drained = pin!(connection.close_unbounded(super::engine::DRAIN_REFUSED));
        poll_fn(|cx| Poll::Ready(drained.as_mut().poll(cx).is_ready())).await;
    }
}

/// Closes an endpoint by a timer. Callers box the future: a task has room for the largest that it
/// ever awaits.
pub(super) async fn close_by<T: PollTransport>(
    endpoint: &mut Endpoint<T>,
    close: CloseFrame<'_>,
    keep_alive: &mut KeepAlive,
    timer: &mut impl TimerFor<T>,
) -> Result<(), Error> {
    poll_fn(|cx| keeping::poll_close(endpoint, cx, close.content(), poll_end, keep_alive, timer))
        .await
}

/// Ends a connection: a new future of the driver continues where a dropped one left off.
pub(super) fn poll_end<T: PollTransport, S: segue::Decode>(
    connection: &mut Connection<T, S>,
    cx: &mut Context<'_>,
    limit: u64,
) -> Poll<std::io::Result<bool>> {
    pin!(connection.close_unbounded(limit)).poll(cx)
}

/// The socket under all layers.
type IoOf<T> = <<T as Transport>::Leaf as Leaf>::Io;

/// Ends a connection whose peer broke the rules. A new future of the driver continues where a
/// dropped one left off.
pub(super) fn poll_parting<T: PollTransport>(
    connection: &mut Connection<T, Messages>,
    cx: &mut Context<'_>,
    clock: &mut Clock,
) -> Poll<()> {
    pin!(connection.close_by(DRAIN, clock)).poll(cx).map(drop)
}

/// Turns a result of `next` into an item of a stream.
pub(super) fn poll_item(
    is_over: &mut bool,
    poll: impl FnOnce() -> Poll<Result<Option<OwnedMessage>, Error>>,
) -> Poll<Option<Result<OwnedMessage, Error>>> {
    if *is_over {
        return Poll::Ready(None);
    }
    let item = ready!(poll()).transpose();
    *is_over = !matches!(item, Some(Ok(_)));
    Poll::Ready(item)
}

impl<T: PollTransport + Unpin> Stream for WebSocket<T> {
    type Item = Result<OwnedMessage, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { endpoint, is_over } = self.get_mut();
        poll_item(is_over, || endpoint.poll_next(cx))
    }
}

impl<T: PollTransport + Unpin> Sink<OwnedMessage> for WebSocket<T> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().endpoint.connection.poll_room(cx).map(Ok)
    }

    fn start_send(self: Pin<&mut Self>, item: OwnedMessage) -> Result<(), Error> {
        self.get_mut().endpoint.encode(Outgoing::from(&item))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().endpoint.connection.poll_flush(cx).map_err(Error::Io)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let endpoint = &mut self.get_mut().endpoint;
        endpoint.encode(Outgoing::Close(Some(Close { code: CloseCode::NORMAL, reason: "" })))?;
        ready!(endpoint.connection.poll_flush(cx))?;
        if endpoint.connection.stage().is_closed() {
            // Both have said their last word, and nobody calls after a sink has been closed.
            ready!(endpoint.connection.poll_close_write(cx))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<T> fmt::Debug for WebSocket<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)
    }
}
