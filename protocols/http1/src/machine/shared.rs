//! The state, held by the two halves of one end.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};

use super::word::{Event, Word};

/// The state of a connection as the reader and the writer of one end share it, wherever the halves
/// have gone.
#[derive(Debug)]
pub(crate) struct Shared {
    alone: Word,
    /// Made when two are paired: a reader alone needs no allocation.
    shared: Option<Arc<AtomicU32>>,
}

impl Shared {
    /// The state of a new connection, held by a reader alone.
    pub(crate) const NEW: Self = Self { alone: Word::NEW, shared: None };

    /// One that knows what `self` knows, from now on.
    pub(crate) fn pair(&mut self) -> Self {
        let shared = self.shared.get_or_insert_with(|| Arc::new(AtomicU32::new(self.alone.bits())));
        Self { alone: self.alone, shared: Some(Arc::clone(shared)) }
    }

    #[inline]
    pub(crate) fn load(&self) -> Word {
        match &self.shared {
            Some(shared) => Word::from_bits(shared.load(Ordering::Acquire)),
            None => self.alone,
        }
    }

    /// Takes `event`. Returns false, with nothing changed, where it cannot happen now.
    pub(crate) fn apply(&mut self, event: Event) -> bool {
        match &self.shared {
            Some(shared) => {
                let after = |bits| Word::from_bits(bits).after(event).map(Word::bits);
                shared.fetch_update(Ordering::AcqRel, Ordering::Acquire, after).is_ok()
            }
            None => self.alone.after(event).map(|word| self.alone = word).is_some(),
        }
    }
}
