//! A blocking connection in two halves, for two threads.
//!
//! Reading takes no lock: a thread may wait in it for ever. Sending takes two: the queue's, held
//! for as long as it takes to append, and the socket's, held while a write may wait. The reader
//! must not wait there for what the writer has to say, or it does not read while a peer waits that
//! reads nothing either, and all stop. So it leaves its answers in the queue while the writer is at
//! work, who sends them along; and when it sends them itself, it stops behind its own.

use std::{
    io::{self, IoSlice, Read, Write},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};

use super::{
    Timeouts,
    connection::Connection as RawConnection,
    read::{Input, ReadSide},
    shares::{Shares, Side},
    sync::{Blocking, CloseWrite, Connection, SyncTransport},
    transport::{polled, send},
};
use crate::Output;

/// A share of the transport of a blocking connection that was
/// [split](Connection::split).
pub struct BlockingHalf<T> {
    shared: Arc<Shared<T>>,
    side: Side,
}

struct Shared<T> {
    io: T,
    peek: Option<fn(&mut T, &mut [u8]) -> io::Result<usize>>,
    queue: Mutex<Output>,
    socket: Mutex<Sending>,
    /// Whose bytes are in the queue and in the batch.
    shares: Shares,
    /// The writer is sending, and looks into the queue again before it stops.
    writer_is_sending: AtomicBool,
    high_water: usize,
}

/// What the holder of the socket is writing.
struct Sending {
    batch: Output,
    /// Sending has failed, for both halves.
    broken: Option<io::ErrorKind>,
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
    /// The halves look ahead by reading only: [`Peek`](super::sync::Peek) is to be had again when they
    /// are one connection.
    pub fn split(self) -> (Connection<BlockingHalf<T>, S>, Connection<BlockingHalf<T>, ()>) {
        let RawConnection { io: Blocking { io, peek }, read, mut write, waits, .. } = self;
        // What is queued by now comes before what either half sends.
        let queue = write.take_queued();
        let shares = Shares::default();
        shares.add(Side::Reader, queue.len());
        if write.is_ending() {
            shares.close();
        }
        let shared = Arc::new(Shared {
            io,
            peek,
            queue: Mutex::new(queue),
            socket: Mutex::new(Sending { batch: Output::new(), broken: None }),
            shares,
            writer_is_sending: AtomicBool::new(false),
            high_water: write.output.high_water(),
        });
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
        drop(other);
        match Arc::try_unwrap(io.io.shared) {
            Ok(Shared { io, peek, queue, socket, .. }) => {
                let mut queue = queue.into_inner().unwrap_or_else(PoisonError::into_inner);
                let mut unsent = socket.into_inner().unwrap_or_else(PoisonError::into_inner).batch;
                unsent.append(&mut queue);
                let write = write.join(others, unsent);
                let mut whole = RawConnection::of(Blocking { io, peek }, read, write);
                whole.waits = waits;
                Ok(whole)
            }
            // INVARIANT: a connection has two halves, and both were given.
            Err(_) => unreachable!("a half of a connection was copied"),
        }
    }
}

impl<T> BlockingHalf<T>
where
    for<'a> &'a T: Read + Write,
{
    /// Sends until nothing is left, of either half. `output` gets the memory back.
    fn send_all(&self, output: &mut Output) -> Poll<io::Result<()>> {
        let Shared { shares, writer_is_sending, .. } = &*self.shared;
        loop {
            writer_is_sending.store(true, SeqCst);
            let sent = self.drain(&mut self.shared.socket(), output, || false);
            writer_is_sending.store(false, SeqCst);
            // The reader may have left something between the last look and now.
            if !matches!(sent, Poll::Ready(Ok(()))) || shares.total() == 0 {
                return sent;
            }
        }
    }

    /// Sends what the reader has queued, and what comes before it, unless the writer does.
    fn send_own(&self, output: &mut Output) -> Poll<io::Result<()>> {
        let Shared { shares, socket, writer_is_sending, high_water, .. } = &*self.shared;
        let own = shares.of(Side::Reader);
        if own == 0 {
            return Poll::Ready(Ok(()));
        }
        let mut sending = if own >= *high_water {
            // A peer that does not take its answers is not listened to either.
            self.shared.socket()
        } else if writer_is_sending.load(SeqCst) {
            return Poll::Ready(Ok(()));
        } else {
            match socket.try_lock() {
                Ok(sending) => sending,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return Poll::Ready(Ok(())),
            }
        };
        self.drain(&mut sending, output, || shares.of(Side::Reader) == 0)
    }

    /// Sends what is queued until it is all gone, or this is `enough`. The memory goes back to
    /// `output`, where it came from, so that an idle queue holds none.
    fn drain(
        &self,
        sending: &mut Sending,
        output: &mut Output,
        enough: impl Fn() -> bool,
    ) -> Poll<io::Result<()>> {
        let Shared { io, shares, .. } = &*self.shared;
        let Sending { batch, broken } = sending;
        loop {
            let mut queue = self.shared.queue();
            if !queue.is_empty() {
                batch.append(&mut queue);
            }
            drop(queue);
            if let Some(kind) = broken {
                shares.sent(batch.len());
                batch.clear();
                return Poll::Ready(Err((*kind).into()));
            }
            if shares.is_closed() {
                // What a stage answers by itself after that is for nobody.
                shares.sent(batch.len());
                batch.clear();
            }
            if batch.is_empty() {
                if output.capacity() == 0 {
                    output.append(batch);
                }
                batch.release();
                self.shared.queue().release();
                return polled(|| (&*io).flush());
            }
            let sent = send(batch, |chunks| {
                if enough() {
                    return Poll::Pending;
                }
                let sent = polled(|| (&*io).write_vectored(chunks));
                if let Poll::Ready(Ok(count)) = sent {
                    shares.sent(count);
                }
                sent
            });
            match sent {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    *broken = Some(error.kind());
                    shares.sent(batch.len());
                    batch.clear();
                    return Poll::Ready(Err(error));
                }
                Poll::Pending if enough() => return polled(|| (&*io).flush()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<T> Shared<T> {
    fn queue(&self) -> MutexGuard<'_, Output> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn socket(&self) -> MutexGuard<'_, Sending> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
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
        match self.side {
            Side::Reader => self.queued(),
            Side::Writer => self.shared.shares.total(),
        }
    }

    fn held(&self) -> usize {
        let batch = self.shared.socket.try_lock().map_or(0, |sending| sending.batch.capacity());
        batch + self.shared.queue().capacity()
    }

    fn is_closed(&self) -> bool {
        self.shared.shares.is_closed()
    }

    fn poll_send_once(&mut self, output: &mut Output) -> Poll<io::Result<bool>> {
        self.poll_send(output).map_ok(|()| true)
    }

    fn poll_send(&mut self, output: &mut Output) -> Poll<io::Result<()>> {
        let mut queue = self.shared.queue();
        self.shared.shares.add(self.side, output.len());
        queue.append(output);
        drop(queue);
        match self.side {
            Side::Reader => self.send_own(output),
            Side::Writer => self.send_all(output),
        }
    }
}

impl<T> CloseWrite for BlockingHalf<T>
where
    for<'a> &'a T: CloseWrite + Read + Write,
{
    fn close_write(&mut self) -> io::Result<()> {
        let mut sending = self.shared.socket();
        if !self.is_closed() {
            // The other half may have queued something since this one has flushed.
            match self.drain(&mut sending, &mut Output::new(), || false) {
                Poll::Ready(sent) => sent?,
                Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
            }
            self.shared.shares.close();
        }
        (&self.shared.io).close_write()
    }
}

/// The socket's: they count for both halves.
impl<T: Timeouts> Timeouts for BlockingHalf<T> {
    fn timeouts(&self) -> io::Result<(Option<Duration>, Option<Duration>)> {
        self.shared.io.timeouts()
    }

    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.shared.io.set_timeouts(read, write)
    }
}
