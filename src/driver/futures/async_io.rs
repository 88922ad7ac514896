//! async-io's sockets and clock, which smol has and any other executor can have.

use std::{
    future::Future,
    io,
    net::TcpStream,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use ::async_io::{Async, Timer as Alarm};

use super::Futures;
use crate::driver::{Clocked, PollPeek, PollTransport, Timer};

impl PollPeek for Async<TcpStream> {
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.get_ref().peek(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.poll_readable(cx))?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                peeked => return Poll::Ready(peeked),
            }
        }
    }
}

impl<T> Clocked for Futures<T>
where
    Self: PollTransport,
{
    type Timer = AsyncIoTimer;

    fn now() -> Instant {
        Instant::now()
    }

    fn timer(epoch: Instant) -> io::Result<AsyncIoTimer> {
        Ok(AsyncIoTimer { epoch, ..AsyncIoTimer::new() })
    }
}

/// A [`Timer`] on async-io's clock. Its epoch is the time at which it was made.
///
/// async-io has a thread of its own, so this works under any executor.
///
/// ```
/// use segue::driver::{Timer, futures::AsyncIoTimer};
/// use std::{future::poll_fn, time::Duration};
///
/// let mut timer = AsyncIoTimer::new();
/// smol::block_on(poll_fn(|cx| timer.poll_at(cx, Duration::from_millis(5))));
/// assert!(timer.now() >= Duration::from_millis(5));
/// ```
#[derive(Debug)]
pub struct AsyncIoTimer {
    epoch: Instant,
    alarm: Alarm,
    /// The instant that the alarm is set to.
    set: Option<Instant>,
}

impl AsyncIoTimer {
    /// Makes a timer whose epoch is now.
    #[must_use]
    pub fn new() -> Self {
        Self { epoch: Instant::now(), alarm: Alarm::never(), set: None }
    }
}

impl Default for AsyncIoTimer {
    fn default() -> Self {
        Self::new()
    }
}

impl Timer for AsyncIoTimer {
    fn now(&mut self) -> Duration {
        self.epoch.elapsed()
    }

    fn poll_at(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()> {
        // The clock never shows such a time, so it is not waited for.
        let Some(at) = self.epoch.checked_add(at) else { return Poll::Pending };
        if self.set != Some(at) {
            self.alarm.set_at(at);
            self.set = Some(at);
        }
        ready!(Pin::new(&mut self.alarm).poll(cx));
        // An alarm that has rung is not ready again.
        self.set = None;
        Poll::Ready(())
    }
}
