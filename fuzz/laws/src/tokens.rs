//! Streams made of valid ones by their tokens: what is found so, raw bytes seldom find.

use crate::cuts::Random;

/// Makes streams of the tokens of others and of a protocol's words; the same ones for one seed.
pub(crate) struct Tokens<'t> {
    streams: Vec<Vec<&'t [u8]>>,
    /// Tokens that may be put anywhere.
    pool: Vec<&'t [u8]>,
    random: Random,
    /// Each number of each stream with each of the edges, one after the other.
    edges: std::vec::IntoIter<(usize, usize, &'t [u8])>,
    turn: bool,
}

impl<'t> Tokens<'t> {
    pub(crate) fn new(seeds: &'t [Vec<u8>], words: &'t [Vec<u8>], seed: u64) -> Self {
        let streams: Vec<_> = seeds.iter().map(|seed| split(seed)).collect();
        let mut pool: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        // Words are worth more than what fills payloads.
        pool.extend(streams.iter().flatten().filter(|token| token.len() <= 16));
        pool.extend(TELLING);
        pool.sort_unstable();
        pool.dedup();
        let mut random = Random::new(seed);
        let edges = edges(&streams, &mut random).into_iter();
        Self { streams, pool, random, edges, turn: false }
    }

    /// The next stream; `None` where there is nothing to make it of.
    pub(crate) fn next(&mut self) -> Option<Vec<u8>> {
        /// A longer stream shows nothing that this does not.
        const LONGEST: usize = 600;
        let count = self.streams.len();
        if count == 0 {
            return None;
        }
        self.turn = !self.turn;
        if self.turn
            && let Some((stream, at, edge)) = self.edges.next()
        {
            let mut stream = self.streams[stream].clone();
            stream[at] = edge;
            return Some(stream.concat());
        }
        let stream = &self.streams[self.random.below(count)];
        let mut stream = stream[..stream.len().min(LONGEST)].to_vec();
        let mut bytes = self.random.below(4) == 0;
        for _ in 0..=self.random.below(3) {
            bytes |= !self.rearranged(&mut stream);
        }
        let mut stream = stream.concat();
        stream.truncate(LONGEST);
        if bytes {
            self.renumbered(&mut stream);
        }
        Some(stream)
    }

    /// Changes the order or choice of tokens; `false` where there are none.
    fn rearranged(&mut self, stream: &mut Vec<&'t [u8]>) -> bool {
        let length = stream.len();
        if length == 0 {
            return false;
        }
        let at = self.random.below(length);
        match self.random.below(10) {
            // Twice, or many times.
            0 => stream.insert(at, stream[at]),
            1 => {
                let many = vec![stream[at]; 2 + self.random.below(20)];
                drop(stream.splice(at..at, many));
            }
            2 => drop(stream.remove(at)),
            3 => drop(stream.drain(at..(at + 1 + self.random.below(6)).min(length))),
            4 => stream.swap(at, self.random.below(length)),
            5 => stream.insert(at, self.pool[self.random.below(self.pool.len())]),
            6 => stream[at] = self.pool[self.random.below(self.pool.len())],
            7 => stream.truncate(at),
            // The front of one with the rest of another.
            8 => {
                let other = &self.streams[self.random.below(self.streams.len())];
                let from = self.random.below(other.len().max(1)).min(other.len());
                stream.truncate(at);
                stream.extend(&other[from..]);
            }
            _ => {
                let digits = stream.iter().enumerate().filter(|(_, token)| number(token));
                let digits: Vec<usize> = digits.map(|(at, _)| at).collect();
                if digits.is_empty() {
                    return false;
                }
                stream[digits[self.random.below(digits.len())]] =
                    NUMBERS[self.random.below(NUMBERS.len())];
            }
        }
        true
    }

    /// Sets what may be a number in binary to the edges of its range, or a byte to another.
    fn renumbered(&mut self, stream: &mut Vec<u8>) {
        let width = [1, 1, 2, 4, 8][self.random.below(5)];
        if stream.len() < width {
            stream.push(0xff);
            return;
        }
        let at = self.random.below(stream.len() - width + 1);
        let rest = stream.len() - at - width;
        let edge = match self.random.below(9) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => u64::MAX / 2,
            4 => u64::MAX / 2 + 1,
            5 => rest as u64,
            6 => rest as u64 + 1,
            7 => (rest as u64).saturating_sub(1),
            _ => 1 << self.random.below(64),
        };
        let (big, little) = (edge.to_be_bytes(), edge.to_le_bytes());
        let edge = match self.random.below(2) {
            // All ones and half of that are at the edge from the other side.
            0 if edge > u64::from(u32::MAX) => &big[..width],
            0 => &big[8 - width..],
            _ if edge > u64::from(u32::MAX) => &little[8 - width..],
            _ => &little[..width],
        };
        stream[at..at + width].copy_from_slice(edge);
    }
}

/// Splits where a reader would: into words, numbers, line ends, and single bytes of anything else.
pub(crate) fn split(stream: &[u8]) -> Vec<&[u8]> {
    let kind = |byte: &u8| match byte {
        b'0'..=b'9' => 1,
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => 2,
        b'\r' | b'\n' => 3,
        b' ' | b'\t' => 4,
        _ => 0,
    };
    // Bytes of the last kind are tokens each by itself.
    stream.chunk_by(|one, next| kind(one) == kind(next) && kind(one) > 0).collect()
}

/// Every number with every edge, in no order: there may be more than are wanted. Of a long stream the
/// first numbers count.
fn edges(streams: &[Vec<&[u8]>], random: &mut Random) -> Vec<(usize, usize, &'static [u8])> {
    const MANY: usize = 512;
    let tokens = streams.iter().enumerate().flat_map(|(stream, tokens)| {
        tokens.iter().enumerate().map(move |(at, token)| (stream, at, token))
    });
    let numbers: Vec<_> = tokens.filter(|(.., token)| number(token)).take(MANY).collect();
    let all = numbers
        .iter()
        .flat_map(|&(stream, at, _)| NUMBERS.iter().map(move |&edge| (stream, at, edge)));
    let mut all: Vec<_> = all.collect();
    for at in 1..all.len() {
        all.swap(at, random.below(at + 1));
    }
    all
}

fn number(token: &[u8]) -> bool {
    token.iter().all(u8::is_ascii_digit)
}

/// Numbers at the edges of their ranges, and such as are none to every reader.
const NUMBERS: &[&[u8]] = &[
    b"0",
    b"1",
    b"-1",
    b"+1",
    b"00",
    b"007",
    b" 1",
    b"1 ",
    b"",
    b"9",
    b"10",
    b"100",
    b"127",
    b"128",
    b"255",
    b"256",
    b"65535",
    b"65536",
    b"2147483647",
    b"2147483648",
    b"4294967295",
    b"4294967296",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551615",
    b"18446744073709551616",
    b"99999999999999999999",
    b"ffffffffffffffff",
    b"FFFFFFFF",
    b"1e9",
    b"0x10",
    b"1.5",
    b"-9223372036854775808",
];

/// Tokens that mean something to many protocols.
const TELLING: &[&[u8]] = &[
    b"\0",
    b"\x01",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\n\n",
    b"\t",
    b" ",
    b":",
    b";",
    b",",
    b".",
    b"\"",
    b"\\",
    b"\x1b",
    b"\xc0",
    b"\xdb",
    b"\x7d",
    b"\x7e",
    b"\xc3\xa9",
    b"\xe2\x82\xac",
    b"\xf0\x9f\x98\x80",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
];
