//! Sixteen bytes compared by SSE2.

use core::arch::x86_64::{
    __m128i, _mm_add_epi8, _mm_and_si128, _mm_andnot_si128, _mm_cmpeq_epi8, _mm_cmpgt_epi8,
    _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
};

use super::BLOCK;

/// Bytes that are neither visible ASCII nor a space.
#[inline(always)]
pub(super) fn not_text(block: &[u8; BLOCK]) -> u16 {
    outside::<b' '>(block)
}

/// Bytes that are not visible ASCII.
#[inline(always)]
pub(super) fn not_visible(block: &[u8; BLOCK]) -> u16 {
    outside::<b'!'>(block)
}

/// Bytes below `FIRST` or above `~`.
#[inline(always)]
fn outside<const FIRST: u8>(block: &[u8; BLOCK]) -> u16 {
    // SAFETY: this module is only compiled where SSE2 is there on every machine.
    unsafe {
        // One more than `~` is negative, and so is the rest, but for 0xff, which becomes 0.
        let moved = _mm_add_epi8(load(block), _mm_set1_epi8(1));
        let outside = _mm_cmpgt_epi8(_mm_set1_epi8((FIRST + 1).cast_signed()), moved);
        mask(outside)
    }
}

/// Bytes that are no letter, no digit and no hyphen.
#[inline(always)]
pub(super) fn not_name(block: &[u8; BLOCK]) -> u16 {
    let bytes = load(block);
    // SAFETY: this module is only compiled where SSE2 is there on every machine.
    unsafe {
        // Letters are moved to where what is behind `z` is negative.
        let lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
        let moved = _mm_add_epi8(lower, _mm_set1_epi8(i8::MAX - b'z'.cast_signed()));
        let no_letter = _mm_cmpgt_epi8(_mm_set1_epi8(i8::MAX - 25), moved);
        let moved = _mm_add_epi8(bytes, _mm_set1_epi8(i8::MAX - b'9'.cast_signed()));
        let no_digit = _mm_cmpgt_epi8(_mm_set1_epi8(i8::MAX - 9), moved);
        let hyphen = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'-'.cast_signed()));
        mask(_mm_andnot_si128(hyphen, _mm_and_si128(no_letter, no_digit)))
    }
}

#[inline(always)]
fn load(block: &[u8; BLOCK]) -> __m128i {
    // SAFETY: SSE2 is there, as above. The pointer is that of a reference to the sixteen bytes that
    // are read, and the instruction takes it however it is aligned.
    unsafe { _mm_loadu_si128(block.as_ptr().cast()) }
}

/// The highest bit of each byte.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "there are sixteen bytes")]
fn mask(bytes: __m128i) -> u16 {
    // SAFETY: this module is only compiled where SSE2 is there on every machine.
    unsafe { _mm_movemask_epi8(bytes) as u16 }
}
