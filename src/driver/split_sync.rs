//! A blocking connection in two halves, for two threads.
//!
//! # Who waits for what
//!
//! Two threads share a socket whose calls may wait for ever, and a peer may be as simple as they
//! are: it writes for as long as it likes and reads nothing meanwhile. Then the writer's thread is
//! inside a write that returns only after the peer has read. The peer reads only after it has
//! written everything, and that takes somebody who reads: the reader's thread. So the rule from
//! which everything below follows is that **the reader's thread must not wait for the peer to read
//! while the writer's thread already does**.
//!
//! Reading takes no lock. Sending has one lock, `line`, which is held to append to the queue and
//! to count, and never during I/O. The right to write is not a lock but a field behind it,
//! `flusher`: who finds it empty enters itself, takes the queue along and writes. Who finds it
//! taken has a choice, which a lock would not give:
//!
//! - **The reader leaves what it has queued** and goes on reading. The writer looks into the queue
//!   after each write and does not stop before it is empty, so it sends this as well. The two
//!   cannot miss each other: the reader appends, and the writer finds the queue empty and stops,
//!   under the same lock.
//! - **The writer waits** on a condition, `moved`, until the reader stops. It waits for one write
//!   at most: the reader gives way to a writer that waits, and passes only bytes up to the last of
//!   its own to a write. What the writer has appended is never in that write, since a reader leaves
//!   its bytes to a writer that waits as it does to one that writes.
//!
//! So a reader that sends its own answers waits for the peer to take those, as an unsplit
//! connection does, and never for what the writer has to say.
//!
//! # What bounds a peer that never reads
//!
//! The reader may leave bytes while the writer is stuck, and a peer that floods us with requests
//! must not make the queue grow for ever. A half counts its own bytes only. From the high-water
//! mark on, callers that ask for room wait; from twice the mark on, the reader takes in nothing
//! more either. Both wait on `moved` until enough bytes of their own have left or nobody is
//! writing, in which case they write themselves. That wait is behind a write in progress, and ends
//! when the peer reads anything at all. A peer that neither reads nor lets us stop reading gets
//! twice the mark and one answer out of us, and then its own writes wait.
//!
//! An explicit flush of the reader's half does not wait behind the writer either: that would stop
//! the reading just as well. It returns when everything has been sent, or is in the hands of the
//! writer's thread. If that one fails, both halves are told.
//!
//! # Leaving
//!
//! A half that is dropped leaves its bytes in the queue to the other half, whose next flush sends
//! them. A write that unwinds has sent nobody knows how much, so it counts as failed: the guard
//! `Flush` records that, and the other half goes on to report it.
//!
//! `tests/shuttle` searches the schedules of these halves for a stop, a loss and a torn item.

use std::{
    fmt,
    io::{self, IoSlice, Read, Write},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use super::{
    Timeouts,
    connection::Connection as RawConnection,
    locks::{Condvar, Mutex, MutexGuard, lock, unlocked, wait},
    read::{Input, ReadSide},
    shares::{Runs, Shares, Side},
    sync::{Blocking, CloseWrite, Connection, SyncTransport},
    transport::{polled, send_some},
};
use crate::Output;

/// A share of the transport of a blocking connection that was
/// [split](Connection::split).
///
/// # Guarantees
/// - Items of the halves are sent whole, each half's in its own order.
/// - A flush of the writer's half returns when everything that both have queued is sent. A flush of
///   the reader's half returns when everything that it has queued is sent, or is being sent by the
///   writer's thread. A write that fails is reported by both halves.
/// - The reader's half never waits for what the writer's half is sending, unless it is asked to
///   wait for room for more answers, or has twice [`high_water`](super::Options::high_water) of
///   its own waiting.
/// - When a half is dropped, what it has left in the shared queue (after would-block, or in the
///   hands of the other thread) is sent by the next flush of the other half. Reading flushes, too,
///   but a read that waits already is not interrupted. Items that were queued and never flushed
///   are dropped with their half.
pub struct BlockingHalf<T> {
    shared: Arc<Shared<T>>,
    side: Side,
}

impl<T> fmt::Debug for BlockingHalf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingHalf").field("side", &self.side).finish_non_exhaustive()
    }
}

struct Shared<T> {
    io: T,
    peek: Option<fn(&mut T, &mut [u8]) -> io::Result<usize>>,
    line: Mutex<Line>,
    /// Bytes have left, or nobody is writing any more.
    moved: Condvar,
    shares: Shares,
}

/// What waits to be sent, and who sends it. Its lock is held for no I/O.
struct Line {
    /// What comes behind what the flusher has taken.
    queue: Output,
    /// Whose bytes wait: those that the flusher has taken, and those in the queue.
    runs: Runs,
    /// Who is writing.
    flusher: Option<Side>,
    /// Bytes of memory of what the flusher has taken.
    lent: usize,
    /// The writer waits until the reader has stopped writing.
    writer_waits: bool,
    /// The number of threads that wait for a move.
    waiting: usize,
    /// Sending has failed, for both halves.
    broken: Option<io::ErrorKind>,
}

/// The right to write, and what is being written. Dropped in the middle of it, sending has failed.
struct Flush<'a, T> {
    shared: &'a Shared<T>,
    batch: Output,
    is_over: bool,
}

/// How much is to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// What the reader has queued, and what comes before it, until the writer wants to write.
    Own,
    /// All that is queued.
    All,
    /// The same, and nothing may be queued behind it.
    End,
}

impl<T, S> Connection<T, S>
where
    T: Read + Write,
    for<'a> &'a T: Read + Write,
{
    /// Splits the connection in two, for two threads: the first reads and answers, the second
    /// sends. They share one output queue; what the reader's stage answers by itself is flushed by
    /// the reader before it waits. Either can end the writing side, for both.
    ///
    /// The reader goes on reading while the writer waits for a peer that reads nothing: see
    /// [`BlockingHalf`] for what the halves guarantee.
    ///
    /// The halves look ahead by reading only: [`Peek`](super::sync::Peek) is to be had again when they
    /// are one connection.
    pub fn split(self) -> (Connection<BlockingHalf<T>, S>, Connection<BlockingHalf<T>, ()>) {
        let RawConnection { io: Blocking { io, peek }, read, mut write, waits, .. } = self;
        // What is queued by now comes before what either half sends.
        let queue = write.take_queued();
        let (shares, mut runs) = (Shares::default(), Runs::default());
        runs.add(&shares, Side::Reader, queue.len());
        if write.is_ending() {
            shares.close();
        }
        let line = Line {
            queue,
            runs,
            flusher: None,
            lent: 0,
            writer_waits: false,
            waiting: 0,
            broken: None,
        };
        let line = Mutex::new(line);
        let shared = Arc::new(Shared { io, peek, line, moved: Condvar::new(), shares });
        let reader = BlockingHalf { shared: Arc::clone(&shared), side: Side::Reader };
        let writer = BlockingHalf { shared, side: Side::Writer };
        let nothing = ReadSide::new((), Input::none(read.input.options));
        let output = write.other_half();
        let mut writer = RawConnection::of(Blocking::new(writer), nothing, output);
        writer.watch_as(waits.as_deref());
        let mut reader = RawConnection::of(Blocking::new(reader), read, write);
        reader.waits = waits;
        (reader, writer)
    }
}

impl<T, S> Connection<BlockingHalf<T>, S> {
    /// Makes the halves one connection again, with all that they still hold.
    ///
    /// # Errors
    /// Both halves, if they are not of one connection.
    pub fn unsplit(
        self,
        writer: Connection<BlockingHalf<T>, ()>,
    ) -> Result<Connection<T, S>, (Self, Connection<BlockingHalf<T>, ()>)>
    where
        T: Read + Write,
    {
        if !Arc::ptr_eq(&self.io.io.shared, &writer.io.io.shared) {
            return Err((self, writer));
        }
        let RawConnection { io, read, write, waits, .. } = self;
        let RawConnection { io: other, write: others, .. } = writer;
        let shared = Arc::clone(&io.io.shared);
        drop((io, other));
        match Arc::try_unwrap(shared) {
            Ok(Shared { io, peek, line, .. }) => {
                let write = write.join(others, unlocked(line).queue);
                let mut whole = RawConnection::of(Blocking { io, peek }, read, write);
                whole.waits = waits;
                Ok(whole)
            }
            // INVARIANT: a connection has two halves, and both were given.
            Err(_) => unreachable!("a half of a connection was copied"),
        }
    }
}

impl<T> Shared<T> {
    fn line(&self) -> MutexGuard<'_, Line> {
        lock(&self.line)
    }

    fn wait<'a>(&'a self, mut line: MutexGuard<'a, Line>) -> MutexGuard<'a, Line> {
        line.waiting += 1;
        let mut line = wait(&self.moved, line);
        line.waiting -= 1;
        line
    }

    /// Wakes who waits for a move. Without anybody that is no system call.
    fn tell(&self, line: &Line) {
        if line.waiting > 0 {
            self.moved.notify_all();
        }
    }
}

impl<T> BlockingHalf<T>
where
    for<'a> &'a T: Read + Write,
{
    /// Waits until nobody writes.
    fn wait_to_flush<'a>(&'a self, mut line: MutexGuard<'a, Line>) -> MutexGuard<'a, Line> {
        while line.flusher.is_some() {
            line.writer_waits |= self.side == Side::Writer;
            line = self.shared.wait(line);
        }
        if self.side == Side::Writer {
            line.writer_waits = false;
        }
        line
    }

    /// Sends what is queued, while nobody else writes. The memory goes back to `output`, where it
    /// came from, so that an idle queue holds none.
    fn flush_line<'a>(
        &'a self,
        mut line: MutexGuard<'a, Line>,
        output: &mut Output,
        extent: Extent,
    ) -> Poll<io::Result<()>> {
        let Shared { io, shares, .. } = &*self.shared;
        line.flusher = Some(self.side);
        let mut flush = Flush { shared: &self.shared, batch: Output::new(), is_over: false };
        let mut is_pushed = false;
        loop {
            if let Some(kind) = line.broken {
                shares.told(self.side);
                flush.end(line, output);
                return Poll::Ready(Err(kind.into()));
            }
            if extent == Extent::Own && line.writer_waits {
                // It sends all that is queued.
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
                polled(|| (&*io).flush()).map_ok(|()| 0)
            } else {
                is_pushed = false;
                send_some(&mut flush.batch, most, |chunks| {
                    polled(|| match chunks {
                        [one] => (&*io).write(one),
                        many => (&*io).write_vectored(many),
                    })
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

impl<T> Flush<'_, T> {
    /// Takes what was queued meanwhile.
    fn take(&mut self, line: &mut Line) {
        if !line.queue.is_empty() {
            self.batch.append(&mut line.queue);
        }
        line.lent = self.batch.capacity();
    }

    /// Nothing that waits can be sent any more, by either half.
    fn fail(&mut self, line: &mut Line, kind: io::ErrorKind) {
        line.broken = Some(kind);
        self.batch.clear();
        line.queue.clear();
        line.runs.lose(&self.shared.shares);
    }

    /// Stops writing. What is left waits in the queue; memory that is not needed goes to `output`.
    fn end(mut self, line: MutexGuard<'_, Line>, output: &mut Output) {
        self.is_over = true;
        self.stop(line, Some(output));
    }

    fn stop(&mut self, mut line: MutexGuard<'_, Line>, output: Option<&mut Output>) {
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

/// The transport has unwound: what it has sent of the batch is unknown, so nothing may follow it.
impl<T> Drop for Flush<'_, T> {
    fn drop(&mut self) {
        if !self.is_over {
            let mut line = self.shared.line();
            self.fail(&mut line, io::ErrorKind::Other);
            self.stop(line, None);
        }
    }
}

impl<T> SyncTransport for BlockingHalf<T>
where
    for<'a> &'a T: Read + Write,
{
    fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&self.shared.io).read(into)
    }

    /// Only whole outputs are sent, or the items of two halves would be torn apart.
    fn transmit(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut output = Output::new();
        chunks.iter().for_each(|chunk| output.put(chunk));
        let length = output.len();
        match self.poll_send(&mut output) {
            Poll::Ready(sent) => sent.map(|()| length),
            // It is queued, and will be sent with what follows.
            Poll::Pending => Ok(length),
        }
    }

    fn push(&mut self) -> io::Result<()> {
        (&self.shared.io).flush()
    }

    fn queued(&self) -> usize {
        self.shared.shares.of(self.side)
    }

    fn unsent(&self) -> usize {
        let shares = &self.shared.shares;
        let waiting = match self.side {
            Side::Reader if !shares.is_alone() => shares.of(Side::Reader),
            Side::Reader | Side::Writer => shares.total(),
        };
        waiting + usize::from(shares.has_lost(self.side))
    }

    fn held(&self) -> usize {
        let line = self.shared.line();
        line.lent + line.queue.capacity()
    }

    fn is_closed(&self) -> bool {
        self.shared.shares.is_closed()
    }

    fn poll_send_once(&mut self, output: &mut Output) -> Poll<io::Result<bool>> {
        self.poll_send(output).map_ok(|()| true)
    }

    fn poll_send(&mut self, output: &mut Output) -> Poll<io::Result<()>> {
        let shares = &self.shared.shares;
        let mut line = self.shared.line();
        if let Some(kind) = line.broken {
            output.clear();
            shares.told(self.side);
            return Poll::Ready(Err(kind.into()));
        }
        if shares.is_closed() && !output.is_empty() {
            output.clear();
            if self.side == Side::Writer {
                return Poll::Ready(Err(closed_by_the_other_half()));
            }
            // What a stage answers by itself after that is for nobody.
        }
        line.runs.add(shares, self.side, output.len());
        line.queue.append(output);
        let extent = match self.side {
            Side::Reader if line.flusher.is_some() || line.writer_waits => {
                return Poll::Ready(Ok(()));
            }
            Side::Reader if !shares.is_alone() => Extent::Own,
            Side::Reader | Side::Writer => Extent::All,
        };
        let line = self.wait_to_flush(line);
        self.flush_line(line, output, extent)
    }

    fn poll_left(&mut self, below: usize) -> Poll<()> {
        let mut line = self.shared.line();
        while self.queued() >= below && (line.flusher.is_some() || line.writer_waits) {
            line = self.shared.wait(line);
        }
        Poll::Ready(())
    }
}

impl<T> CloseWrite for BlockingHalf<T>
where
    for<'a> &'a T: CloseWrite + Read + Write,
{
    fn close_write(&mut self) -> io::Result<()> {
        let line = self.wait_to_flush(self.shared.line());
        if self.shared.shares.is_closed() {
            drop(line);
        } else {
            // The other half may have queued something since this one has flushed.
            match self.flush_line(line, &mut Output::new(), Extent::End) {
                Poll::Ready(sent) => sent?,
                Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
            }
        }
        (&self.shared.io).close_write()
    }
}

/// What this half has left is the other's to send.
impl<T> Drop for BlockingHalf<T> {
    fn drop(&mut self) {
        let line = self.shared.line();
        self.shared.shares.leave();
        self.shared.tell(&line);
    }
}

/// Something was queued by a half before it could know that the other has ended the stream.
pub(super) fn closed_by_the_other_half() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the other half has ended the writing side")
}

/// Each half has one of the socket's two: a clock that watches over the half that reads sets the
/// time-out of reads, one over the half that sends that of writes. So two clocks do not undo each
/// other's alarms. What the reading half writes by itself has the time-out of writes, too.
impl<T: Timeouts> Timeouts for BlockingHalf<T> {
    fn timeouts(&self) -> io::Result<(Option<Duration>, Option<Duration>)> {
        let (read, write) = self.shared.io.timeouts()?;
        Ok(match self.side {
            Side::Reader => (read, None),
            Side::Writer => (None, write),
        })
    }

    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        match self.side {
            Side::Reader => self.shared.io.set_read(read),
            Side::Writer => self.shared.io.set_write(write),
        }
    }
}
