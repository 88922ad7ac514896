//! The kinds of the requests between the oldest and the newest that are owed an answer.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU8, Ordering};

use super::Kind;

/// A ring of kinds. One half of an end writes it, with the requests; the other reads it, with the
/// answers. Its indices are in the [`Word`](super::Word), and changing that is what hands a slot
/// over: a slot is written before the word that counts it, and read after.
#[derive(Debug)]
pub(crate) struct Ring(Vec<AtomicU8>);

impl Ring {
    /// A ring without slots: one request at a time needs none.
    pub(crate) const NONE: Self = Self(Vec::new());

    /// A ring for connections on which that many requests are owed an answer at a time.
    pub(crate) fn of(owed: u32) -> Self {
        Self((1..owed).map(|_| AtomicU8::new(0)).collect())
    }

    /// The most requests that can be owed an answer.
    #[expect(clippy::cast_possible_truncation, reason = "it was made for a number of 32 bits")]
    pub(crate) fn owed(&self) -> u32 {
        self.0.len() as u32 + 1
    }

    /// Puts a kind that many slots behind the first.
    pub(crate) fn put(&self, at: u32, kind: Kind) {
        if let Some(slot) = self.slot(at) {
            slot.store(kind as u8, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self, at: u32) -> Kind {
        self.slot(at)
            .map_or(Kind::Plain, |slot| Kind::from_bits(slot.load(Ordering::Relaxed).into()))
    }

    /// The slot behind another, round and round.
    pub(crate) fn next(&self, at: u32) -> u32 {
        if at + 1 < self.owed() - 1 { at + 1 } else { 0 }
    }

    fn slot(&self, at: u32) -> Option<&AtomicU8> {
        self.0.get(at as usize % self.0.len().max(1))
    }
}

#[cfg(test)]
impl Ring {
    /// The slots, to be compared and copied.
    pub(crate) fn slots(&self) -> Vec<u8> {
        self.0.iter().map(|slot| slot.load(Ordering::Relaxed)).collect()
    }

    pub(crate) fn from_slots(slots: &[u8]) -> Self {
        Self(slots.iter().map(|slot| AtomicU8::new(*slot)).collect())
    }
}
