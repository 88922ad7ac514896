//! Connections over futures-io's `AsyncRead` and `AsyncWrite`.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_io::{AsyncRead, AsyncWrite};

use super::{
    calls::{fill, send, uninterrupted},
    connection,
    constructors::constructors,
    poll::{PollPeek, PollTransport},
    transport::{EndOf, HasLeaf, IntoIo, Leaf, Transport},
};
use crate::{Buffer, Output};

#[cfg(feature = "async-io")]
mod async_io;

#[cfg(feature = "async-io")]
pub use async_io::AsyncIoTimer;

/// A connection over futures-io's [`AsyncRead`] and [`AsyncWrite`].
///
/// futures-io has no clock. With the feature `async-io` a `close` is bounded by async-io's, under
/// any executor. Without it a close takes a timer, and a `close` that might wait for ever does not
/// compile:
///
/// ```
/// # smol::block_on(async {
/// use segue::{driver::futures::{AsyncIoTimer, Connection}, length};
///
/// let mut connection = Connection::new(smol::io::Cursor::new(vec![]), length::u8());
/// assert!(connection.close_by(1024, &mut AsyncIoTimer::new()).await?);
///
/// let mut connection = Connection::new(smol::io::Cursor::new(vec![]), length::u8());
/// assert!(connection.close(1024).await?); // the feature `async-io`
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
pub type Connection<T, S> = connection::Connection<Futures<T>, S>;

/// A transport of a connection over a futures-io [`AsyncRead`] and [`AsyncWrite`].
pub struct Futures<T> {
    io: T,
    peek: Option<PeekFn<T>>,
}

impl<T: fmt::Debug> fmt::Debug for Futures<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Futures").field(&self.io).finish()
    }
}

impl<T> Futures<T> {
    /// Wraps `io`.
    pub fn new(io: T) -> Self {
        Self { io, peek: None }
    }
}

type PeekFn<T> = fn(&mut T, &mut Context<'_>, &mut [u8]) -> Poll<io::Result<usize>>;

constructors!(Futures::new, [], PollPeek::poll_peek, AsyncRead + AsyncWrite + Unpin);

impl<T: AsyncRead + AsyncWrite + Unpin> Transport for Futures<T> {
    type Leaf = Self;
    const FLUSH_FIRST: bool = false;
    const SHORT_IS_ALL: bool = true;

    #[inline]
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        fill(into, most, |spare| Pin::new(&mut self.io).poll_read(cx, spare))
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

impl<T> Leaf for Futures<T> {
    type Io = T;

    fn io(&self) -> &T {
        &self.io
    }

    fn io_mut(&mut self) -> &mut T {
        &mut self.io
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> IntoIo for Futures<T> {
    type Io = T;

    fn into_io(self) -> T {
        self.io
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> HasLeaf for Futures<T> {
    fn leaf(&self) -> &Self {
        self
    }

    fn leaf_mut(&mut self) -> &mut Self {
        self
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> PollTransport for Futures<T> {
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        uninterrupted(|| Pin::new(&mut self.io).poll_close(cx))
    }
}
