//! A transport that does as it is told.

use arbitrary::{Arbitrary, Unstructured};
use segue::driver::sync::{CloseWrite, Peek};
use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice, Read, Write},
};

/// All that happens when the reader has had all that arrived.
#[derive(Debug, Clone, Copy)]
pub enum Arrival {
    /// So many bytes more.
    Bytes(u8),
    /// Nothing yet.
    Block,
    Interrupted,
    /// All that a blocking socket with a time-out says, on some platforms.
    TimedOut,
    /// A failure that passes.
    Failure,
}

/// All that comes of a write or a flush.
#[derive(Debug, Clone, Copy)]
pub enum Taken {
    /// No more than so many bytes are taken.
    AtMost(u8),
    Block,
    Interrupted,
    /// The peer is gone.
    Broken,
}

impl<'a> Arbitrary<'a> for Arrival {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u.arbitrary::<u8>()? {
            0..=3 => Self::Block,
            4 => Self::Interrupted,
            5 => Self::TimedOut,
            6 => Self::Failure,
            bytes => Self::Bytes(bytes - 6),
        })
    }
}

impl<'a> Arbitrary<'a> for Taken {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u.arbitrary::<u8>()? {
            0..=3 => Self::Block,
            4 => Self::Interrupted,
            5 => Self::Broken,
            bytes => Self::AtMost(bytes - 5),
        })
    }
}

/// A transport with a script: what arrives, in its order, then all the rest at once and its end;
/// what comes of writes and flushes, in their order, then all succeed.
#[derive(Debug, Default)]
pub struct Pipe {
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// All that has not been read.
    stream: VecDeque<u8>,
    /// The part of that which has arrived.
    arrived: usize,
    arrivals: VecDeque<Arrival>,
    /// More may be added to the stream.
    open: bool,
    /// The most that a read gives, whatever has arrived.
    most: usize,
    writes: VecDeque<Taken>,
    written: Vec<u8>,
    broken: bool,
    closed: bool,
}

impl Pipe {
    /// Gives `stream`, and then its end.
    pub fn new(stream: &[u8], arrivals: Vec<Arrival>, writes: Vec<Taken>, most: usize) -> Self {
        let state = State {
            stream: stream.iter().copied().collect(),
            arrivals: arrivals.into(),
            writes: writes.into(),
            most,
            ..State::default()
        };
        Self { state: RefCell::new(state) }
    }

    /// Gives what it is [given](Self::give), until its [end](Self::end).
    pub fn open(most: usize) -> Self {
        Self { state: RefCell::new(State { open: true, most, ..State::default() }) }
    }

    /// The same, with a script as that of [`new`](Self::new).
    pub fn scripted(arrivals: Vec<Arrival>, writes: Vec<Taken>, most: usize) -> Self {
        let (arrivals, writes) = (arrivals.into(), writes.into());
        let state = State { open: true, most, arrivals, writes, ..State::default() };
        Self { state: RefCell::new(state) }
    }

    pub fn give(&self, bytes: &[u8]) {
        self.state.borrow_mut().stream.extend(bytes);
    }

    pub fn end(&self) {
        self.state.borrow_mut().open = false;
    }

    /// Returns all that has not been read.
    pub fn unread(&self) -> Vec<u8> {
        self.state.borrow().stream.iter().copied().collect()
    }

    /// Returns all that has been written.
    pub fn written(&self) -> Vec<u8> {
        self.state.borrow().written.clone()
    }

    /// Takes up to `most` bytes of what has been written out of it.
    pub fn take_written(&self, most: usize) -> Vec<u8> {
        let written = &mut self.state.borrow_mut().written;
        let count = written.len().min(most);
        written.drain(..count).collect()
    }

    pub fn is_broken(&self) -> bool {
        self.state.borrow().broken
    }

    /// Returns whether the end has been written.
    pub fn has_ended(&self) -> bool {
        self.state.borrow().closed
    }
}

impl State {
    /// Returns the number of bytes that can be read now; 0 at the end.
    fn arrive(&mut self) -> io::Result<usize> {
        if self.arrived > 0 {
            return Ok(self.arrived);
        }
        if self.open && self.stream.is_empty() {
            // No bytes would be the end.
            return Err(ErrorKind::WouldBlock.into());
        }
        self.arrived = match self.arrivals.pop_front() {
            Some(Arrival::Block) => return Err(ErrorKind::WouldBlock.into()),
            Some(Arrival::Interrupted) => return Err(ErrorKind::Interrupted.into()),
            Some(Arrival::TimedOut) => return Err(ErrorKind::TimedOut.into()),
            Some(Arrival::Failure) => return Err(ErrorKind::HostUnreachable.into()),
            Some(Arrival::Bytes(count)) => self.stream.len().min(usize::from(count)),
            None => self.stream.len(),
        };
        Ok(self.arrived)
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        assert!(!into.is_empty(), "nothing is asked for, and that looks like the end");
        let count = self.arrive()?.min(into.len()).min(self.most.max(1));
        for (byte, into) in self.stream.drain(..count).zip(into) {
            *into = byte;
        }
        self.arrived -= count;
        Ok(count)
    }

    fn peek(&mut self, into: &mut [u8]) -> io::Result<usize> {
        assert!(!into.is_empty(), "nothing is asked for, and that looks like the end");
        let count = self.arrive()?.min(into.len());
        for (byte, into) in self.stream.iter().zip(&mut into[..count]) {
            *into = *byte;
        }
        Ok(count)
    }

    fn take(&mut self) -> io::Result<usize> {
        match self.writes.pop_front() {
            _ if self.broken => Err(ErrorKind::BrokenPipe.into()),
            Some(Taken::AtMost(count)) => Ok(usize::from(count)),
            Some(Taken::Block) => Err(ErrorKind::WouldBlock.into()),
            Some(Taken::Interrupted) => Err(ErrorKind::Interrupted.into()),
            Some(Taken::Broken) => {
                self.broken = true;
                Err(ErrorKind::BrokenPipe.into())
            }
            None => Ok(usize::MAX),
        }
    }

    fn write(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        // Flushing is fine there: that sends nothing.
        assert!(!self.closed, "something is written behind the end");
        let mut most = self.take()?;
        let mut count = 0;
        for chunk in chunks {
            let taken = chunk.len().min(most);
            self.written.extend(&chunk[..taken]);
            most -= taken;
            count += taken;
        }
        Ok(count)
    }
}

impl Read for &Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.state.borrow_mut().read(into)
    }
}

impl Write for &Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.state.borrow_mut().write(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        self.state.borrow_mut().write(chunks)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.state.borrow_mut().take().map(drop)
    }
}

impl CloseWrite for &Pipe {
    fn close_write(&mut self) -> io::Result<()> {
        self.state.borrow_mut().closed = true;
        Ok(())
    }
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&*self).read(into)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn write_vectored(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(chunks)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self).flush()
    }
}

impl CloseWrite for Pipe {
    fn close_write(&mut self) -> io::Result<()> {
        (&*self).close_write()
    }
}

impl Peek for Pipe {
    fn peek(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.state.borrow_mut().peek(into)
    }
}
