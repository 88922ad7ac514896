//! Halves of blocking connections, for two threads.
//!
//! # Waiting
//!
//! Two threads share a socket whose calls may wait for ever, and a simple peer may write for a long
//! time and read nothing meanwhile. Then the writer's thread is in a write that returns only after
//! the peer has read. The peer reads only after it has written everything, and for that the
//! reader's thread must read. Hence the rule from which everything below follows: **the reader's
//! thread must not wait for the peer to read while the writer's thread already does**.
//!
//! Reading takes no lock. Sending has one lock, `line`, which is held to append to the queue and to
//! count, and never during I/O. The right to write is not a lock but a field behind it, `flusher`.
//! A thread that finds it empty enters itself, takes the queue along and writes. A thread that
//! finds it taken has a choice, which a lock would not give:
//!
//! - **The reader leaves what it has queued** and goes on reading. The writer looks into the queue
//!   after each write and does not stop before it is empty, so it sends this as well. The two
//!   cannot miss each other: appending by the reader, and finding the queue empty by the writer,
//!   happen under the same lock.
//! - **The writer waits** on a condition, `moved`, until the reader stops. It waits for one write
//!   at most: the reader gives way to a writer that waits, and passes only bytes up to the last of
//!   its own to a write. Bytes that the writer has appended are never in that write, since a reader
//!   leaves its bytes to a writer that waits as it does to one that writes.
//!
//! So a reader that sends its own answers waits for the peer to take those, as an unsplit
//! connection does, and never for output of the writer.
//!
//! # A peer that never reads
//!
//! The reader may leave bytes while the writer is stuck, and a peer that sends a flood of requests
//! must not make the queue grow for ever. A half counts its own bytes only. From the high-water
//! mark on, callers that ask for room wait; from twice the mark on, the reader receives nothing
//! more either. Both wait on `moved` until enough bytes of their own have left or nobody is
//! writing, in which case they write themselves. That wait is behind a write in progress, and ends
//! when the peer reads anything at all. A peer that neither reads nor stops writing gets twice the
//! mark and one answer, and then its own writes wait.
//!
//! An explicit flush of the reader's half does not wait behind the writer either, which would stop
//! the reading just as well. It returns when everything has been sent, or is in the hands of the
//! writer's thread. If that one fails, both halves report it.
//!
//! # Leaving
//!
//! A half that is dropped leaves its bytes in the queue to the other half, whose next flush sends
//! them. A write that unwinds has sent an unknown number of bytes, so it counts as failed: the
//! guard `Flush` records that, and the other half reports it.
//!
//! `tests/shuttle` searches the schedules of these halves for deadlocks, losses and torn items.

use std::{
    fmt,
    io::{self, Read, Write},
    mem,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use super::{
    Timeouts,
    calls::{fill, polled, send_some},
    connection::Connection,
    divide::{
        Divide,
        sealed::{self, Stack},
    },
    error::Again,
    layer_state::Outcome,
    locks::{Condvar, Mutex, MutexGuard, lock, unlocked, wait},
    pool,
    read::{Input, ReadSide},
    shares::{Owner, Runs, Shares},
    sync::{Blocking, CloseWrite, Std},
    transport::{EndOf, HasLeaf, IntoIo, Leaf, Passed, Transport, poll_both},
};
use crate::{Buffer, Output};

/// The transport of one half of a blocking connection that was [split](Connection::split).
///
/// # Guarantees
/// - Items of the halves are sent whole, each half's in its own order.
/// - A flush of the writer's half returns when everything that both have queued is sent. A flush of
///   the reader's half returns when everything that it has queued is sent, or is being sent by the
///   writer's thread. Both halves report a failed write.
/// - The reader's half never waits for output of the writer's half, unless it is asked to wait for
///   room for more answers, or has twice [`high_water`](super::Options::high_water) of its own
///   waiting.
/// - When a half is dropped, the next flush of the other half sends what it has left in the shared
///   queue (after would-block, or in the hands of the other thread). Reading flushes, too, but a
///   read that waits already is not interrupted. Items that were queued and never flushed are
///   dropped with their half.
pub struct BlockingHalf<X: Divide> {
    shared: Arc<Shared<X>>,
    side: Owner,
    /// Bytes received that layers have not opened yet.
    raw: Buffer,
    /// Nothing follows it.
    raw_has_ended: bool,
}

impl<X: Divide> fmt::Debug for BlockingHalf<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingHalf").field("side", &self.side).finish_non_exhaustive()
    }
}

struct Shared<X: Divide> {
    leaf: Std<X::Io>,
    line: Mutex<Line<X::Stack>>,
    /// Bytes have left, or nobody is writing any more.
    moved: Condvar,
    shares: Shares,
}

/// The bytes waiting to be sent, and the half that sends them. Its lock is never held during I/O.
struct Line<K> {
    /// The layers. A half seals and queues in one hold of the lock, or records would be torn.
    stack: K,
    /// The layers have sealed their ends.
    is_closed: bool,
    /// One of the halves has ended the leaf.
    has_ended: bool,
    /// Bytes behind those that the flusher has taken.
    queue: Output,
    /// The order of the halves' bytes: those that the flusher has taken, and those in the queue.
    runs: Runs,
    /// The half that is writing.
    flusher: Option<Owner>,
    /// Bytes of memory that the flusher has taken.
    lent: usize,
    /// The writer waits until the reader has stopped writing.
    writer_waits: bool,
    /// The number of threads that wait for a move.
    waiting: usize,
    /// Sending has failed, for both halves.
    broken: Option<io::ErrorKind>,
    /// A failure to send what was left before the end, told once the transport has ended.
    unsent: Option<io::Error>,
}

/// The right to write, with the bytes being written. If it is dropped in the middle, sending has
/// failed.
struct Flush<'a, X: Divide> {
    shared: &'a Shared<X>,
    batch: Output,
    is_done: bool,
}

/// The extent of a flush.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// The bytes of the reader and those before them, until the writer wants to write.
    Own,
    /// Everything that is queued.
    All,
    /// Everything that is queued; nothing may be queued after it.
    End,
}

/// A half of a blocking connection, for the thread that reads or the one that sends.
pub type HalfConnection<X, S> = Connection<Blocking<BlockingHalf<X>>, S>;

impl<X: Transport, S> Connection<Blocking<X>, S> {
    /// Splits the connection for two threads: the first half reads and answers, the second sends.
    /// They share one output queue. The reader flushes answers of its stage before it waits. Either
    /// half can end the writing side, for both.
    ///
    /// The reader goes on reading while the writer waits for a peer that reads nothing: see
    /// [`BlockingHalf`] for the guarantees.
    ///
    /// The halves look ahead only by reading; [`Peek`](super::sync::Peek) is available again after
    /// [`unsplit`](Self::unsplit).
    pub fn split(self) -> (HalfConnection<X, S>, HalfConnection<X, ()>)
    where
        X: Divide,
        for<'a> &'a X::Io: Read + Write,
    {
        let Self { io: Blocking(io), read, mut write, waits, .. } = self;
        let (leaf, mut stack) = io.divide();
        // Output queued by now comes before that of either half.
        let (mut plain, mut queue) = (write.take_queued(), Output::new());
        // Nothing is queued behind the layers' ends, but the ends themselves may still wait in
        // them.
        let sealed = stack.seal(&mut plain, &mut queue);
        let (shares, mut runs) = (Shares::default(), Runs::default());
        runs.add(&shares, Owner::Reader, queue.len());
        if write.is_ended() {
            shares.close();
        }
        let line = Line {
            stack,
            is_closed: write.is_ending(),
            has_ended: write.is_ended(),
            queue,
            runs,
            flusher: None,
            lent: 0,
            writer_waits: false,
            waiting: 0,
            broken: sealed.err().map(|error| error.kind()),
            unsent: None,
        };
        let line = Mutex::new(line);
        let shared = Arc::new(Shared { leaf, line, moved: Condvar::new(), shares });
        let reader = BlockingHalf::of(Arc::clone(&shared), Owner::Reader);
        let writer = BlockingHalf::of(shared, Owner::Writer);
        let nothing = ReadSide::new((), Input::none(read.input.options));
        let output = write.other_half();
        let mut writer = Connection::of(Blocking::new(writer), nothing, output);
        writer.watch_as(waits.as_deref());
        let mut reader = Connection::of(Blocking::new(reader), read, write);
        reader.waits = waits;
        (reader, writer)
    }
}

impl<X: Divide, S> HalfConnection<X, S> {
    /// Makes the halves one connection again, with everything they still hold.
    ///
    /// # Errors
    /// Both halves, if they are not of one connection.
    #[expect(clippy::type_complexity, reason = "what came in goes out")]
    pub fn unsplit(
        self,
        writer: HalfConnection<X, ()>,
    ) -> Result<Connection<Blocking<X>, S>, (Self, HalfConnection<X, ()>)> {
        if !Arc::ptr_eq(&self.io.0.shared, &writer.io.0.shared) {
            return Err((self, writer));
        }
        let Connection { io: Blocking(mut io), read, write, waits, .. } = self;
        let Connection { io: other, write: others, .. } = writer;
        let shared = Arc::clone(&io.shared);
        let (mut raw, has_ended) = (mem::take(&mut io.raw), io.raw_has_ended);
        drop((io, other));
        match Arc::try_unwrap(shared) {
            Ok(Shared { leaf, line, .. }) => {
                let Line { mut stack, mut queue, has_ended: is_ended, unsent, .. } = unlocked(line);
                stack.put_back(&mut raw, has_ended, &mut queue);
                let mut write = write.join(others, queue);
                write.keep(unsent);
                if is_ended {
                    write.closed();
                }
                let mut whole = Connection::of(Blocking(X::unite(leaf, stack)), read, write);
                whole.waits = waits;
                Ok(whole)
            }
            // INVARIANT: a connection has two halves, and both were given.
            Err(_) => unreachable!("a half of a connection was copied"),
        }
    }
}

impl<X: Divide> Shared<X> {
    fn line(&self) -> MutexGuard<'_, Line<X::Stack>> {
        lock(&self.line)
    }

    fn wait<'a>(
        &'a self,
        mut line: MutexGuard<'a, Line<X::Stack>>,
    ) -> MutexGuard<'a, Line<X::Stack>> {
        line.waiting += 1;
        let mut line = wait(&self.moved, line);
        line.waiting -= 1;
        line
    }

    /// Wakes threads that wait for a move. Without any that is no system call.
    fn tell(&self, line: &Line<X::Stack>) {
        if line.waiting > 0 {
            self.moved.notify_all();
        }
    }
}

impl<X: Divide> BlockingHalf<X> {
    fn of(shared: Arc<Shared<X>>, side: Owner) -> Self {
        Self { shared, side, raw: Buffer::new(), raw_has_ended: false }
    }
}

impl<X: Divide> BlockingHalf<X>
where
    for<'a> &'a X::Io: Read + Write,
{
    /// Waits until no half writes.
    fn wait_to_flush<'a>(
        &'a self,
        mut line: MutexGuard<'a, Line<X::Stack>>,
    ) -> MutexGuard<'a, Line<X::Stack>> {
        while line.flusher.is_some() {
            line.writer_waits |= self.side == Owner::Writer;
            line = self.shared.wait(line);
        }
        if self.side == Owner::Writer {
            line.writer_waits = false;
        }
        line
    }

    /// Sends what is queued, while the other half does not write. The memory goes back to `output`,
    /// where it came from, so that an idle queue holds none.
    fn flush_line<'a>(
        &'a self,
        mut line: MutexGuard<'a, Line<X::Stack>>,
        output: &mut Output,
        extent: Extent,
    ) -> Poll<io::Result<()>> {
        let Shared { leaf: Std { io, .. }, shares, .. } = &*self.shared;
        line.flusher = Some(self.side);
        let mut flush = Flush { shared: &self.shared, batch: Output::new(), is_done: false };
        let mut is_pushed = false;
        loop {
            if line.has_ended {
                // Later answers of a layer are of no use to anybody.
                let all = line.runs.all();
                line.runs.sent(shares, all);
                line.queue.clear();
                flush.batch.clear();
            }
            if let Some(kind) = line.broken {
                shares.told(self.side);
                flush.end(line, output);
                return Poll::Ready(Err(kind.into()));
            }
            if extent == Extent::Own && line.writer_waits {
                // It sends everything that is queued.
                flush.end(line, output);
                return Poll::Ready(Ok(()));
            }
            let most = match extent {
                Extent::Own => line.runs.up_to_last_of(self.side),
                Extent::All | Extent::End => line.runs.all(),
            };
            if most == 0 && is_pushed {
                if extent == Extent::End {
                    shares.close();
                }
                flush.end(line, output);
                return Poll::Ready(Ok(()));
            }
            flush.take(&mut line);
            drop(line);
            let sent = if most == 0 {
                is_pushed = true;
                polled(|| (&mut &*io).flush()).map_ok(|()| 0)
            } else {
                is_pushed = false;
                send_some(&mut flush.batch, most, |chunks| {
                    polled(|| Std::<X::Io>::write(io, chunks))
                })
            };
            line = self.shared.line();
            match sent {
                Poll::Ready(Ok(count)) => {
                    line.runs.sent(shares, count);
                    self.shared.tell(&line);
                }
                Poll::Ready(Err(error)) => {
                    flush.fail(&mut line, error.kind());
                    shares.told(self.side);
                    flush.end(line, output);
                    return Poll::Ready(Err(error));
                }
                Poll::Pending => {
                    flush.end(line, output);
                    return Poll::Pending;
                }
            }
        }
    }
}

impl<X: Divide> Flush<'_, X> {
    /// Takes what was queued meanwhile.
    fn take(&mut self, line: &mut Line<X::Stack>) {
        if !line.queue.is_empty() {
            self.batch.append(&mut line.queue);
        }
        line.lent = self.batch.capacity();
    }

    /// Notes that nothing that waits can be sent any more, by either half.
    fn fail(&mut self, line: &mut Line<X::Stack>, kind: io::ErrorKind) {
        line.broken = Some(kind);
        self.batch.clear();
        line.queue.clear();
        line.runs.lose(&self.shared.shares);
    }

    /// Stops writing. What is left waits in the queue; memory that is not needed goes to `output`.
    fn end(mut self, line: MutexGuard<'_, Line<X::Stack>>, output: &mut Output) {
        self.is_done = true;
        self.stop(line, Some(output));
    }

    fn stop(&mut self, mut line: MutexGuard<'_, Line<X::Stack>>, output: Option<&mut Output>) {
        self.take(&mut line);
        if self.batch.is_empty() {
            if let Some(output) = output.filter(|output| output.capacity() == 0) {
                output.append(&mut self.batch);
            }
            line.queue.release();
        } else {
            std::mem::swap(&mut line.queue, &mut self.batch);
        }
        line.lent = 0;
        line.flusher = None;
        self.shared.tell(&line);
    }
}

/// Records a failure: if the transport has unwound, the sent part of the batch is unknown, so
/// nothing may follow it.
impl<X: Divide> Drop for Flush<'_, X> {
    fn drop(&mut self) {
        if !self.is_done {
            let mut line = self.shared.line();
            self.fail(&mut line, io::ErrorKind::Other);
            self.stop(line, None);
        }
    }
}

impl<X: Divide> BlockingHalf<X>
where
    for<'a> &'a X::Io: Read + Write,
{
    /// Opens what was received, and queues answers of the layers.
    fn open(&mut self, into: &mut Buffer, most: usize) -> io::Result<Outcome> {
        let Self { shared, side, raw, raw_has_ended } = self;
        let mut line = shared.line();
        let opened = line.stack.open(raw, *raw_has_ended, into, most);
        line.seal(&shared.shares, *side, &mut Output::new())?;
        opened
    }

    /// Receives by one call bytes for the layers to open.
    fn receive(&mut self) -> Poll<io::Result<()>> {
        pool::lease(&mut self.raw, READ, READ / 4, READ, usize::MAX);
        self.raw.reserve(READ / 4);
        let io = &self.shared.leaf.io;
        let received = fill(&mut self.raw, usize::MAX, |spare| polled(|| (&mut &*io).read(spare)));
        if received.is_pending() {
            pool::give_back(&mut self.raw, READ, 0);
        }
        self.raw_has_ended = ready!(received)? == 0;
        Poll::Ready(Ok(()))
    }
}

/// The bytes that a half with layers reads at a time.
const READ: usize = 16 * 1024;

impl<K: sealed::Stack> Line<K> {
    /// Seals and queues `output` for the half `side`, and queues answers of the layers.
    fn seal(&mut self, shares: &Shares, side: Owner, output: &mut Output) -> io::Result<()> {
        if K::IS_EMPTY {
            self.runs.add(shares, side, output.len());
            self.queue.append(output);
            return Ok(());
        }
        let mut wire = Output::new();
        let sealed = self.stack.seal(output, &mut wire);
        self.runs.add(shares, side, wire.len());
        self.queue.append(&mut wire);
        sealed
    }
}

impl<X: Divide> Transport for BlockingHalf<X>
where
    for<'a> &'a X::Io: Read + Write,
{
    type Leaf = Self;
    const FLUSH_FIRST: bool = true;

    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        if X::Stack::IS_EMPTY {
            let io = &self.shared.leaf.io;
            return fill(into, most, |spare| polled(|| (&mut &*io).read(spare)));
        }
        let mut has_received = false;
        loop {
            match self.open(into, most) {
                Ok(Outcome::Some(count)) => return Poll::Ready(Ok(count)),
                Ok(Outcome::End) => return Poll::Ready(Ok(0)),
                // A caller that watches the time looks at it after each call.
                Ok(Outcome::Need(_)) if has_received => return Poll::Ready(Err(Again::error())),
                Ok(Outcome::Need(_)) => {
                    // If that would block, read on: it may be necessary to read from the peer
                    // first.
                    if self.unsent() > 0
                        && let Poll::Ready(Err(error)) = self.poll_send(cx, &mut Output::new())
                    {
                        return Poll::Ready(Err(error));
                    }
                    ready!(self.receive())?;
                    has_received = true;
                }
                Ok(Outcome::Full) => ready!(self.poll_send(cx, &mut Output::new()))?,
                Ok(Outcome::Enough) => return Poll::Ready(Err(Again::error())),
                Err(error) => {
                    // The alert goes first, as far as one attempt goes.
                    let _ = self.poll_send(cx, &mut Output::new());
                    return Poll::Ready(Err(error));
                }
            }
        }
    }

    fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        end: &mut EndOf<'_, Self>,
    ) -> Poll<io::Result<()>> {
        let mut closed = Ok(());
        if !X::Stack::IS_EMPTY && !self.is_closed() {
            let mut line = self.wait_to_flush(self.shared.line());
            if !line.is_closed {
                line.is_closed = true;
                let mut wire = Output::new();
                closed = line.stack.close(&mut wire);
                if line.broken.is_some() {
                    // The layers have ended, and this is not sent.
                    wire.clear();
                }
                line.runs.add(&self.shared.shares, self.side, wire.len());
                line.queue.append(&mut wire);
            }
            closed = closed.and(ready!(self.flush_line(line, &mut Output::new(), Extent::All)));
        }
        // The transport is ended even if a layer in between can seal nothing more.
        let ended = end.poll(self, cx);
        poll_both(&mut self.shared.line().unsent, closed, ended)
    }

    fn poll_rest(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if X::Stack::IS_EMPTY {
            return Poll::Ready(Ok(0));
        }
        let (io, mut rest) = (&self.shared.leaf.io, Buffer::new());
        rest.reserve(1024);
        fill(&mut rest, usize::MAX, |spare| polled(|| (&mut &*io).read(spare)))
    }

    fn is_exact(&self) -> bool {
        X::Stack::IS_EMPTY
    }

    fn queued(&self) -> usize {
        self.shared.shares.of(self.side)
    }

    fn unsent(&self) -> usize {
        let shares = &self.shared.shares;
        let waiting = match self.side {
            Owner::Reader if !shares.is_alone() => shares.of(Owner::Reader),
            Owner::Reader | Owner::Writer => shares.total(),
        };
        waiting + usize::from(shares.has_lost(self.side))
    }

    fn passed(&self, queue: usize) -> Option<Passed> {
        (queue == 0).then(|| self.shared.shares.passed())
    }

    fn held(&self) -> usize {
        let line = self.shared.line();
        line.lent + line.queue.capacity() + line.stack.held() + self.raw.capacity()
    }

    fn holds_part(&self) -> bool {
        !self.raw.is_empty() || (!X::Stack::IS_EMPTY && self.shared.line().stack.holds_part())
    }

    fn is_closed(&self) -> bool {
        self.shared.shares.is_closed()
    }

    fn poll_send(&mut self, _: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        let shares = &self.shared.shares;
        let mut line = self.shared.line();
        if let Some(kind) = line.broken {
            output.clear();
            shares.told(self.side);
            return Poll::Ready(Err(kind.into()));
        }
        if (shares.is_closed() || line.is_closed) && !output.is_empty() {
            output.clear();
            if self.side == Owner::Writer {
                return Poll::Ready(Err(closed_by_the_other_half()));
            }
            // Answers of a stage after that are of no use to anybody.
        }
        if let Err(error) = line.seal(shares, self.side, output) {
            line.broken = Some(error.kind());
            return Poll::Ready(Err(error));
        }
        let extent = match self.side {
            Owner::Reader if line.flusher.is_some() || line.writer_waits => {
                return Poll::Ready(Ok(()));
            }
            Owner::Reader if !shares.is_alone() => Extent::Own,
            Owner::Reader | Owner::Writer => Extent::All,
        };
        let line = self.wait_to_flush(line);
        self.flush_line(line, output, extent)
    }

    fn poll_left(&mut self, _: &mut Context<'_>, below: usize) -> Poll<()> {
        let mut line = self.shared.line();
        while self.queued() >= below && (line.flusher.is_some() || line.writer_waits) {
            line = self.shared.wait(line);
        }
        Poll::Ready(())
    }
}

impl<X: Divide> Leaf for BlockingHalf<X> {
    type Io = Self;

    fn io(&self) -> &Self {
        self
    }

    fn io_mut(&mut self) -> &mut Self {
        self
    }
}

impl<X: Divide> IntoIo for BlockingHalf<X>
where
    for<'a> &'a X::Io: Read + Write,
{
    type Io = Self;

    fn into_io(self) -> Self {
        self
    }
}

impl<X: Divide> HasLeaf for BlockingHalf<X>
where
    for<'a> &'a X::Io: Read + Write,
{
    fn leaf(&self) -> &Self {
        self
    }

    fn leaf_mut(&mut self) -> &mut Self {
        self
    }
}

impl<X: Divide> CloseWrite for BlockingHalf<X>
where
    for<'a> &'a X::Io: CloseWrite + Read + Write,
{
    fn close_write(&mut self) -> io::Result<()> {
        let line = self.wait_to_flush(self.shared.line());
        if line.has_ended {
            return Ok(());
        }
        let sent = if self.shared.shares.is_closed() {
            drop(line);
            Ok(())
        } else {
            // The other half may have queued something since this one has flushed.
            match self.flush_line(line, &mut Output::new(), Extent::End) {
                Poll::Ready(sent) => sent,
                Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
            }
        };
        // Even if nothing more can be sent, the peer waits for the end.
        let ended = polled(|| (&mut &self.shared.leaf.io).close_write());
        let mut line = self.shared.line();
        line.has_ended = matches!(ended, Poll::Ready(Ok(())));
        match poll_both(&mut line.unsent, sent, ended) {
            Poll::Ready(closed) => closed,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

/// Leaves what this half has queued to the other.
impl<X: Divide> Drop for BlockingHalf<X> {
    fn drop(&mut self) {
        let line = self.shared.line();
        self.shared.shares.leave();
        self.shared.tell(&line);
    }
}

/// Makes the error of a half that has queued something before it could know that the other has
/// ended the stream.
pub(super) fn closed_by_the_other_half() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the other half has ended the writing side")
}

/// Each half has one of the socket's two time-outs: a clock of the reading half sets that of reads,
/// a clock of the sending half that of writes, so two clocks do not undo each other's alarms.
/// Writes of the reading half have the time-out of writes, too.
impl<X: Divide<Io: Timeouts>> Timeouts for BlockingHalf<X> {
    fn timeouts(&self) -> io::Result<(Option<Duration>, Option<Duration>)> {
        let (read, write) = self.shared.leaf.io.timeouts()?;
        Ok(match self.side {
            Owner::Reader => (read, None),
            Owner::Writer => (None, write),
        })
    }

    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        match self.side {
            Owner::Reader => self.shared.leaf.io.set_read(read),
            Owner::Writer => self.shared.leaf.io.set_write(write),
        }
    }
}
