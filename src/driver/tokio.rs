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
    poll::{PollPeek, PollTransport},
    transport::{Transport, send},
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
        io.poll_flush(cx)
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
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl PollPeek for TcpStream {
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Self::poll_peek(self, cx, &mut ReadBuf::new(into))
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
