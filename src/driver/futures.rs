//! Connections over futures-io's `AsyncRead` and `AsyncWrite`.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_io::{AsyncRead, AsyncWrite};

use super::{
    connection,
    constructors::constructors,
    engine::Pace,
    poll::{PollPeek, PollTransport},
    transport::{Transport, polled, send, uninterrupted},
};
use crate::Output;

#[cfg(feature = "async-io")]
mod async_io;

#[cfg(feature = "async-io")]
pub use async_io::AsyncIoTimer;

/// A connection over futures-io's [`AsyncRead`] and [`AsyncWrite`].
///
/// futures-io has no clock. With the feature `async-io` a `close` is bounded by async-io's, under any
/// executor. Without it a close takes a timer of the caller's, and a `close` that might wait for
/// ever does not compile:
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

/// A futures-io [`AsyncRead`] and [`AsyncWrite`] as the engine sees it.
pub struct Futures<T> {
    io: T,
    peek: Option<PeekFn<T>>,
}

impl<T: fmt::Debug> fmt::Debug for Futures<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Futures").field(&self.io).finish()
    }
}

type PeekFn<T> = fn(&mut T, &mut Context<'_>, &mut [u8]) -> Poll<io::Result<usize>>;

constructors!(Futures, PollPeek::poll_peek, AsyncRead + AsyncWrite + Unpin);

impl<T: AsyncRead + AsyncWrite + Unpin, S> Connection<T, S> {
    /// The same as `close_write` for a transport whose own close does not send the end of the
    /// stream: `end` does. `async_io::Async<TcpStream>` is one, since its `poll_close` only flushes:
    ///
    /// ```no_run
    /// # async fn close(socket: async_io::Async<std::net::TcpStream>) -> std::io::Result<()> {
    /// use segue::{driver::futures::Connection, length};
    /// use std::net::Shutdown;
    ///
    /// let mut connection = Connection::new(socket, length::u16_be());
    /// connection.close_write_with(|socket| socket.get_ref().shutdown(Shutdown::Write)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// A close that follows then only waits for the peer's end.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn close_write_with(
        &mut self,
        mut end: impl FnMut(&mut T) -> io::Result<()>,
    ) -> io::Result<()> {
        let end = |io: &mut Futures<T>, _: &mut Context<'_>| polled(|| end(&mut io.io));
        let mut end = end;
        std::future::poll_fn(|cx| self.poll_end(cx, Pace::ALL, &mut end)).await?;
        Ok(())
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Transport for Futures<T> {
    type Io = T;
    const FLUSH_FIRST: bool = false;

    #[inline]
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_read(cx, into)
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

impl<T: AsyncRead + AsyncWrite + Unpin> PollTransport for Futures<T> {
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        uninterrupted(|| Pin::new(&mut self.io).poll_close(cx))
    }
}
