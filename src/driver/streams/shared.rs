//! The state that the tasks of an endpoint share: the carrier, and the tasks that wait.

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

/// The lock around a carrier, for all tasks of an endpoint.
pub(super) struct Shared<C: Carrier>(Mutex<State<C>>);

pub(super) struct State<C: Carrier> {
    pub(super) carrier: C,
    /// The tasks that wait on each stream.
    waiting: Table<C::Id, Waiting>,
    /// Streams of the peer that were not accepted.
    pub(super) opened: VecDeque<C::Id>,
    /// The task of the driver.
    driver: Option<Waker>,
    /// The driver was woken, and has not run since.
    is_called: bool,
    pub(super) accepting: Vec<Waker>,
    pub(super) opening: Vec<Waker>,
    /// The number of endpoints and streams.
    handles: usize,
    /// The number of streams that have not ended.
    live: usize,
    /// No task will use a stream any more: the session must be closed.
    is_closing: bool,
    /// The code with which the peer refuses new streams.
    pub(super) away: Option<u64>,
    /// An endpoint has closed the connection, which explains why streams broke off.
    pub(super) is_closed: bool,
    pub(super) end: End,
}

/// The state of the connection.
pub(super) enum End {
    Open,
    /// It has ended properly.
    Over,
    /// The peer has ended it, but not properly.
    Ended(Ended),
    /// It has failed.
    Failed(io::ErrorKind, String),
}

#[derive(Default)]
struct Waiting {
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// The side of a stream that a task waits for.
#[derive(Clone, Copy)]
pub(super) enum Interest {
    Reader,
    Writer,
}

/// Tasks to be woken once the lock is released, since a waker may run its task on the spot.
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

    /// Counts one more endpoint or stream.
    pub(super) fn join(&self) {
        self.state().handles += 1;
    }

    /// Counts one less. The last one ends the session, once all streams have ended.
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
    /// Wakes the driver, since there is something to send.
    pub(super) fn call_driver(&mut self) -> Option<Waker> {
        if mem::replace(&mut self.is_called, true) { None } else { self.driver.clone() }
    }

    /// Notes that the driver runs, with the waker that wakes it.
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

    /// Removes the tasks that wait on a stream.
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

    /// Notes a stream that either side has opened.
    pub(super) fn begins(&mut self) {
        self.live += 1;
    }

    /// Acts on an event.
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
            // No task is left to accept them.
            while let Some(id) = self.opened.pop_front() {
                self.carrier.reset(id, 0);
                self.carrier.let_go(id);
            }
            if self.live == 0 && !mem::replace(&mut self.is_closing, true) {
                self.carrier.close(0, "");
            }
        }
    }

    /// Ends the connection, and tells all tasks.
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

    /// Returns true if the connection has ended properly, or this end has closed it.
    pub(super) const fn is_done(&self) -> bool {
        matches!(self.end, End::Over) || self.is_closed && matches!(self.end, End::Open)
    }

    /// Returns the reason that nothing can be done any more, if there is one.
    pub(super) fn failure(&self) -> Option<io::Error> {
        match &self.end {
            End::Open | End::Over if self.is_closed => Some(io::Error::new(
                io::ErrorKind::NotConnected,
                "this end has closed the connection under the stream",
            )),
            End::Open => None,
            End::Over => Some(io::Error::new(
                io::ErrorKind::NotConnected,
                "the connection under the stream has ended",
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
