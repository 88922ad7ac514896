//! The dynamic table (RFC 7541 §2.3.2, §4).
//!
//! The fields stand one behind the other in a piece of memory, the oldest in front, each name with
//! its value behind it: one copy takes both. Evicting an entry moves the front on. When the back
//! meets the end of the memory, everything moves to its beginning. That memory is at most the size
//! of the table, so each field's bytes move once for about each time that the table is filled anew,
//! and an entry is always one slice.

use alloc::{collections::VecDeque, vec::Vec};

use segue_http::Known;

/// The fields that both ends remember, the latest with index 0.
#[derive(Default)]
pub(super) struct Table {
    bytes: Vec<u8>,
    /// Where the oldest field begins.
    front: usize,
    /// The oldest in front.
    entries: VecDeque<Entry>,
    /// By RFC 7541 §4.1: 32 for each field, and its bytes.
    size: usize,
    max: usize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u16,
    name: u16,
    value: u16,
    known: Option<Known>,
}

/// A field of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// The name, and the value behind it.
    pub(super) text: &'a [u8],
    /// The length of the name.
    pub(super) name: usize,
    pub(super) known: Option<Known>,
}

impl Table {
    /// The largest table, so that places in it are short.
    pub(super) const MAX: u32 = 0xffff;

    /// Makes an empty table of this size, in bytes as RFC 7541 §4.1 counts them.
    pub(super) const fn new(max: u32) -> Self {
        let max = if max < Self::MAX { max } else { Self::MAX };
        Self { bytes: Vec::new(), front: 0, entries: VecDeque::new(), size: 0, max: max as usize }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn max(&self) -> u32 {
        // It was made of one.
        u32::try_from(self.max).unwrap_or(Self::MAX)
    }

    /// Returns the bytes of memory that the table holds.
    pub(super) fn held(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Returns the field with an index; 0 is the latest.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<Found<'_>> {
        let place = self.entries.len().checked_sub(index + 1)?;
        let Entry { start, name, value, known } = *self.entries.get(place)?;
        let start = usize::from(start);
        let text = &self.bytes[start..start + usize::from(name) + usize::from(value)];
        Some(Found { text, name: usize::from(name), known })
    }

    /// Changes the size, and evicts what does not fit (RFC 7541 §4.3). Returns the number of fields
    /// that were evicted.
    pub(super) fn resize(&mut self, max: u32) -> usize {
        self.max = usize::try_from(max.min(Self::MAX)).unwrap_or(0);
        let evicted = self.evict(self.max);
        if self.bytes.capacity() > self.max {
            self.close_up();
            self.bytes.shrink_to(self.max);
        }
        evicted
    }

    /// Evicts all fields, as one does that is larger than the table.
    pub(super) fn clear(&mut self) -> usize {
        self.evict(0)
    }

    /// Returns true if a field can be in the table at all.
    pub(super) fn fits(&self, text: usize) -> bool {
        text.saturating_add(OVERHEAD) <= self.max
    }

    /// Adds a field, and evicts the oldest ones until it fits (RFC 7541 §4.4). One that is larger
    /// than the table empties it. Returns the number of fields that were evicted.
    pub(super) fn insert(&mut self, name: &[u8], value: &[u8], known: Option<Known>) -> usize {
        let length = name.len() + value.len();
        if !self.fits(length) {
            return self.clear();
        }
        let evicted = self.evict(self.max - OVERHEAD - length);
        if self.bytes.len() + length > self.bytes.capacity() {
            self.make_room(length);
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(value);
        self.size += OVERHEAD + length;
        // All of them fit into 64 KiB, as the table does.
        let short = |length| u16::try_from(length).unwrap_or(u16::MAX);
        self.entries.push_back(Entry {
            start: short(start),
            name: short(name.len()),
            value: short(value.len()),
            known,
        });
        evicted
    }

    /// Evicts the oldest fields until the rest is at most this size.
    fn evict(&mut self, to: usize) -> usize {
        let before = self.entries.len();
        while self.size > to
            && let Some(entry) = self.entries.pop_front()
        {
            let length = usize::from(entry.name) + usize::from(entry.value);
            self.size -= OVERHEAD + length;
            self.front += length;
        }
        if self.entries.is_empty() {
            self.bytes.clear();
            self.front = 0;
        }
        before - self.entries.len()
    }

    /// Makes room behind the fields: at the end of the memory, which at first doubles.
    #[cold]
    fn make_room(&mut self, length: usize) {
        let used = self.bytes.len() - self.front + length;
        self.close_up();
        if used > self.bytes.capacity() / 2 {
            let wanted = (used * 2).clamp(LEAST.min(self.max), self.max);
            self.bytes.reserve_exact(wanted.max(used) - self.bytes.len());
        }
    }

    /// Moves the fields to the beginning of the memory.
    fn close_up(&mut self) {
        let front = core::mem::take(&mut self.front);
        if front > 0 {
            self.bytes.drain(..front);
            for entry in &mut self.entries {
                entry.start -= u16::try_from(front).unwrap_or(0);
            }
        }
    }
}

/// The bytes that a field counts for beside its own (RFC 7541 §4.1).
pub(super) const OVERHEAD: usize = 32;

/// The memory that the first field makes.
const LEAST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    /// Against a list of vectors, with sizes that change and fields of any length.
    #[test]
    fn it_is_a_list_that_forgets() {
        let mut state = 7_u64;
        let mut random = move |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap_or(0) % below
        };
        let (mut table, mut list, mut max) =
            (Table::new(512), Vec::<(Vec<u8>, Vec<u8>)>::new(), 512);
        let size = |list: &[(Vec<u8>, Vec<u8>)]| {
            list.iter().map(|(name, value)| 32 + name.len() + value.len()).sum::<usize>()
        };
        for round in 0..if cfg!(miri) { 300_u32 } else { 3000 } {
            if random(50) == 0 {
                max = [0, 31, 32, 100, 512, 4096, 65_535][random(7)];
                table.resize(u32::try_from(max).expect("it is small"));
            } else {
                let length = if random(9) == 0 { 200 } else { 20 };
                let name = vec![round.to_le_bytes()[0]; random(length)];
                let value = vec![round.to_le_bytes()[1]; random(length)];
                let before = list.len();
                let evicted = table.insert(&name, &value, Some(Known::Te));
                list.insert(0, (name, value));
                while size(&list) > max {
                    list.pop();
                }
                assert_eq!(evicted, (before + 1 - list.len()).min(before));
            }
            while size(&list) > max {
                list.pop();
            }
            assert_eq!((table.len(), table.size()), (list.len(), size(&list)));
            for (index, (name, value)) in list.iter().enumerate() {
                let found = table.get(index).expect("it is there");
                assert_eq!(
                    (found.text.split_at(found.name), found.known),
                    ((&name[..], &value[..]), Some(Known::Te))
                );
            }
            assert_eq!(table.get(list.len()), None);
            assert!(
                table.bytes.capacity() <= max.max(LEAST),
                "{} of {max}",
                table.bytes.capacity()
            );
        }
    }

    #[test]
    fn memory_is_that_of_the_table() {
        let mut table = Table::new(4096);
        assert_eq!(table.held(), 0);
        for length in 0..4000 {
            table.insert(b"name", &vec![b'v'; length], None);
            assert!(table.held() <= 4096 + 1024 + 512, "{}", table.held());
        }
        for _ in 0..1000 {
            table.insert(b"", b"", None);
        }
        assert!(table.held() <= 4096 + 1024 + 512, "{}", table.held());
        assert_eq!((table.len(), table.size()), (128, 4096));
    }
}
