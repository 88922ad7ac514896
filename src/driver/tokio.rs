//! Connections over tokio's `AsyncRead` and `AsyncWrite`.

use std::{
    fmt,
    future::Future,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::{
    calls::{fill, send, uninterrupted},
    connection,
    constructors::constructors,
    poll::{PollPeek, PollTransport},
    transport::{EndOf, HasLeaf, IntoIo, Leaf, Transport},
};
use crate::{Buffer, Output};

#[cfg(feature = "tokio-net")]
mod net;
#[cfg(feature = "tokio-time")]
mod time;

#[cfg(feature = "tokio-time")]
pub use time::TokioTimer;

/// A connection over tokio's [`AsyncRead`] and [`AsyncWrite`].
pub type Connection<T, S> = connection::Connection<Tokio<T>, S>;

/// A transport of a connection over a tokio [`AsyncRead`] and [`AsyncWrite`].
pub struct Tokio<T> {
    io: T,
    peek: Option<PeekFn<T>>,
}

impl<T: fmt::Debug> fmt::Debug for Tokio<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tokio").field(&self.io).finish()
    }
}

impl<T> Tokio<T> {
    /// Wraps `io`.
    pub fn new(io: T) -> Self {
        Self { io, peek: None }
    }
}

type PeekFn<T> = fn(&mut T, &mut Context<'_>, &mut [u8]) -> Poll<io::Result<usize>>;

constructors!(Tokio::new, [], PollPeek::poll_peek, AsyncRead + AsyncWrite + Unpin);

impl<T: AsyncRead + AsyncWrite + Unpin> Transport for Tokio<T> {
    type Leaf = Self;
    const FLUSH_FIRST: bool = false;
    const NEEDS_ZEROS: bool = false;

    #[inline]
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        if into.is_open(most) {
            return fill(into, most, |spare| {
                let mut into = ReadBuf::new(spare);
                Pin::new(&mut self.io).poll_read(cx, &mut into).map_ok(|()| into.filled().len())
            });
        }
        // A `ReadBuf` knows which part was written to, so no other part is ever shown.
        into.append_raw(most, |into| uninterrupted(|| pin!(self.io.read_buf(into)).poll(cx)))
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

    fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        end: &mut EndOf<'_, Self>,
    ) -> Poll<io::Result<()>> {
        end.poll(self, cx)
    }
}

impl<T> Leaf for Tokio<T> {
    type Io = T;

    fn io(&self) -> &T {
        &self.io
    }

    fn io_mut(&mut self) -> &mut T {
        &mut self.io
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> IntoIo for Tokio<T> {
    type Io = T;

    fn into_io(self) -> T {
        self.io
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> HasLeaf for Tokio<T> {
    fn leaf(&self) -> &Self {
        self
    }

    fn leaf_mut(&mut self) -> &mut Self {
        self
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> PollTransport for Tokio<T> {
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        uninterrupted(|| Pin::new(&mut self.io).poll_shutdown(cx))
    }
}
