//! Two ends that are connected in memory with little room between them, and weather on the way:
//! short reads and writes, interrupted calls, bytes that stay behind until a flush, failures.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice, Read, Write},
    ops::Deref,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use segue::driver::{
    PollPeek, Timeouts,
    sync::{CloseWrite, Peek},
};

use crate::{
    chance::Chance,
    words::{Lane, Tap},
};

/// The behaviour of a transport.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    /// The number of bytes it holds.
    pub(crate) room: usize,
    /// Reads and writes do less than they could.
    pub(crate) is_short: bool,
    /// One in so many calls is interrupted by a signal.
    pub(crate) interrupts: Option<usize>,
    /// One in so many calls is pending, and ready when it is made again.
    pub(crate) dawdles: Option<usize>,
    /// Written bytes can be read only after a flush, as with TLS.
    pub(crate) holds_back: bool,
    /// Behind so many bytes writing fails, and the reader meets a reset.
    pub(crate) breaks_at: Option<u64>,
    /// Behind so many bytes a read fails once.
    pub(crate) hiccup_at: Option<u64>,
}

/// The way in which an end is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    Polled,
    Nonblocking,
    Blocking,
}

/// One end, which ends its direction when it is dropped.
#[derive(Debug)]
pub(crate) struct Pipe(Handle);

/// A look at an end, and a hand on its time-outs.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    calls: Calls,
    incoming: Arc<Way>,
    outgoing: Arc<Way>,
    /// For how long a blocking call waits.
    patience: Arc<Mutex<(Option<Duration>, Option<Duration>)>>,
}

#[derive(Debug)]
struct Way {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug)]
struct State {
    weather: Weather,
    chance: Chance,
    /// For now there are no whims.
    is_calm: bool,
    bytes: VecDeque<u8>,
    /// The number of them that were flushed.
    visible: usize,
    written: u64,
    read: u64,
    tap: Tap,
    /// The sender has ended it.
    is_over: bool,
    is_broken: bool,
    /// Nobody reads any more.
    is_deaf: bool,
    /// A non-blocking call has said that it would block, so that there is an event to come.
    read_blocked: bool,
    write_blocked: bool,
    reader: Vec<Waker>,
    writer: Vec<Waker>,
    /// Whoever wants to know of each write.
    neighbours: Vec<Waker>,
}

/// The reason that a call has not done anything.
enum Stop {
    /// It has to wait.
    Wait,
    /// It would not have to, but pretends so.
    Dawdle,
    Error(io::Error),
}

impl From<ErrorKind> for Stop {
    fn from(kind: ErrorKind) -> Self {
        Self::Error(kind.into())
    }
}

/// Two ends, with the weather on the way from each.
pub(crate) fn pipe(calls: Calls, weather: [Weather; 2], chance: &mut Chance) -> [Pipe; 2] {
    let mut way = |weather| {
        let state = State {
            weather,
            chance: chance.fork(),
            is_calm: false,
            bytes: VecDeque::new(),
            visible: 0,
            written: 0,
            read: 0,
            tap: Tap::default(),
            is_over: false,
            is_broken: false,
            is_deaf: false,
            read_blocked: false,
            write_blocked: false,
            reader: Vec::new(),
            writer: Vec::new(),
            neighbours: Vec::new(),
        };
        Arc::new(Way { state: Mutex::new(state), moved: Condvar::new() })
    };
    let (there, back) = (way(weather[0]), way(weather[1]));
    let end = |incoming: &Arc<Way>, outgoing: &Arc<Way>| {
        Pipe(Handle {
            calls,
            incoming: Arc::clone(incoming),
            outgoing: Arc::clone(outgoing),
            patience: Arc::default(),
        })
    };
    [end(&back, &there), end(&there, &back)]
}

impl Way {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn whim(&mut self) -> Result<(), Stop> {
        let Weather { interrupts, dawdles, .. } = self.weather;
        if self.is_calm {
            return Ok(());
        }
        if interrupts.is_some_and(|count| self.chance.one_in(count)) {
            return Err(ErrorKind::Interrupted.into());
        }
        if dawdles.is_some_and(|count| self.chance.one_in(count)) {
            return Err(Stop::Dawdle);
        }
        Ok(())
    }

    /// Returns the number of bytes that can be read now; 0 at the end.
    fn readable(&mut self) -> Result<usize, Stop> {
        self.whim()?;
        if self.weather.hiccup_at.is_some_and(|at| self.read >= at) {
            self.weather.hiccup_at = None;
            return Err(ErrorKind::HostUnreachable.into());
        }
        match self.visible {
            0 if self.is_broken => Err(ErrorKind::ConnectionReset.into()),
            0 if self.is_over => Ok(0),
            0 => Err(Stop::Wait),
            count => Ok(count),
        }
    }

    fn peek(&mut self, into: &mut [u8]) -> Result<usize, Stop> {
        assert!(!into.is_empty(), "an empty look is taken for the end");
        let count = self.readable()?.min(into.len());
        for (byte, place) in self.bytes.iter().zip(&mut into[..count]) {
            *place = *byte;
        }
        Ok(count)
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, Stop> {
        assert!(!into.is_empty(), "an empty read is taken for the end");
        let mut count = self.readable()?.min(into.len());
        if self.weather.is_short && count > 1 {
            count = self.chance.within(1..count + 1);
        }
        for (byte, place) in self.bytes.drain(..count).zip(into) {
            *place = byte;
        }
        self.visible -= count;
        self.read += u64::try_from(count).unwrap();
        self.write_blocked = false;
        wake(&mut self.writer);
        Ok(count)
    }

    fn write(&mut self, chunks: &[IoSlice<'_>]) -> Result<usize, Stop> {
        assert!(!self.is_over, "something is written behind the end");
        self.whim()?;
        let mut room = self.weather.room.saturating_sub(self.bytes.len());
        if let Some(at) = self.weather.breaks_at {
            let left = usize::try_from(at.saturating_sub(self.written)).unwrap();
            if left == 0 {
                self.is_broken = true;
                self.visible = self.bytes.len();
                self.has_come();
                return Err(ErrorKind::BrokenPipe.into());
            }
            room = room.min(left);
        }
        if self.is_broken || self.is_deaf {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if room == 0 {
            return Err(Stop::Wait);
        }
        if self.weather.is_short && room > 1 {
            room = self.chance.within(1..room + 1);
        }
        let mut count = 0;
        for chunk in chunks {
            let taken = chunk.len().min(room - count);
            self.tap.sees(&chunk[..taken]);
            self.bytes.extend(&chunk[..taken]);
            count += taken;
        }
        self.written += u64::try_from(count).unwrap();
        // A transport that holds bytes back lets them go when it is full.
        if !self.weather.holds_back || self.bytes.len() >= self.weather.room {
            self.flush();
        }
        wake(&mut self.neighbours);
        Ok(count)
    }

    fn flush(&mut self) {
        if self.visible < self.bytes.len() {
            self.visible = self.bytes.len();
            self.has_come();
        }
    }

    fn has_come(&mut self) {
        self.read_blocked = false;
        wake(&mut self.reader);
    }

    fn end(&mut self) {
        self.is_over = true;
        self.visible = self.bytes.len();
        self.has_come();
    }

    fn is_readable(&self) -> bool {
        self.visible > 0 || self.is_over || self.is_broken
    }

    fn is_writable(&self) -> bool {
        self.bytes.len() < self.weather.room || self.is_broken || self.is_deaf
    }
}

/// Returns true if calls are to be written down.
pub(crate) fn is_traced() -> bool {
    static IS_TRACED: OnceLock<bool> = OnceLock::new();
    *IS_TRACED.get_or_init(|| std::env::var_os("SOAK_TRACE").is_some())
}

fn wake(wakers: &mut Vec<Waker>) {
    wakers.drain(..).for_each(Waker::wake);
}

impl Handle {
    /// Bytes that were moved in either direction.
    pub(crate) fn moved(&self) -> u64 {
        let of = |way: &Way| {
            let state = way.state();
            state.written + state.read + u64::from(state.is_over) + u64::from(state.is_broken)
        };
        of(&self.incoming) + of(&self.outgoing)
    }

    /// Whole items of a lane that were written here.
    pub(crate) fn written(&self, lane: Lane) -> usize {
        self.outgoing.state().tap.items(lane)
    }

    /// Returns true if the bytes written here can be read.
    pub(crate) fn is_flushed(&self) -> bool {
        let state = self.outgoing.state();
        state.visible == state.bytes.len()
    }

    /// Returns true if the written bytes end inside a record.
    pub(crate) fn is_inside(&self) -> bool {
        self.outgoing.state().tap.is_inside()
    }

    /// Bytes that have been written at the other end, flushed, and not read.
    pub(crate) fn unread(&self) -> usize {
        self.incoming.state().visible
    }

    /// Returns true if this direction has failed.
    pub(crate) fn is_broken(&self) -> bool {
        let state = self.outgoing.state();
        state.is_broken || state.is_deaf
    }

    /// Without whims, for a while.
    pub(crate) fn be_calm(&self, is_calm: bool) {
        for way in [&self.incoming, &self.outgoing] {
            way.state().is_calm = is_calm;
        }
    }

    /// Waits as a readiness loop does on would-block: its task is woken by the next event that the
    /// connection is interested in. Events are edges: one comes after a call would have blocked.
    pub(crate) fn register(&self, cx: &mut Context<'_>, wants_write: bool, is_half: bool) {
        let mut state = self.incoming.state();
        if is_traced() {
            eprintln!("   register {:p} {} {wants_write}", self.outgoing, state.read_blocked);
        }
        if state.read_blocked && state.is_readable() {
            state.has_come();
            cx.waker().wake_by_ref();
        } else {
            state.reader.push(cx.waker().clone());
        }
        drop(state);
        let mut state = self.outgoing.state();
        if wants_write && state.write_blocked && state.is_writable() {
            state.write_blocked = false;
            cx.waker().wake_by_ref();
        } else if wants_write {
            state.writer.push(cx.waker().clone());
        }
        if is_half {
            state.neighbours.push(cx.waker().clone());
        }
    }

    /// Makes a call of a task.
    fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        way: &Way,
        is_read: bool,
        call: impl FnOnce(&mut State) -> Result<R, Stop>,
    ) -> Poll<io::Result<R>> {
        assert_eq!(self.calls, Calls::Polled);
        let mut state = way.state();
        let before = state.bytes.len();
        let result = call(&mut state);
        if is_traced() {
            eprintln!(
                "   {:p} read:{is_read} {before}->{} ok:{} wait:{} {:?}",
                way,
                state.bytes.len(),
                result.is_ok(),
                matches!(result, Err(Stop::Wait)),
                cx.waker()
            );
        }
        match result {
            Ok(value) => Poll::Ready(Ok(value)),
            Err(Stop::Error(error)) => Poll::Ready(Err(error)),
            Err(Stop::Dawdle) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            // A transport remembers one task for each direction.
            Err(Stop::Wait) => {
                let slot = if is_read { &mut state.reader } else { &mut state.writer };
                *slot = vec![cx.waker().clone()];
                Poll::Pending
            }
        }
    }

    /// Makes a call that blocks, or says that it would.
    fn call<R>(
        &self,
        way: &Way,
        is_read: bool,
        mut call: impl FnMut(&mut State) -> Result<R, Stop>,
    ) -> io::Result<R> {
        let mut state = way.state();
        let until = || {
            let patience = self.patience.lock().unwrap();
            let patience = if is_read { patience.0 } else { patience.1 };
            patience.map(|patience| Instant::now() + patience)
        };
        let until = until();
        loop {
            let before = state.bytes.len();
            let result = call(&mut state);
            if is_traced() {
                eprintln!(
                    "   {:p} read:{is_read} {before}->{} ok:{} wait:{}",
                    way,
                    state.bytes.len(),
                    result.is_ok(),
                    matches!(result, Err(Stop::Wait))
                );
            }
            match result {
                Ok(value) => {
                    way.moved.notify_all();
                    return Ok(value);
                }
                Err(Stop::Error(error)) => {
                    way.moved.notify_all();
                    return Err(error);
                }
                Err(_) if self.calls == Calls::Nonblocking => {
                    if is_read {
                        state.read_blocked = true;
                    } else {
                        state.write_blocked = true;
                    }
                    return Err(ErrorKind::WouldBlock.into());
                }
                Err(Stop::Dawdle) => {}
                Err(Stop::Wait) => {
                    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
                    if left.is_some_and(|left| left.is_zero()) {
                        return Err(ErrorKind::WouldBlock.into());
                    }
                    state = match left {
                        Some(left) => {
                            let waited = way.moved.wait_timeout(state, left);
                            waited.unwrap_or_else(PoisonError::into_inner).0
                        }
                        None => way.moved.wait(state).unwrap_or_else(PoisonError::into_inner),
                    };
                }
            }
        }
    }
}

impl Pipe {
    pub(crate) fn handle(&self) -> Handle {
        self.0.clone()
    }
}

impl Deref for Pipe {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.0
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.outgoing.state().end();
        self.outgoing.moved.notify_all();
        let mut state = self.incoming.state();
        state.is_deaf = true;
        wake(&mut state.writer);
        self.incoming.moved.notify_all();
    }
}

impl Read for &Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.call(&self.incoming, true, |state| state.read(into))
    }
}

impl Write for &Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        self.call(&self.outgoing, false, |state| state.write(chunks))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.call(&self.outgoing, false, |state| {
            state.whim()?;
            state.flush();
            Ok(())
        })
    }
}

impl CloseWrite for &Pipe {
    fn close_write(&mut self) -> io::Result<()> {
        self.call(&self.outgoing, false, |state| {
            state.whim()?;
            state.end();
            Ok(())
        })
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
        self.call(&self.incoming, true, |state| state.peek(into))
    }
}

impl PollPeek for Pipe {
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll(cx, &self.incoming, true, |state| state.peek(into))
    }
}

impl Timeouts for Handle {
    fn timeouts(&self) -> io::Result<(Option<Duration>, Option<Duration>)> {
        Ok(*self.patience.lock().unwrap())
    }

    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        *self.patience.lock().unwrap() = (read, write);
        Ok(())
    }
}

/// The calls of both polled drivers on a transport that is written to.
macro_rules! write_polled {
    ($poll_end:ident) => {
        fn poll_write(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let chunks = [IoSlice::new(bytes)];
            self.poll(cx, &self.outgoing, false, |state| state.write(&chunks))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            chunks: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.poll(cx, &self.outgoing, false, |state| state.write(chunks))
        }

        fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.poll(cx, &self.outgoing, false, |state| {
                state.whim()?;
                state.flush();
                Ok(())
            })
        }

        fn $poll_end(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.poll(cx, &self.outgoing, false, |state| {
                state.whim()?;
                state.end();
                Ok(())
            })
        }
    };
}

impl tokio::io::AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let place = into.initialize_unfilled();
        let read = self.poll(cx, &self.incoming, true, |state| state.read(place));
        read.map_ok(|count| into.advance(count))
    }
}

impl tokio::io::AsyncWrite for Pipe {
    write_polled!(poll_shutdown);

    fn is_write_vectored(&self) -> bool {
        true
    }
}

impl futures_io::AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, &self.incoming, true, |state| state.read(into))
    }
}

impl futures_io::AsyncWrite for Pipe {
    write_polled!(poll_close);
}
