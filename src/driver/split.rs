//! A polled connection in two halves, for two tasks.
//!
//! Each half is a connection of its own over a share of the transport. What a half sends goes, a
//! whole batch at a time, into one queue that both share, so items are never torn apart; whoever
//! flushes sends the queue on. A transport remembers one task to wake: it is given a waker that
//! wakes both. Only the reader reads: what the writer read would be missing there.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker, ready},
};

use super::{
    Connection,
    poll::PollTransport,
    read::{Input, ReadSide},
    shares::{Shares, Side},
    transport::Transport,
};
use crate::Output;

/// A share of the transport of a polled connection that was [split](Connection::split).
pub struct Half<T> {
    shared: Arc<Shared<T>>,
    side: Side,
}

struct Shared<T> {
    line: Mutex<Line<T>>,
    /// Whose bytes are in the line's queue, to be read without the lock.
    shares: Shares,
    wakers: Arc<Wakers>,
}

struct Line<T> {
    io: T,
    queue: Output,
    /// Sending has failed, for both halves.
    broken: Option<io::ErrorKind>,
}

/// The tasks of both halves. Waking it wakes both.
#[derive(Default)]
struct Wakers {
    reader: Mutex<Option<Waker>>,
    writer: Mutex<Option<Waker>>,
}

impl<T: PollTransport, S> Connection<T, S> {
    /// Splits the connection in two, for two tasks: the first reads and answers, the second
    /// sends. They share one output queue; what the reader's stage answers by itself is flushed by
    /// the reader when it has to wait. Either can end the writing side, for both.
    pub fn split(self) -> (Connection<Half<T>, S>, Connection<Half<T>, ()>) {
        let Self { io, read, mut write, waits, .. } = self;
        // What is queued by now comes before what either half sends.
        let queue = write.take_queued();
        let shares = Shares::default();
        shares.add(Side::Reader, queue.len());
        if write.is_ending() {
            shares.close();
        }
        let shared = Arc::new(Shared {
            line: Mutex::new(Line { io, queue, broken: None }),
            shares,
            wakers: Arc::default(),
        });
        let reader = Half { shared: Arc::clone(&shared), side: Side::Reader };
        let writer = Half { shared, side: Side::Writer };
        let nothing = ReadSide::new((), Input::none(read.input.options));
        let output = write.other_half();
        let mut writer = Connection::of(writer, nothing, output);
        writer.watch_as(waits.as_deref());
        let mut reader = Connection::of(reader, read, write);
        reader.waits = waits;
        (reader, writer)
    }
}

impl<T: PollTransport, S> Connection<Half<T>, S> {
    /// Makes the halves one connection again, with all that they still hold.
    ///
    /// # Errors
    /// Both halves, if they are not of one connection.
    pub fn unsplit(
        self,
        writer: Connection<Half<T>, ()>,
    ) -> Result<Connection<T, S>, (Self, Connection<Half<T>, ()>)> {
        if !Arc::ptr_eq(&self.io.shared, &writer.io.shared) {
            return Err((self, writer));
        }
        let Connection { io, read, write, waits, .. } = self;
        let Connection { io: other, write: others, .. } = writer;
        drop(other);
        match Arc::try_unwrap(io.shared) {
            Ok(shared) => {
                let line = shared.line.into_inner().unwrap_or_else(PoisonError::into_inner);
                let mut whole = Connection::of(line.io, read, write.join(others, line.queue));
                whole.waits = waits;
                Ok(whole)
            }
            // INVARIANT: a connection has two halves, and both were given.
            Err(_) => unreachable!("a half of a connection was copied"),
        }
    }
}

impl<T> Half<T> {
    fn line(&self) -> MutexGuard<'_, Line<T>> {
        self.shared.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls the line with a waker that wakes both halves.
    fn polled<R>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Line<T>, &mut Context<'_>) -> R,
    ) -> R {
        self.shared.wakers.remember(self.side, cx.waker());
        let waker = Waker::from(Arc::clone(&self.shared.wakers));
        poll(&mut self.line(), &mut Context::from_waker(&waker))
    }
}

impl<T: Transport> Transport for Half<T> {
    type Io = Self;
    const FLUSH_FIRST: bool = T::FLUSH_FIRST;

    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        self.polled(cx, |line, cx| line.io.poll_read(cx, into))
    }

    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        self.polled(cx, |line, cx| line.io.poll_peek(cx, into))
    }

    fn can_peek(&self) -> bool {
        self.line().io.can_peek()
    }

    fn into_io(self) -> Self {
        self
    }

    fn queued(&self) -> usize {
        self.shared.shares.of(self.side)
    }

    fn unsent(&self) -> usize {
        self.shared.shares.total()
    }

    fn held(&self) -> usize {
        self.line().queue.capacity()
    }

    fn is_closed(&self) -> bool {
        self.shared.shares.is_closed()
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        self.polled(cx, |line, cx| {
            if let Some(kind) = line.broken {
                output.clear();
                return Poll::Ready(Err(kind.into()));
            }
            if self.is_closed() {
                // What a stage answers by itself after that is for nobody.
                output.clear();
                return Poll::Ready(Ok(()));
            }
            self.shared.shares.add(self.side, output.len());
            line.queue.append(output);
            let sent = line.poll_send(cx, &self.shared.shares);
            if line.queue.is_empty() {
                // The memory goes back to where it came from, so that an idle queue holds none.
                output.append(&mut line.queue);
            }
            sent
        })
    }
}

impl<T: Transport> Line<T> {
    fn poll_send(&mut self, cx: &mut Context<'_>, shares: &Shares) -> Poll<io::Result<()>> {
        let before = self.queue.len();
        let sent = self.io.poll_send(cx, &mut self.queue);
        if let Poll::Ready(Err(error)) = &sent {
            self.broken = Some(error.kind());
            self.queue.clear();
        }
        shares.sent(before - self.queue.len());
        sent
    }
}

impl<T: PollTransport> PollTransport for Half<T> {
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shares = &self.shared.shares;
        self.polled(cx, |line, cx| {
            if !shares.is_closed() {
                // The other half may have queued something since this one has flushed.
                ready!(line.poll_send(cx, shares))?;
                shares.close();
            }
            line.io.poll_close_write(cx)
        })
    }
}

impl Wakers {
    fn remember(&self, side: Side, waker: &Waker) {
        let slot = match side {
            Side::Reader => &self.reader,
            Side::Writer => &self.writer,
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *slot {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        for slot in [&self.reader, &self.writer] {
            // The slot's lock is not held while waking: a waker may run its task on the spot.
            let waker = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}
