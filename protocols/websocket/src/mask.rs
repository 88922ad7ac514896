//! Masking of payloads (RFC 6455 §5.3), and where the keys come from.

#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod wide;

use alloc::boxed::Box;
use core::fmt;
use segue::Output;

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

/// The same for payloads of which it is known that they are short.
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
        16.. => ends::<16>(
            rest,
            |word, by| {
                let wide = u64::from(by) << 32 | u64::from(by);
                (u128::from_ne_bytes(word) ^ (u128::from(wide) << 64 | u128::from(wide)))
                    .to_ne_bytes()
            },
            narrow,
        ),
        8.. => ends::<8>(
            rest,
            |word, by| {
                (u64::from_ne_bytes(word) ^ (u64::from(by) << 32 | u64::from(by))).to_ne_bytes()
            },
            narrow,
        ),
        4.. => ends::<4>(rest, |word, by| (u32::from_ne_bytes(word) ^ by).to_ne_bytes(), narrow),
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

/// Appends `bytes` to `output`, masked. They go through registers and not twice through memory: a
/// processor that is to read at once what it has just written in other pieces has to wait.
#[inline]
pub(crate) fn put_masked(key: [u8; 4], bytes: &[u8], output: &mut Output) {
    output.reserve(bytes.len());
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    if bytes.len() >= wide::WORTH {
        return wide::put_masked(key, bytes, output);
    }
    put_plain(key, bytes, output);
}

/// As [`plain`], from one place to another.
#[inline(always)]
fn put_plain(key: [u8; 4], bytes: &[u8], output: &mut Output) {
    let narrow = u32::from_ne_bytes(key);
    let wide = u64::from(narrow) << 32 | u64::from(narrow);
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        put_words(wide, block, output);
    }
    let (block, rest) = rest.as_chunks::<16>();
    if let [block] = block {
        put_words(wide, block, output);
    }
    let (word, rest) = rest.as_chunks::<8>();
    if let [word] = word {
        put_words(wide, word, output);
    }
    let (half, rest) = rest.as_chunks::<4>();
    if let [half] = half {
        output.put(&(u32::from_ne_bytes(*half) ^ narrow).to_ne_bytes());
    }
    // One by one: to copy a few bytes whose number is not known takes a call.
    for (byte, key) in rest.iter().zip(key) {
        output.put(&[byte ^ key]);
    }
}

#[inline(always)]
fn put_words<const N: usize>(wide: u64, block: &[u8; N], output: &mut Output) {
    let mut block = *block;
    words(wide, &mut block);
    output.put(&block);
}

/// Where a client takes its masking keys from, a fresh one for each frame.
///
/// Keys are there to keep a script in a browser from choosing the bytes that proxies see; they
/// must be unpredictable to whoever chooses the payload (RFC 6455 §10.3), and protect nothing else.
pub struct MaskKeys(Source);

enum Source {
    /// SipHash, keyed by the system's randomness, over a counter: unpredictable to who has seen
    /// other keys, without a system call for each and without a way to fail.
    #[cfg(feature = "std")]
    Random {
        state: std::hash::RandomState,
        counter: u64,
        /// Keys that were made ahead, and how many of them are left.
        ahead: [[u8; 4]; AHEAD],
        left: usize,
    },
    Given(Box<dyn FnMut() -> [u8; 4] + Send + Sync>),
}

impl MaskKeys {
    /// Keys from the system's randomness.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn random() -> Self {
        let state = std::hash::RandomState::new();
        Self(Source::Random { state, counter: 0, ahead: [[0; 4]; AHEAD], left: 0 })
    }

    /// Keys that `next` gives: from a generator of your own, or fixed ones for a test.
    pub fn from_fn(next: impl FnMut() -> [u8; 4] + Send + Sync + 'static) -> Self {
        Self(Source::Given(Box::new(next)))
    }

    /// The next key.
    #[inline]
    pub fn next_key(&mut self) -> [u8; 4] {
        match &mut self.0 {
            #[cfg(feature = "std")]
            Source::Random { state, counter, ahead, left } => {
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

/// How many keys are made at once. Processors work on several hashes at a time where none waits for
/// another; more than a few would only be memory.
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
        for length in (0..300).chain([511, 512, 513, 577]) {
            for from in 0..8 {
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
                for put in [put_masked, put_plain] {
                    let mut output = Output::new();
                    output.put(b"before");
                    put(key, original, &mut output);
                    assert_eq!(output.to_vec(), [b"before", &expected[..]].concat());
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
        // 128 keys of 32 bits collide about twice in a million runs.
        assert!(keys.len() >= 126);
    }
}
