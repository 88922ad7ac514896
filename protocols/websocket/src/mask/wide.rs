//! Long payloads with the vectors of this processor, not of the oldest that the build is for.
//!
//! They are the same loops, compiled once more for AVX2, which mask 64 KiB in half the time or less.
//! This is the only unsafe code of the crate, and it is two calls; `plain` and `put_plain` are the
//! twins that tests hold it against. Builds for the native processor come here as well: it is the
//! same there, and who asks for the processor's features is told at once.
#![allow(unsafe_code)]

use segue::Tail;

use super::{plain, put_plain, put_words, turned, words};

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

/// As [`put`](super::put).
#[inline(never)]
pub(super) fn put(key: [u8; 4], payload: &[u8], tail: &mut Tail<'_>) {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: as above.
        unsafe { put_avx2(key, payload, tail) }
    } else {
        put_plain(key, payload, tail);
    }
}

/// As [`avx2`]; it is the writes that shall not lie across cache lines, where there are enough of
/// them for that to pay.
#[target_feature(enable = "avx2")]
fn put_avx2(key: [u8; 4], payload: &[u8], tail: &mut Tail<'_>) {
    let before = match payload.len() {
        ..ALIGNED => 0,
        length => tail.until_aligned(32).min(length),
    };
    let (front, payload) = payload.split_at(before);
    put_plain(key, front, tail);
    let key = turned(u32::from_ne_bytes(key), before);
    let (words, rest) = payload.as_chunks();
    put_words(key, words, tail);
    put_plain(key.to_ne_bytes(), rest, tail);
}
