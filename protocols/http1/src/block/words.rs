//! Sixteen bytes compared in words of eight, without anything that only some machines have.
//!
//! A byte without its highest bit is moved up by adding, so that the highest bit tells whether it
//! has reached a bound; nothing is carried over into the next byte.

use super::BLOCK;

/// Bytes that are neither visible ASCII nor a space.
#[inline]
pub(super) fn not_text(block: &[u8; BLOCK]) -> u16 {
    mask(block, |word| outside(word, b' '))
}

/// Bytes that are not visible ASCII.
#[inline]
pub(super) fn not_visible(block: &[u8; BLOCK]) -> u16 {
    mask(block, |word| outside(word, b'!'))
}

/// Bytes that are no letter, no digit and no hyphen.
#[inline]
pub(super) fn not_name(block: &[u8; BLOCK]) -> u16 {
    mask(block, |word| {
        let lower = word | every(0x20);
        let letter = reach(lower, b'a') & !reach(lower, b'z' + 1);
        let hyphen = reach(word, b'-') & !reach(word, b'-' + 1);
        let digit = reach(word, b'0') & !reach(word, b'9' + 1);
        word | !(letter | digit | hyphen)
    })
}

/// Has the highest bit of each byte set that is below `first` or above `~`.
#[inline]
const fn outside(word: u64, first: u8) -> u64 {
    word | !reach(word, first) | reach(word, b'~' + 1)
}

/// Has the highest bit of each byte set that is at least `bound`, its own highest bit aside.
#[inline]
const fn reach(word: u64, bound: u8) -> u64 {
    (word & every(0x7f)) + every(0x80 - bound)
}

const fn every(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The highest bits of what `of` makes of both words.
#[inline]
fn mask(block: &[u8; BLOCK], of: impl Fn(u64) -> u64) -> u16 {
    let (words, _) = block.as_chunks::<8>();
    let mut mask = 0;
    for word in words.iter().rev() {
        let highest = of(u64::from_le_bytes(*word)) >> 7 & every(1);
        // Each of the eight bits is added once at its place in the highest byte.
        let together = highest.wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask = mask << 8 | together as u16;
    }
    mask
}
