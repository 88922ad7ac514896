//! Eight bytes compared at once, in plain integers.

use super::BLOCK;

/// Returns a bit for each byte of `block`, the lowest for the first, set if it is `byte`.
#[inline]
pub(super) fn marks(byte: u8, block: &[u8; BLOCK]) -> u64 {
    let (words, _) = block.as_chunks();
    let each =
        |&word: &[u8; 8]| together(zeros(u64::from_le_bytes(word) ^ (ONES * u64::from(byte))));
    words.iter().rev().fold(0, |marks, word| marks << 8 | each(word))
}

/// Has the highest bit set of each byte that is 0 in `word`, and no other. Nothing is carried from
/// one byte to the next.
#[inline]
fn zeros(word: u64) -> u64 {
    !(((word & LOW) + LOW) | word | LOW)
}

/// The highest bits of the eight bytes, side by side. Each is moved to the uppermost byte by one
/// bit of the factor, and no two bits of the factor move any to the same place.
#[inline]
fn together(highest: u64) -> u64 {
    highest.wrapping_mul(0x0002_0408_1020_4081) >> 56
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// All bits but the highest of each byte.
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
