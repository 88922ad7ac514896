//! Shares of the halves of a split connection in their common queue.

use std::collections::VecDeque;

use super::{
    locks::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    transport::Passed,
};

/// A half of a split connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Reader,
    Writer,
}

/// The number of bytes of each half that wait in a common queue, and whether more may join them. It
/// is read without the queue's lock and changed under it, by [`Runs`].
///
/// A half waits for room only behind bytes of its own. Were the reader to wait behind what the
/// writer has queued, it would not read while much is sent to a peer that does not read either, and
/// all of them would stop.
#[derive(Debug, Default)]
pub(super) struct Shares {
    reader: Share,
    writer: Share,
    closed: AtomicBool,
    /// One of the halves has been dropped.
    alone: AtomicBool,
    /// Bytes that left the queue and wait below it: sealed by a layer, or answers of one.
    below: AtomicUsize,
    /// The number of bytes that have left the queue. It wraps.
    left: AtomicUsize,
}

/// The part of one half.
#[derive(Debug, Default)]
struct Share {
    waiting: AtomicUsize,
    /// Bytes of this half were dropped, since the other half's write failed, and this was not
    /// reported to this half yet.
    lost: AtomicBool,
}

/// The order of the bytes in a common queue. The lock of the queue guards it.
#[derive(Debug, Default)]
pub(super) struct Runs(VecDeque<(Owner, usize)>);

impl Shares {
    /// Returns the number of bytes of `side` that wait.
    #[inline]
    pub(super) fn of(&self, side: Owner) -> usize {
        self.share(side).waiting.load(SeqCst)
    }

    /// Returns the numbers of bytes that have left and that wait. Their sum is never more than
    /// there were: a wait until all of them have left does not include later bytes.
    pub(super) fn passed(&self) -> Passed {
        let left = self.left.load(SeqCst);
        Passed::new(left, self.total())
    }

    /// Returns the number of bytes that wait.
    #[inline]
    pub(super) fn total(&self) -> usize {
        self.of(Owner::Reader) + self.of(Owner::Writer)
    }

    /// Notes how many bytes wait below the queue.
    pub(super) fn wait_below(&self, count: usize) {
        self.below.store(count, SeqCst);
    }

    /// Returns the number of bytes that wait below the queue.
    #[inline]
    pub(super) fn below(&self) -> usize {
        self.below.load(SeqCst)
    }

    /// Returns true if a flush of `side` must report that bytes of it were lost.
    #[inline]
    pub(super) fn has_lost(&self, side: Owner) -> bool {
        self.share(side).lost.load(SeqCst)
    }

    /// Notes that the failure was reported to `side`.
    pub(super) fn told(&self, side: Owner) {
        self.share(side).lost.store(false, SeqCst);
    }

    /// Closes the queue: the end of the stream comes next.
    pub(super) fn close(&self) {
        self.closed.store(true, SeqCst);
    }

    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(SeqCst)
    }

    /// Notes that one half was dropped: the other sends what it has left.
    pub(super) fn leave(&self) {
        self.alone.store(true, SeqCst);
    }

    #[inline]
    pub(super) fn is_alone(&self) -> bool {
        self.alone.load(SeqCst)
    }

    #[inline]
    fn share(&self, side: Owner) -> &Share {
        match side {
            Owner::Reader => &self.reader,
            Owner::Writer => &self.writer,
        }
    }
}

impl Runs {
    /// Adds `count` bytes of `side` behind the others.
    pub(super) fn add(&mut self, shares: &Shares, side: Owner, count: usize) {
        if count == 0 {
            return;
        }
        match self.0.back_mut() {
            Some((last, length)) if *last == side => *length += count,
            _ => self.0.push_back((side, count)),
        }
        shares.share(side).waiting.fetch_add(count, SeqCst);
    }

    /// Notes that the first `count` bytes have been sent.
    pub(super) fn sent(&mut self, shares: &Shares, mut count: usize) {
        while count > 0
            && let Some((side, length)) = self.0.front_mut()
        {
            let part = count.min(*length);
            shares.share(*side).waiting.fetch_sub(part, SeqCst);
            shares.left.fetch_add(part, SeqCst);
            count -= part;
            *length -= part;
            if *length == 0 {
                self.0.pop_front();
            }
        }
    }

    /// Drops all bytes, and notes that each half must be told.
    pub(super) fn lose(&mut self, shares: &Shares) {
        for (side, count) in self.0.drain(..) {
            let Share { waiting, lost } = shares.share(side);
            lost.store(true, SeqCst);
            waiting.fetch_sub(count, SeqCst);
            shares.left.fetch_add(count, SeqCst);
        }
    }

    /// Returns the number of bytes.
    pub(super) fn all(&self) -> usize {
        self.0.iter().map(|(_, length)| length).sum()
    }

    /// Returns the number of bytes up to the last one of `side`.
    pub(super) fn up_to_last_of(&self, side: Owner) -> usize {
        let Some(last) = self.0.iter().rposition(|(of, _)| *of == side) else { return 0 };
        self.0.iter().take(last + 1).map(|(_, length)| length).sum()
    }
}
