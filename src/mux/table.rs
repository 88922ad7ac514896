//! Tables of streams.

use alloc::vec::Vec;
use core::{
    fmt,
    hash::{Hash, Hasher},
};

/// The streams of a connection by their ids.
///
/// An empty table holds no memory. It grows in small steps, so a connection of few streams is
/// small. Finding, adding and removing a stream take constant time. Once it has held as many
/// streams as it will hold, adding one allocates nothing.
///
/// Peers choose ids. With the feature `std` each table hashes them by a key of its own, so that no
/// peer can choose ids that collide. Without it, pass a key to [`seeded`](Self::seeded).
///
/// ```
/// use segue::mux::Table;
///
/// let mut streams = Table::new();
/// assert_eq!(streams.held(), 0);
/// assert_eq!(streams.insert(7_u32, "seven"), None);
/// assert_eq!(streams.get(&7), Some(&"seven"));
/// assert_eq!(streams.remove(&7), Some("seven"));
/// streams.release();
/// assert_eq!(streams.held(), 0);
/// ```
pub struct Table<Id, S> {
    /// All but the last are full, so slots never move.
    chunks: Vec<Vec<Slot<Id, S>>>,
    /// Slots by the hash of their id, with linear probing. The length is a power of two, or 0.
    index: Vec<u32>,
    /// The first slot of the list of free ones.
    free: u32,
    length: u32,
    /// The slot that was last asked for: one stream is usually asked for many times in a row.
    last: u32,
    seed: Option<u64>,
}

enum Slot<Id, S> {
    Taken(Id, S),
    /// The next free slot.
    Free(u32),
}

/// The mark of no slot.
pub(super) const NONE: u32 = u32::MAX;

/// The number of slots allocated at a time: few enough for a connection of one stream.
const CHUNK: usize = 16;

impl<Id, S> Table<Id, S> {
    /// Makes an empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self { chunks: Vec::new(), index: Vec::new(), free: NONE, length: 0, last: 0, seed: None }
    }

    /// Makes an empty table that hashes ids by `seed`, which peers must not know.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        let mut table = Self::new();
        table.seed = Some(seed);
        table
    }

    /// Returns the number of streams.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length as usize
    }

    /// Returns true if there are no streams.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Returns the bytes of memory the table holds, used or not, without what streams hold
    /// elsewhere.
    #[must_use]
    pub fn held(&self) -> usize {
        let slots: usize = self.chunks.iter().map(Vec::capacity).sum();
        slots * size_of::<Slot<Id, S>>()
            + self.chunks.capacity() * size_of::<Vec<Slot<Id, S>>>()
            + self.index.capacity() * size_of::<u32>()
    }

    /// Gives the memory of an empty table back.
    pub fn release(&mut self) {
        if self.is_empty() {
            *self = Self { seed: self.seed, ..Self::new() };
        }
    }

    /// Returns all streams, in no order. The cost grows with the number of streams.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &S)> {
        self.chunks.iter().flatten().filter_map(|slot| match slot {
            Slot::Taken(id, stream) => Some((id, stream)),
            Slot::Free(_) => None,
        })
    }

    /// Returns all streams, to be changed. The cost is that of [`iter`](Self::iter).
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Id, &mut S)> {
        self.chunks.iter_mut().flatten().filter_map(|slot| match slot {
            Slot::Taken(id, stream) => Some((&*id, stream)),
            Slot::Free(_) => None,
        })
    }

    /// Returns the stream in a slot that is taken.
    pub(super) fn slot(&self, slot: u32) -> Option<(&Id, &S)> {
        match self.chunks.get(slot as usize / CHUNK)?.get(slot as usize % CHUNK)? {
            Slot::Taken(id, stream) => Some((id, stream)),
            Slot::Free(_) => None,
        }
    }

    pub(super) fn slot_mut(&mut self, slot: u32) -> Option<&mut S> {
        match self.chunks.get_mut(slot as usize / CHUNK)?.get_mut(slot as usize % CHUNK)? {
            Slot::Taken(_, stream) => Some(stream),
            Slot::Free(_) => None,
        }
    }
}

impl<Id: Eq + Hash, S> Table<Id, S> {
    /// Returns the stream with this id.
    #[must_use]
    pub fn get(&self, id: &Id) -> Option<&S> {
        self.slot(self.slot_of(id)?).map(|(_, stream)| stream)
    }

    /// Returns the stream with this id, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, id: &Id) -> Option<&mut S> {
        let slot = self.slot_of(id)?;
        self.last = slot;
        self.slot_mut(slot)
    }

    /// Returns true if there is a stream with this id.
    #[must_use]
    pub fn contains(&self, id: &Id) -> bool {
        self.slot_of(id).is_some()
    }

    /// Adds a stream. Returns the one that had the id before, if there was one.
    ///
    /// # Panics
    /// If there are 2^32 - 1 streams already.
    pub fn insert(&mut self, id: Id, stream: S) -> Option<S> {
        if let Some(old) = self.get_mut(&id) {
            return Some(core::mem::replace(old, stream));
        }
        self.add(id, stream);
        None
    }

    /// Adds a stream whose id is new. Returns its slot, which it keeps.
    pub(super) fn add(&mut self, id: Id, stream: S) -> u32 {
        // At least one in four is empty, so that probing ends soon.
        if self.len() >= self.index.len() / 4 * 3 {
            self.grow();
        }
        let place = self.probe(&id, |_| false);
        let slot = self.free;
        let taken = Slot::Taken(id, stream);
        let slot = if slot == NONE {
            self.push(taken)
        } else {
            let free = &mut self.chunks[slot as usize / CHUNK][slot as usize % CHUNK];
            if let Slot::Free(next) = core::mem::replace(free, taken) {
                self.free = next;
            }
            slot
        };
        self.index[place] = slot;
        self.length += 1;
        slot
    }

    /// Returns the slot of the stream with this id.
    pub(super) fn slot_of(&self, id: &Id) -> Option<u32> {
        match self.slot(self.last) {
            Some((last, _)) if last == id => Some(self.last),
            _ => Some(self.index[self.find(id)?]),
        }
    }

    /// Takes a stream out.
    pub fn remove(&mut self, id: &Id) -> Option<S> {
        let gap = self.find(id)?;
        self.remove_at(gap).map(|(_, stream)| stream)
    }

    /// Takes a stream out, with its slot, which is then free.
    pub(super) fn take(&mut self, id: &Id) -> Option<(u32, S)> {
        let gap = self.find(id)?;
        self.remove_at(gap)
    }

    fn remove_at(&mut self, mut gap: usize) -> Option<(u32, S)> {
        let slot = self.index[gap];
        let place = &mut self.chunks[slot as usize / CHUNK][slot as usize % CHUNK];
        let Slot::Taken(_, stream) = core::mem::replace(place, Slot::Free(self.free)) else {
            return None;
        };
        (self.free, self.length) = (slot, self.length - 1);
        // Entries behind it that are not where their hash puts them move up, so that no mark is
        // needed.
        let mask = self.index.len() - 1;
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let Some((id, _)) = self.slot(self.index[at]) else { break };
            let from_home = at.wrapping_sub(self.home(id)) & mask;
            if from_home >= (at.wrapping_sub(gap) & mask) {
                self.index[gap] = self.index[at];
                gap = at;
            }
        }
        self.index[gap] = NONE;
        Some((slot, stream))
    }

    /// Returns the place of this id in the index.
    fn find(&self, id: &Id) -> Option<usize> {
        if self.is_empty() {
            return None;
        }
        let at = self.probe(id, |other| other == id);
        (self.index[at] != NONE).then_some(at)
    }

    /// Returns the first place, from the home of `id` on, that is empty or whose id `is` it.
    fn probe(&self, id: &Id, is: impl Fn(&Id) -> bool) -> usize {
        let mask = self.index.len() - 1;
        let mut at = self.home(id);
        while let Some((other, _)) = self.slot(self.index[at])
            && !is(other)
        {
            at = (at + 1) & mask;
        }
        at
    }

    fn home(&self, id: &Id) -> usize {
        let mut hasher = Fold(self.seed.unwrap_or(0));
        id.hash(&mut hasher);
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are asked for")]
        let hash = hasher.finish() as usize;
        hash & (self.index.len() - 1)
    }

    /// Appends a slot.
    fn push(&mut self, taken: Slot<Id, S>) -> u32 {
        if self.chunks.last().is_none_or(|last| last.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let before = (self.chunks.len() - 1) * CHUNK;
        let last = &mut self.chunks[before / CHUNK];
        last.push(taken);
        let slot = u32::try_from(before + last.len() - 1).ok().filter(|slot| *slot != NONE);
        slot.expect("fewer than 2^32 - 1 streams")
    }

    /// Doubles the index.
    fn grow(&mut self) {
        if self.seed.is_none() {
            self.seed = Some(random());
        }
        let length = (self.index.len() * 2).max(CHUNK);
        self.index.clear();
        self.index.resize(length, NONE);
        for slot in 0..self.chunks.iter().map(Vec::len).sum() {
            let (chunk, slot) = (slot / CHUNK, slot % CHUNK);
            let Slot::Taken(id, _) = &self.chunks[chunk][slot] else { continue };
            let place = self.probe(id, |_| false);
            #[expect(clippy::cast_possible_truncation, reason = "it was one before")]
            let slot = (chunk * CHUNK + slot) as u32;
            self.index[place] = slot;
        }
    }
}

impl<Id, S> Default for Table<Id, S> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the number of streams.
impl<Id, S> fmt::Debug for Table<Id, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("len", &self.length).finish_non_exhaustive()
    }
}

/// Returns a key that peers do not know.
#[cfg(feature = "std")]
fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().build_hasher().finish()
}

#[cfg(not(feature = "std"))]
const fn random() -> u64 {
    0
}

/// Hashes by multiplying and folding the halves of the product, 8 bytes at a time.
struct Fold(u64);

impl Fold {
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ FIRST) * u128::from(SECOND);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
        let halves = (product as u64, (product >> 64) as u64);
        self.0 = halves.0 ^ halves.1;
    }
}

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(word));
        }
        self.fold(bytes.len() as u64);
    }

    fn write_u32(&mut self, word: u32) {
        self.fold(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.fold(word);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The digits of pi behind the point, as in PCG and others.
const FIRST: u64 = 0x243F_6A88_85A3_08D3;
const SECOND: u64 = 0x1319_8A2E_0370_7345;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Any sequence of operations has the same effect as on a map.
    #[test]
    fn it_is_a_map() {
        let mut state = 1_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        };
        for seed in 0..if cfg!(miri) { 2 } else { 40 } {
            let (mut table, mut map) = (Table::seeded(seed), BTreeMap::new());
            for round in 0..if cfg!(miri) { 200 } else { 2000 } {
                let id = random() % [20, 300][usize::from(seed % 2 == 0)];
                if random() % 2 == 0 {
                    assert_eq!(table.insert(id, round), map.insert(id, round));
                } else {
                    assert_eq!(table.remove(&id), map.remove(&id));
                }
                assert_eq!(table.len(), map.len());
                let id = random() % 300;
                assert_eq!(table.get(&id), map.get(&id));
                assert_eq!(table.contains(&id), map.contains_key(&id));
            }
            assert_eq!(table.iter().count(), map.len());
            let mut all: Vec<_> = table.iter_mut().map(|(id, round)| (*id, *round)).collect();
            all.sort_unstable();
            assert_eq!(all, map.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_warm_table_allocates_nothing() {
        let mut table = Table::new();
        (0..100_u32).for_each(|id| assert_eq!(table.insert(id, [0_u8; 10]), None));
        let held = table.held();
        (0..100).for_each(|id| assert!(table.remove(&id).is_some()));
        for id in 1000..if cfg!(miri) { 1500 } else { 20_000 } {
            table.insert(id, [1; 10]);
            if id >= 1100 {
                table.remove(&(id - 100)).expect("it was added");
            }
        }
        assert_eq!(table.held(), held);
    }

    #[test]
    fn ids_are_spread() {
        // The ids of one side of a connection in order, and multiples of large powers of two.
        for shift in [1, 2, 16, 31, 40] {
            let mut table = Table::seeded(7);
            (0..1000_u64).for_each(|id| assert_eq!(table.insert(id << shift, ()), None));
            let far = |id: u64| {
                let (home, mask) = (table.home(&(id << shift)), table.index.len() - 1);
                table.find(&(id << shift)).expect("it is there").wrapping_sub(home) & mask
            };
            let all: usize = (0..1000).map(far).sum();
            assert!(all < 3000, "{all} steps for 1000 ids shifted by {shift}");
        }
    }
}
