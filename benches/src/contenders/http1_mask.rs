//! The head of a request by masks of AVX2, written by hand for a head that is good: the least that
//! a reader can do who looks for controls and finds where names and values are.

use std::{
    arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256,
        _mm256_movemask_epi8, _mm256_set1_epi8,
    },
    mem::MaybeUninit,
    slice,
};

/// The places of a name and its value.
pub(super) type Pair<'i> = (&'i [u8], &'i [u8]);

/// The parts of a head that it returns.
pub(super) struct Masked<'i, 'h> {
    pub(super) method: &'i [u8],
    pub(super) target: &'i [u8],
    pub(super) headers: &'h [Pair<'i>],
}

/// Returns true if this processor has the instructions to read heads by masks.
#[must_use]
pub fn is_there() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
}

/// Reads `head` if it is whole. Lines have one space behind the colon, and a name is whatever is
/// before it. The processor must have [what it takes](is_there).
#[inline]
pub(super) fn read<'i, 'h>(
    head: &'i [u8],
    headers: &'h mut [MaybeUninit<Pair<'i>>],
) -> Option<Masked<'i, 'h>> {
    debug_assert!(is_there());
    // SAFETY: contenders are only made where `is_there`.
    unsafe { read_avx2(head, headers) }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn read_avx2<'i, 'h>(
    head: &'i [u8],
    headers: &'h mut [MaybeUninit<Pair<'i>>],
) -> Option<Masked<'i, 'h>> {
    let (method, rest) = head.split_at(head.iter().take(16).position(|&byte| byte == b' ')?);
    // The first line is read byte by byte up to its end; everything behind it by masks.
    let (mut count, mut line, mut colon) = (0, 0_usize, 0);
    let mut target = &rest[..0];
    let mut window = 0;
    loop {
        let (mut controls, mut colons) = masks(head.get(window..).filter(|rest| !rest.is_empty())?);
        // The bytes before the line have been seen.
        if let Some(seen @ 0..64) = line.checked_sub(window) {
            controls &= u64::MAX << seen;
            colons &= u64::MAX << seen;
        }
        while controls != 0 {
            let end = controls.trailing_zeros() as usize;
            let at = window + end;
            if let Some(b'\t' | 0x80..) = head.get(at) {
                controls &= controls - 1;
                continue;
            }
            if head.get(at..at + 2)? != b"\r\n" {
                return None;
            }
            if line == 0 {
                let space = at.checked_sub(9)?;
                if &head[space..at] != b" HTTP/1.1" {
                    return None;
                }
                target = head.get(method.len() + 1..space)?;
            } else if at == line {
                // SAFETY: so many were written, one after the other.
                let headers = unsafe { slice::from_raw_parts(headers.as_ptr().cast(), count) };
                return Some(Masked { method, target, headers });
            } else {
                if colon < line {
                    colon = window + colons.trailing_zeros() as usize;
                }
                let pair = (head.get(line..colon)?, head.get(colon + 2..at)?);
                headers.get_mut(count)?.write(pair);
                count += 1;
            }
            line = at + 2;
            controls &= controls - 1;
            controls &= controls.wrapping_sub(1);
            // Colons up to the end of the line have had their turn.
            colons &= u64::MAX << end;
        }
        if colon < line && colons != 0 && line != 0 {
            colon = window + colons.trailing_zeros() as usize;
        }
        window += 64;
    }
}

/// Returns the masks of bytes that are neither visible ASCII nor a space, and of colons, in the
/// next 64 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn masks(rest: &[u8]) -> (u64, u64) {
    if let Some(window) = rest.first_chunk() {
        return masks_of(window);
    }
    let mut window = [b' '; 64];
    window[..rest.len()].copy_from_slice(rest);
    masks_of(&window)
}

#[inline]
#[target_feature(enable = "avx2")]
fn masks_of(window: &[u8; 64]) -> (u64, u64) {
    let (front, back) = (half(&window[..32]), half(&window[32..]));
    (front.0 | back.0 << 32, front.1 | back.1 << 32)
}

#[inline]
#[target_feature(enable = "avx2")]
fn half(half: &[u8]) -> (u64, u64) {
    // SAFETY: both halves have the 32 bytes that are loaded, and the load takes any alignment.
    let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
    // One more than `~` is negative, and so is the rest, but for 0xff, which becomes 0.
    let moved = _mm256_add_epi8(bytes, _mm256_set1_epi8(1));
    let controls = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x21), moved);
    let colons = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b':'.cast_signed()));
    (mask(controls), mask(colons))
}

#[inline]
#[target_feature(enable = "avx2")]
fn mask(bytes: __m256i) -> u64 {
    u64::from(_mm256_movemask_epi8(bytes).cast_unsigned())
}
