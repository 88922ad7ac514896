//! Connections over tokio's `AsyncRead` and `AsyncWrite`.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use ::tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    Timer, connection,
    constructors::constructors,
    engine::Pace,
    poll::{PollPeek, PollTransport},
    transport::{Transport, polled, send, uninterrupted},
};
use crate::Output;

/// A connection over tokio's [`AsyncRead`] and [`AsyncWrite`].
pub type Connection<T, S> = connection::Connection<Tokio<T>, S>;

/// A tokio [`AsyncRead`] and [`AsyncWrite`] as the engine sees it.
pub struct Tokio<T> {
    io: T,
    peek: Option<PeekFn<T>>,
}

type PeekFn<T> = fn(&mut T, &mut Context<'_>, &mut [u8]) -> Poll<io::Result<usize>>;

constructors!(Tokio, PollPeek::poll_peek, AsyncRead + AsyncWrite + Unpin);

impl<T: AsyncRead + AsyncWrite + Unpin, S> Connection<T, S> {
    /// The same as `close_write` for a transport whose own close does not send the end of the
    /// stream: `end` does.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn close_write_with(
        &mut self,
        mut end: impl FnMut(&mut T) -> io::Result<()>,
    ) -> io::Result<()> {
        let end = |io: &mut Tokio<T>, _: &mut Context<'_>| polled(|| end(&mut io.io));
        let mut end = end;
        std::future::poll_fn(|cx| self.poll_end(cx, Pace::ALL, &mut end)).await?;
        Ok(())
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Transport for Tokio<T> {
    type Io = T;
    const FLUSH_FIRST: bool = false;

    #[inline]
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut into = ReadBuf::new(into);
        Pin::new(&mut self.io).poll_read(cx, &mut into).map_ok(|()| into.filled().len())
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        let mut io = Pin::new(&mut self.io);
        ready!(send(output, |chunks| match chunks {
            [one] => io.as_mut().poll_write(cx, one),
            many => io.as_mut().poll_write_vectored(cx, many),
        }))?;
        uninterrupted(|| io.as_mut().poll_flush(cx))
    }

    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.peek {
            Some(peek) => peek(&mut self.io, cx, into),
            None => Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        }
    }

    fn can_peek(&self) -> bool {
        self.peek.is_some()
    }

    fn into_io(self) -> T {
        self.io
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> PollTransport for Tokio<T> {
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        uninterrupted(|| Pin::new(&mut self.io).poll_shutdown(cx))
    }
}

impl PollPeek for TcpStream {
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Self::poll_peek(self, cx, &mut ReadBuf::new(into))
    }
}

/// Transports that tokio's clock is there for: [`Tokio`] and its halves.
pub trait OnTokio: PollTransport {}

impl<T: AsyncRead + AsyncWrite + Unpin> OnTokio for Tokio<T> {}
impl<T: OnTokio> OnTokio for super::Half<T> {}

/// # Polled: tokio with its clock
impl<T: OnTokio, S> connection::Connection<T, S> {
    /// Ends the connection so that the peer gets everything, within
    /// [`Options::linger`](super::Options::linger) by tokio's clock: as
    /// [`close_by`](Self::close_by) with a [`TokioTimer`]. A future that was dropped may be made
    /// anew; the time counts from the first.
    ///
    /// # Errors
    /// As [`close_by`](Self::close_by), and where the runtime has no timers.
    pub async fn close(&mut self, drain_limit: u64) -> io::Result<bool> {
        let mut timer = TokioTimer::try_new()?;
        timer.epoch = Instant::from_std(self.waits().epoch(timer.epoch.into_std()));
        self.close_by(drain_limit, &mut timer).await
    }
}

/// A [`Timer`] on tokio's clock; its epoch is when it was made.
#[derive(Debug)]
pub struct TokioTimer {
    epoch: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl TokioTimer {
    /// A timer whose epoch is now.
    ///
    /// # Panics
    /// Outside of a tokio runtime that has its time driver enabled.
    #[must_use]
    pub fn new() -> Self {
        let epoch = Instant::now();
        Self { epoch, sleep: Box::pin(sleep_until(epoch)) }
    }
}

impl TokioTimer {
    /// The same, where there may be no such runtime.
    ///
    /// # Errors
    /// Of kind [`Unsupported`](io::ErrorKind::Unsupported) outside of a tokio runtime that has its
    /// time driver enabled.
    pub fn try_new() -> io::Result<Self> {
        // Tokio has no way to ask for it but to try.
        std::panic::catch_unwind(Self::new).map_err(|_| {
            io::Error::new(io::ErrorKind::Unsupported, "there is no tokio runtime with timers")
        })
    }
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
        // What no clock of the machine ever shows is not waited for.
        let Some(at) = self.epoch.checked_add(at) else { return Poll::Pending };
        if self.sleep.deadline() != at {
            self.sleep.as_mut().reset(at);
        }
        self.sleep.as_mut().poll(cx)
    }
}
