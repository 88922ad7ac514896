//! The table of the writing end, in which fields are found.
//!
//! A field is found by a hash of name and value: in a slot, which has the latest field of its hash, or
//! else by comparing with the hashes of all fields, eight at once. There are at most 512.

use alloc::{collections::VecDeque, vec::Vec};

use super::{
    static_table,
    table::{Found, Table},
};

/// A table with what its fields are found by.
pub(super) struct Indexed {
    table: Table,
    /// The hashes of the fields in the table, and those of their names; the oldest in front.
    fields: VecDeque<u32>,
    names: VecDeque<u32>,
    /// The number of the last field that was remembered with a hash of this slot, counted from 1.
    /// Older ones of the slot are searched for only if that one is still in the table, since they
    /// are evicted before it.
    slots: Vec<u32>,
    /// The number of fields that were remembered so far.
    remembered: u32,
}

impl Indexed {
    /// Makes an empty table of this size.
    pub(super) const fn new(max: u32) -> Self {
        Self {
            table: Table::new(max),
            fields: VecDeque::new(),
            names: VecDeque::new(),
            slots: Vec::new(),
            remembered: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn size(&self) -> usize {
        self.table.size()
    }

    pub(super) fn max(&self) -> u32 {
        self.table.max()
    }

    /// Returns the bytes of memory that it holds.
    pub(super) fn held(&self) -> usize {
        let hashes = self.fields.capacity() + self.names.capacity() + self.slots.capacity();
        self.table.held() + hashes * size_of::<u32>()
    }

    /// Changes the size, and forgets what does not fit.
    pub(super) fn resize(&mut self, max: u32) {
        let evicted = self.table.resize(max);
        self.forget(evicted);
    }

    /// Adds a field that can be in the table, with its hash and that of its name.
    pub(super) fn insert(&mut self, name: &[u8], value: &[u8], field_hash: u64, name_hash: u64) {
        let evicted = self.table.insert(name, value, None);
        self.forget(evicted);
        self.remember(short(field_hash), short(name_hash));
    }

    /// Notes the hashes of a field that was added to the table.
    fn remember(&mut self, field: u32, name: u32) {
        if self.slots.is_empty() {
            // Two for each field of an ordinary table.
            self.slots.resize(SLOTS, 0);
        }
        self.fields.push_back(field);
        self.names.push_back(name);
        self.remembered = self.remembered.wrapping_add(1);
        if self.remembered == 0 {
            // Begins to count again; every slot would be right by chance only.
            self.slots.fill(0);
            self.remembered = 1;
        }
        self.slots[field as usize % SLOTS] = self.remembered;
    }

    /// Returns the index of a field of the dynamic table.
    pub(super) fn find(&self, hash: u64, name: &[u8], value: &[u8]) -> Option<u32> {
        let number = *self.slots.get(short(hash) as usize % SLOTS)?;
        let age = self.remembered.wrapping_sub(number) as usize;
        if number == 0 || age >= self.table.len() {
            return None;
        }
        let is_same = |found: Found<'_>| {
            let (own_name, own_value) = found.text.split_at(found.name);
            own_value == value && own_name == name
        };
        if self.table.get(age).is_some_and(is_same) {
            return u32::try_from(age).ok().map(|index| index + static_table::LENGTH + 1);
        }
        self.search(&self.fields, hash, is_same)
    }

    /// Returns the index of a field of the dynamic table with this name.
    pub(super) fn find_name(&self, hash: u64, name: &[u8]) -> Option<u32> {
        self.search(&self.names, hash, |found| &found.text[..found.name] == name)
    }

    fn search(
        &self,
        hashes: &VecDeque<u32>,
        hash: u64,
        is_same: impl Fn(Found<'_>) -> bool,
    ) -> Option<u32> {
        let (front, back) = hashes.as_slices();
        let hash = short(hash);
        // The latest are the likeliest.
        for (slice, before) in [(back, front.len()), (front, 0)] {
            let mut end = slice.len();
            while let Some(place) = last_place(&slice[..end], hash) {
                let index = hashes.len() - 1 - before - place;
                if self.table.get(index).is_some_and(&is_same) {
                    return u32::try_from(index).ok().map(|index| index + static_table::LENGTH + 1);
                }
                end = place;
            }
        }
        None
    }

    /// Forgets the hashes of fields that were evicted.
    fn forget(&mut self, evicted: usize) {
        self.fields.drain(..evicted);
        self.names.drain(..evicted);
    }
}

/// Returns the hash of a name.
pub(super) fn hash_name(name: &[u8]) -> u64 {
    hash(SEED, name)
}

/// Returns the hash of a field whose name has this hash.
pub(super) fn hash_value(name: u64, value: &[u8]) -> u64 {
    hash(name, value)
}

/// Returns the last place of a hash.
fn last_place(hashes: &[u32], hash: u32) -> Option<usize> {
    let (blocks, rest) = hashes.as_chunks::<8>();
    let start = blocks.len() * 8;
    if let Some(place) = rest.iter().rposition(|other| *other == hash) {
        return Some(start + place);
    }
    // All eight are compared at once.
    let is_in =
        |block: &[u32; 8]| block.iter().fold(false, |is_in, other| is_in | (*other == hash));
    let block = blocks.iter().rposition(is_in)?;
    let place = blocks[block].iter().rposition(|other| *other == hash)?;
    Some(block * 8 + place)
}

/// Hashes bytes, eight at a time. Whoever finds two strings with the same hash gains nothing but a
/// comparison.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(MULTIPLIER).rotate_left(29);
    let mut hash = seed ^ bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    let last = match (bytes.last_chunk::<8>(), rest) {
        (_, []) => return hash,
        (Some(last), _) => u64::from_le_bytes(*last),
        (None, rest) => rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    mix(hash, last)
}

/// Returns the part of a hash that is compared.
#[expect(clippy::cast_possible_truncation, reason = "both halves are in it")]
const fn short(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const MULTIPLIER: u64 = 0xf135_7aea_2e62_a9c5;

/// The number of slots that fields are found by.
const SLOTS: usize = 128;
