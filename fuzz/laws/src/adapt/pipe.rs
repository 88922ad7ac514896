//! An in-memory transport that brings the stream in the reads that the cuts say.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

/// The transport that a polled parser reads: one read for each cut, and pending in between.
///
/// It is a [`Read`] and a [`Write`], an `AsyncRead` and an `AsyncWrite` of tokio (feature `tokio`)
/// and of futures-io (feature `futures`), and a `Stream` of chunks (feature `futures`). What is
/// written to it is dropped. Clones share what is still to be read.
///
/// An adapter brings the reads. With [`push`](Self::push) and [`end`](Self::end) the same transport
/// runs a crate's own driver, to see whether a defect shows there as well:
///
/// ```
/// use segue_laws::adapt::Pipe;
/// use std::io::{ErrorKind, Read};
///
/// let (mut pipe, mut room) = (Pipe::default(), [0; 8]);
/// pipe.push(b"abc");
/// assert_eq!(pipe.clone().read(&mut room)?, 3);
/// assert_eq!(pipe.read(&mut room).unwrap_err().kind(), ErrorKind::WouldBlock);
/// pipe.end();
/// assert_eq!(pipe.read(&mut room)?, 0);
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pipe(Arc<Mutex<Reads>>);

#[derive(Debug, Default)]
struct Reads {
    /// None of them is empty: that would be the end of the stream.
    waiting: VecDeque<Bytes>,
    ended: bool,
    /// The task that found nothing to read, to be woken when there is something.
    sleeper: Option<Waker>,
}

impl Pipe {
    /// Adds one more read, and wakes the task that waits for it. An empty one is none: it would be
    /// the end of the stream.
    pub fn push(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let mut reads = self.reads();
            reads.waiting.push_back(Bytes::copy_from_slice(bytes));
            reads.sleeper.take().inspect(Waker::wake_by_ref);
        }
    }

    /// Ends the stream, and wakes the task that waits for more.
    pub fn end(&self) {
        let mut reads = self.reads();
        reads.ended = true;
        reads.sleeper.take().inspect(Waker::wake_by_ref);
    }

    /// Returns whether a read would not be pending.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let reads = self.reads();
        reads.ended || !reads.waiting.is_empty()
    }

    /// Returns what was not read yet.
    #[must_use]
    pub fn unread(&self) -> Vec<u8> {
        self.reads().waiting.iter().flatten().copied().collect()
    }

    /// Returns how many bytes were not read yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.reads().waiting.iter().map(Bytes::len).sum()
    }

    /// Reads at most `room` bytes of the front read, nothing at the end of the stream; pending where
    /// there is none. For transports of another kind than this one is.
    pub fn poll_bytes(&self, context: &Context<'_>, room: usize) -> Poll<Bytes> {
        match self.front(room) {
            Some(bytes) => Poll::Ready(bytes),
            None => {
                self.reads().sleeper = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// A part of the front read, or nothing at the end; `None` where it would block.
    fn front(&self, room: usize) -> Option<Bytes> {
        let mut reads = self.reads();
        let Some(front) = reads.waiting.front_mut() else {
            return reads.ended.then(Bytes::new);
        };
        let bytes = front.split_to(front.len().min(room));
        if front.is_empty() {
            reads.waiting.pop_front();
        }
        Some(bytes)
    }

    fn reads(&self) -> MutexGuard<'_, Reads> {
        // A parser that panics between two reads leaves them as they were.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Read for Pipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let bytes = self.front(room.len()).ok_or(ErrorKind::WouldBlock)?;
        room[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "tokio")]
mod of_tokio {
    use std::{
        io,
        pin::Pin,
        task::{Context, Poll, ready},
    };

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::Pipe;

    impl AsyncRead for Pipe {
        fn poll_read(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            room: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            // All of the room is not made zero for that: with each byte, work would be the square.
            let bytes = ready!(self.poll_bytes(context, room.remaining()));
            room.put_slice(&bytes);
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Pipe {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
}

#[cfg(feature = "futures")]
mod of_futures {
    use std::{
        io,
        pin::Pin,
        task::{Context, Poll, ready},
    };

    use bytes::Bytes;
    use futures_core::Stream;
    use futures_io::{AsyncRead, AsyncWrite};

    use super::Pipe;

    impl AsyncRead for Pipe {
        fn poll_read(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            room: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            let bytes = ready!(self.poll_bytes(context, room.len()));
            room[..bytes.len()].copy_from_slice(&bytes);
            Poll::Ready(Ok(bytes.len()))
        }
    }

    impl AsyncWrite for Pipe {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// The stream in chunks, as an HTTP client hands out a body.
    impl Stream for Pipe {
        type Item = io::Result<Bytes>;

        fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            let chunk = ready!(self.poll_bytes(context, usize::MAX));
            Poll::Ready((!chunk.is_empty()).then_some(Ok(chunk)))
        }
    }
}
