//! Masking of payloads (RFC 6455 §5.3), and the source of keys.

#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod wide;

use alloc::boxed::Box;
use core::fmt;
use segue::Tail;

/// Masks `bytes` in place, or unmasks them, which is the same: byte `i` is combined with byte
/// `i % 4` of the key (RFC 6455 §5.3).
///
/// ```
/// // The masked "Hello" of RFC 6455 §5.7.
/// let mut payload = *b"\x7f\x9f\x4d\x51\x58";
/// segue_websocket::mask([0x37, 0xfa, 0x21, 0x3d], &mut payload);
/// assert_eq!(&payload, b"Hello");
/// ```
#[inline]
pub fn mask(key: [u8; 4], bytes: &mut [u8]) {
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    if bytes.len() >= wide::WORTH {
        return wide::mask(key, bytes);
    }
    plain(key, bytes);
}

/// The same for payloads that are known to be short.
#[inline(always)]
pub(crate) fn mask_short(key: [u8; 4], bytes: &mut [u8]) {
    plain(key, bytes);
}

/// Four words of eight bytes at a time, which the compiler makes vectors of the target. What is
/// left is two words of the largest size that fits, one at its front and one at its end, which may
/// overlap: both are read before either is written. So short payloads take few branches, and next
/// to no loop.
#[inline(always)]
fn plain(key: [u8; 4], bytes: &mut [u8]) {
    let narrow = u32::from_ne_bytes(key);
    let wide = u64::from(narrow) << 32 | u64::from(narrow);
    let (blocks, rest) = bytes.as_chunks_mut::<32>();
    for block in blocks {
        words(wide, block);
    }
    match rest.len() {
        16.. => ends::<16>(rest, four, narrow),
        8.. => ends::<8>(rest, two, narrow),
        4.. => ends::<4>(rest, one, narrow),
        _ => {
            for (byte, key) in rest.iter_mut().zip(key) {
                *byte ^= key;
            }
        }
    }
}

/// Masks the first and the last `N` of at most twice as many bytes, by the key as it is at the
/// front.
#[inline(always)]
fn ends<const N: usize>(bytes: &mut [u8], mask: impl Fn([u8; N], u32) -> [u8; N], key: u32) {
    let last = turned(key, bytes.len());
    let (Some(&front), Some(&end)) = (bytes.first_chunk(), bytes.last_chunk()) else { return };
    let (front, end) = (mask(front, key), mask(end, last));
    if let Some(place) = bytes.first_chunk_mut() {
        *place = front;
    }
    if let Some(place) = bytes.last_chunk_mut() {
        *place = end;
    }
}

/// A word, masked by the key as often as it fits.
#[inline(always)]
fn four(word: [u8; 16], key: u32) -> [u8; 16] {
    let wide = u64::from(key) << 32 | u64::from(key);
    (u128::from_ne_bytes(word) ^ (u128::from(wide) << 64 | u128::from(wide))).to_ne_bytes()
}

#[inline(always)]
fn two(word: [u8; 8], key: u32) -> [u8; 8] {
    (u64::from_ne_bytes(word) ^ (u64::from(key) << 32 | u64::from(key))).to_ne_bytes()
}

#[inline(always)]
fn one(word: [u8; 4], key: u32) -> [u8; 4] {
    (u32::from_ne_bytes(word) ^ key).to_ne_bytes()
}

/// The key as it is `by` bytes further on.
#[inline(always)]
fn turned(key: u32, by: usize) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "less than 32")]
    let bits = (by % 4 * 8) as u32;
    if cfg!(target_endian = "little") { key.rotate_right(bits) } else { key.rotate_left(bits) }
}

#[inline(always)]
fn words(wide: u64, bytes: &mut [u8]) {
    for word in bytes.as_chunks_mut::<8>().0 {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
}

/// Appends `payload`, masked.
#[inline]
pub(crate) fn put(key: [u8; 4], payload: &[u8], tail: &mut Tail<'_>) {
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    if payload.len() >= wide::WORTH {
        return wide::put(key, payload, tail);
    }
    put_plain(key, payload, tail);
}

/// The same for payloads that are known to be short.
#[inline(always)]
pub(crate) fn put_short(key: [u8; 4], payload: &[u8], tail: &mut Tail<'_>) {
    put_plain(key, payload, tail);
}

/// As [`plain`], from one place to another.
#[inline(always)]
fn put_plain(key: [u8; 4], payload: &[u8], tail: &mut Tail<'_>) {
    let narrow = u32::from_ne_bytes(key);
    let wide = u64::from(narrow) << 32 | u64::from(narrow);
    let (blocks, rest) = payload.as_chunks::<32>();
    tail.put_mapped(blocks, |mut block| {
        words(wide, &mut block);
        block
    });
    match rest.len() {
        16.. => put_ends::<16>(rest, tail, four, narrow),
        8.. => put_ends::<8>(rest, tail, two, narrow),
        4.. => put_ends::<4>(rest, tail, one, narrow),
        _ => {
            for (byte, key) in rest.iter().zip(key) {
                tail.put([byte ^ key]);
            }
        }
    }
}

/// As [`ends`], from one place to another.
#[inline(always)]
fn put_ends<const N: usize>(
    payload: &[u8],
    tail: &mut Tail<'_>,
    mask: impl Fn([u8; N], u32) -> [u8; N],
    key: u32,
) {
    let last = turned(key, payload.len());
    let (Some(&front), Some(&end)) = (payload.first_chunk(), payload.last_chunk()) else { return };
    tail.put_ends(payload.len(), mask(front, key), mask(end, last));
}

#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[inline(always)]
fn put_words(key: u32, words: &[[u8; 8]], tail: &mut Tail<'_>) {
    tail.put_mapped(words, |word| two(word, key));
}

/// The source of a client's masking keys, a fresh one for each frame.
///
/// Masking keeps a script in a browser from choosing the bytes that proxies see. The keys must be
/// unpredictable to the author of the payload (RFC 6455 §10.3), and protect nothing else.
pub struct MaskKeys(Source);

/// Both are on the heap: each end has room for keys in two places, and a server needs none.
enum Source {
    #[cfg(feature = "std")]
    Random(Box<Random>),
    Given(Box<dyn FnMut() -> [u8; 4] + Send + Sync>),
}

/// SipHash, keyed by the system's randomness, over a counter: unpredictable even to an observer of
/// other keys, without a system call for each and without a way to fail.
#[cfg(feature = "std")]
struct Random {
    state: std::hash::RandomState,
    counter: u64,
    /// Keys made ahead, and the number that is left.
    ahead: [[u8; 4]; AHEAD],
    left: usize,
}

impl MaskKeys {
    /// Creates keys from the system's randomness.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn random() -> Self {
        let state = std::hash::RandomState::new();
        Self(Source::Random(Box::new(Random {
            state,
            counter: 0,
            ahead: [[0; 4]; AHEAD],
            left: 0,
        })))
    }

    /// Creates keys by `next`: a generator of your own, or fixed keys for a test.
    pub fn from_fn(next: impl FnMut() -> [u8; 4] + Send + Sync + 'static) -> Self {
        Self(Source::Given(Box::new(next)))
    }

    /// Returns the next key.
    #[inline]
    pub fn next_key(&mut self) -> [u8; 4] {
        match &mut self.0 {
            #[cfg(feature = "std")]
            Source::Random(random) => {
                let Random { state, counter, ahead, left } = &mut **random;
                if *left == 0 {
                    make(state, counter, ahead);
                    *left = AHEAD;
                }
                *left = (*left - 1) % AHEAD;
                ahead[*left]
            }
            Source::Given(next) => next(),
        }
    }
}

/// The number of keys made at once. Processors work on several independent hashes in parallel; more
/// than a few would only cost memory.
#[cfg(feature = "std")]
const AHEAD: usize = 8;

/// Makes keys ahead, two of each hash.
#[cfg(feature = "std")]
#[inline(never)]
fn make(state: &std::hash::RandomState, counter: &mut u64, ahead: &mut [[u8; 4]; AHEAD]) {
    use std::hash::BuildHasher;
    for two in ahead.as_chunks_mut::<2>().0 {
        *counter = counter.wrapping_add(1);
        let [a, b, c, d, e, f, g, h] = state.hash_one(*counter).to_ne_bytes();
        *two = [[a, b, c, d], [e, f, g, h]];
    }
}

/// Shows nothing: keys are not for logs.
impl fmt::Debug for MaskKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskKeys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// RFC 6455 §5.3, word by word.
    fn one_by_one(key: [u8; 4], bytes: &mut [u8]) {
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte ^= key[i % 4];
        }
    }

    #[test]
    fn agrees_with_one_byte_at_a_time_at_every_length_and_alignment() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        let bytes: Vec<u8> = (0..=255).cycle().take(600).collect();
        // Miri is slow: it has fewer lengths and places, but all the ways there are.
        let step = if cfg!(miri) { 3 } else { 1 };
        let lengths = (0..300).step_by(if cfg!(miri) { 37 } else { 1 });
        for length in lengths.chain([511, 512, 513, 577]) {
            for from in (0..8).step_by(step) {
                let original = &bytes[from..from + length];
                let mut expected = original.to_vec();
                one_by_one(key, &mut expected);
                for mask in [mask, plain] {
                    let mut masked = original.to_vec();
                    mask(key, &mut masked);
                    assert_eq!(masked, expected, "{length} bytes from {from}");
                    mask(key, &mut masked);
                    assert_eq!(masked, original);
                }
                for put in [put, put_plain] {
                    for before in (0..8).step_by(step) {
                        // Memory that was used before, and is not to be seen.
                        let mut output = segue::Output::new();
                        output.put(&[0xA5; 700]);
                        output.clear();
                        output.put(&[0x5A; 8][..before]);
                        output.put_with(length, |tail| put(key, original, tail));
                        let expected = [&[0x5A; 8][..before], &expected[..]].concat();
                        assert!(output.to_vec() == expected, "{length} from {from} to {before}");
                    }
                }
            }
        }
    }

    #[cfg(feature = "std")]
    #[test]
    fn random_keys_differ() {
        let (mut first, mut second) = (MaskKeys::random(), MaskKeys::random());
        let keys: std::collections::HashSet<_> =
            (0..64).flat_map(|_| [first.next_key(), second.next_key()]).collect();
        // 128 keys of 32 bits collide about four in a million runs.
        assert!(keys.len() >= 126);
    }
}
