//! Long payloads with the vectors of this processor, not of the oldest that the build is for.
//!
//! They are the same loops, compiled once more for AVX2, which mask 64 KiB in half the time or less.
//! This is the only unsafe code of the crate, and it is two calls; `plain` and `put_plain` are the
//! twins that tests hold it against. Builds for the native processor come here as well: it is the
//! same there, and who asks for the processor's features is told at once.
#![allow(unsafe_code)]

use segue::Output;

use super::{plain, put_plain, put_words, turned, words};

/// From this length on, in bytes, it pays to ask what the processor has and to make the call.
pub(super) const WORTH: usize = 512;

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

/// As [`put_masked`](super::put_masked).
#[inline(never)]
pub(super) fn put_masked(key: [u8; 4], bytes: &[u8], output: &mut Output) {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: as above.
        unsafe { put_avx2(key, bytes, output) }
    } else {
        put_plain(key, bytes, output);
    }
}

#[target_feature(enable = "avx2")]
fn put_avx2(key: [u8; 4], bytes: &[u8], output: &mut Output) {
    let narrow = u64::from(u32::from_ne_bytes(key));
    let (blocks, rest) = bytes.as_chunks::<128>();
    for block in blocks {
        put_words(narrow << 32 | narrow, block, output);
    }
    put_plain(key, rest, output);
}
