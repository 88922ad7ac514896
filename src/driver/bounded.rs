//! Transports that end with the stage of a codec.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The transport of a `Framed`, which ends where the stage of its [`Codec`](super::codec::Codec) is
/// done, or where a hand-off reported the end of the peer's stream.
///
/// A `Framed` ends only when its transport does, so this one reads as ended from there on. What was
/// not read stays in the transport. Writing is not affected.
#[derive(Debug)]
pub struct Bounded<T> {
    io: T,
    /// The peer has ended its side.
    eof: bool,
    /// The codec sets it once its stage is done.
    stop: Arc<AtomicBool>,
}

impl<T> Bounded<T> {
    pub(super) fn new(io: T, eof: bool, stop: Arc<AtomicBool>) -> Self {
        Self { io, eof, stop }
    }

    /// Returns true if the peer has ended its side. The end of a stage does not count.
    pub fn is_eof(&self) -> bool {
        self.eof
    }

    /// Returns the transport.
    pub fn get_ref(&self) -> &T {
        &self.io
    }

    /// Returns the transport. Bytes read from it or written to it directly are missing in the
    /// `Framed`.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// Returns the transport as a value.
    pub fn into_inner(self) -> T {
        self.io
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Bounded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.eof || self.stop.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        let room = into.remaining();
        ready!(Pin::new(&mut self.io).poll_read(cx, into))?;
        self.eof = into.remaining() == room && room > 0;
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Bounded<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        chunks: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, chunks)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
