//! Deadlines, by a clock that the caller owns.

use std::{
    io,
    task::{Context, Poll},
    time::{Duration, Instant},
};

/// A clock and an alarm that the caller owns.
///
/// The toolkit reads no clock: an [`Exchange`](crate::Exchange) names its deadline as a time since
/// an epoch that the caller chose, and the caller's timer says when it has come. Each driver needs
/// a part of it: async ones [`poll_at`](Self::poll_at), blocking ones [`arm`](Self::arm).
pub trait Timer {
    /// The time since the caller's epoch.
    fn now(&mut self) -> Duration;

    /// Ready once it is `at` or later; until then the task is to be woken at `at`. A deadline may
    /// move, so each call replaces the one before.
    fn poll_at(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()>;

    /// Makes blocking calls on the transport return by `at`, with `WouldBlock` or `TimedOut`;
    /// `None` takes that back. Gives whether the transport will do so: a socket has its time-outs
    /// for it, a pipe has nothing.
    ///
    /// # Errors
    /// The transport's.
    fn arm(&mut self, at: Option<Duration>) -> io::Result<bool> {
        let _ = at;
        Ok(false)
    }
}

/// A timer that can watch over a connection whose transport is a `T`: what methods that end in
/// `_by` take.
///
/// Every [`Timer`] is one. So is a [`sync::SocketClock`](super::sync::SocketClock) where the
/// transport has time-outs of its own, which then needs no second handle of the socket.
pub trait TimerFor<T> {
    /// The time since the timer's epoch.
    fn time(&mut self) -> Duration;

    /// Ready once it is `at` or later: see [`Timer::poll_at`].
    fn poll_until(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()>;

    /// Makes blocking calls on `transport` return by `at`: see [`Timer::arm`].
    ///
    /// # Errors
    /// The transport's.
    fn arm_for(&mut self, transport: &T, at: Option<Duration>) -> io::Result<bool>;
}

impl<T, W: Timer + ?Sized> TimerFor<T> for W {
    fn time(&mut self) -> Duration {
        self.now()
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()> {
        self.poll_at(cx, at)
    }

    fn arm_for(&mut self, _: &T, at: Option<Duration>) -> io::Result<bool> {
        self.arm(at)
    }
}

/// A [`Timer`] for a blocking socket, by its read and write time-outs.
///
/// ```no_run
/// use segue::driver::SocketTimer;
/// use std::net::TcpStream;
///
/// # fn main() -> std::io::Result<()> {
/// let socket = TcpStream::connect("127.0.0.1:4000")?;
/// let timer = SocketTimer::new(socket.try_clone()?);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SocketTimer<S> {
    socket: S,
    epoch: Instant,
}

impl<S: Timeouts> SocketTimer<S> {
    /// A timer over another handle of the connection's socket; its epoch is now.
    pub fn new(socket: S) -> Self {
        Self { socket, epoch: Instant::now() }
    }
}

impl<S: Timeouts> Timer for SocketTimer<S> {
    fn now(&mut self) -> Duration {
        self.epoch.elapsed()
    }

    fn poll_at(&mut self, _: &mut Context<'_>, at: Duration) -> Poll<()> {
        if self.now() >= at { Poll::Ready(()) } else { Poll::Pending }
    }

    fn arm(&mut self, at: Option<Duration>) -> io::Result<bool> {
        // A time-out of zero is refused by sockets, and means "for ever" to some.
        let left = at.map(|at| at.saturating_sub(self.now()).max(Duration::from_millis(1)));
        match left {
            Some(left) => self.socket.set_timeouts(Some(left), Some(left))?,
            None => self.socket.set_timeouts(None, None)?,
        }
        Ok(true)
    }
}

/// Sockets whose blocking calls can be given a time-out.
pub trait Timeouts {
    /// The time-outs of reads and of writes; `None` waits for ever.
    ///
    /// # Errors
    /// The socket's.
    fn timeouts(&self) -> io::Result<(Option<Duration>, Option<Duration>)>;

    /// Sets the time-outs of reads and of writes.
    ///
    /// # Errors
    /// The socket's; a time-out of zero is refused.
    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()>;
}

macro_rules! timeouts {
    ($($Socket:ty)*) => {$(
        impl Timeouts for $Socket {
            fn timeouts(&self) -> io::Result<(Option<Duration>, Option<Duration>)> {
                Ok((self.read_timeout()?, self.write_timeout()?))
            }

            fn set_timeouts(
                &self,
                read: Option<Duration>,
                write: Option<Duration>,
            ) -> io::Result<()> {
                self.set_read_timeout(read)?;
                self.set_write_timeout(write)
            }
        }
    )*};
}

timeouts!(std::net::TcpStream std::net::UdpSocket);
#[cfg(unix)]
timeouts!(std::os::unix::net::UnixStream std::os::unix::net::UnixDatagram);

impl<S: Timeouts + ?Sized> Timeouts for &S {
    fn timeouts(&self) -> io::Result<(Option<Duration>, Option<Duration>)> {
        (**self).timeouts()
    }

    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        (**self).set_timeouts(read, write)
    }
}
