//! The future that does the I/O of an endpoint.

use std::{
    error, fmt,
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::{
    Carrier, Endpoint,
    shared::{End, Link, Shared, Wake},
};
use crate::{
    Cause, Decode, Fault,
    driver::{Connection, Error, PollTransport, TimerFor, read::ReadSide},
    mux::Event,
};

/// The future that does the I/O of an [`Endpoint`]. Spawn it, or join it with the tasks that use
/// the streams.
///
/// It is ready when the session is over and everything is sent. The session ends by the peer, by
/// [`Endpoint::close`], or when the last endpoint and the last stream are dropped and the peer has
/// ended its sides of the streams. It waits for a peer that does not: bound that by
/// [`Endpoint::close`] and by [`run_by`](Self::run_by). Then it ends its side of the transport.
/// Dropped before, it drops the connection, and every stream fails.
///
/// # Errors
/// Those of the transport, or a fault of the peer; every stream gets one. A peer that has ended the
/// session with streams open is such a fault, and so is a transport that ends without a message:
/// see [`session_end`](super::session_end).
#[must_use = "a driver does nothing unless it is polled"]
pub struct Driver<T, C: Carrier> {
    connection: Connection<T, Link<C>>,
    shared: Arc<Shared<C>>,
    /// The session is over, and the transport is being ended.
    is_done: bool,
}

impl<T: PollTransport, C> Connection<T, C>
where
    C: Carrier + for<'a> Decode<Item<'a> = Event<<C as Carrier>::Id>> + 'static,
{
    /// Makes an endpoint for the streams of the carrier that is the stage, and the driver that does
    /// their I/O: see [`streams`](crate::driver::streams).
    pub fn into_streams(self) -> (Endpoint<C>, Driver<T, C>) {
        let Self { io, read, write, tasks, waits } = self;
        let shared = Shared::new(read.pull.into_stage());
        let read = ReadSide::new(Link(Arc::clone(&shared)), read.input);
        let connection = Connection { io, read, write, tasks, waits };
        (Endpoint::of(&shared), Driver { connection, shared, is_done: false })
    }
}

impl<T: PollTransport, C> Driver<T, C>
where
    C: Carrier + for<'a> Decode<Item<'a> = Event<<C as Carrier>::Id>> + 'static,
    <C as Decode>::Error: error::Error + Send + Sync + 'static,
{
    /// Drives the endpoint with the clock of `timer`: it keeps pings and idle time-outs of the
    /// session, and gives up on a peer that misses one of the connection's
    /// [`Deadlines`](crate::driver::Deadlines). A session may be idle for long: `idle` is the time
    /// in which nothing happens on any stream.
    ///
    /// Afterwards the connection can still be [closed](Self::connection_mut) so that the peer gets
    /// the last output: a socket that is dropped with unread input resets the connection.
    ///
    /// # Errors
    /// Those of the future itself, and a [missed deadline](Error::late).
    pub async fn run_by(
        &mut self,
        timer: &mut impl TimerFor<T>,
    ) -> Result<(), Error<<C as Decode>::Error>> {
        poll_fn(|cx| self.poll_with(cx, |connection, cx| connection.poll_ready_by(cx, timer))).await
    }

    /// Returns the connection, to change its options and deadlines.
    pub fn connection_mut(&mut self) -> &mut Connection<T, impl Decode> {
        &mut self.connection
    }

    fn poll_with(
        &mut self,
        cx: &mut Context<'_>,
        mut poll_ready: impl FnMut(
            &mut Connection<T, Link<C>>,
            &mut Context<'_>,
        ) -> Poll<Result<bool, Error<<C as Decode>::Error>>>,
    ) -> Poll<Result<(), Error<<C as Decode>::Error>>> {
        self.shared.state().driver_runs(cx.waker());
        while !self.is_done {
            let ready = ready!(poll_ready(&mut self.connection, cx));
            let mut wake = Wake::default();
            let taken = ready.map(|is_ready| {
                let item = if is_ready { self.connection.take() } else { None };
                item.transpose().map_err(Error::Fault)
            });
            match taken.and_then(|taken| taken) {
                Ok(Some(event)) => self.shared.state().hear(event, &mut wake),
                Ok(None) => {
                    self.is_done = true;
                    self.shared.state().over(End::Over, &mut wake);
                }
                Err(Error::Fault(fault)) if !fault.fatal => {}
                Err(error) => {
                    let mut state = self.shared.state();
                    let end = match (&error, state.carrier.ended()) {
                        (Error::Fault(_), Some(ended)) => End::Ended(ended),
                        _ => End::Failed(kind(&error), error.to_string()),
                    };
                    state.over(end, &mut wake);
                    drop(state);
                    return Poll::Ready(Err(error));
                }
            }
        }
        self.connection.poll_close_write(cx).map_err(Error::Io)
    }
}

fn kind<E>(error: &Error<E>) -> io::ErrorKind {
    match error {
        Error::Io(error) => error.kind(),
        Error::Fault(Fault { cause: Cause::Truncated, .. }) => io::ErrorKind::UnexpectedEof,
        Error::Fault(_) => io::ErrorKind::InvalidData,
    }
}

impl<T: PollTransport + Unpin, C> Future for Driver<T, C>
where
    C: Carrier + for<'a> Decode<Item<'a> = Event<<C as Carrier>::Id>> + 'static,
    <C as Decode>::Error: error::Error + Send + Sync + 'static,
{
    type Output = Result<(), Error<<C as Decode>::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_with(cx, Connection::poll_ready)
    }
}

/// Fails all streams, since nothing drives them any more.
impl<T, C: Carrier> Drop for Driver<T, C> {
    fn drop(&mut self) {
        let mut wake = Wake::default();
        let mut state = self.shared.state();
        if matches!(state.end, End::Open) {
            let why = "the driver of the connection was dropped".to_owned();
            state.over(End::Failed(io::ErrorKind::NotConnected, why), &mut wake);
        }
        drop(state);
    }
}

impl<T, C: Carrier> fmt::Debug for Driver<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("connection", &self.connection).finish_non_exhaustive()
    }
}
