//! Halves of polled connections, for two tasks.
//!
//! Each half is a connection of its own over a share of the transport. Output of a half goes, a
//! whole batch at a time, into one queue that both share, so items are never torn apart; a flush of
//! either half sends the queue. A transport remembers one task to wake, so it is given a waker that
//! wakes both. A half that sends bytes of the other wakes it, too, since the transport may not wake
//! anybody again. Only the reader reads: bytes read by the writer would be missing there.

use std::{
    fmt, io,
    sync::Arc,
    task::{Context, Poll, Wake, Waker, ready},
};

use super::{
    Connection,
    locks::{Mutex, MutexGuard, lock, unlocked},
    poll::PollTransport,
    read::{Input, ReadSide},
    shares::{Owner, Runs, Shares},
    split_sync::closed_by_the_other_half,
    transport::{EndOf, IntoIo, Passed, Transport, poll_both},
};
use crate::{Buffer, Output};

/// The transport of one half of a polled connection that was [split](Connection::split).
///
/// # Guarantees
/// - Items of the halves are sent whole, each half's in its own order. A flush of either half sends
///   everything that both have handed over. Both halves report a failed write.
/// - When a half is dropped, also in the middle of a flush, the other half sends what it has handed
///   over; its task is woken for it if it waits. Items that were queued and never flushed are
///   dropped with their half.
pub struct Half<T> {
    shared: Arc<Shared<T>>,
    side: Owner,
}

impl<T> fmt::Debug for Half<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Half").field("side", &self.side).finish_non_exhaustive()
    }
}

struct Shared<T> {
    line: Mutex<Line<T>>,
    /// The numbers of bytes in the line's queue by half, readable without the lock.
    shares: Shares,
    wakers: Arc<Wakers>,
}

struct Line<T> {
    io: T,
    queue: Output,
    /// The order of the halves' bytes in the queue.
    runs: Runs,
    /// Sending has failed, for both halves.
    broken: Option<io::ErrorKind>,
    /// A failure to send what was left before the end, told once the transport has ended.
    unsent: Option<io::Error>,
}

/// The tasks of both halves. Waking it wakes both.
#[derive(Default)]
struct Wakers {
    reader: Mutex<Option<Waker>>,
    writer: Mutex<Option<Waker>>,
}

impl<T: PollTransport, S> Connection<T, S> {
    /// Splits the connection for two tasks: the first half reads and answers, the second sends.
    /// They share one output queue. The reader flushes answers of its stage before it waits. Either
    /// half can end the writing side, for both.
    pub fn split(self) -> (Connection<Half<T>, S>, Connection<Half<T>, ()>) {
        let Self { io, read, mut write, waits, .. } = self;
        // Output queued by now comes before that of either half.
        let queue = write.take_queued();
        let (shares, mut runs) = (Shares::default(), Runs::default());
        runs.add(&shares, Owner::Reader, queue.len());
        shares.wait_below(io.unsent());
        if write.is_ending() {
            shares.close();
        }
        let shared = Arc::new(Shared {
            line: Mutex::new(Line { io, queue, runs, broken: None, unsent: None }),
            shares,
            wakers: Arc::default(),
        });
        let reader = Half { shared: Arc::clone(&shared), side: Owner::Reader };
        let writer = Half { shared, side: Owner::Writer };
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
    /// Makes the halves one connection again, with everything they still hold.
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
        let shared = Arc::clone(&io.shared);
        drop((io, other));
        match Arc::try_unwrap(shared) {
            Ok(shared) => {
                let line = unlocked(shared.line);
                let mut write = write.join(others, line.queue);
                write.keep(line.unsent);
                let mut whole = Connection::of(line.io, read, write);
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
        lock(&self.shared.line)
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

    /// Does the same where bytes may be sent, which the other half may wait for.
    fn polled_to_send<R>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Line<T>, &mut Context<'_>) -> R,
    ) -> R {
        let other = self.side.other();
        let (polled, has_moved) = self.polled(cx, |line, cx| {
            let before = self.shared.shares.of(other);
            let polled = poll(line, cx);
            (polled, self.shared.shares.of(other) < before)
        });
        // Do not hold the line's lock while waking: a waker may run its task on the spot.
        if has_moved {
            self.shared.wakers.wake_one(other);
        }
        polled
    }
}

impl<T: Transport> Transport for Half<T> {
    type Leaf = T::Leaf;
    const FLUSH_FIRST: bool = T::FLUSH_FIRST;
    const MAKES_ROOM: bool = T::MAKES_ROOM;
    const NEEDS_ZEROS: bool = T::NEEDS_ZEROS;

    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        let shares = &self.shared.shares;
        self.polled(cx, |line, cx| {
            let filled = line.io.poll_fill(cx, into, most);
            // A layer may have answered what it has opened.
            shares.wait_below(line.io.unsent());
            filled
        })
    }

    fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        end: &mut EndOf<'_, T::Leaf>,
    ) -> Poll<io::Result<()>> {
        self.poll_ended(cx, |io, cx| io.poll_end(cx, end))
    }

    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.polled(cx, |line, cx| line.io.poll_rest(cx))
    }

    fn is_exact(&self) -> bool {
        self.line().io.is_exact()
    }

    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        self.polled(cx, |line, cx| line.io.poll_peek(cx, into))
    }

    fn can_peek(&self) -> bool {
        self.line().io.can_peek()
    }

    fn queued(&self) -> usize {
        self.shared.shares.of(self.side)
    }

    fn unsent(&self) -> usize {
        let shares = &self.shared.shares;
        shares.total() + shares.below() + usize::from(shares.has_lost(self.side))
    }

    fn passed(&self, queue: usize) -> Option<Passed> {
        match queue.checked_sub(1) {
            None => Some(self.shared.shares.passed()),
            Some(below) => self.line().io.passed(below),
        }
    }

    fn held(&self) -> usize {
        let line = self.line();
        line.queue.capacity() + line.io.held()
    }

    fn holds_part(&self) -> bool {
        self.line().io.holds_part()
    }

    fn is_closed(&self) -> bool {
        self.shared.shares.is_closed()
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        let Self { shared, side } = &*self;
        let shares = &shared.shares;
        self.polled_to_send(cx, |line, cx| {
            if let Some(kind) = line.broken {
                output.clear();
                shares.told(*side);
                return Poll::Ready(Err(kind.into()));
            }
            if shares.is_closed() {
                let is_empty = output.is_empty();
                output.clear();
                return Poll::Ready(match side {
                    Owner::Writer if !is_empty => Err(closed_by_the_other_half()),
                    // Answers of a stage after that are of no use to anybody.
                    Owner::Reader | Owner::Writer => Ok(()),
                });
            }
            line.runs.add(shares, *side, output.len());
            line.queue.append(output);
            let sent = line.poll_send(cx, shares, *side);
            if line.queue.is_empty() {
                // The memory goes back to where it came from, so that an idle queue holds none.
                output.append(&mut line.queue);
            }
            sent
        })
    }
}

impl<T: Transport> Line<T> {
    /// Sends what is queued, for the half `side`.
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        shares: &Shares,
        side: Owner,
    ) -> Poll<io::Result<()>> {
        let before = self.queue.len();
        let sent = self.io.poll_send(cx, &mut self.queue);
        self.runs.sent(shares, before - self.queue.len());
        shares.wait_below(self.io.unsent());
        if let Poll::Ready(Err(error)) = &sent {
            self.broken = Some(error.kind());
            self.queue.clear();
            self.runs.lose(shares);
            shares.wait_below(0);
            shares.told(side);
        }
        sent
    }
}

impl<T: Transport> IntoIo for Half<T> {
    type Io = Self;

    fn into_io(self) -> Self {
        self
    }
}

impl<T: PollTransport> PollTransport for Half<T> {
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ended(cx, T::poll_close_write)
    }
}

impl<T: Transport> Half<T> {
    /// Sends what is left and then the end, by `end`.
    fn poll_ended(
        &self,
        cx: &mut Context<'_>,
        end: impl FnOnce(&mut T, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        let shares = &self.shared.shares;
        self.polled_to_send(cx, |line, cx| {
            let mut sent = Ok(());
            if !shares.is_closed() {
                // The other half may have queued something since this one has flushed.
                sent = ready!(line.poll_send(cx, shares, self.side));
                shares.close();
            }
            // The transport is ended even if a layer in between can seal nothing more.
            let ended = end(&mut line.io, cx);
            poll_both(&mut line.unsent, sent, ended)
        })
    }
}

/// Leaves what this half has handed over to the other, and wakes its task, which may wait for
/// something else.
impl<T> Drop for Half<T> {
    fn drop(&mut self) {
        let Shared { shares, wakers, .. } = &*self.shared;
        // Neither wake nor keep the task of this half any more.
        let _own = lock(wakers.slot(self.side)).take();
        shares.leave();
        if shares.total() + shares.below() > 0 {
            wakers.wake_one(self.side.other());
        }
    }
}

impl Owner {
    fn other(self) -> Self {
        match self {
            Self::Reader => Self::Writer,
            Self::Writer => Self::Reader,
        }
    }
}

impl Wakers {
    fn slot(&self, side: Owner) -> &Mutex<Option<Waker>> {
        match side {
            Owner::Reader => &self.reader,
            Owner::Writer => &self.writer,
        }
    }

    fn remember(&self, side: Owner, waker: &Waker) {
        let mut slot = lock(self.slot(side));
        let is_known = slot.as_ref().is_some_and(|known| known.will_wake(waker));
        let old = if is_known { None } else { slot.replace(waker.clone()) };
        drop(slot);
        // Do not hold the lock while a waker is dropped either, which may drop its task.
        drop(old);
    }

    fn wake_one(&self, side: Owner) {
        // Do not hold the slot's lock while waking: a waker may run its task on the spot.
        let waker = lock(self.slot(side)).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_one(Owner::Reader);
        self.wake_one(Owner::Writer);
    }
}
