//! Long payloads with the vectors of this processor, not of the oldest that the build is for.
//!
//! They are the same loops, compiled once more for AVX2, which mask 64 KiB in half the time or less.
//! This is the only unsafe code of the crate, and it is two calls; `plain` and `copy_plain` are the
//! twins that tests hold it against. Builds for the native processor come here as well: it is the
//! same there, and who asks for the processor's features is told at once.
#![allow(unsafe_code)]

use super::{copy_plain, copy_words, plain, turned, words};

/// From this length on, in bytes, it pays to ask what the processor has and to make the call.
pub(super) const WORTH: usize = 512;

/// From this length on, in bytes, it pays to go to a cache line's front before writing.
const ALIGNED: usize = 4096;

/// As [`mask`](super::mask).
#[inline(never)]
pub(super) fn mask(key: [u8; 4], bytes: &mut [u8]) {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what `avx2` is compiled for, as has just been asked; the
        // function is safe otherwise.
        unsafe { avx2(key, bytes) }
    } else {
        plain(key, bytes);
    }
}

/// Payloads begin anywhere. Vectors that lie across two cache lines take half as long again, so
/// the loop begins where the first one does not.
#[target_feature(enable = "avx2")]
fn avx2(key: [u8; 4], bytes: &mut [u8]) {
    let before = bytes.as_ptr().align_offset(32).min(bytes.len());
    let (front, bytes) = bytes.split_at_mut(before);
    plain(key, front);
    let key = turned(u32::from_ne_bytes(key), before);
    let narrow = u64::from(key);
    // One loop over words, of which the compiler makes vectors, several at a time. Given blocks it
    // would gather their words from all over them where it has vectors of 512 bits.
    let whole = bytes.len() / 8 * 8;
    let (front, rest) = bytes.split_at_mut(whole);
    words(narrow << 32 | narrow, front);
    plain(key.to_ne_bytes(), rest);
}

/// As [`copy`](super::copy).
#[inline(never)]
pub(super) fn copy(key: [u8; 4], from: &[u8], to: &mut [u8]) {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: as above.
        unsafe { copy_avx2(key, from, to) }
    } else {
        copy_plain(key, from, to);
    }
}

/// As [`avx2`]; it is the writes that shall not lie across cache lines, where there are enough of
/// them for that to pay.
#[target_feature(enable = "avx2")]
fn copy_avx2(key: [u8; 4], from: &[u8], to: &mut [u8]) {
    let before = match to.len() {
        ..ALIGNED => 0,
        length => to.as_ptr().align_offset(32).min(length).min(from.len()),
    };
    let (front, from) = from.split_at(before);
    let (place, to) = to.split_at_mut(before);
    copy_plain(key, front, place);
    let key = turned(u32::from_ne_bytes(key), before);
    let narrow = u64::from(key);
    let whole = from.len().min(to.len()) / 8 * 8;
    let (front, rest) = from.split_at(whole);
    let (place, to) = to.split_at_mut(whole);
    copy_words(narrow << 32 | narrow, front, place);
    copy_plain(key.to_ne_bytes(), rest, to);
}
