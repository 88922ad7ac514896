//! An in-memory transport that brings the stream in the reads that the cuts say.
//!
//! One `Pipe` is a `Read`, an `AsyncRead` of tokio and of futures-io, and a `Stream` of chunks, so
//! that a crate's own driver can be run over it whatever it is written for. Each read gives one
//! piece at most; when there is none it would block (or is pending) until the end is announced.
//! What a driver writes is swallowed.

use bytes::Bytes;
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

/// The reading end; clones share what is still to be read.
#[derive(Clone, Debug, Default)]
pub struct Pipe(Arc<Mutex<Reads>>);

#[derive(Debug, Default)]
struct Reads {
    waiting: VecDeque<Bytes>,
    ended: bool,
    /// Who found nothing to read, and is to be told when there is something.
    sleeper: Option<Waker>,
}

impl Pipe {
    /// One more read. An empty one is none: it would be the end of the stream.
    pub fn push(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let mut reads = self.reads();
            reads.waiting.push_back(Bytes::copy_from_slice(bytes));
            reads.sleeper.take().inspect(Waker::wake_by_ref);
        }
    }

    /// Nothing follows.
    pub fn end(&self) {
        let mut reads = self.reads();
        reads.ended = true;
        reads.sleeper.take().inspect(Waker::wake_by_ref);
    }

    /// Whether a read would not block.
    pub fn is_ready(&self) -> bool {
        let reads = self.reads();
        reads.ended || !reads.waiting.is_empty()
    }

    /// There is nothing to read: that must be told when it changes.
    fn pending<T>(&self, context: &Context<'_>) -> Poll<T> {
        self.reads().sleeper = Some(context.waker().clone());
        Poll::Pending
    }

    /// What was not read yet.
    pub fn unread(&self) -> Vec<u8> {
        self.reads().waiting.iter().flatten().copied().collect()
    }

    /// The next piece whole, `None` where it would block, empty at the end of the stream.
    fn chunk(&self) -> Option<Bytes> {
        let mut reads = self.reads();
        match reads.waiting.pop_front() {
            Some(chunk) => Some(chunk),
            None => reads.ended.then(Bytes::new),
        }
    }

    /// The next piece, as far as there is room.
    fn piece(&self, room: usize) -> Option<Bytes> {
        let mut reads = self.reads();
        let Some(front) = reads.waiting.front_mut() else {
            return reads.ended.then(Bytes::new);
        };
        let piece = front.split_to(front.len().min(room));
        if front.is_empty() {
            reads.waiting.pop_front();
        }
        Some(piece)
    }

    fn fill(&self, room: &mut [u8]) -> Option<usize> {
        let piece = self.piece(room.len())?;
        room[..piece.len()].copy_from_slice(&piece);
        Some(piece.len())
    }

    fn reads(&self) -> MutexGuard<'_, Reads> {
        // A parser that panics between two reads leaves them as they were.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Read for Pipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.fill(room).ok_or_else(|| ErrorKind::WouldBlock.into())
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

impl tokio::io::AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // All of the room is not made zero for that: with each byte, work would be the square of it.
        let Some(piece) = self.piece(room.remaining()) else { return self.pending(context) };
        room.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Pipe {
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

impl futures::io::AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.fill(room).map_or_else(|| self.pending(context), |length| Poll::Ready(Ok(length)))
    }
}

impl futures::io::AsyncWrite for Pipe {
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
impl futures::Stream for Pipe {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.chunk() {
            Some(chunk) if chunk.is_empty() => Poll::Ready(None),
            Some(chunk) => Poll::Ready(Some(Ok(chunk))),
            None => self.pending(context),
        }
    }
}
