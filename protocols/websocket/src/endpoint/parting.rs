//! The end of a connection whose peer broke the rules.
//!
//! The peer is sent a close frame, and may well be sending on: a socket that is dropped with bytes
//! that were not read resets the connection, which destroys the close frame at the peer. So what
//! comes is read and dropped until the peer ends its side as well, for a bounded time, before the
//! caller learns of the fault and drops the endpoint (RFC 6455 §7.1.1).

use segue::driver::{Connection, Timer};
use std::{
    io,
    task::{Context, Poll},
    time::Duration,
};

use crate::Messages;

/// The way in which the endpoints of a driver part from a peer: by the clock of the transport.
pub(super) struct Parting<T> {
    pub(super) clock: MakeClock,
    poll: PollParting<T>,
}

/// Makes a timer on the clock of a driver.
pub(super) type MakeClock = fn() -> io::Result<Clock>;

/// Ends a connection, and reads and drops what comes. Once it is ready the time is over, or nothing
/// more is to be waited for.
type PollParting<T> = fn(&mut Connection<T, Messages>, &mut Context<'_>, &mut Clock) -> Poll<()>;

impl<T> Parting<T> {
    pub(super) const fn new(clock: MakeClock, poll: PollParting<T>) -> Self {
        Self { clock, poll }
    }

    /// Polls the end of `connection`. The clock is made once and kept, so that it wakes the task.
    /// Returns false if the runtime has no timers: nothing would bound the wait, so there is none.
    pub(super) fn poll(
        &self,
        connection: &mut Connection<T, Messages>,
        cx: &mut Context<'_>,
        clock: &mut Option<Clock>,
    ) -> Poll<bool> {
        let clock = match clock {
            Some(clock) => clock,
            None => match (self.clock)() {
                Ok(made) => clock.insert(made),
                Err(_) => return Poll::Ready(false),
            },
        };
        (self.poll)(connection, cx, clock).map(|()| true)
    }
}

impl<T> Clone for Parting<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Parting<T> {}

/// A timer of any kind.
pub(super) struct Clock(Box<dyn Timer + Send + Sync>);

impl Clock {
    #[cfg(any(feature = "tokio-time", feature = "async-io"))]
    pub(super) fn new(timer: impl Timer + Send + Sync + 'static) -> Self {
        Self(Box::new(timer))
    }

    /// A clock for those that bring their own.
    pub(super) fn none() -> io::Result<Self> {
        Ok(Self(Box::new(NoClock)))
    }
}

impl Timer for Clock {
    fn now(&mut self) -> Duration {
        self.0.now()
    }

    fn poll_at(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()> {
        self.0.poll_at(cx, at)
    }

    fn arm(&mut self, at: Option<Duration>) -> io::Result<bool> {
        self.0.arm(at)
    }
}

/// The clock of blocking endpoints, which use that of their socket instead.
struct NoClock;

impl Timer for NoClock {
    fn now(&mut self) -> Duration {
        Duration::ZERO
    }

    fn poll_at(&mut self, _: &mut Context<'_>, _: Duration) -> Poll<()> {
        Poll::Pending
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
