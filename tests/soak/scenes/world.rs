//! The state that the tasks of a scene share, and the invariants while all of them sleep.

use std::cell::{Cell, RefCell};
use std::{collections::BTreeMap, future::Future, io, pin::pin, task::Poll};

use segue::driver::{Connection, Late, ReadPolicy, Transport};

use crate::{
    clock::Time,
    pipe::{Handle, is_traced},
    words::{Books, HEAD, Lane},
};

/// The event that a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// For an item.
    ToHear,
    /// To send.
    ToSay,
    /// For both, as a close does.
    ForBoth,
}

/// A connection as it looked when all tasks slept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    waits: Waits,
    is_whole: bool,
    is_over: bool,
    buffered: usize,
    wants_write: bool,
    output: usize,
    held: usize,
    high_water: usize,
    read_ahead: Option<usize>,
}

/// A scene.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) books: [Books; 2],
    pub(crate) pipes: [Handle; 2],
    pub(crate) time: Time,
    /// A side whose answers may pass its marks by any number.
    pub(crate) flooded: Option<usize>,
    /// Failures that were told on each side.
    pub(crate) told: [RefCell<Vec<io::ErrorKind>>; 2],
    /// A side does not read to the end.
    pub(crate) leaves_early: [Cell<bool>; 2],
    /// A side has dropped its writing half with something unsent, perhaps.
    pub(crate) drops_writer: [Cell<bool>; 2],
    /// A side has closed its connection by one half while the other may have queued something.
    pub(crate) cuts_itself: [Cell<bool>; 2],
    /// True if transports fail by themselves.
    pub(crate) has_faults: bool,
    is_traced: bool,
    done: Cell<u64>,
    is_inspecting: Cell<bool>,
    /// Nobody loses patience.
    is_calm: Cell<bool>,
    looks: RefCell<BTreeMap<(usize, Lane), Look>>,
}

impl PartialOrd for Lane {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Lane {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (*self as usize).cmp(&(*other as usize))
    }
}

/// For how many polls a call is waited for; none is for ever.
pub(crate) type Patience = Option<usize>;

impl World {
    pub(crate) fn new(
        books: [Books; 2],
        pipes: [Handle; 2],
        flooded: Option<usize>,
        has_faults: bool,
    ) -> Self {
        Self {
            books,
            pipes,
            time: Time::default(),
            flooded,
            told: Default::default(),
            leaves_early: Default::default(),
            drops_writer: Default::default(),
            cuts_itself: Default::default(),
            has_faults,
            is_traced: is_traced(),
            done: Cell::new(0),
            is_inspecting: Cell::new(false),
            is_calm: Cell::new(false),
            looks: RefCell::default(),
        }
    }

    /// Rises with each byte that is moved and each call that comes to something.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.pipes[0].moved(), self.done.get())
    }

    pub(crate) fn be_calm(&self, is_calm: bool) {
        self.is_calm.set(is_calm);
        self.pipes[0].be_calm(is_calm);
    }

    pub(crate) fn inspects(&self, is_inspecting: bool) {
        self.is_inspecting.set(is_inspecting);
        if is_inspecting {
            self.looks.borrow_mut().clear();
        }
    }

    /// Makes a call on a connection, until it comes to something, patience ends, `interrupted` says
    /// so, or everybody sleeps.
    pub(crate) async fn attempt<L, R>(
        &self,
        link: &mut L,
        what: (usize, Lane, Waits, &'static str),
        mut patience: Patience,
        mut interrupted: impl FnMut(&mut std::task::Context<'_>) -> bool,
        call: impl AsyncFnOnce(&mut L) -> R,
        look: impl FnOnce(&mut L) -> ((usize, Lane), Look),
    ) -> Option<R> {
        let mut is_looked_at = false;
        self.trace(|| format!("{what:?} with patience {patience:?}"));
        let result = {
            let mut call = pin!(call(link));
            std::future::poll_fn(|cx| {
                if self.is_inspecting.get() {
                    is_looked_at = true;
                    return Poll::Ready(None);
                }
                if let Poll::Ready(result) = call.as_mut().poll(cx) {
                    self.done.set(self.done.get() + 1);
                    return Poll::Ready(Some(result));
                }
                if interrupted(cx) {
                    return Poll::Ready(None);
                }
                if self.is_calm.get() {
                    return Poll::Pending;
                }
                if patience == Some(0) {
                    return Poll::Ready(None);
                }
                patience = patience.map(|patience| patience - 1);
                Poll::Pending
            })
            .await
        };
        self.trace(|| format!("{what:?} done: {}, asleep: {is_looked_at}", result.is_some()));
        if is_looked_at {
            let (seat, look) = look(link);
            self.looks.borrow_mut().insert(seat, look);
            std::future::poll_fn(|_| match self.is_inspecting.get() {
                true => Poll::Pending,
                false => Poll::Ready(()),
            })
            .await;
        }
        result
    }

    /// Writes down what happens, where that is asked for.
    pub(crate) fn trace(&self, what: impl FnOnce() -> String) {
        if self.is_traced {
            eprintln!("{}", what());
        }
    }

    /// Takes a failure down.
    pub(crate) fn tell(&self, side: usize, error: &io::Error) {
        if Late::of(error).is_some() {
            return;
        }
        let kind = error.kind();
        let told = &mut *self.told[side].borrow_mut();
        let is_known = match kind {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
                self.has_faults
                    || self.leaves_early.iter().any(Cell::get)
                    || self.cuts_itself[side].get()
            }
            io::ErrorKind::HostUnreachable => self.has_faults && !told.contains(&kind),
            _ => false,
        };
        assert!(is_known, "side {side} is told {error:?} after {told:?}");
        told.push(kind);
    }

    /// Returns true if a side may end the stream in the middle of a record: it has seen a failure,
    /// or has dropped both halves.
    pub(crate) fn may_leave_inside(&self, side: usize) -> bool {
        let drops_all = self.leaves_early[side].get() && self.drops_writer[side].get();
        drops_all || !self.told[side].borrow().is_empty()
    }

    fn is_disturbed(&self) -> bool {
        self.has_faults
            || self.told.iter().any(|told| !told.borrow().is_empty())
            || self.leaves_early.iter().any(Cell::get)
            || self.pipes.iter().any(Handle::is_broken)
    }

    /// Everybody sleeps. Who waits to hear must have heard all there is; who waits to say must not
    /// be heard out.
    pub(crate) fn judge(&self) {
        let looks = self.looks.borrow();
        for (&(side, _), look) in &*looks {
            let is_idle = look.buffered == 0 && !look.wants_write && look.is_whole;
            assert!(
                look.waits != Waits::ToHear || !is_idle || look.held == 0,
                "side {side} waits and holds {} bytes",
                look.held
            );
        }
        if self.is_disturbed() {
            return;
        }
        let hears = |side| {
            let look = looks.get(&(side, Lane::Whole));
            look.filter(|look| look.waits == Waits::ToHear && !look.is_over)
        };
        let says = |side| {
            let of = |lane| looks.get(&(side, lane)).filter(|look| look.waits == Waits::ToSay);
            of(Lane::Whole).or_else(|| of(Lane::Writer))
        };
        for side in [0, 1] {
            let Some(look) = hears(side) else { continue };
            // Its answers may have stopped it.
            let is_full = self.flooded == Some(side) && look.wants_write;
            if is_full {
                continue;
            }
            let unread = self.pipes[side].unread();
            assert_eq!(unread, 0, "side {side} asks for an item and does not read: {looks:?}");
            let other = 1 - side;
            assert!(
                says(other).is_none(),
                "side {side} asks for an item, and {other} cannot say it: {looks:?}"
            );
            if let Some(other_look) = hears(other) {
                assert!(
                    !other_look.wants_write,
                    "side {other} asks for an item and does not say what it has: {looks:?}"
                );
            }
        }
        // Both send at each other: they read on.
        for side in [0, 1] {
            let Some(look) = looks.get(&(side, Lane::Whole)) else { continue };
            let is_saying = look.waits == Waits::ToSay && look.is_whole;
            if let (true, Some(limit)) = (is_saying, look.read_ahead) {
                assert!(
                    look.buffered >= limit || self.pipes[side].unread() == 0,
                    "side {side} sends and does not read on: {looks:?}"
                );
            }
        }
    }

    /// The scene is over: what was accepted has arrived, unless somebody was told.
    pub(crate) fn close(&self) {
        for sender in [0, 1] {
            let receiver = 1 - sender;
            let mut book = self.books[sender].open();
            let is_told = self.told.iter().any(|told| !told.borrow().is_empty());
            if is_told || self.leaves_early[receiver].get() {
                continue;
            }
            if self.drops_writer[sender].get() {
                let lane = Lane::Writer as usize;
                let (flushed, received) = (book.flushed[lane], book.received[lane]);
                assert!(received >= flushed, "side {sender}: {received} of {flushed} arrived");
                book.accepted[lane].truncate(received);
            }
            let accepted = [0, 1].map(|lane| book.accepted[lane].len());
            assert_eq!(book.received, accepted, "what side {sender} has sent has not arrived");
        }
    }
}

/// Looks at a connection, and checks that it is within its bounds.
pub(crate) fn look<T: Transport, S>(
    link: &mut Connection<T, S>,
    waits: Waits,
    is_whole: bool,
    is_over: bool,
) -> Look {
    let options = *link.options();
    let read_ahead = (options.policy == ReadPolicy::ReadAhead).then_some(options.max_read_ahead);
    Look {
        waits,
        is_whole,
        is_over,
        buffered: link.buffer().len(),
        wants_write: link.wants_write(),
        output: link.output().len(),
        held: link.held(),
        high_water: link.output().high_water(),
        read_ahead,
    }
}

/// The longest record of a scene, in bytes.
pub(crate) const LONGEST: usize = 9000 + HEAD;

impl Look {
    /// Checks the bound on memory by the options. `on_top` bytes were added by callers that do not
    /// wait.
    pub(crate) fn is_bounded(&self, read_size: usize, on_top: usize) {
        let most = LONGEST + self.read_ahead.unwrap_or_default().min(1 << 20) + 16 * read_size;
        assert!(self.buffered <= most, "it has buffered {} of {most}", self.buffered);
        let most = 2 * self.high_water.max(self.high_water + LONGEST) + LONGEST + on_top;
        assert!(self.output <= most, "it has queued {} of {most}", self.output);
    }
}
