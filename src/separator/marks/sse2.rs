//! Sixteen bytes compared at once, which every `x86_64` can.

use core::arch::x86_64::{
    __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8,
};

use super::BLOCK;

/// Returns a bit for each byte of `block`, the lowest for the first, set if it is `byte`.
#[inline(always)]
pub(super) fn marks(byte: u8, block: &[u8; BLOCK]) -> u64 {
    // SAFETY: this module is only compiled where SSE2 is there on every machine that the build is
    // for; the function is safe otherwise.
    unsafe { with_sse2(byte, block) }
}

#[inline]
#[target_feature(enable = "sse2")]
fn with_sse2(byte: u8, block: &[u8; BLOCK]) -> u64 {
    let wanted = _mm_set1_epi8(byte.cast_signed());
    let (quarters, _) = block.as_chunks();
    let mut marks = 0;
    for (i, quarter) in quarters.iter().enumerate() {
        let same = _mm_movemask_epi8(_mm_cmpeq_epi8(vector(quarter), wanted));
        marks |= u64::from(same.cast_unsigned()) << (i * 16);
    }
    marks
}

/// Loads the bytes into a vector.
#[inline]
#[target_feature(enable = "sse2")]
fn vector(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the pointer is that of a reference to the sixteen bytes that are read, and the
    // instruction takes it however it is aligned.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
