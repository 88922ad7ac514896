//! Long searches with the vectors of this processor, not of the oldest that the build is for.

use core::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8,
};

use super::{BLOCK, far_plain};

/// As [`far_plain`], its twin.
#[inline]
pub(super) fn far(byte: u8, whole: &[u8], from: usize) -> (usize, u64) {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function is compiled for, as has just been asked; the
        // function is safe otherwise.
        unsafe { with_avx2(byte, whole, from) }
    } else {
        far_plain(byte, whole, from)
    }
}

/// Two blocks at a time, since a look at what came out costs more than a comparison.
#[target_feature(enable = "avx2")]
fn with_avx2(byte: u8, whole: &[u8], mut from: usize) -> (usize, u64) {
    let wanted = _mm256_set1_epi8(byte.cast_signed());
    for pair in whole.get(from..).unwrap_or_default().as_chunks::<{ 2 * BLOCK }>().0 {
        let (quarters, _) = pair.as_chunks();
        let same = |i: usize| _mm256_cmpeq_epi8(vector(&quarters[i]), wanted);
        let (a, b, c, d) = (same(0), same(1), same(2), same(3));
        let (front, back) = (_mm256_or_si256(a, b), _mm256_or_si256(c, d));
        if _mm256_movemask_epi8(_mm256_or_si256(front, back)) != 0 {
            let marks = bits(a, b);
            if marks != 0 {
                return (from + BLOCK, marks);
            }
            return (from + 2 * BLOCK, bits(c, d));
        }
        from += 2 * BLOCK;
    }
    far_plain(byte, whole, from)
}

/// The highest bit of each byte.
#[inline]
#[target_feature(enable = "avx2")]
fn bits(low: __m256i, high: __m256i) -> u64 {
    let bits = |half| u64::from(_mm256_movemask_epi8(half).cast_unsigned());
    bits(low) | bits(high) << 32
}

/// Loads the bytes into a vector.
#[inline]
#[target_feature(enable = "avx2")]
fn vector(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the pointer is that of a reference to the 32 bytes that are read, and the instruction
    // takes it however it is aligned.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}
