//! Whose bytes wait in the queue that the halves of a split connection share.

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

/// The number of bytes of each half that wait in a shared queue, and whether more may join them.
/// It is looked at without the queue's lock and changed under it, by [`Runs`].
///
/// A half waits for room only behind bytes of its own. Were the reader to wait behind what the
/// writer has queued, it would not read while a peer that does not read either is sent much, and
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
    /// How many bytes have left the queue. It wraps.
    left: AtomicUsize,
}

/// The part of one half.
#[derive(Debug, Default)]
struct Share {
    waiting: AtomicUsize,
    /// Bytes of this half were dropped, since the other half's write failed, and this half has not
    /// been told yet.
    lost: AtomicBool,
}

/// The order of the bytes in a shared queue. It stands under the lock of the queue.
#[derive(Debug, Default)]
pub(super) struct Runs(VecDeque<(Owner, usize)>);

impl Shares {
    /// How many bytes of `side` wait.
    #[inline]
    pub(super) fn of(&self, side: Owner) -> usize {
        self.share(side).waiting.load(SeqCst)
    }

    /// How many bytes have left, and how many wait. Both together are never more than there were:
    /// who waits until all of them have left does not wait for bytes that came later.
    pub(super) fn passed(&self) -> Passed {
        let left = self.left.load(SeqCst);
        Passed::new(left, self.total())
    }

    /// How many bytes wait.
    #[inline]
    pub(super) fn total(&self) -> usize {
        self.of(Owner::Reader) + self.of(Owner::Writer)
    }

    /// Notes how many bytes wait below the queue.
    pub(super) fn wait_below(&self, count: usize) {
        self.below.store(count, SeqCst);
    }

    /// How many bytes wait below the queue.
    #[inline]
    pub(super) fn below(&self) -> usize {
        self.below.load(SeqCst)
    }

    /// Whether a flush of `side` has to report that bytes of it were lost.
    #[inline]
    pub(super) fn has_lost(&self, side: Owner) -> bool {
        self.share(side).lost.load(SeqCst)
    }

    /// `side` is told of the failure now.
    pub(super) fn told(&self, side: Owner) {
        self.share(side).lost.store(false, SeqCst);
    }

    /// Nothing may join any more: the end of the stream comes next.
    pub(super) fn close(&self) {
        self.closed.store(true, SeqCst);
    }

    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(SeqCst)
    }

    /// One half is dropped: what it has left is the other's to send.
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
    /// `count` bytes of `side` come behind the others.
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

    /// The first `count` bytes have been sent.
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

    /// None of the bytes will be sent. The halves whose they are have to be told.
    pub(super) fn lose(&mut self, shares: &Shares) {
        for (side, count) in self.0.drain(..) {
            let Share { waiting, lost } = shares.share(side);
            lost.store(true, SeqCst);
            waiting.fetch_sub(count, SeqCst);
            shares.left.fetch_add(count, SeqCst);
        }
    }

    /// How many bytes there are.
    pub(super) fn all(&self) -> usize {
        self.0.iter().map(|(_, length)| length).sum()
    }

    /// How many bytes there are up to the last one of `side`.
    pub(super) fn up_to_last_of(&self, side: Owner) -> usize {
        let Some(last) = self.0.iter().rposition(|(of, _)| *of == side) else { return 0 };
        self.0.iter().take(last + 1).map(|(_, length)| length).sum()
    }
}
