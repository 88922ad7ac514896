//! The state, held by the two halves of one end.

use alloc::sync::Arc;
use core::{
    fmt,
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicU32, Ordering},
    task::{Context, Poll},
};

use atomic_waker::AtomicWaker;

use super::word::{Event, Word};
use super::{Offered, Ring, State};

/// The state of a connection as the reader and the writer of one end share it, wherever the halves
/// have gone.
#[derive(Debug)]
pub(crate) struct Shared {
    alone: Word,
    /// The kinds of requests, until it is shared.
    ring: Ring,
    /// Made when two are paired: a reader alone needs no allocation.
    both: Option<Arc<Both>>,
}

/// The part that both halves hold.
#[derive(Debug)]
struct Both {
    word: AtomicU32,
    ring: Ring,
    /// The [`Offered`] protocols of the last request that offers any.
    offered: [AtomicU32; Offered::MAX],
    /// The reader, where it waits for an answer.
    waker: AtomicWaker,
}

impl Shared {
    /// The state of a new connection, held by a reader alone, on which one request at a time is owed
    /// an answer.
    pub(crate) const NEW: Self = Self { alone: Word::NEW, ring: Ring::NONE, both: None };

    /// Sets the number of requests that can be owed an answer, before anything is said.
    pub(crate) fn set_owed(&mut self, owed: u32) {
        self.ring = Ring::of(owed.clamp(1, Word::MAX_OWED));
    }

    /// One that knows what `self` knows, from now on.
    pub(crate) fn pair(&mut self) -> Self {
        let (alone, ring) = (self.alone, core::mem::replace(&mut self.ring, Ring::NONE));
        let both = self.both.get_or_insert_with(|| {
            Arc::new(Both {
                word: AtomicU32::new(alone.bits()),
                ring,
                offered: Default::default(),
                waker: AtomicWaker::new(),
            })
        });
        Self { alone, ring: Ring::NONE, both: Some(Arc::clone(both)) }
    }

    #[inline]
    pub(crate) fn load(&self) -> Word {
        match &self.both {
            Some(both) => Word::from_bits(both.word.load(Ordering::Acquire)),
            None => self.alone,
        }
    }

    /// Returns the most requests that can be owed an answer.
    pub(crate) fn max_owed(&self) -> u32 {
        self.both.as_ref().map_or(&self.ring, |both| &both.ring).owed()
    }

    /// Takes `event`. Returns false, with nothing changed, where it cannot happen now.
    pub(crate) fn apply(&mut self, event: Event) -> bool {
        match &self.both {
            Some(both) => {
                let after = |bits| Word::from_bits(bits).after(event, &both.ring).map(Word::bits);
                let taken =
                    both.word.fetch_update(Ordering::AcqRel, Ordering::Acquire, after).is_ok();
                if event.is_answer() {
                    both.waker.wake();
                }
                taken
            }
            None => {
                let after = self.alone.after(event, &self.ring);
                after.map(|word| self.alone = word).is_some()
            }
        }
    }

    /// Notes the protocols that the next request offers.
    pub(crate) fn offer(&self, offered: &Offered) {
        let Some(both) = &self.both else { return };
        for (place, hash) in both.offered.iter().zip(offered.hashes()) {
            // They are read behind the word that tells of the request.
            place.store(hash, Ordering::Relaxed);
        }
    }

    /// Returns the protocols that the last request with any offers.
    pub(crate) fn offered(&self) -> Offered {
        let all = self.both.as_ref().map(|both| &both.offered);
        let hashes = all.map(|all| all.each_ref().map(|hash| hash.load(Ordering::Relaxed)));
        Offered::from_hashes(hashes.unwrap_or_default())
    }

    /// Waits for an answer since the word was `word`.
    pub(crate) fn answered(&self, word: Word) -> Answered {
        Answered { both: self.both.clone(), word }
    }
}

/// A future that is ready once the writer has answered something since the reader has
/// [paused](crate::RequestEvent::Paused): made by
/// [`server::Reader::answered`](crate::server::Reader::answered).
///
/// It borrows nothing and does no I/O, so it can be awaited under any executor while the writer is in
/// another task. A writer that never answers is waited for without end: bound it by a timer. With
/// `std`, `wait` does that for threads.
#[must_use = "futures do nothing unless they are polled"]
pub struct Answered {
    both: Option<Arc<Both>>,
    word: Word,
}

impl Answered {
    fn is_answered(&self) -> bool {
        let Some(both) = &self.both else { return true };
        let now = Word::from_bits(both.word.load(Ordering::Acquire));
        // A head alone is no answer: the reader would pause again.
        now.owed() < self.word.owed()
            || now.requests() != self.word.requests()
            || matches!(now.responses(), State::Ended | State::Switched | State::Failed)
    }
}

impl Future for Answered {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_answered() {
            return Poll::Ready(());
        }
        if let Some(both) = &self.both {
            both.waker.register(cx.waker());
        }
        // It may have been answered before the waker was there.
        if self.is_answered() { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(feature = "std")]
impl Answered {
    /// Blocks the thread until something is answered, for `timeout` at most. Returns true if it was.
    pub fn wait(mut self, timeout: std::time::Duration) -> bool {
        struct Unpark(std::thread::Thread);

        impl std::task::Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }

        let waker = Arc::new(Unpark(std::thread::current())).into();
        let mut cx = Context::from_waker(&waker);
        let start = std::time::Instant::now();
        while Pin::new(&mut self).poll(&mut cx).is_pending() {
            let Some(left) = timeout.checked_sub(start.elapsed()) else { return false };
            std::thread::park_timeout(left);
        }
        true
    }
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered").field("is_answered", &self.is_answered()).finish()
    }
}
