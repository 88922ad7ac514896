//! A transport that does as it is told, and writes down what was asked of it.

use std::{
    collections::VecDeque,
    fmt::Debug,
    io::{self, ErrorKind},
    sync::{Arc, Mutex, MutexGuard},
    task::Waker,
};

/// The transport and, cloned, a handle to it.
///
/// Reads go by what was scripted; when that is used up nothing comes, and nobody is woken. Writes,
/// flushes and the close of the writing side succeed unless something else was scripted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    state: Arc<Mutex<State>>,
}

/// A call and its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// So many bytes were asked for, and so many given; 0 is the end.
    Read {
        asked: usize,
        given: usize,
    },
    Peek {
        asked: usize,
        given: usize,
    },
    /// So many bytes were offered, in so many slices, and so many taken.
    Write {
        offered: usize,
        slices: usize,
        taken: usize,
    },
    Flush,
    Close,
    /// The call would have blocked.
    Blocked(Call),
    Failed(Call, ErrorKind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Read,
    Peek,
    Write,
    Flush,
    Close,
}

/// An event in place of the call at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instead {
    /// It would block, and is ready when asked again.
    Block,
    Error(ErrorKind),
    /// The stream ends for a read and a peek, and stays so; a write takes nothing.
    End,
}

/// The reason that a call did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It is ready when asked again: the task is to be woken at once.
    Block,
    /// It is not ready until the script goes on.
    Quiet,
    Error(ErrorKind),
}

#[derive(Debug, Default)]
struct State {
    reads: VecDeque<Given>,
    writes: VecDeque<Taken>,
    flushes: VecDeque<Stop>,
    closes: VecDeque<Stop>,
    events: Vec<Event>,
    written: Vec<u8>,
    instead: Option<(usize, Instead)>,
    /// The most that a read gives.
    most: Option<usize>,
    /// Reads have been told that the stream is over.
    ended: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

#[derive(Debug, Clone)]
enum Given {
    Bytes(Vec<u8>),
    Stop(Stop),
    /// Nothing, until so many bytes have been written.
    Behind(usize),
    End,
}

#[derive(Debug, Clone, Copy)]
enum Taken {
    AtMost(usize),
    Stop(Stop),
}

/// # What reads come to, in order
impl Script {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// These bytes arrive at once; a read that asks for fewer leaves the rest to the next one.
    pub(crate) fn gives(self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref().to_vec();
        assert!(!bytes.is_empty(), "nothing is no arrival");
        self.then_read(Given::Bytes(bytes))
    }

    /// These bytes arrive in pieces of `size`.
    pub(crate) fn gives_in_pieces(mut self, bytes: impl AsRef<[u8]>, size: usize) -> Self {
        for piece in bytes.as_ref().chunks(size) {
            self = self.gives(piece);
        }
        self
    }

    /// A read would block, once.
    pub(crate) fn blocks(self) -> Self {
        self.then_read(Given::Stop(Stop::Block))
    }

    /// Nothing comes, and nobody is woken, until `count` bytes have been written.
    pub(crate) fn waits_for(self, count: usize) -> Self {
        self.then_read(Given::Behind(count))
    }

    /// A read fails, once.
    pub(crate) fn fails(self, kind: ErrorKind) -> Self {
        self.then_read(Given::Stop(Stop::Error(kind)))
    }

    /// A read gives at most `count` bytes, whatever a look has shown.
    pub(crate) fn reads_at_most(self, count: usize) -> Self {
        self.state().most = Some(count);
        self
    }

    /// The stream is over, and stays so.
    pub(crate) fn ends(self) -> Self {
        self.then_read(Given::End)
    }

    fn then_read(self, given: Given) -> Self {
        let mut state = self.state();
        state.reads.push_back(given);
        let waker = state.reader.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        self
    }
}

/// # What writes come to, in order
impl Script {
    /// A write takes at most `count` bytes.
    pub(crate) fn takes(self, count: usize) -> Self {
        self.then_write(Taken::AtMost(count))
    }

    /// A write would block, once.
    pub(crate) fn write_blocks(self) -> Self {
        self.then_write(Taken::Stop(Stop::Block))
    }

    /// Nothing can be written, and nobody is woken, until [`goes_on`](Self::goes_on).
    pub(crate) fn write_stalls(self) -> Self {
        self.then_write(Taken::Stop(Stop::Quiet))
    }

    /// A write fails.
    pub(crate) fn write_fails(self, kind: ErrorKind) -> Self {
        self.then_write(Taken::Stop(Stop::Error(kind)))
    }

    /// A flush comes to this, once.
    pub(crate) fn flush_is(self, stop: Stop) -> Self {
        self.state().flushes.push_back(stop);
        self
    }

    /// The close of the writing side comes to this, once.
    pub(crate) fn close_is(self, stop: Stop) -> Self {
        self.state().closes.push_back(stop);
        self
    }

    /// Lets a stalled transport go on, and wakes the task that waits for it.
    pub(crate) fn goes_on(&self) {
        let mut state = self.state();
        state.writes.retain(|taken| !matches!(taken, Taken::Stop(Stop::Quiet)));
        state.flushes.retain(|stop| *stop != Stop::Quiet);
        state.closes.retain(|stop| *stop != Stop::Quiet);
        let waker = state.writer.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn then_write(self, taken: Taken) -> Self {
        self.state().writes.push_back(taken);
        self
    }
}

/// # What was asked of it
impl Script {
    /// The call number `step`, whatever it is, counted from 0, comes to something else.
    pub(crate) fn at_step(self, step: usize, instead: Instead) -> Self {
        self.state().instead = Some((step, instead));
        self
    }

    /// All calls so far.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// Returns the number of calls so far.
    pub(crate) fn steps(&self) -> usize {
        self.state().events.len()
    }

    /// All bytes that were taken.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.state().written.clone()
    }

    /// Returns the number of bytes that each write took.
    pub(crate) fn writes(&self) -> Vec<usize> {
        let sizes = |event| if let Event::Write { taken, .. } = event { Some(taken) } else { None };
        self.events().into_iter().filter_map(sizes).collect()
    }

    /// Returns the number of bytes that each read asked for and gave.
    pub(crate) fn reads(&self) -> Vec<(usize, usize)> {
        let sizes = |event| match event {
            Event::Read { asked, given } => Some((asked, given)),
            _ => None,
        };
        self.events().into_iter().filter_map(sizes).collect()
    }

    /// Returns the number of calls of this kind that did something.
    pub(crate) fn count(&self, call: Call) -> usize {
        self.events().into_iter().filter(|event| event.call() == Some(call)).count()
    }

    /// Bytes that have arrived or will, and were not read.
    pub(crate) fn unread(&self) -> Vec<u8> {
        let bytes = |given: &Given| match given {
            Given::Bytes(bytes) => bytes.clone(),
            Given::Stop(_) | Given::Behind(_) | Given::End => Vec::new(),
        };
        self.state().reads.iter().flat_map(bytes).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Event {
    /// The kind of a call that came to something.
    fn call(self) -> Option<Call> {
        match self {
            Self::Read { .. } => Some(Call::Read),
            Self::Peek { .. } => Some(Call::Peek),
            Self::Write { .. } => Some(Call::Write),
            Self::Flush => Some(Call::Flush),
            Self::Close => Some(Call::Close),
            Self::Blocked(_) | Self::Failed(..) => None,
        }
    }
}

/// # The calls
impl Script {
    pub(crate) fn read(&self, into: &mut [u8]) -> Result<usize, Stop> {
        let given = self.state().give(Call::Read, into);
        self.end_call(Call::Read, given, |given| Event::Read { asked: into.len(), given })
    }

    pub(crate) fn peek(&self, into: &mut [u8]) -> Result<usize, Stop> {
        let given = self.state().give(Call::Peek, into);
        self.end_call(Call::Peek, given, |given| Event::Peek { asked: into.len(), given })
    }

    pub(crate) fn write(&self, chunks: &[io::IoSlice<'_>]) -> Result<usize, Stop> {
        let offered: usize = chunks.iter().map(|chunk| chunk.len()).sum();
        let mut state = self.state();
        let taken = state.take(chunks);
        let reader = if state.pass_reached() { state.reader.take() } else { None };
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        let slices = chunks.len();
        self.end_call(Call::Write, taken, |taken| Event::Write { offered, slices, taken })
    }

    pub(crate) fn flush(&self) -> Result<(), Stop> {
        let mut state = self.state();
        let stop = state.instead(Call::Flush).map_or_else(|| state.flushes.pop_front(), Some);
        if stop == Some(Stop::Quiet) {
            state.flushes.push_front(Stop::Quiet);
        }
        drop(state);
        self.end_call(Call::Flush, stop.map_or(Ok(0), Err), |_| Event::Flush).map(drop)
    }

    pub(crate) fn close(&self) -> Result<(), Stop> {
        let mut state = self.state();
        let stop = state.instead(Call::Close).map_or_else(|| state.closes.pop_front(), Some);
        if stop == Some(Stop::Quiet) {
            state.closes.push_front(Stop::Quiet);
        }
        drop(state);
        self.end_call(Call::Close, stop.map_or(Ok(0), Err), |_| Event::Close).map(drop)
    }

    /// Has the task woken once the script goes on.
    pub(crate) fn remember(&self, call: Call, waker: &Waker) {
        let mut state = self.state();
        match call {
            Call::Read | Call::Peek => state.reader = Some(waker.clone()),
            Call::Write | Call::Flush | Call::Close => state.writer = Some(waker.clone()),
        }
    }

    fn end_call(
        &self,
        call: Call,
        result: Result<usize, Stop>,
        event: impl FnOnce(usize) -> Event,
    ) -> Result<usize, Stop> {
        self.state().events.push(match result {
            Ok(count) => event(count),
            Err(Stop::Block | Stop::Quiet) => Event::Blocked(call),
            Err(Stop::Error(kind)) => Event::Failed(call, kind),
        });
        result
    }
}

impl State {
    /// Returns the event in place of the next call; `None` if the call goes by the script.
    fn instead(&mut self, call: Call) -> Option<Stop> {
        let (_, instead) = self.instead.take_if(|(step, _)| *step == self.events.len())?;
        match instead {
            Instead::Block => return Some(Stop::Block),
            Instead::Error(kind) => return Some(Stop::Error(kind)),
            Instead::End if matches!(call, Call::Read | Call::Peek) => self.ended = true,
            Instead::End if call == Call::Write => self.writes.push_front(Taken::AtMost(0)),
            Instead::End => {}
        }
        None
    }

    fn give(&mut self, call: Call, into: &mut [u8]) -> Result<usize, Stop> {
        if let Some(stop) = self.instead(call) {
            return Err(stop);
        }
        if self.ended {
            return Ok(0);
        }
        self.pass_reached();
        match self.reads.front_mut() {
            None | Some(Given::Behind(_)) => Err(Stop::Quiet),
            Some(Given::End) => Ok(0),
            Some(Given::Stop(stop)) => {
                let stop = *stop;
                self.reads.pop_front();
                Err(stop)
            }
            Some(Given::Bytes(bytes)) => {
                let most = self.most.filter(|_| call == Call::Read).unwrap_or(usize::MAX);
                let count = bytes.len().min(into.len()).min(most);
                into[..count].copy_from_slice(&bytes[..count]);
                if call == Call::Read {
                    bytes.drain(..count);
                    if bytes.is_empty() {
                        self.reads.pop_front();
                    }
                }
                Ok(count)
            }
        }
    }

    /// Goes on behind a wait for what has been written by now. Whether there was one.
    fn pass_reached(&mut self) -> bool {
        let written = self.written.len();
        let reached = matches!(self.reads.front(), Some(Given::Behind(count)) if *count <= written);
        reached && self.reads.pop_front().is_some()
    }

    fn take(&mut self, chunks: &[io::IoSlice<'_>]) -> Result<usize, Stop> {
        if let Some(stop) = self.instead(Call::Write) {
            return Err(stop);
        }
        let mut left = match self.writes.pop_front() {
            None => usize::MAX,
            Some(Taken::AtMost(count)) => count,
            Some(Taken::Stop(stop)) => {
                if stop == Stop::Quiet {
                    self.writes.push_front(Taken::Stop(stop));
                }
                return Err(stop);
            }
        };
        let before = self.written.len();
        for chunk in chunks {
            let count = chunk.len().min(left);
            self.written.extend_from_slice(&chunk[..count]);
            left -= count;
        }
        Ok(self.written.len() - before)
    }
}
