//! A transport in memory, for those who want one.

use std::{
    cell::Cell,
    future::Future,
    hint::black_box,
    io::{self, Read, Write},
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Gives the bytes that it was last given, then has nothing for now; takes all that is written.
/// A clone is a handle to the same.
#[derive(Clone, Default)]
pub(super) struct Memory<'i>(Rc<Cell<&'i [u8]>>);

impl<'i> Memory<'i> {
    /// Has `input` to give.
    pub(super) fn fill(&self, input: &'i [u8]) {
        self.0.set(input);
    }

    /// The next bytes of it, at most `room`; none where nothing is left.
    #[inline]
    fn next(&self, room: usize) -> Option<&'i [u8]> {
        let rest = self.0.get();
        let (now, later) = rest.split_at(rest.len().min(room));
        self.0.set(later);
        (!rest.is_empty()).then_some(now)
    }
}

impl Read for Memory<'_> {
    #[inline]
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(now) = self.next(into.len()) else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        into[..now.len()].copy_from_slice(now);
        Ok(now.len())
    }
}

impl Write for Memory<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(black_box(bytes).len())
    }

    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Memory<'_> {
    #[inline]
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(now) = self.next(into.remaining()) else { return Poll::Pending };
        into.put_slice(now);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Memory<'_> {
    #[inline]
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write(bytes))
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The same for futures-io.
pub(super) struct Futures<'i>(pub(super) Memory<'i>);

impl futures_io::AsyncRead for Futures<'_> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.0.read(into) {
            Err(_) => Poll::Pending,
            read => Poll::Ready(read),
        }
    }
}

impl futures_io::AsyncWrite for Futures<'_> {
    #[inline]
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.0.write(bytes))
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Takes the value of a future that does not wait.
#[inline]
pub(super) fn now<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}
