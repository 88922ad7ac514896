//! Connections over tokio's `AsyncRead` and `AsyncWrite`.

use std::{
    future::Future,
    io,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::{
    calls::{fill, uninterrupted},
    connection,
    leaf::{PollPeekFn, constructors, leaf, polled_leaf},
    poll::{PollPeek, PollTransport},
    transport::Transport,
};
use crate::Buffer;

#[cfg(feature = "tokio-net")]
mod net;
#[cfg(feature = "tokio-time")]
mod time;

#[cfg(feature = "tokio-time")]
pub use time::TokioTimer;

/// A connection over tokio's [`AsyncRead`] and [`AsyncWrite`].
pub type Connection<T, S> = connection::Connection<Tokio<T>, S>;

leaf! {
    /// A transport of a connection over a tokio [`AsyncRead`] and [`AsyncWrite`].
    Tokio<T>, PollPeekFn<T>, AsyncRead + AsyncWrite + Unpin
}

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

    polled_leaf!();
}

impl<T: AsyncRead + AsyncWrite + Unpin> PollTransport for Tokio<T> {
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        uninterrupted(|| Pin::new(&mut self.io).poll_shutdown(cx))
    }
}
