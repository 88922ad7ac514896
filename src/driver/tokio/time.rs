//! tokio's clock.

use std::{
    future::Future,
    io,
    panic::catch_unwind,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use ::tokio::{
    runtime::Handle,
    time::{Instant, Sleep, sleep_until},
};

use super::Tokio;
use crate::driver::{Clocked, PollTransport, Timer};

impl<T> Clocked for Tokio<T>
where
    Self: PollTransport,
{
    type Timer = TokioTimer;

    fn now() -> std::time::Instant {
        Instant::now().into_std()
    }

    fn timer(epoch: std::time::Instant) -> io::Result<TokioTimer> {
        let mut timer = TokioTimer::try_new()?;
        timer.epoch = Instant::from_std(epoch);
        Ok(timer)
    }
}

/// A [`Timer`] on tokio's clock. Its epoch is the time at which it was made.
///
/// ```
/// use segue::driver::tokio::TokioTimer;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// # runtime.block_on(async {
/// let timer = TokioTimer::try_new()?;
/// # drop(timer);
/// # Ok::<(), std::io::Error>(()) })?;
/// // Outside of a runtime there is nothing that could wake a task.
/// assert_eq!(TokioTimer::try_new().unwrap_err().kind(), std::io::ErrorKind::Unsupported);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TokioTimer {
    epoch: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl TokioTimer {
    /// Makes a timer whose epoch is now.
    ///
    /// # Panics
    /// Outside a tokio runtime whose time driver is enabled. [`try_new`](Self::try_new) returns an
    /// error instead.
    #[must_use]
    pub fn new() -> Self {
        let epoch = Instant::now();
        Self { epoch, sleep: Box::pin(sleep_until(epoch)) }
    }

    /// Makes a timer whose epoch is now, or returns an error if tokio has no timers.
    ///
    /// Only a panic of tokio tells that a runtime was built without `enable_time`. This catches it,
    /// so the panic hook runs first, which by default prints a message. A program built with
    /// `panic = "abort"` ends there; outside any runtime it does get the error.
    ///
    /// # Errors
    /// [`Unsupported`](io::ErrorKind::Unsupported) outside a tokio runtime, and in one whose time
    /// driver is not enabled.
    pub fn try_new() -> io::Result<Self> {
        if Handle::try_current().is_err() {
            return Err(no_timers("there is no tokio runtime here"));
        }
        // A runtime cannot be asked for its time driver (tokio 1.54): only functions that make a
        // `Sleep` look for it, and they panic. The hook is left in place: it belongs to the whole
        // program, and other threads may panic meanwhile.
        catch_unwind(Self::new).map_err(|_| no_timers("the tokio runtime has no timers"))
    }
}

fn no_timers(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, why)
}

impl Default for TokioTimer {
    fn default() -> Self {
        Self::new()
    }
}

impl Timer for TokioTimer {
    fn now(&mut self) -> Duration {
        self.epoch.elapsed()
    }

    fn poll_at(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()> {
        // The clock never shows such a time, so it is not waited for.
        let Some(at) = self.epoch.checked_add(at) else { return Poll::Pending };
        if self.sleep.deadline() != at {
            self.sleep.as_mut().reset(at);
        }
        self.sleep.as_mut().poll(cx)
    }
}
