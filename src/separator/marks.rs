//! Places of a byte among many, as one bit each.
//!
//! A search for the end of one short record compares the bytes of the records behind it as well,
//! and most of its cost is to set it up. So the ends are kept as the bits of a word, of which each
//! record takes the lowest: see [`Ahead`].
//!
//! Every `x86_64` has the SSE2 instructions that make a bit of each byte, and long searches go on
//! with AVX2 if the processor has it. Elsewhere bits cost more than [`near`](super::near), and
//! nothing is kept.
//!
//! The unsafe code is two loads of vectors, a call of a function compiled for SSE2, which is always
//! there, and a call of one compiled for AVX2, behind a test for it. Their twins are `words`, which
//! uses plain integers, and `far_plain`; the tests compare them.

#[cfg(all(feature = "std", target_arch = "x86_64", target_feature = "sse2"))]
#[expect(unsafe_code, reason = "long lines take two thirds of the time")]
mod avx2;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[expect(unsafe_code, reason = "short lines take half the time")]
mod sse2;
#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2"))))]
mod words;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use sse2 as machine;
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
use words as machine;

use crate::core::Ahead;

/// True if keeping the ends ahead pays.
pub(super) const WORTH: bool = cfg!(all(target_arch = "x86_64", target_feature = "sse2"));

/// The number of bytes compared at once: each has a bit.
const BLOCK: usize = 64;

/// Returns the place of the next `byte` in `whole`; each is returned once, in order. There is none
/// between the front and `known`.
#[inline(always)]
pub(super) fn next(byte: u8, whole: &[u8], known: usize, ahead: &mut Ahead) -> Option<usize> {
    if ahead.marks == 0 {
        // A branch and not a maximum: otherwise the next look would wait for the last record.
        if ahead.searched < known {
            ahead.searched = later(ahead.searched, known);
        }
        let from = ahead.searched;
        (ahead.searched, ahead.marks) = match near(byte, whole, from) {
            Some(found) => found,
            None => far(byte, whole, from),
        };
        if ahead.marks == 0 {
            return None;
        }
    }
    // The lowest bit is that of the first of the bytes in front of `searched`.
    let at = ahead.searched.wrapping_sub(BLOCK).wrapping_add(ahead.marks.trailing_zeros() as usize);
    ahead.marks &= ahead.marks - 1;
    Some(at)
}

/// Returns the place at which a search goes on that began before the loan.
#[cold]
#[inline(never)]
fn later(searched: usize, known: usize) -> usize {
    searched.max(known)
}

/// Returns the end of the first block that has a `byte`, and its bits, if it is one of the next
/// two.
#[inline(always)]
fn near(byte: u8, whole: &[u8], from: usize) -> Option<(usize, u64)> {
    let block = whole.get(from..)?.first_chunk()?;
    let marks = machine::marks(byte, block);
    if marks != 0 {
        return Some((from + BLOCK, marks));
    }
    let block = whole.get(from + BLOCK..)?.first_chunk()?;
    let marks = machine::marks(byte, block);
    (marks != 0).then_some((from + 2 * BLOCK, marks))
}

/// Does the same for any block; no bits, and the end of `whole`, if there is none.
#[inline(never)]
fn far(byte: u8, whole: &[u8], from: usize) -> (usize, u64) {
    #[cfg(all(feature = "std", target_arch = "x86_64", target_feature = "sse2"))]
    return avx2::far(byte, whole, from);
    #[cfg(not(all(feature = "std", target_arch = "x86_64", target_feature = "sse2")))]
    return far_plain(byte, whole, from);
}

/// The same block by block.
#[inline]
fn far_plain(byte: u8, whole: &[u8], mut from: usize) -> (usize, u64) {
    for block in whole.get(from..).unwrap_or_default().as_chunks().0 {
        from += BLOCK;
        let marks = machine::marks(byte, block);
        if marks != 0 {
            return (from, marks);
        }
    }
    last(byte, whole, from)
}

/// Does the same if less than a block is left from `from` on.
#[inline(never)]
fn last(byte: u8, whole: &[u8], from: usize) -> (usize, u64) {
    let left = whole.len().saturating_sub(from);
    if left == 0 {
        return (whole.len(), 0);
    }
    let mut padded = [0; BLOCK];
    let block = whole.last_chunk().unwrap_or_else(|| {
        padded[BLOCK - whole.len()..].copy_from_slice(whole);
        &padded
    });
    // Leave out bytes that were looked at before, and those put in front.
    (whole.len(), machine::marks(byte, block) & u64::MAX << (BLOCK - left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    /// Miri is slow: it goes on by odd steps, so that every place in a block still occurs.
    const STEP: usize = if cfg!(miri) { 13 } else { 1 };

    #[test]
    fn machines_agree_on_every_byte_at_every_place() {
        for at in (0..BLOCK).step_by(STEP) {
            for here in (0..=u8::MAX).step_by(if cfg!(miri) { 31 } else { 1 }).chain([b'\n']) {
                // A carry could mistake neighbours of the byte for it.
                for around in [b'\n', b'\x0b', b'\x8a', b'\x09', 0, 0xff] {
                    let mut block = [around; BLOCK];
                    block[at] = here;
                    let same = |(i, &byte): (usize, &u8)| u64::from(byte == b'\n') << i;
                    let expected = block.iter().enumerate().map(same).sum::<u64>();
                    assert_eq!(machine::marks(b'\n', &block), expected, "{here} at {at}");
                    assert_eq!(words::marks(b'\n', &block), expected, "{here} at {at}");
                }
            }
        }
    }

    /// Returns all places that `far` finds, one block after the other, from `from` on.
    fn all(far: fn(u8, &[u8], usize) -> (usize, u64), whole: &[u8], mut from: usize) -> Vec<usize> {
        let mut places = Vec::new();
        loop {
            let (to, mut marks) = far(b'\n', whole, from);
            assert!(to > from || marks == 0, "{to} from {from}");
            if marks == 0 {
                assert_eq!(to, whole.len());
                return places;
            }
            while marks != 0 {
                places.push(to.wrapping_sub(BLOCK).wrapping_add(marks.trailing_zeros() as usize));
                marks &= marks - 1;
            }
            from = to;
        }
    }

    #[test]
    fn searches_find_each_place_once() {
        for length in (0..6 * BLOCK).step_by(STEP) {
            let mut whole = vec![b'x'; length];
            for gap in [1, 2, 63, 64, 65, 130, 300] {
                whole.fill(b'x');
                whole.iter_mut().skip(gap - 1).step_by(gap).for_each(|byte| *byte = b'\n');
                for from in (0..=length).step_by(5 * STEP) {
                    let expected: Vec<usize> =
                        (from..length).filter(|&at| whole[at] == b'\n').collect();
                    for far in [far, far_plain] {
                        assert_eq!(all(far, &whole, from), expected, "{gap} of {length}, {from}");
                    }
                    let near_first = |byte, whole: &_, from| {
                        near(byte, whole, from).unwrap_or_else(|| far(byte, whole, from))
                    };
                    assert_eq!(all(near_first, &whole, from), expected);
                }
            }
        }
    }
}
