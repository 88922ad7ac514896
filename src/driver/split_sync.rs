//! A blocking connection in two halves, for two threads.
//!
//! Reading takes no lock: a thread may wait in it for ever. Sending takes two: the queue's, held
//! for as long as it takes to append, and the socket's, held while a write may wait. So a reader
//! that has something to answer never waits behind a writer whose peer does not read; it leaves
//! the answer in the queue, and who holds the socket sends it too.

use std::{
    io::{self, IoSlice, Read, Write},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, ready},
};

use super::{
    connection::Connection as RawConnection,
    read::{Input, ReadSide},
    sync::{Blocking, CloseWrite, Connection, SyncTransport},
    transport::{Transport, polled},
    write::WriteSide,
};
use crate::{Buffer, Output};

/// A share of the transport of a blocking connection that was
/// [split](Connection::split).
pub struct BlockingHalf<T> {
    shared: Arc<Shared<T>>,
    reads: bool,
}

struct Shared<T> {
    io: T,
    queue: Mutex<Output>,
    socket: Mutex<Sending>,
    /// Bytes in the queue and in the batch.
    queued: AtomicUsize,
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
    /// the reader before it waits.
    pub fn split(self) -> (Connection<BlockingHalf<T>, S>, Connection<BlockingHalf<T>, ()>) {
        let RawConnection { io, read, write } = self;
        let high_water = write.output.high_water();
        let options = read.input.options;
        let shared = Arc::new(Shared {
            io: io.into_io(),
            queue: Mutex::new(Output::with_high_water(high_water)),
            socket: Mutex::new(Sending { batch: Output::new(), broken: None }),
            queued: AtomicUsize::new(0),
            high_water,
        });
        let reader = Blocking::new(BlockingHalf { shared: Arc::clone(&shared), reads: true });
        let writer = Blocking::new(BlockingHalf { shared, reads: false });
        let nothing = ReadSide::new((), Input::new(Buffer::new(), false, options));
        let output = WriteSide::new(Output::with_high_water(high_water));
        (
            RawConnection { io: reader, read, write },
            RawConnection { io: writer, read: nothing, write: output },
        )
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
        let RawConnection { io, read, mut write } = self;
        let RawConnection { io: other, write: mut others, .. } = writer;
        drop(other);
        match Arc::try_unwrap(io.io.shared) {
            Ok(shared) => {
                let sending = shared.socket.into_inner().unwrap_or_else(PoisonError::into_inner);
                let mut queue = sending.batch;
                queue
                    .append(&mut shared.queue.into_inner().unwrap_or_else(PoisonError::into_inner));
                queue.append(&mut write.output);
                queue.append(&mut others.output);
                write.output.append(&mut queue);
                Ok(RawConnection { io: Blocking::new(shared.io), read, write })
            }
            // INVARIANT: a connection has two halves, and both were given.
            Err(_) => unreachable!("a half of a connection was copied"),
        }
    }
}

impl<T> BlockingHalf<T> {
    /// The socket, if there is something for this half to do with it.
    fn socket(&self) -> Option<MutexGuard<'_, Sending>> {
        // Above the high-water mark the reader has to wait, too.
        if self.reads && self.queued() < self.shared.high_water {
            return match self.shared.socket.try_lock() {
                Ok(sending) => Some(sending),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                // Who holds it looks into the queue again before it is done.
                Err(TryLockError::WouldBlock) => None,
            };
        }
        Some(self.shared.socket.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn queue(&self) -> MutexGuard<'_, Output> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queued(&self) -> usize {
        self.shared.queued.load(Ordering::Acquire)
    }
}

impl<T> BlockingHalf<T>
where
    for<'a> &'a T: Read + Write,
{
    /// Writes until the queue is empty.
    fn poll_drain(&self, sending: &mut Sending) -> Poll<io::Result<()>> {
        loop {
            if sending.batch.is_empty() {
                sending.batch.append(&mut self.queue());
                if sending.batch.is_empty() {
                    return polled(|| (&self.shared.io).flush());
                }
            }
            let chunk = sending.batch.chunks().next().unwrap_or_default();
            match ready!(polled(|| (&self.shared.io).write(chunk)))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => {
                    sending.batch.advance(sent);
                    self.shared.queued.fetch_sub(sent, Ordering::AcqRel);
                }
            }
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
        Self::queued(self)
    }

    fn poll_send(&mut self, output: &mut Output) -> Poll<io::Result<()>> {
        self.shared.queued.fetch_add(output.len(), Ordering::AcqRel);
        self.queue().append(output);
        // Between the last look into the queue and the release of the socket the other half may
        // have queued something and found the socket taken: then it is this half's to send.
        while self.queued() > 0 {
            let Some(mut sending) = self.socket() else { return Poll::Ready(Ok(())) };
            if let Some(kind) = sending.broken {
                let mut queue = self.queue();
                let dropped = queue.len() + sending.batch.len();
                queue.clear();
                sending.batch.clear();
                self.shared.queued.fetch_sub(dropped, Ordering::AcqRel);
                return Poll::Ready(Err(kind.into()));
            }
            match self.poll_drain(&mut sending) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => sending.broken = Some(error.kind()),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T> CloseWrite for BlockingHalf<T>
where
    for<'a> &'a T: CloseWrite,
{
    fn close_write(&mut self) -> io::Result<()> {
        (&self.shared.io).close_write()
    }
}
