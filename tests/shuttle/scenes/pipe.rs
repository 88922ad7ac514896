//! Two ends that are connected in memory, with room for a few bytes, whose threads and tasks wait.

use std::{
    collections::VecDeque,
    io::{self, IoSlice, Read, Write},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use segue::driver::sync::CloseWrite;
use shuttle::sync::{Condvar, Mutex};

/// One end. What is written at it can be read at the other.
#[derive(Clone)]
pub(crate) struct End {
    incoming: Arc<Lane>,
    outgoing: Arc<Lane>,
}

struct Lane {
    state: Mutex<State>,
    moved: Condvar,
    room: usize,
    /// A write comes back when everything is written, as that of a blocking socket; or else when
    /// something is.
    writes_all: bool,
}

struct State {
    bytes: VecDeque<u8>,
    is_over: bool,
    /// After so many more bytes, writes fail.
    fails_after: usize,
    /// The task to wake for any event: the last one that has asked.
    waker: Option<Waker>,
}

/// Bytes that a pipe holds in each direction.
const ROOM: usize = 4;

/// Two ends; the first one's writes are as `writes_all` says, and fail after so many bytes.
pub(crate) fn pipe(writes_all: bool, fails_after: usize) -> (End, End) {
    let lane = |writes_all, fails_after| {
        let state = State { bytes: VecDeque::new(), is_over: false, fails_after, waker: None };
        Arc::new(Lane { state: Mutex::new(state), moved: Condvar::new(), room: ROOM, writes_all })
    };
    let (there, back) = (lane(writes_all, fails_after), lane(true, usize::MAX));
    let end = End { incoming: Arc::clone(&back), outgoing: Arc::clone(&there) };
    (end, End { incoming: there, outgoing: back })
}

impl Lane {
    fn read(&self, state: &mut State, into: &mut [u8]) -> Option<usize> {
        if state.bytes.is_empty() && !state.is_over && !into.is_empty() {
            return None;
        }
        let count = state.bytes.read(into).unwrap();
        self.tell(state);
        Some(count)
    }

    /// Writes what there is room for.
    fn write(&self, state: &mut State, bytes: &[u8]) -> io::Result<Option<usize>> {
        if state.fails_after == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(self.room - state.bytes.len()).min(state.fails_after);
        if count == 0 {
            return Ok(None);
        }
        assert!(!state.is_over, "written behind the end");
        state.fails_after -= count;
        state.bytes.extend(&bytes[..count]);
        self.tell(state);
        Ok(Some(count))
    }

    fn tell(&self, state: &mut State) {
        self.moved.notify_all();
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    fn end(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_over = true;
        self.tell(&mut state);
    }
}

/// # The peer
impl End {
    /// Waits until no more fits into the pipe: the other end's thread is in a write that is longer.
    pub(crate) fn wait_until_stuck(&self) {
        let mut state = self.incoming.state.lock().unwrap();
        while state.bytes.len() < self.incoming.room {
            state = self.incoming.moved.wait(state).unwrap();
        }
    }

    pub(crate) fn say(&self, bytes: &[u8]) {
        (&mut &*self).write_all(bytes).unwrap();
    }

    /// Reads so many bytes.
    pub(crate) fn hear(&self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        (&mut &*self).read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Reads to the end.
    pub(crate) fn hear_all(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        (&mut &*self).read_to_end(&mut bytes).unwrap();
        bytes
    }

    pub(crate) fn end(&self) {
        self.outgoing.end();
    }
}

impl Read for &End {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let lane = &self.incoming;
        let mut state = lane.state.lock().unwrap();
        loop {
            match lane.read(&mut state, into) {
                Some(count) => return Ok(count),
                None => state = lane.moved.wait(state).unwrap(),
            }
        }
    }
}

impl Write for &End {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let lane = &self.outgoing;
        let mut state = lane.state.lock().unwrap();
        let mut written = 0;
        loop {
            match lane.write(&mut state, &bytes[written..]) {
                Err(error) if written == 0 => return Err(error),
                Err(_) => return Ok(written),
                Ok(Some(count)) => written += count,
                Ok(None) => state = lane.moved.wait(state).unwrap(),
            }
            if written == bytes.len() || written > 0 && !lane.writes_all {
                return Ok(written);
            }
        }
    }

    fn write_vectored(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        let bytes: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.iter().copied()).collect();
        self.write(&bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CloseWrite for &End {
    fn close_write(&mut self) -> io::Result<()> {
        self.outgoing.end();
        Ok(())
    }
}

impl Read for End {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&*self).read(into)
    }
}

impl Write for End {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CloseWrite for End {
    fn close_write(&mut self) -> io::Result<()> {
        (&mut &*self).close_write()
    }
}

impl futures_io::AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.incoming.state.lock().unwrap();
        if let Some(count) = self.incoming.read(&mut state, into) {
            return Poll::Ready(Ok(count));
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl futures_io::AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.outgoing.state.lock().unwrap();
        match self.outgoing.write(&mut state, bytes)? {
            Some(count) => Poll::Ready(Ok(count)),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.end();
        Poll::Ready(Ok(()))
    }
}
