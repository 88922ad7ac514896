//! Clocks and alarms of the caller.

use std::{
    io,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

/// A clock and an alarm that the caller owns.
///
/// segue reads no clock: an [`Exchange`](crate::Exchange) names its deadline as a time since an
/// epoch that the caller chose, and the caller's timer says when it has come. Async drivers use
/// [`poll_at`](Self::poll_at), blocking ones [`arm`](Self::arm).
///
/// [`SocketTimer`] is one for blocking sockets, `tokio::TokioTimer` (feature `tokio-time`) for
/// tokio, `futures::AsyncIoTimer` (feature `async-io`) for smol and other executors over
/// futures-io. Over another runtime, wrap a future that sleeps:
///
/// ```
/// use segue::driver::Timer;
/// use std::{future::Future, pin::Pin, task::{Context, Poll, ready}, time::{Duration, Instant}};
///
/// /// `sleep_until` makes the runtime's future that is ready at an instant.
/// struct Sleeper<F, M> { epoch: Instant, sleep_until: M, sleep: Option<(Duration, Pin<Box<F>>)> }
///
/// impl<F: Future, M: FnMut(Instant) -> F> Timer for Sleeper<F, M> {
///     fn now(&mut self) -> Duration {
///         self.epoch.elapsed()
///     }
///
///     fn poll_at(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()> {
///         if self.sleep.as_ref().is_none_or(|(until, _)| *until != at) {
///             self.sleep = Some((at, Box::pin((self.sleep_until)(self.epoch + at))));
///         }
///         let Some((_, sleep)) = &mut self.sleep else { return Poll::Pending };
///         ready!(sleep.as_mut().poll(cx));
///         self.sleep = None;
///         Poll::Ready(())
///     }
/// }
///
/// let mut timer = Sleeper { epoch: Instant::now(), sleep_until: smol::Timer::at, sleep: None };
/// let soon = timer.now() + Duration::from_millis(5);
/// smol::block_on(std::future::poll_fn(|cx| timer.poll_at(cx, soon)));
/// assert!(timer.now() >= soon);
/// ```
pub trait Timer {
    /// Returns the time since the caller's epoch.
    fn now(&mut self) -> Duration;

    /// Is ready once it is `at` or later; until then it wakes the task at `at`. A deadline may
    /// move, so each call replaces the one before.
    fn poll_at(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()>;

    /// Makes blocking calls on the transport return by `at`, with `WouldBlock` or `TimedOut`.
    /// `None` undoes that: the transport then waits as it did before. Returns whether the transport
    /// can do so: a socket can by its time-outs, a pipe cannot.
    ///
    /// # Errors
    /// Those of the transport.
    fn arm(&mut self, at: Option<Duration>) -> io::Result<bool> {
        let _ = at;
        Ok(false)
    }
}

/// A timer that can watch a connection over a transport `T`: the argument of methods that end in
/// `_by`.
///
/// Every [`Timer`] is one. So is a [`sync::SocketClock`](super::sync::SocketClock) if the transport
/// has time-outs of its own, which then needs no second handle of the socket.
///
/// ```compile_fail,E0277
/// use segue::driver::{Connection, Options, sync::SocketClock, streams::Stream};
///
/// # async fn close<C: segue::mux::Carrier>(stream: Stream<C>) -> std::io::Result<()> {
/// let mut connection = Connection::over(stream, Options::new());
/// connection.close_by(1024, &mut SocketClock::new()).await?; // nothing here has time-outs
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a timer for a connection over `{T}`",
    label = "it cannot watch that transport",
    note = "for tokio take a `TokioTimer` (feature `tokio-time`), for futures-io an `AsyncIoTimer` \
            (feature `async-io`)",
    note = "for blocking sockets take a `sync::SocketClock` if the transport has `Timeouts`, and a \
            `SocketTimer` with a second handle of the socket if a layer or a wrapper hides them",
    note = "implement `Timer` for any other clock"
)]
pub trait TimerFor<T> {
    /// Returns the time since the timer's epoch.
    fn time(&mut self) -> Duration;

    /// Is ready once it is `at` or later: see [`Timer::poll_at`].
    fn poll_until(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()>;

    /// Makes blocking calls on `transport` return by `at`: see [`Timer::arm`].
    ///
    /// # Errors
    /// Those of the transport.
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
/// While it is armed the socket's own time-outs are set aside; [`arm(None)`](Timer::arm) restores
/// them.
///
/// ```
/// use segue::driver::{SocketTimer, Timer};
/// use std::{net::{TcpListener, TcpStream}, time::Duration};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let socket = TcpStream::connect(listener.local_addr()?)?;
/// socket.set_read_timeout(Some(Duration::from_secs(30)))?;
///
/// let mut timer = SocketTimer::new(socket.try_clone()?);
/// timer.arm(Some(Duration::from_secs(1)))?;
/// assert!(socket.read_timeout()? <= Some(Duration::from_secs(1)));
/// timer.arm(None)?;
/// assert_eq!(socket.read_timeout()?, Some(Duration::from_secs(30)));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SocketTimer<S> {
    socket: S,
    epoch: Instant,
    /// The socket's own time-outs for reads and writes, while the timer is armed.
    set_aside: Option<(Option<Duration>, Option<Duration>)>,
}

impl<S: Timeouts> SocketTimer<S> {
    /// Makes a timer over another handle of the connection's socket. Its epoch is now.
    pub fn new(socket: S) -> Self {
        Self { socket, epoch: Instant::now(), set_aside: None }
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
        if let Some(at) = at {
            if self.set_aside.is_none() {
                self.set_aside = Some(self.socket.timeouts()?);
            }
            // Sockets refuse a time-out of zero, or take it for none.
            let left = Some(at.saturating_sub(self.now()).max(Duration::from_millis(1)));
            self.socket.set_timeouts(left, left)?;
        } else if let Some((read, write)) = self.set_aside {
            self.socket.set_timeouts(read, write)?;
            self.set_aside = None;
        }
        Ok(true)
    }
}

/// Sockets whose blocking calls can be given a time-out.
///
/// The standard library's are, and references, boxes and `Arc`s of such sockets.
///
/// ```
/// use segue::driver::Timeouts;
/// use std::{net::UdpSocket, sync::Arc, time::Duration};
///
/// # fn main() -> std::io::Result<()> {
/// let socket = Arc::new(UdpSocket::bind("127.0.0.1:0")?);
/// let own = socket.timeouts()?;
/// socket.set_timeouts(Some(Duration::from_secs(1)), None)?;
/// assert_eq!(socket.timeouts()?, (Some(Duration::from_secs(1)), None));
/// let (read, write) = own;
/// socket.set_timeouts(read, write)?;
/// # Ok(()) }
/// ```
pub trait Timeouts {
    /// Returns the time-out of reads and that of writes; `None` waits without end.
    ///
    /// # Errors
    /// Those of the socket.
    fn timeouts(&self) -> io::Result<(Option<Duration>, Option<Duration>)>;

    /// Sets the time-out of reads and that of writes; `None` waits without end.
    ///
    /// # Errors
    /// Those of the socket. It refuses a time-out of zero.
    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()>;

    /// Sets the time-out of reads, and keeps that of writes.
    ///
    /// # Errors
    /// Those of [`set_timeouts`](Self::set_timeouts).
    fn set_read(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_timeouts(timeout, self.timeouts()?.1)
    }

    /// Sets the time-out of writes, and keeps that of reads.
    ///
    /// # Errors
    /// Those of [`set_timeouts`](Self::set_timeouts).
    fn set_write(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_timeouts(self.timeouts()?.0, timeout)
    }
}

macro_rules! sockets {
    ($($(#[$cfg:meta])* $Socket:ty),*) => {$(
        $(#[$cfg])*
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

            fn set_read(&self, timeout: Option<Duration>) -> io::Result<()> {
                self.set_read_timeout(timeout)
            }

            fn set_write(&self, timeout: Option<Duration>) -> io::Result<()> {
                self.set_write_timeout(timeout)
            }
        }
    )*};
}

sockets!(
    std::net::TcpStream,
    std::net::UdpSocket,
    #[cfg(unix)]
    std::os::unix::net::UnixStream,
    #[cfg(unix)]
    std::os::unix::net::UnixDatagram
);

macro_rules! pointers {
    ($($Pointer:ty),*) => {$(
        impl<S: Timeouts + ?Sized> Timeouts for $Pointer {
            fn timeouts(&self) -> io::Result<(Option<Duration>, Option<Duration>)> {
                (**self).timeouts()
            }

            fn set_timeouts(
                &self,
                read: Option<Duration>,
                write: Option<Duration>,
            ) -> io::Result<()> {
                (**self).set_timeouts(read, write)
            }

            fn set_read(&self, timeout: Option<Duration>) -> io::Result<()> {
                (**self).set_read(timeout)
            }

            fn set_write(&self, timeout: Option<Duration>) -> io::Result<()> {
                (**self).set_write(timeout)
            }
        }
    )*};
}

pointers!(&S, &mut S, Box<S>, Arc<S>);
