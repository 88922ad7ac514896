//! Lines found by masks: 64 bytes are compared at once, and each LF among them is a bit.
//!
//! This is the least that is known to find the ends of short lines, and so it is the floor for them.
//! It is compiled for AVX2 and BMI1, and chosen where the processor has both.

use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8,
};

use super::see;

/// Returns true if [`count`] can be called here.
pub(super) fn is_there() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1")
}

/// Shows each line of `input` without its ending, up to one that is longer than `max`, and counts
/// them.
pub(super) fn count(input: &[u8], max: usize) -> usize {
    assert!(is_there(), "asked before");
    // SAFETY: the processor has what the function is compiled for, as was asserted.
    unsafe { masked(input, max) }
}

#[target_feature(enable = "avx2,bmi1")]
fn masked(input: &[u8], max: usize) -> usize {
    let (blocks, tail) = input.as_chunks::<64>();
    let (mut begun, mut count, mut at) = (0, 0, 0);
    for block in blocks {
        let mut ends = mask(block);
        while ends != 0 {
            let lf = at + ends.trailing_zeros() as usize;
            if !line(input, begun, lf, max) {
                return count;
            }
            (begun, count, ends) = (lf + 1, count + 1, ends & (ends - 1));
        }
        at += 64;
    }
    for (lf, _) in (at..).zip(tail).filter(|(_, byte)| **byte == b'\n') {
        if !line(input, begun, lf, max) {
            return count;
        }
        (begun, count) = (lf + 1, count + 1);
    }
    count
}

/// Shows a line, unless it is too long.
#[inline(always)]
fn line(input: &[u8], begun: usize, lf: usize, max: usize) -> bool {
    let Some(line) = input.get(begun..lf) else { return false };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() > max {
        return false;
    }
    see(line);
    true
}

#[inline]
#[target_feature(enable = "avx2,bmi1")]
fn mask(block: &[u8; 64]) -> u64 {
    let lf = _mm256_set1_epi8(b'\n'.cast_signed());
    let half = |half: *const __m256i| {
        // SAFETY: the pointer is to 32 bytes of `block`, and any alignment will do.
        let bytes = unsafe { _mm256_loadu_si256(half) };
        u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, lf)).cast_unsigned())
    };
    let (front, back) = block.split_at(32);
    half(front.as_ptr().cast()) | half(back.as_ptr().cast()) << 32
}
