//! The script as `std::io`, tokio and futures-io have it.

use std::{
    io::{self, IoSlice, Read, Write},
    pin::Pin,
    task::{Context, Poll},
};

use segue::driver::{
    PollPeek,
    sync::{CloseWrite, Peek},
};

use crate::{
    clock, executor,
    script::{Call, Script, Stop},
};

fn sync<R>(result: Result<R, Stop>) -> io::Result<R> {
    result.map_err(|stop| match stop {
        Stop::Block => {
            executor::will_be_ready();
            io::ErrorKind::WouldBlock.into()
        }
        Stop::Quiet if clock::times_out() => io::ErrorKind::TimedOut.into(),
        Stop::Quiet => io::ErrorKind::WouldBlock.into(),
        Stop::Error(kind) => kind.into(),
    })
}

impl Read for Script {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        sync(Script::read(self, into))
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        sync(Script::write(self, &[IoSlice::new(bytes)]))
    }

    fn write_vectored(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        sync(Script::write(self, chunks))
    }

    fn flush(&mut self) -> io::Result<()> {
        sync(Script::flush(self))
    }
}

/// Through a shared reference, as sockets are: that makes a blocking connection one that can be
/// split.
impl Read for &Script {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        sync(Script::read(self, into))
    }
}

impl Write for &Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        sync(Script::write(self, &[IoSlice::new(bytes)]))
    }

    fn write_vectored(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        sync(Script::write(self, chunks))
    }

    fn flush(&mut self) -> io::Result<()> {
        sync(Script::flush(self))
    }
}

impl CloseWrite for &Script {
    fn close_write(&mut self) -> io::Result<()> {
        sync(Script::close(self))
    }
}

impl Peek for Script {
    fn peek(&mut self, into: &mut [u8]) -> io::Result<usize> {
        sync(Script::peek(self, into))
    }
}

impl CloseWrite for Script {
    fn close_write(&mut self) -> io::Result<()> {
        sync(Script::close(self))
    }
}

impl Script {
    fn polled<R>(
        &self,
        cx: &mut Context<'_>,
        call: Call,
        result: Result<R, Stop>,
    ) -> Poll<io::Result<R>> {
        match result {
            Ok(value) => Poll::Ready(Ok(value)),
            Err(Stop::Error(kind)) => Poll::Ready(Err(kind.into())),
            Err(Stop::Block) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Err(Stop::Quiet) => {
                self.remember(call, cx.waker());
                Poll::Pending
            }
        }
    }
}

impl PollPeek for Script {
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        self.polled(cx, Call::Peek, Script::peek(self, into))
    }
}

impl tokio::io::AsyncRead for Script {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let given = Script::read(&self, into.initialize_unfilled());
        self.polled(cx, Call::Read, given).map_ok(|count| into.advance(count))
    }
}

impl tokio::io::AsyncWrite for Script {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.polled(cx, Call::Write, Script::write(&self, &[IoSlice::new(bytes)]))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        chunks: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.polled(cx, Call::Write, Script::write(&self, chunks))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.polled(cx, Call::Flush, Script::flush(&self))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.polled(cx, Call::Close, Script::close(&self))
    }
}

impl futures_io::AsyncRead for Script {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.polled(cx, Call::Read, Script::read(&self, into))
    }
}

impl futures_io::AsyncWrite for Script {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.polled(cx, Call::Write, Script::write(&self, &[IoSlice::new(bytes)]))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        chunks: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.polled(cx, Call::Write, Script::write(&self, chunks))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.polled(cx, Call::Flush, Script::flush(&self))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.polled(cx, Call::Close, Script::close(&self))
    }
}
