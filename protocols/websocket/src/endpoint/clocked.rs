//! Methods of polled endpoints that use the clock of their transport.

use segue::{
    Exchange,
    driver::{self, Clocked, Connection, Timer},
};

use super::{
    Error, KeepAlive,
    engine::{DRAIN_REFUSED, Endpoint},
    halves,
    parting::Clock,
    polled,
};
use std::io;

use crate::CloseFrame;

/// Runs a handshake within the deadline of a record.
pub(super) async fn exchange<T: Clocked, X: Exchange>(
    connection: &mut Connection<T, ()>,
    handshake: &mut X,
) -> Result<X::Output, driver::Error<X::Error>> {
    connection.exchange_by(handshake, &mut T::timer(T::now())?).await
}

/// Waits for a socket to connect, within the deadline of a record.
#[cfg(feature = "tokio-net")]
pub(super) async fn within<T: Clocked, R>(
    connecting: impl Future<Output = io::Result<R>>,
) -> io::Result<R> {
    let mut timer = T::timer(T::now())?;
    let deadline = timer.now() + driver::Deadlines::new().record;
    let mut connecting = std::pin::pin!(connecting);
    std::future::poll_fn(|cx| match connecting.as_mut().poll(cx) {
        std::task::Poll::Pending => timer
            .poll_at(cx, deadline)
            .map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "the host does not answer"))),
        connected => connected,
    })
    .await
}

/// Makes a timer on the clock of the transport.
pub(super) fn clock<T: Clocked<Timer: Send + Sync + 'static>>() -> io::Result<Clock> {
    T::timer(T::now()).map(Clock::new)
}

/// Ends a connection whose handshake failed, within the time limit of a close.
pub(super) async fn end<T: Clocked>(connection: &mut Connection<T, ()>) {
    let _ = connection.close(DRAIN_REFUSED).await;
}

impl<T: Clocked> polled::WebSocket<T> {
    /// Closes the connection within [`Options::linger`](segue::driver::Options::linger) by the
    /// clock of the transport, 10 seconds by default: see [`close_by`](Self::close_by).
    ///
    /// # Errors
    /// As [`close_by`](Self::close_by). Fails as well if the runtime has no timers.
    pub async fn close<'f>(&mut self, frame: impl Into<CloseFrame<'f>>) -> Result<(), Error> {
        Box::pin(close(&mut self.endpoint, frame.into())).await
    }
}

impl<T: Clocked> halves::Receiver<T> {
    /// Closes the connection for both halves: see [`WebSocket::close`](polled::WebSocket::close).
    /// Messages that the other half has queued and not flushed are dropped.
    ///
    /// # Errors
    /// As for that method.
    pub async fn close<'f>(&mut self, frame: impl Into<CloseFrame<'f>>) -> Result<(), Error> {
        Box::pin(close(&mut self.endpoint, frame.into())).await
    }
}

impl<T: Clocked> halves::Sender<T> {
    /// Sends the close frame, within [`Deadlines::send`](segue::driver::Deadlines::send) by the
    /// clock of the transport, 30 seconds by default. The other half reads on: the peer's close
    /// frame is its last message.
    ///
    /// # Errors
    /// As [`send_by`](Self::send_by). Fails as well if the runtime has no timers.
    pub async fn close<'f>(&mut self, frame: impl Into<CloseFrame<'f>>) -> Result<(), Error> {
        let frame = frame.into();
        Box::pin(async move { self.close_by(frame, &mut T::timer(T::now())?).await }).await
    }
}

/// Closes a whole endpoint or its half. Callers box the future: a task has room for the largest
/// that it ever awaits.
async fn close<T: Clocked>(endpoint: &mut Endpoint<T>, close: CloseFrame<'_>) -> Result<(), Error> {
    let mut timer = T::timer(T::now())?;
    let linger = endpoint.connection.options().linger;
    let mut keep_alive = KeepAlive::new(timer.now()).close_within(linger);
    polled::close_by(endpoint, close, &mut keep_alive, &mut timer).await
}
