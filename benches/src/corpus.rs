//! The bytes that contenders go through.

mod heads;

pub use heads::{HEADS, Heads, heads};

use std::fmt;

/// Bytes of one corpus, at least: small enough for the second-level cache, so that memory is not
/// what is measured, and large enough for the end of a pass not to count.
const SIZE: usize = 64 * 1024;

/// Records of a corpus, at least.
const RECORDS: usize = 32;

/// Whole records.
pub struct Corpus {
    /// One record behind the other.
    pub bytes: Vec<u8>,
    /// The number of them.
    pub count: usize,
}

impl fmt::Debug for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Corpus")
            .field("len", &self.bytes.len())
            .field("count", &self.count)
            .finish()
    }
}

/// Records of `payload` bytes, each behind its length in four bytes, the most significant first.
///
/// # Panics
/// If the length does not fit four bytes.
#[must_use]
pub fn length_prefixed(payload: usize) -> Corpus {
    let length = u32::try_from(payload).expect("payloads of benches are short");
    let mut text = text();
    corpus(|bytes| {
        bytes.extend(length.to_be_bytes());
        bytes.extend(text.by_ref().take(payload));
    })
}

/// The same records as one stream that is cut into pieces of `piece` bytes, each behind its length
/// in two bytes.
///
/// # Panics
/// If a length does not fit.
#[must_use]
pub fn carried(payload: usize, piece: usize) -> Corpus {
    let Corpus { bytes, count } = length_prefixed(payload);
    let carry = |piece: &[u8]| {
        let length = u16::try_from(piece.len()).expect("pieces of benches are short");
        [&length.to_be_bytes()[..], piece].concat()
    };
    Corpus { bytes: bytes.chunks(piece).flat_map(carry).collect(), count }
}

/// Lines of `content` letters and spaces, ended by LF.
#[must_use]
pub fn lines(content: usize) -> Corpus {
    let mut text = text();
    corpus(|bytes| {
        bytes.extend(text.by_ref().take(content));
        bytes.push(b'\n');
    })
}

/// Lines of up to 160 letters and spaces, of lengths that no processor foresees.
#[must_use]
pub fn varied_lines() -> Corpus {
    let (mut text, mut random) = (text(), random());
    corpus(|bytes| {
        let content = random.next().map_or(0, |random| (random >> 33) % 161);
        let content = usize::try_from(content).expect("less than 161");
        bytes.extend(text.by_ref().take(content));
        bytes.push(b'\n');
    })
}

/// Masked WebSocket frames of `payload` bytes, each a whole binary message (RFC 6455 §5.2). A few
/// long ones do, since these are not what a pass is long for.
#[must_use]
pub fn masked_frames(payload: usize) -> Corpus {
    let (mut text, mut key, mut count) = (text(), [0x37, 0xfa, 0x21, 0x3d], 0);
    let mut bytes = Vec::new();
    while bytes.len() < SIZE || count < 4 {
        bytes.push(0x82);
        if let Ok(length @ 0..=125) = u8::try_from(payload) {
            bytes.push(0x80 | length);
        } else if let Ok(length) = u16::try_from(payload) {
            bytes.push(0x80 | 126);
            bytes.extend(length.to_be_bytes());
        } else {
            bytes.push(0x80 | 127);
            bytes.extend((payload as u64).to_be_bytes());
        }
        key.rotate_left(1);
        bytes.extend(key);
        bytes.extend(text.by_ref().take(payload).zip(key.iter().cycle()).map(|(b, k)| b ^ k));
        count += 1;
    }
    Corpus { bytes, count }
}

/// Integers of QUIC (RFC 9000 §16) of these sizes in bytes, in an order that no processor foresees.
///
/// # Panics
/// If there is no such size.
#[must_use]
pub fn varints(sizes: &[usize]) -> Corpus {
    let mut random = random();
    corpus(|bytes| {
        let size =
            sizes[usize::try_from(random.next().unwrap_or(0) >> 33).unwrap_or(0) % sizes.len()];
        let class = u8::try_from(size.ilog2()).expect("1, 2, 4 or 8");
        let value = random.next().unwrap_or(0).to_be_bytes();
        bytes.push(class << 6 | value[0] & 0x3f);
        bytes.extend(&value[1..size]);
    })
}

/// One line of `content` letters and spaces, ended by LF.
#[must_use]
pub fn line(content: usize) -> Vec<u8> {
    text().take(content).chain([b'\n']).collect()
}

/// A body in chunks of `chunk` bytes each, up to its end.
#[must_use]
pub fn chunked(chunk: usize) -> Corpus {
    let mut text = text();
    let mut body = corpus(|bytes| {
        bytes.extend(format!("{chunk:x}\r\n").into_bytes());
        bytes.extend(text.by_ref().take(chunk));
        bytes.extend(b"\r\n");
    });
    body.bytes.extend(b"0\r\n\r\n");
    body
}

/// Integers of QUIC by their sizes in bytes: all alike, and any.
pub const VARINTS: [(&str, &[usize]); 5] =
    [("1", &[1]), ("2", &[2]), ("4", &[4]), ("8", &[8]), ("mixed", &[1, 2, 4, 8])];

fn corpus(mut add: impl FnMut(&mut Vec<u8>)) -> Corpus {
    let (mut bytes, mut count) = (Vec::new(), 0);
    while bytes.len() < SIZE || count < RECORDS {
        add(&mut bytes);
        count += 1;
    }
    Corpus { bytes, count }
}

/// Knuth's MMIX generator; the high bits are the better ones.
pub(crate) fn random() -> impl Iterator<Item = u64> {
    let next = |random: &u64| {
        Some(random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f))
    };
    std::iter::successors(Some(1_u64), next).skip(1)
}

fn text() -> impl Iterator<Item = u8> {
    b"the quick brown fox jumps over the lazy dog ".iter().copied().cycle()
}
