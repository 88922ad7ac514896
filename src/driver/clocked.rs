//! Polled transports with a clock, and the close that it bounds.

use std::{io, time::Instant};

use super::{Connection, Half, Layered, PollTransport, Timer};
use crate::Decode;
use crate::Layer;

/// Transports of polled connections with a clock, which bounds [`close`](Connection::close).
///
/// `Tokio` is one with the feature `tokio-time`, `Futures` is one with the feature `async-io`, and
/// so are the halves of either. Without these features a close takes a timer:
/// [`close_by`](Connection::close_by).
pub trait Clocked: PollTransport {
    /// A timer on this clock.
    type Timer: Timer;

    /// Returns the present time of this clock.
    fn now() -> Instant;

    /// Makes a timer whose epoch is `epoch`.
    ///
    /// # Errors
    /// [`Unsupported`](io::ErrorKind::Unsupported) if the runtime has no timers.
    fn timer(epoch: Instant) -> io::Result<Self::Timer>;
}

impl<T: Clocked> Clocked for Half<T> {
    type Timer = T::Timer;

    fn now() -> Instant {
        T::now()
    }

    fn timer(epoch: Instant) -> io::Result<T::Timer> {
        T::timer(epoch)
    }
}

impl<T: Clocked, L: Layer> Clocked for Layered<T, L>
where
    Self: PollTransport,
{
    type Timer = T::Timer;

    fn now() -> Instant {
        T::now()
    }

    fn timer(epoch: Instant) -> io::Result<T::Timer> {
        T::timer(epoch)
    }
}

/// # Polled: transports with a clock
impl<T: Clocked, S: Decode> Connection<T, S> {
    /// Ends the connection so that the peer gets everything, within
    /// [`Options::linger`](super::Options::linger) by the clock of the transport, as
    /// [`close_by`](Self::close_by) does with a timer on it. A future that was dropped may be made
    /// anew; the time counts from the first.
    ///
    /// Over futures-io it runs under any executor, since async-io has a thread of its own. For a
    /// transport whose own close does not send the end of the stream, such as
    /// `async_io::Async<TcpStream>`, call `close_write_with` first.
    ///
    /// # Errors
    /// Those of [`close_by`](Self::close_by), and [`Unsupported`](io::ErrorKind::Unsupported) if
    /// the runtime has no timers.
    pub async fn close(&mut self, drain_limit: u64) -> io::Result<bool> {
        let epoch = self.waits().epoch(T::now());
        let mut timer = T::timer(epoch)?;
        // A task has room for the largest future that it ever awaits, and closes once.
        Box::pin(self.close_by(drain_limit, &mut timer)).await
    }
}
