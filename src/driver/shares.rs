//! Whose bytes wait in the queue that the halves of a split connection share.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

/// A half of a split connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Reader,
    Writer,
}

/// Whose bytes wait in a shared queue, in its order, and whether more may join them.
///
/// A half waits for room only behind bytes of its own. Were the reader to wait behind what the
/// writer has queued, it would not read while a peer that does not read either is sent much, and
/// all of them would stop.
#[derive(Debug, Default)]
pub(super) struct Shares {
    runs: Mutex<VecDeque<(Side, usize)>>,
    reader: AtomicUsize,
    writer: AtomicUsize,
    closed: AtomicBool,
}

impl Shares {
    /// How many bytes of `side` wait.
    #[inline]
    pub(super) fn of(&self, side: Side) -> usize {
        self.waiting(side).load(SeqCst)
    }

    /// How many bytes wait.
    #[inline]
    pub(super) fn total(&self) -> usize {
        self.of(Side::Reader) + self.of(Side::Writer)
    }

    /// `count` bytes of `side` come behind the others.
    pub(super) fn add(&self, side: Side, count: usize) {
        if count > 0 {
            self.runs().push_back((side, count));
            self.waiting(side).fetch_add(count, SeqCst);
        }
    }

    /// The first `count` bytes have been sent.
    pub(super) fn sent(&self, mut count: usize) {
        let mut runs = self.runs();
        while count > 0
            && let Some((side, length)) = runs.front_mut()
        {
            let part = count.min(*length);
            self.waiting(*side).fetch_sub(part, SeqCst);
            count -= part;
            *length -= part;
            if *length == 0 {
                runs.pop_front();
            }
        }
    }

    /// Nothing may join any more: the end of the stream comes next.
    pub(super) fn close(&self) {
        self.closed.store(true, SeqCst);
    }

    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(SeqCst)
    }

    #[inline]
    fn waiting(&self, side: Side) -> &AtomicUsize {
        match side {
            Side::Reader => &self.reader,
            Side::Writer => &self.writer,
        }
    }

    fn runs(&self) -> MutexGuard<'_, VecDeque<(Side, usize)>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
