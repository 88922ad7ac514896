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
    /// The lower half of the number of the last field that was remembered with a hash of this slot,
    /// 0 if there is none. Older ones of the slot are searched for only if that one is still in the
    /// table, since they are evicted before it.
    slots: Vec<u32>,
    /// The number of fields that were remembered so far.
    remembered: u64,
}

/// The number of a field that was remembered, counted from 1. It never means another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number(u64);

/// The hashes by which a field is found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashes {
    field: u32,
    name: u32,
}

impl Hashes {
    #[inline]
    pub(super) fn of(name: &[u8], value: &[u8]) -> Self {
        let of_name = hash(SEED, name);
        Self { field: short(hash(of_name, value)), name: short(of_name) }
    }
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
    pub(super) fn insert(&mut self, name: &[u8], value: &[u8], hashes: Hashes) {
        let evicted = self.table.insert(name, value, None);
        self.forget(evicted);
        if self.slots.is_empty() {
            // Two for each field of an ordinary table.
            self.slots.resize(SLOTS, 0);
        }
        self.fields.push_back(hashes.field);
        self.names.push_back(hashes.name);
        self.remembered += 1;
        self.slots[hashes.field as usize % SLOTS] = lower(self.remembered);
    }

    /// Returns the number of the latest field, in the table or not.
    pub(super) fn last(&self) -> Number {
        Number(self.remembered)
    }

    /// Returns the index of a field of the dynamic table, if it is still in there.
    #[inline]
    pub(super) fn index_of(&self, number: Number) -> Option<u32> {
        let age = self.remembered - number.0;
        let index = u32::try_from(age).ok().filter(|_| age < self.table.len() as u64)?;
        Some(index + static_table::LENGTH + 1)
    }

    /// Finds a field of the dynamic table.
    #[inline]
    pub(super) fn find(&self, hashes: Hashes, name: &[u8], value: &[u8]) -> Option<Number> {
        let slot = *self.slots.get(hashes.field as usize % SLOTS)?;
        let age = lower(self.remembered).wrapping_sub(slot) as usize;
        if slot == 0 || age >= self.table.len() {
            return None;
        }
        let is_same = |found: Found<'_>| {
            let (own_name, own_value) = found.text.split_at(found.name);
            is_same_text(own_value, value) && is_same_text(own_name, name)
        };
        let age = match self.table.get(age).is_some_and(is_same) {
            true => age,
            false => self.search(&self.fields, hashes.field, is_same)?,
        };
        Some(Number(self.remembered - age as u64))
    }

    /// Returns the index of a field of the dynamic table with this name.
    pub(super) fn find_name(&self, hashes: Hashes, name: &[u8]) -> Option<u32> {
        let age = self.search(&self.names, hashes.name, |it| &it.text[..it.name] == name)?;
        u32::try_from(age).ok().map(|index| index + static_table::LENGTH + 1)
    }

    /// Returns the number of fields that were remembered later than the one that is searched for.
    fn search(
        &self,
        hashes: &VecDeque<u32>,
        hash: u32,
        is_same: impl Fn(Found<'_>) -> bool,
    ) -> Option<usize> {
        let (front, back) = hashes.as_slices();
        // The latest are the likeliest.
        for (slice, before) in [(back, front.len()), (front, 0)] {
            let mut end = slice.len();
            while let Some(place) = last_place(&slice[..end], hash) {
                let index = hashes.len() - 1 - before - place;
                if self.table.get(index).is_some_and(&is_same) {
                    return Some(index);
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

/// Compares two strings, short ones without a call.
#[inline]
pub(super) fn is_same_text(one: &[u8], other: &[u8]) -> bool {
    let length = one.len();
    if length != other.len() {
        return false;
    }
    let ends = (one.first_chunk::<8>(), one.last_chunk::<8>());
    match (ends, other.first_chunk(), other.last_chunk()) {
        ((Some(first), Some(last)), Some(other_first), Some(other_last)) if length <= 16 => {
            first == other_first && last == other_last
        }
        _ => one == other,
    }
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
#[inline]
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

/// Returns the lower half of a number.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
const fn lower(number: u64) -> u32 {
    number as u32
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const MULTIPLIER: u64 = 0xf135_7aea_2e62_a9c5;

/// The number of slots that fields are found by.
const SLOTS: usize = 128;
