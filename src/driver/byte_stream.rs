//! Connections as plain streams of bytes.

use std::{
    fmt,
    io::{self, BufRead, Read, Write},
    task::{Context, Poll, ready},
};

use super::{
    BeforeFirst, Connection,
    engine::again,
    read::{Filled, Peeked},
    sync::{self, Blocking},
    tasks::Wants,
    transport::Transport,
};
use crate::Need;

/// A connection as a plain stream of bytes, for code that does not know segue, made by
/// [`into_byte_stream`](Connection::into_byte_stream).
///
/// Over a blocking transport it is a [`Read`], [`BufRead`] and [`Write`]; over a polled one it is
/// an `AsyncRead`, `AsyncBufRead` and `AsyncWrite` of tokio and of futures-io. So hyper, and other
/// code that takes one of these, runs over a [`Layered`](super::Layered) connection or a stream of
/// a carrier.
///
/// - Bytes that the connection has read too far are read first.
/// - Written bytes are sent at once, as far as possible without waiting. The rest is kept, up to
///   the high-water mark, and the next call sends it.
/// - Shutting down ends the writing side, with the end of each layer. Without it, or a flush,
///   dropping the stream loses what was kept.
/// - A write does not read. As on a socket, two ends that both write more than the way between them
///   holds, and only then read, wait for each other for ever. Write and read at once, by the
///   `split` of tokio or futures-io, or split the [`Connection`] for two threads.
///
/// ```
/// use segue::{combine::Paired, driver::sync::Connection, length};
/// use std::io::{Read, Write};
/// # use std::io;
/// # struct Pipe(&'static [u8], Vec<u8>);
/// # impl Read for Pipe { fn read(&mut self, b: &mut [u8]) -> io::Result<usize> { self.0.read(b) } }
/// # impl Write for Pipe {
/// #     fn write(&mut self, b: &[u8]) -> io::Result<usize> { self.1.write(b) }
/// #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
/// # }
/// # let socket = Pipe(b"\x04what\x05 ever", vec![]);
///
/// // Bytes in length-prefixed chunks.
/// let chunks = Paired::new(length::u8(), length::u8(), 255);
/// let mut stream = Connection::new(socket, ()).layered(chunks).into_byte_stream();
/// stream.write_all(b"hello")?;
/// let mut text = String::new();
/// stream.read_to_string(&mut text)?;
/// assert_eq!(text, "what ever");
/// # assert_eq!(stream.connection().io().1, b"\x05hello");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ByteStream<T> {
    connection: Connection<T, ()>,
}

impl<T, S> Connection<T, S> {
    /// Converts the connection to a plain stream of bytes, for code that does not know segue. Not
    /// for a connection that already has a stage: see [`BeforeFirst`].
    pub fn into_byte_stream(self) -> ByteStream<T>
    where
        S: BeforeFirst,
    {
        ByteStream { connection: self.bare() }
    }
}

impl<T> ByteStream<T> {
    /// Returns the connection.
    pub fn connection(&self) -> &Connection<T, ()> {
        &self.connection
    }

    /// Returns the connection, to change its options or its deadlines.
    pub fn connection_mut(&mut self) -> &mut Connection<T, ()> {
        &mut self.connection
    }

    /// Returns the connection as a value, with everything it holds.
    pub fn into_connection(self) -> Connection<T, ()> {
        self.connection
    }
}

impl<T: Transport> ByteStream<T> {
    /// Waits until something is buffered, or the stream has ended.
    fn poll_filled(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.as_task(Wants::Read, cx, |connection, cx| {
            connection.read.input.settle();
            for _ in 0..CALLS {
                let Connection { io, read, .. } = &mut *connection;
                let input = &mut read.input;
                if !input.buffer.is_empty() || input.eof {
                    return Poll::Ready(Ok(()));
                }
                let look = |_: &[u8]| Peeked::<()>::Take(usize::MAX);
                match input.poll_fill(io, cx, Need::ONE, look) {
                    Poll::Ready(Ok(Filled::More | Filled::Decided(()))) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => match ready!(connection.poll_idle(cx))? {},
                }
            }
            again::<T, _>(cx)
        })
    }

    /// Takes up to `most` of what is buffered.
    fn read(&mut self, into: &mut [u8]) -> usize {
        let buffer = &mut self.connection.read.input.buffer;
        let count = buffer.len().min(into.len());
        into[..count].copy_from_slice(&buffer.as_slice()[..count]);
        buffer.consume(count);
        count
    }

    fn buffered(&self) -> &[u8] {
        self.connection.read.input.buffer.as_slice()
    }

    fn consume(&mut self, count: usize) {
        let buffer = &mut self.connection.read.input.buffer;
        buffer.consume(count.min(buffer.len()));
    }

    /// Queues as much of `chunks` as there is room for, once there is some, and sends as much of it
    /// as possible without waiting. Reading is another call: nothing is read ahead.
    fn poll_written<'c>(
        &mut self,
        cx: &mut Context<'_>,
        chunks: impl Iterator<Item = &'c [u8]>,
    ) -> Poll<io::Result<usize>> {
        self.connection.as_task(Wants::Write, cx, |connection, cx| {
            let Connection { io, write, .. } = connection;
            while !write.has_room(io) && write.is_open(io) {
                ready!(write.poll_flush(io, cx));
                if !write.has_room(io) {
                    ready!(io.poll_left(cx, write.output.high_water()));
                }
            }
            if !write.is_open(io) {
                let closed = || io::ErrorKind::BrokenPipe.into();
                return Poll::Ready(Err(write.failure().unwrap_or_else(closed)));
            }
            let output = write.lend(io);
            let mut room = output.high_water().saturating_sub(output.len()).max(1);
            let mut count = 0;
            for chunk in chunks {
                let taken = &chunk[..chunk.len().min(room)];
                output.put(taken);
                count += taken.len();
                room -= taken.len();
                if room == 0 {
                    break;
                }
            }
            let _ = write.poll_flush(io, cx);
            Poll::Ready(write.failure().map_or(Ok(count), Err))
        })
    }
}

/// The number of reads of the transport in one call that may give no bytes: parts of a layer's
/// record, or empty records.
const CALLS: usize = 16;

impl<T: Transport> Read for ByteStream<Blocking<T>> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !into.is_empty() {
            self.fill()?;
        }
        Ok(Self::read(self, into))
    }
}

impl<T: Transport> BufRead for ByteStream<Blocking<T>> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.fill()?;
        Ok(self.buffered())
    }

    fn consume(&mut self, count: usize) {
        Self::consume(self, count);
    }
}

impl<T: Transport> ByteStream<Blocking<T>> {
    fn fill(&mut self) -> io::Result<()> {
        loop {
            match sync::now(self.poll_filled(&mut sync::context()))? {
                Err(error) if super::is_again(&error) => {}
                filled => return filled,
            }
        }
    }
}

impl<T: Transport> Write for ByteStream<Blocking<T>> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        sync::now(self.poll_written(&mut sync::context(), [bytes].into_iter()))?
    }

    fn write_vectored(&mut self, chunks: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let chunks = chunks.iter().map(|chunk| &**chunk);
        sync::now(self.poll_written(&mut sync::context(), chunks))?
    }

    fn flush(&mut self) -> io::Result<()> {
        self.connection.flush()
    }
}

/// Writes the parts that the asynchronous traits of tokio and futures-io share: everything except
/// how they read.
#[cfg(any(feature = "tokio", feature = "futures"))]
macro_rules! polled_stream {
    ($poll_close:ident $(, $only_here:item)?) => {
        impl<T: PollTransport + Unpin> AsyncBufRead for ByteStream<T> {
            fn poll_fill_buf(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<&[u8]>> {
                let this = self.get_mut();
                ready!(this.poll_filled(cx))?;
                Poll::Ready(Ok(this.buffered()))
            }

            fn consume(mut self: Pin<&mut Self>, count: usize) {
                ByteStream::consume(&mut self, count);
            }
        }

        impl<T: PollTransport + Unpin> AsyncWrite for ByteStream<T> {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.poll_written(cx, [bytes].into_iter())
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                chunks: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.poll_written(cx, chunks.iter().map(|chunk| &**chunk))
            }

            $($only_here)?

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.connection.poll_flush(cx)
            }

            fn $poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.connection.poll_close_write(cx)
            }
        }
    };
}

#[cfg(feature = "tokio")]
mod tokio {
    use super::ByteStream;
    use crate::driver::PollTransport;
    use ::tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
    use std::{
        io::{self, IoSlice},
        pin::Pin,
        task::{Context, Poll, ready},
    };

    impl<T: PollTransport + Unpin> AsyncRead for ByteStream<T> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if into.remaining() > 0 {
                ready!(self.poll_filled(cx))?;
                let count = self.buffered().len().min(into.remaining());
                into.put_slice(&self.buffered()[..count]);
                ByteStream::consume(&mut self, count);
            }
            Poll::Ready(Ok(()))
        }
    }

    polled_stream!(
        poll_shutdown,
        fn is_write_vectored(&self) -> bool {
            true
        }
    );
}

#[cfg(feature = "futures")]
mod futures {
    use super::ByteStream;
    use crate::driver::PollTransport;
    use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};
    use std::{
        io::{self, IoSlice},
        pin::Pin,
        task::{Context, Poll, ready},
    };

    impl<T: PollTransport + Unpin> AsyncRead for ByteStream<T> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            into: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            if !into.is_empty() {
                ready!(self.poll_filled(cx))?;
            }
            Poll::Ready(Ok(ByteStream::read(&mut self, into)))
        }
    }

    polled_stream!(poll_close);
}

/// Shows lengths and not payload.
impl<T> fmt::Debug for ByteStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ByteStream").field(&self.connection).finish()
    }
}
