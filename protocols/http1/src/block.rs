//! Many bytes looked at together: which of them are not of a class, as one bit each.
//!
//! Comparing tells ranges apart, so a class here is a range or three. What else belongs to a class
//! by the grammar is for whoever asks to look up in the table of [`class`](crate::class).
//!
//! Every `x86_64` has the instructions of SSE2, which compare sixteen bytes at once. Elsewhere the
//! same is done in words of eight, and the tests hold the two against each other.

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[expect(unsafe_code, reason = "a head takes half the time")]
mod sse2;
#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2"))))]
mod words;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use sse2 as machine;
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
use words as machine;

/// How many bytes are compared at once.
pub(crate) const BLOCK: usize = 16;

/// How many bytes one mask tells of.
pub(crate) const WINDOW: usize = 64;

/// Those of the first [`WINDOW`] bytes in front of `bytes` that are neither visible ASCII nor a
/// space, the first as the lowest bit.
#[inline(always)]
pub(crate) fn not_text(bytes: &[u8]) -> u64 {
    if let Some(window) = bytes.first_chunk::<WINDOW>() {
        return mask(window);
    }
    // What is there of a window is covered from both ends; that some is seen twice does not matter.
    if let (Some(front), Some(back)) = (bytes.first_chunk::<32>(), bytes.last_chunk::<32>()) {
        return mask(front) | mask(back) << (bytes.len() - 32);
    }
    if let (Some(front), Some(back)) = (bytes.first_chunk::<BLOCK>(), bytes.last_chunk::<BLOCK>()) {
        return mask(front) | mask(back) << (bytes.len() - BLOCK);
    }
    bytes.iter().rev().fold(0, |mask, byte| mask << 1 | u64::from(!matches!(byte, b' '..=b'~')))
}

#[inline(always)]
fn mask<const N: usize>(bytes: &[u8; N]) -> u64 {
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let mut mask = 0;
    for (i, block) in blocks.iter().enumerate() {
        mask |= u64::from(machine::not_text(block)) << (i * BLOCK);
    }
    mask
}

/// How many bytes in front of `block` are letters and hyphens.
#[inline(always)]
pub(crate) fn name(block: &[u8; BLOCK]) -> usize {
    first(machine::not_name(block))
}

/// How many bytes in front of `block` are visible ASCII.
#[inline(always)]
pub(crate) fn visible(block: &[u8; BLOCK]) -> usize {
    first(machine::not_visible(block))
}

/// The place of the lowest bit in the mask of a block, or [`BLOCK`].
#[inline(always)]
fn first(mask: u16) -> usize {
    (u32::from(mask) | 1 << BLOCK).trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::{TARGET, TOKEN, is};

    /// Bytes on either side of where a class begins or ends.
    const LIMITS: [u8; 12] = *b"\x1f !-@AZ[az~\x7f";

    /// Every byte at every place, with others around it that a carry could spoil.
    #[test]
    fn both_ways_to_compare_agree_with_the_classes() {
        // Miri is slow: it has fewer places and neighbours, and the bytes at the limits.
        for around in
            [b'~', 0xff, b'a', 0, 0x7f, 0x80].into_iter().take(if cfg!(miri) { 2 } else { 6 })
        {
            for place in (0..BLOCK).step_by(if cfg!(miri) { 5 } else { 1 }) {
                for byte in (0..=255).filter(|byte| !cfg!(miri) || LIMITS.contains(byte)) {
                    let mut block = [around; BLOCK];
                    block[place] = byte;
                    let expected = |of: fn(u8) -> bool| {
                        block.iter().rev().fold(0, |mask, &byte| mask << 1 | u16::from(!of(byte)))
                    };
                    let text = expected(|byte| matches!(byte, b' '..=b'~'));
                    let visible = expected(|byte| is(byte, TARGET));
                    let name = expected(|byte| byte.is_ascii_alphabetic() || byte == b'-');
                    assert_eq!(machine::not_text(&block), text, "{block:x?}");
                    assert_eq!(machine::not_visible(&block), visible, "{block:x?}");
                    assert_eq!(machine::not_name(&block), name, "{block:x?}");
                    assert_eq!(words::not_text(&block), text, "{block:x?}");
                    assert_eq!(words::not_visible(&block), visible, "{block:x?}");
                    assert_eq!(words::not_name(&block), name, "{block:x?}");
                    assert_eq!(super::name(&block), name.trailing_zeros() as usize);
                    assert_eq!(super::visible(&block), visible.trailing_zeros() as usize);
                }
            }
        }
    }

    #[test]
    fn names_are_tokens() {
        for byte in 0..=255 {
            assert!(name(&[byte; BLOCK]) == 0 || is(byte, TOKEN), "{byte:#x}");
        }
    }

    #[test]
    fn masks_tell_of_what_there_is() {
        let step = if cfg!(miri) { 7 } else { 1 };
        for length in (0..WINDOW + 20).step_by(step) {
            let mut bytes = alloc::vec![b'~'; length];
            assert_eq!(not_text(&bytes), 0, "{length} bytes");
            for place in (0..length).step_by(step) {
                bytes[place] = b'\r';
                let expected = if place < WINDOW { 1 << place } else { 0 };
                assert_eq!(not_text(&bytes), expected, "{place} of {length} bytes");
                bytes[place] = b'~';
            }
        }
    }
}
