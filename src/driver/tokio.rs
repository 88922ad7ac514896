//! Connections over tokio's `AsyncRead` and `AsyncWrite`.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    connection,
    constructors::constructors,
    engine::Pace,
    poll::{PollPeek, PollTransport},
    transport::{Transport, polled, send, uninterrupted},
};
use crate::Output;

#[cfg(feature = "tokio-net")]
mod net;
#[cfg(feature = "tokio-time")]
mod time;

#[cfg(feature = "tokio-time")]
pub use time::TokioTimer;

/// A connection over tokio's [`AsyncRead`] and [`AsyncWrite`].
pub type Connection<T, S> = connection::Connection<Tokio<T>, S>;

/// A tokio [`AsyncRead`] and [`AsyncWrite`] as the engine sees it.
pub struct Tokio<T> {
    io: T,
    peek: Option<PeekFn<T>>,
}

impl<T: fmt::Debug> fmt::Debug for Tokio<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tokio").field(&self.io).finish()
    }
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
