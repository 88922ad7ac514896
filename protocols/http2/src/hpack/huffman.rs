//! The Huffman code for strings (RFC 7541 §5.2, Appendix B).
//!
//! The code is canonical: codes of one length are consecutive numbers in the order of their
//! symbols, and the shorter ones come first. So the lengths alone define it, and the tables here are
//! made of them by the compiler.
//!
//! Decoding looks at twelve bits at a time. A table has the one or two symbols that begin with
//! them, since most of what is sent has codes of five to seven bits. Longer codes are rare. They are
//! found by comparing with the first code of each length.

use alloc::vec::Vec;

/// The way in which a string breaks the rules of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// It has the symbol for the end, which must not be sent.
    End,
    /// The bits behind the last symbol are eight or more, or not all ones.
    Padding,
}

/// The most bytes that a string of this many encoded bytes has.
const fn max_decoded(encoded: usize) -> usize {
    encoded * 8 / SHORTEST
}

/// The room that [`decode`] needs for a string of this many encoded bytes.
pub(super) const fn room(encoded: usize) -> usize {
    // The second of the last pair may be written behind the end.
    max_decoded(encoded) + 1
}

/// The fewest bytes that a string of this many encoded bytes has, in which the last byte may be
/// padding but for one bit.
pub(super) const fn min_decoded(encoded: usize) -> usize {
    (encoded * 8).saturating_sub(7) / LONGEST
}

/// Decodes a string to the beginning of `out`, which has [`room`], and returns its length.
#[inline]
pub(super) fn decode(input: &[u8], out: &mut [u8]) -> Result<usize, Broken> {
    let (mut at, mut length) = (0, 0);
    while let Some(bytes) = input.get(at / 8..at / 8 + 8).and_then(|rest| rest.first_chunk()) {
        // At least 57 bits of it are bits of the string.
        let mut word = u64::from_be_bytes(*bytes) << (at % 8);
        for _ in 0..4 {
            let entry = PAIRS[top(word)];
            if entry & SYMBOLS == 0 {
                // The bits in front of it may not leave enough for the longest code.
                word = load(input, at);
                let (symbol, bits) = long(word);
                let Ok(symbol) = u8::try_from(symbol) else { return Err(ended(input, at, bits)) };
                if at + bits > input.len() * 8 {
                    return padded(input, at, length);
                }
                out[length] = symbol;
                (length, at) = (length + 1, at + bits);
                break;
            }
            put(out, length, entry);
            length += symbols(entry);
            let bits = all_bits(entry);
            (word, at) = (word << bits, at + bits);
        }
    }
    // Fewer than eight bytes are left, and ones stand for what is not there.
    let end = input.len() * 8;
    let mut word = load(input, at);
    while at < end {
        let entry = PAIRS[top(word)];
        let left = end - at;
        if entry & SYMBOLS == 0 {
            let (symbol, bits) = long(word);
            if bits > left {
                return padded(input, at, length);
            }
            let Ok(symbol) = u8::try_from(symbol) else { return Err(Broken::End) };
            out[length] = symbol;
            (length, at) = (length + 1, at + bits);
            word = load(input, at);
            continue;
        }
        let (mut count, mut bits) = (symbols(entry), all_bits(entry));
        if bits > left {
            (count, bits) = (1, first_bits(entry));
            if bits > left {
                return padded(input, at, length);
            }
        }
        put(out, length, entry);
        (length, at) = (length + count, at + bits);
        word = word << bits | u64::MAX >> (64 - bits);
    }
    Ok(length)
}

/// Writes both symbols of an entry. The second is written over if it does not count.
#[inline(always)]
fn put(out: &mut [u8], at: usize, entry: u32) {
    let [first, second, ..] = entry.to_le_bytes();
    out[at..at + 2].copy_from_slice(&[first, second]);
}

/// Returns the symbol of a code that is too long for the table, and its length. The symbol is 256
/// for the end.
#[cold]
fn long(word: u64) -> (u16, usize) {
    let code = (word >> 34) as u32 & 0x3fff_ffff;
    let mut bits = SHORT;
    loop {
        bits += 1;
        let [first, count, place] = FIRSTS[bits];
        let nth = (code >> (LONGEST - bits)).wrapping_sub(first);
        if nth < count || bits == LONGEST {
            return (SORTED[(place + nth) as usize], bits);
        }
    }
}

/// Loads 64 bits, or those that are left with ones behind them.
#[inline]
fn load(input: &[u8], at: usize) -> u64 {
    let (rest, shift) = (input.get(at / 8..).unwrap_or_default(), at % 8);
    let word = match (rest.first_chunk(), input.last_chunk()) {
        (Some(bytes), _) => u64::from_be_bytes(*bytes),
        (None, _) if rest.is_empty() => return u64::MAX,
        // The bytes in front are shifted out.
        (None, Some(last)) => {
            u64::from_be_bytes(*last) << (64 - 8 * rest.len()) | u64::MAX >> (8 * rest.len())
        }
        (None, None) => {
            let bytes = rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            bytes << (64 - 8 * rest.len()) | u64::MAX >> (8 * rest.len())
        }
    };
    // In two steps, since 64 cannot be shifted by.
    word << shift | u64::MAX >> 1 >> (63 - shift)
}

/// The end of a string behind its last symbol: fewer than eight bits, all ones (RFC 7541 §5.2).
fn padded(input: &[u8], at: usize, length: usize) -> Result<usize, Broken> {
    let left = input.len() * 8 - at;
    let last = input.last().copied().unwrap_or(0xff);
    let ones = (1_u16 << left.min(8)) - 1;
    let is_ones = u16::from(last) & ones == ones;
    if left < 8 && is_ones { Ok(length) } else { Err(Broken::Padding) }
}

/// The symbol for the end was found: 30 ones, which are padding that is too long if the string has
/// fewer bits.
#[cold]
fn ended(input: &[u8], at: usize, bits: usize) -> Broken {
    if at + bits > input.len() * 8 { Broken::Padding } else { Broken::End }
}

/// Returns the length in bytes of a string as it is encoded.
#[inline]
pub(super) fn encoded_len(string: &[u8]) -> usize {
    let bits: usize = string.iter().map(|byte| usize::from(LENGTHS[usize::from(*byte)])).sum();
    bits.div_ceil(8)
}

/// Appends the encoded string.
#[inline]
pub(super) fn encode(string: &[u8], out: &mut Vec<u8>) {
    let (mut word, mut filled) = (0_u64, 0);
    for byte in string {
        let entry = CODES[usize::from(*byte)];
        let bits = u32::from(LENGTHS[usize::from(*byte)]);
        word = word << bits | entry >> 5;
        filled += bits;
        if filled >= 32 {
            filled -= 32;
            let [a, b, c, d, ..] = (word << (32 - filled)).to_be_bytes();
            out.extend_from_slice(&[a, b, c, d]);
        }
    }
    // The bits that are left, and ones up to the end of their byte.
    let padding = filled.wrapping_neg() % 8;
    let rest = (word << padding | ((1 << padding) - 1)) << (32 - filled - padding);
    let rest = rest.to_be_bytes();
    out.extend_from_slice(&rest[4..4 + (filled + padding) as usize / 8]);
}

#[inline(always)]
fn top(word: u64) -> usize {
    (word >> (64 - SHORT)) as usize
}

// An entry has its symbols in the lowest two bytes, then the number of bits of both, the number of
// symbols, and the number of bits of the first.

#[inline(always)]
const fn all_bits(entry: u32) -> usize {
    (entry >> 16 & 0xf) as usize
}

const SYMBOLS: u32 = 0x30_0000;

#[inline(always)]
const fn symbols(entry: u32) -> usize {
    (entry >> 20 & 3) as usize
}

#[inline(always)]
const fn first_bits(entry: u32) -> usize {
    (entry >> 24) as usize
}

/// The bits that are looked up at once.
const SHORT: usize = 12;

const SHORTEST: usize = 5;
const LONGEST: usize = 30;

/// The code of each symbol, with its length in the lowest five bits.
static CODES: [u64; 257] = codes();

const fn codes() -> [u64; 257] {
    let mut codes = [0; 257];
    let (mut code, mut bits) = (0_u64, SHORTEST);
    while bits <= LONGEST {
        let mut symbol = 0;
        while symbol <= 256 {
            if LENGTHS[symbol] as usize == bits {
                codes[symbol] = code << 5 | bits as u64;
                code += 1;
            }
            symbol += 1;
        }
        code <<= 1;
        bits += 1;
    }
    codes
}

/// For each length the first code, the number of codes, and their place in [`SORTED`].
static FIRSTS: [[u32; 3]; LONGEST + 1] = firsts();

const fn firsts() -> [[u32; 3]; LONGEST + 1] {
    let mut firsts = [[0; 3]; LONGEST + 1];
    let (mut code, mut place, mut bits) = (0, 0, SHORTEST);
    while bits <= LONGEST {
        let (mut count, mut symbol) = (0, 0);
        while symbol <= 256 {
            if LENGTHS[symbol] as usize == bits {
                count += 1;
            }
            symbol += 1;
        }
        firsts[bits] = [code, count, place];
        code = (code + count) << 1;
        place += count;
        bits += 1;
    }
    firsts
}

/// The symbols in the order of their codes.
static SORTED: [u16; 257] = sorted();

const fn sorted() -> [u16; 257] {
    let mut sorted = [0; 257];
    let (mut place, mut bits) = (0, SHORTEST);
    while bits <= LONGEST {
        let mut symbol = 0;
        while symbol <= 256 {
            if LENGTHS[symbol as usize] as usize == bits {
                sorted[place] = symbol;
                place += 1;
            }
            symbol += 1;
        }
        bits += 1;
    }
    sorted
}

/// The symbols that begin with each twelve bits.
static PAIRS: [u32; 1 << SHORT] = pairs();

#[expect(clippy::cast_possible_truncation, reason = "symbols are bytes, codes have 30 bits")]
const fn pairs() -> [u32; 1 << SHORT] {
    // The first symbol, and the bits of its code.
    let mut singles = [(0_u32, 0_u32); 1 << SHORT];
    let codes = codes();
    let mut symbol = 0;
    while symbol < 256 {
        let bits = LENGTHS[symbol] as usize;
        if bits <= SHORT {
            let first = ((codes[symbol] >> 5) as usize) << (SHORT - bits);
            let mut behind = 0;
            while behind < 1 << (SHORT - bits) {
                singles[first + behind] = (symbol as u32, bits as u32);
                behind += 1;
            }
        }
        symbol += 1;
    }
    let mut pairs = [0; 1 << SHORT];
    let mut prefix = 0;
    while prefix < 1 << SHORT {
        let (first, bits) = singles[prefix];
        if bits > 0 {
            let (second, more) = singles[(prefix << bits) & ((1 << SHORT) - 1)];
            let both = more > 0 && bits + more <= SHORT as u32;
            pairs[prefix] = if both {
                first | second << 8 | (bits + more) << 16 | 2 << 20 | bits << 24
            } else {
                first | bits << 16 | 1 << 20 | bits << 24
            };
        }
        prefix += 1;
    }
    pairs
}

/// The length in bits of the code of each symbol; the last is the end (RFC 7541 Appendix B).
#[rustfmt::skip]
static LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

#[cfg(test)]
mod tests;
