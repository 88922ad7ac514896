//! What the tasks of an endpoint share: the carrier, and who waits for what.

use std::{
    collections::VecDeque,
    io, mem,
    sync::Arc,
    task::{Context, Waker},
};

use super::why;
use crate::{
    Decode, Fault, Framing, Output, Record, Say,
    driver::locks::{Mutex, MutexGuard, lock},
    mux::{Carrier, Ended, Event, Table},
};

/// One carrier, for all tasks of an endpoint.
pub(super) struct Shared<C: Carrier>(Mutex<State<C>>);

pub(super) struct State<C: Carrier> {
    pub(super) carrier: C,
    /// Who waits on a stream.
    waiting: Table<C::Id, Waiting>,
    /// Streams of the peer's that nobody has accepted.
    pub(super) opened: VecDeque<C::Id>,
    /// The task of the driver.
    driver: Option<Waker>,
    /// The driver was woken, and has not run since.
    is_called: bool,
    pub(super) accepting: Vec<Waker>,
    pub(super) opening: Vec<Waker>,
    /// Endpoints and streams that there are.
    handles: usize,
    /// Streams that are not over.
    live: usize,
    /// Nobody is there any more who would use a stream: the session is to be closed.
    is_closing: bool,
    /// The peer takes no new streams, and gave this code.
    pub(super) away: Option<u64>,
    /// An endpoint has closed the connection: what broke off did so by that.
    pub(super) is_closed: bool,
    pub(super) end: End,
}

/// Whether the connection still goes on.
pub(super) enum End {
    Open,
    /// It has ended as it should.
    Over,
    /// The peer has ended it, and not as it should.
    Ended(Ended),
    /// It has failed.
    Failed(io::ErrorKind, String),
}

#[derive(Default)]
struct Waiting {
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Which side of a stream somebody waits for.
#[derive(Clone, Copy)]
pub(super) enum Interest {
    Reader,
    Writer,
}

/// Tasks to be woken, once the lock is let go: a waker may run its task on the spot.
#[derive(Default)]
pub(super) struct Wake(Vec<Waker>);

impl Wake {
    pub(super) fn add(&mut self, waker: Option<Waker>) {
        self.0.extend(waker);
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Waker::wake);
    }
}

impl<C: Carrier> Shared<C> {
    pub(super) fn new(carrier: C) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            carrier,
            waiting: Table::new(),
            opened: VecDeque::new(),
            driver: None,
            is_called: false,
            accepting: Vec::new(),
            opening: Vec::new(),
            handles: 0,
            live: 0,
            is_closing: false,
            away: None,
            is_closed: false,
            end: End::Open,
        })))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State<C>> {
        lock(&self.0)
    }

    /// One more endpoint or stream.
    pub(super) fn join(&self) {
        self.state().handles += 1;
    }

    /// One less. The last one ends the session, once all streams are over.
    pub(super) fn leave(&self) {
        let mut wake = Wake::default();
        let mut state = self.state();
        state.handles -= 1;
        state.close_if_unused();
        wake.add(state.call_driver());
        drop(state);
    }
}

impl<C: Carrier> State<C> {
    /// The driver is to run, since there is something to send.
    pub(super) fn call_driver(&mut self) -> Option<Waker> {
        if mem::replace(&mut self.is_called, true) { None } else { self.driver.clone() }
    }

    /// The driver runs, and is to be woken by this.
    pub(super) fn driver_runs(&mut self, waker: &Waker) {
        self.is_called = false;
        match &mut self.driver {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// Waits for something on a side of a stream.
    pub(super) fn wait(&mut self, id: C::Id, side: Interest, cx: &Context<'_>) {
        if self.waiting.get_mut(&id).is_none() {
            self.waiting.insert(id, Waiting::default());
        }
        let Some(waiting) = self.waiting.get_mut(&id) else { return };
        let slot = match side {
            Interest::Reader => &mut waiting.reader,
            Interest::Writer => &mut waiting.writer,
        };
        match slot {
            Some(known) => known.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }

    /// Nobody waits on a stream any more.
    pub(super) fn forget(&mut self, id: C::Id) {
        self.waiting.remove(&id);
    }

    fn wake(&mut self, id: C::Id, reader: bool, writer: bool, wake: &mut Wake) {
        let Some(waiting) = self.waiting.get_mut(&id) else { return };
        if reader {
            wake.add(waiting.reader.take());
        }
        if writer {
            wake.add(waiting.writer.take());
        }
    }

    /// A stream was opened, by either side.
    pub(super) fn begins(&mut self) {
        self.live += 1;
    }

    /// Acts upon an event.
    pub(super) fn hear(&mut self, event: Event<C::Id>, wake: &mut Wake) {
        match event {
            Event::Opened(id) => {
                self.live += 1;
                self.opened.push_back(id);
                self.accepting.drain(..).for_each(|waker| wake.add(Some(waker)));
            }
            Event::Readable(id) => self.wake(id, true, false, wake),
            Event::Writable(id) | Event::Sent(id, _) => self.wake(id, false, true, wake),
            Event::Reset(id, _) | Event::Stopped(id, _) => self.wake(id, true, true, wake),
            Event::Released(id) => {
                self.waiting.remove(&id);
                self.live = self.live.saturating_sub(1);
                self.close_if_unused();
            }
            Event::May => self.opening.drain(..).for_each(|waker| wake.add(Some(waker))),
            Event::Away(code) => {
                self.away = Some(code);
                self.opening.drain(..).for_each(|waker| wake.add(Some(waker)));
            }
        }
    }

    fn close_if_unused(&mut self) {
        if self.handles == 0 {
            // Nobody is there to accept them.
            while let Some(id) = self.opened.pop_front() {
                self.carrier.reset(id, 0);
                self.carrier.let_go(id);
            }
            if self.live == 0 && !mem::replace(&mut self.is_closing, true) {
                self.carrier.close(0, "");
            }
        }
    }

    /// The connection is over: everybody is told.
    pub(super) fn over(&mut self, end: End, wake: &mut Wake) {
        self.end = end;
        for (_, waiting) in self.waiting.iter_mut() {
            wake.add(waiting.reader.take());
            wake.add(waiting.writer.take());
        }
        self.accepting
            .drain(..)
            .chain(self.opening.drain(..))
            .for_each(|waker| wake.add(Some(waker)));
    }

    /// Whether the connection has ended as it should, or is being ended by this end.
    pub(super) const fn is_done(&self) -> bool {
        matches!(self.end, End::Over) || self.is_closed && matches!(self.end, End::Open)
    }

    /// Why nothing can be done any more, if that is so.
    pub(super) fn failure(&self) -> Option<io::Error> {
        match &self.end {
            End::Open | End::Over if self.is_closed => Some(io::Error::new(
                io::ErrorKind::NotConnected,
                "this end has closed the connection under the stream",
            )),
            End::Open => None,
            End::Over => Some(io::Error::new(
                io::ErrorKind::NotConnected,
                "the connection under the stream is over",
            )),
            End::Ended(ended) => Some(why::ended(*ended)),
            End::Failed(kind, why) => Some(io::Error::new(*kind, why.clone())),
        }
    }
}

/// The carrier as the stage of the driver's connection.
pub(super) struct Link<C: Carrier>(pub(super) Arc<Shared<C>>);

impl<C> Decode for Link<C>
where
    C: Carrier + for<'a> Decode<Item<'a> = Event<<C as Carrier>::Id>> + 'static,
{
    type Item<'a>
        = Event<C::Id>
    where
        Self: 'a;
    type Error = <C as Decode>::Error;

    const WIRE: bool = false;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        self.0.state().carrier.frame(input, eof)
    }

    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        self.0.state().carrier.absorb(record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Event<C::Id>, Fault<Self::Error>> {
        self.0.state().carrier.parse(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
        self.0.state().carrier.speak(say)
    }

    fn progress(&self) -> u64 {
        self.0.state().carrier.progress()
    }

    fn residue(&self) -> (usize, usize) {
        self.0.state().carrier.residue()
    }
}
