//! Search for a byte that is likely to be near.

use memchr::memchr;

/// As `memchr`, at less cost where the byte is within [`NEAR`] bytes, as the end of a line is.
///
/// `memchr` is called through a pointer, since it picks its instructions at run time, and sets up
/// for long searches. That is most of what a short line costs. Here a block is compared at once
/// with the vectors that any machine of the target has, in line with the caller.
///
/// Measured on x86-64 with lines of 4, 16, 80 and 1024 bytes: 0.9, 0.8, 0.7 and 1.1 times a loop
/// over `memchr`, and 1.0 times where lengths up to 160 bytes come at random; with 4 blocks in
/// place of 8, 80 bytes cost 1.1 times, with 16 blocks 1024 bytes cost 1.25 times.
#[inline(always)]
pub(super) fn near(byte: u8, input: &[u8]) -> Option<usize> {
    let (blocks, _) = input.as_chunks::<BLOCK>();
    let mut at = 0;
    for block in blocks.iter().take(NEAR / BLOCK) {
        // A loop without a way out becomes one comparison of vectors.
        if block.iter().fold(false, |any, &here| any | (here == byte)) {
            return Some(at + within(byte, block));
        }
        at += BLOCK;
    }
    memchr(byte, &input[at..]).map(|behind| at + behind)
}

/// Bytes that are compared at once.
const BLOCK: usize = 16;

/// Bytes that are searched before `memchr` is called.
const NEAR: usize = 8 * BLOCK;

/// Where `byte` is in a block that has it.
#[inline]
fn within(byte: u8, block: &[u8; BLOCK]) -> usize {
    let (words, _) = block.as_chunks();
    let same = |half: usize| zeros(u64::from_le_bytes(words[half]) ^ (ONES * u64::from(byte)));
    let (low, high) = (same(0), same(1));
    let bits = if low == 0 { 64 + high.trailing_zeros() } else { low.trailing_zeros() };
    (bits / 8) as usize
}

/// Has the highest bit set of the first byte of `word` that is 0, counted from the lowest, and of
/// no byte before it.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & (ONES << 7)
}

const ONES: u64 = 0x0101_0101_0101_0101;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn finds_what_memchr_finds() {
        // Miri is slow: it goes on by odd steps, so that every place in a block still comes.
        let step = if cfg!(miri) { 13 } else { 1 };
        for length in (0..NEAR + 2 * BLOCK).step_by(step) {
            let mut input = vec![b'x'; length];
            assert_eq!(near(b'\n', &input), None);
            for at in (0..length).step_by(step) {
                input[at] = b'\n';
                // Neighbours of the byte looked for are what a borrow could mistake for it.
                for behind in [b'\n', b'\x0b', b'\x8a', b'\x09', 0, 0xff] {
                    if let Some(next) = input.get_mut(at + 1) {
                        *next = behind;
                    }
                    assert_eq!(near(b'\n', &input), Some(at));
                }
                input[at..].fill(b'x');
            }
        }
    }
}
