//! Connections over futures-io's `AsyncRead` and `AsyncWrite`.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use futures_io::{AsyncRead, AsyncWrite};

use super::{
    calls::{fill, uninterrupted},
    connection,
    leaf::{PollPeekFn, constructors, leaf, polled_leaf},
    poll::{PollPeek, PollTransport},
    transport::Transport,
};
use crate::Buffer;

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

leaf! {
    /// A transport of a connection over a futures-io [`AsyncRead`] and [`AsyncWrite`].
    Futures<T>, PollPeekFn<T>, AsyncRead + AsyncWrite + Unpin
}

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

    polled_leaf!();
}

impl<T: AsyncRead + AsyncWrite + Unpin> PollTransport for Futures<T> {
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        uninterrupted(|| Pin::new(&mut self.io).poll_close(cx))
    }
}
