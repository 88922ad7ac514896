//! An iterator over integers.
//!
//! Two ways to read an integer, and neither is always the better one. A branch on its length costs
//! next to nothing where the processor foresees it, and then the next integer is begun before this
//! one is loaded; where it does not, all that was begun is thrown away, which takes longer than ten
//! integers. Shifting takes the same time for any length, but the place of the next integer is not
//! known before this one is loaded.
//!
//! So lengths are watched. After [`CALM`] integers of one length the next is taken to be of that
//! length as well, by a branch; the first that is not ends the calm. Where lengths change all the
//! time, calm is too rare for its end to count.

use super::VarInt;

/// An iterator over the integers of a slice, made by [`VarInt::all`].
#[derive(Debug, Clone)]
pub struct VarIntIter<'a> {
    rest: &'a [u8],
    /// The length bits of the last integer.
    class: u8,
    /// The number of integers of the same length before it; [`CALM`] is the most that counts.
    calm: u8,
}

/// After this many integers of one length another is expected: with random lengths that happens
/// once in 64 integers, and is wrong in three of four cases.
const CALM: u8 = 3;

impl VarInt {
    /// Iterates over the integers of `input`: faster than one [`take`](Self::take) after the other
    /// if lengths are mixed. It ends in front of an incomplete integer.
    ///
    /// Internal iteration is fastest: `for_each`, `fold`, `sum`, `extend`.
    ///
    /// ```
    /// use segue_quic::VarInt;
    ///
    /// let mut integers = VarInt::all(&[0x25, 0x7b, 0xbd, 0x80]);
    /// assert_eq!(integers.by_ref().map(VarInt::value).sum::<u64>(), 37 + 15_293);
    /// assert_eq!(integers.rest(), [0x80]);
    /// ```
    #[must_use]
    pub const fn all(input: &[u8]) -> VarIntIter<'_> {
        VarIntIter { rest: input, class: 0, calm: 0 }
    }
}

impl<'a> VarIntIter<'a> {
    /// Returns the bytes that are not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next integer, whatever its length.
    #[inline(always)]
    fn any(&mut self) -> Option<VarInt> {
        let (Some(&first), Some((value, size))) = (self.rest.first(), VarInt::shift(self.rest))
        else {
            return VarInt::take(&mut self.rest);
        };
        let class = first >> 6;
        self.calm = if class == self.class { self.calm + 1 } else { 0 };
        self.class = class;
        self.rest = self.rest.get(size..)?;
        Some(value)
    }

    /// The next integer, if it takes `SIZE` bytes.
    #[inline(always)]
    fn same<const SIZE: usize>(&mut self) -> Option<VarInt> {
        let (bytes, behind) = self.rest.split_first_chunk::<SIZE>()?;
        if usize::from(bytes[0] >> 6) != SIZE.trailing_zeros() as usize {
            return None;
        }
        self.rest = behind;
        let mut word = [0; 8];
        word[8 - SIZE..].copy_from_slice(bytes);
        Some(VarInt(u64::from_be_bytes(word) & VarInt::MAX.0 >> (64 - 8 * SIZE)))
    }

    /// Goes on as long as integers take `SIZE` bytes.
    #[inline(always)]
    fn run<const SIZE: usize, B>(
        &mut self,
        mut folded: B,
        f: &mut impl FnMut(B, VarInt) -> B,
    ) -> B {
        while let Some(value) = self.same::<SIZE>() {
            folded = f(folded, value);
        }
        folded
    }
}

impl Iterator for VarIntIter<'_> {
    type Item = VarInt;

    #[inline(always)]
    fn next(&mut self) -> Option<VarInt> {
        if self.calm >= CALM {
            let same = match self.class {
                0 => self.same::<1>(),
                1 => self.same::<2>(),
                2 => self.same::<4>(),
                _ => self.same::<8>(),
            };
            if same.is_some() {
                return same;
            }
            self.calm = 0;
        }
        self.any()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rest.len() / 8, Some(self.rest.len()))
    }

    #[inline]
    fn fold<B, F: FnMut(B, VarInt) -> B>(mut self, mut folded: B, mut f: F) -> B {
        loop {
            while self.calm < CALM {
                let Some(value) = self.any() else { return folded };
                folded = f(folded, value);
            }
            self.calm = 0;
            folded = match self.class {
                0 => self.run::<1, B>(folded, &mut f),
                1 => self.run::<2, B>(folded, &mut f),
                2 => self.run::<4, B>(folded, &mut f),
                _ => self.run::<8, B>(folded, &mut f),
            };
        }
    }
}

impl core::iter::FusedIterator for VarIntIter<'_> {}
