use core::fmt;

use crate::Known;

/// The place of one field in the bytes of its head, in 16 bytes: the unit of [`Fields`].
///
/// Name and value may lie anywhere, in any order. Offsets and the length of the value are below
/// 4 GiB, the length of the name below 64 KiB.
///
/// [`Fields`]: crate::Fields
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Line {
    /// The offset of the name, and above it that of the value. Two words stay in registers until
    /// they are stored.
    places: u64,
    /// The length of the value, then 16 bits of the length of the name, 8 of `known`, 8 of flags.
    sizes: u64,
}

#[expect(clippy::cast_possible_truncation, reason = "parts of a word are taken out of it")]
impl Line {
    /// Marks a field that no intermediary may put into a compression table (RFC 7541 §6.2.3, RFC
    /// 9204 §4.5.4).
    pub const NEVER_INDEXED: u8 = 1;
    /// Marks a field that is meant for this connection only (RFC 9110 §7.6.1). Iterating over
    /// [`Fields`](crate::Fields) skips it.
    pub const HOP: u8 = 2;

    /// The longest name that a line can hold, in bytes.
    pub const MAX_NAME: usize = u16::MAX as usize;

    /// Creates the line of a field whose name has `name_len` bytes at `name`, and whose value has
    /// `value_len` bytes at `value`. Bits above what a line can hold are cut off: check
    /// [`MAX_NAME`](Self::MAX_NAME) before, where names can be longer.
    #[inline(always)]
    #[must_use]
    pub const fn new(name: u32, name_len: u16, value: u32, value_len: u32) -> Self {
        Self {
            places: name as u64 | (value as u64) << 32,
            sizes: value_len as u64 | (name_len as u64) << 32,
        }
    }

    /// Creates a line as [`new`](Self::new) does, of numbers that are known to fit: each below 4 GiB, and
    /// the length of the name below 64 KiB. Bits above that spoil other parts of the line, so a
    /// reader that finds out later must drop it; it saves cutting them off.
    #[inline(always)]
    #[must_use]
    pub const fn fitting(name: usize, name_len: usize, value: usize, value_len: usize) -> Self {
        Self {
            places: name as u64 | (value as u64) << 32,
            sizes: value_len as u64 | (name_len as u64) << 32,
        }
    }

    /// Sets the known name: it must be that of the bytes, compared without regard to case.
    #[inline]
    #[must_use]
    pub const fn known(mut self, known: Option<Known>) -> Self {
        let id = match known {
            Some(known) => known.id(),
            None => 0,
        };
        self.sizes = self.sizes & !(0xff << KNOWN_AT) | (id as u64) << KNOWN_AT;
        self
    }

    /// Adds `flags` to those of the line.
    #[inline]
    #[must_use]
    pub const fn flagged(mut self, flags: u8) -> Self {
        self.sizes |= (flags as u64) << FLAGS_AT;
        self
    }

    /// Returns the flags: [`NEVER_INDEXED`](Self::NEVER_INDEXED), [`HOP`](Self::HOP).
    #[inline]
    #[must_use]
    pub const fn flags(self) -> u8 {
        (self.sizes >> FLAGS_AT) as u8
    }

    /// Returns the number of the known name, 0 if none was set.
    #[inline]
    pub(crate) const fn id(self) -> u8 {
        (self.sizes >> KNOWN_AT) as u8
    }

    /// Returns the offset of the name.
    #[inline]
    #[must_use]
    pub const fn name_at(self) -> usize {
        self.places as u32 as usize
    }

    /// Returns the length of the name.
    #[inline]
    #[must_use]
    pub const fn name_len(self) -> usize {
        (self.sizes >> 32) as u16 as usize
    }

    /// Returns the offset of the value.
    #[inline]
    #[must_use]
    pub const fn value_at(self) -> usize {
        (self.places >> 32) as usize
    }

    /// Returns the length of the value.
    #[inline]
    #[must_use]
    pub const fn value_len(self) -> usize {
        self.sizes as u32 as usize
    }

    /// Returns the name in `bytes`, which must be those that the line was made for.
    ///
    /// # Panics
    /// If `bytes` does not reach so far.
    #[inline]
    #[must_use]
    pub fn name(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.name_at()..self.name_at() + self.name_len()]
    }

    /// Returns the value in `bytes`, which must be those that the line was made for.
    ///
    /// # Panics
    /// If `bytes` does not reach so far.
    #[inline]
    #[must_use]
    pub fn value(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.value_at()..self.value_at() + self.value_len()]
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("name_at", &self.name_at())
            .field("name_len", &self.name_len())
            .field("value_at", &self.value_at())
            .field("value_len", &self.value_len())
            .field("known", &Known::from_id(self.id()))
            .field("flags", &self.flags())
            .finish()
    }
}

const KNOWN_AT: u32 = 48;
const FLAGS_AT: u32 = 56;

const _: () = assert!(size_of::<Line>() == 16);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_touch_each_other() {
        let line = Line::new(u32::MAX, u16::MAX, u32::MAX, u32::MAX);
        assert_eq!((line.flags(), line.id()), (0, 0));
        let line = line.known(Some(Known::Cookie)).flagged(Line::NEVER_INDEXED);
        let line = line.known(Some(Known::Te)).flagged(Line::HOP);
        assert_eq!((line.flags(), line.id()), (3, Known::Te.id()));
        assert_eq!((line.name_at(), line.name_len()), (u32::MAX as usize, 65_535));
        assert_eq!((line.value_at(), line.value_len()), (u32::MAX as usize, u32::MAX as usize));
        assert_eq!(Line::fitting(1, 2, 3, 4), Line::new(1, 2, 3, 4));
        let line = Line::new(1, 2, 3, 4).known(Some(Known::Te)).known(None);
        assert_eq!(line, Line::new(1, 2, 3, 4));
        assert_eq!((line.name(b"0123456"), line.value(b"0123456")), (&b"12"[..], &b"3456"[..]));
    }
}
