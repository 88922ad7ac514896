//! HPACK as RFC 7541 tells it, slowly: a list of owned fields, Huffman code by searching, integers by
//! the loop of §5.1. It shares nothing with the crate but the codes of a sample that it learns.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::collections::{HashMap, VecDeque};

pub(crate) type Owned = (Vec<u8>, Vec<u8>);

/// The codes of the symbols as strings of 0 and 1, learned from what the crate writes for each alone
/// and checked to be a prefix code: no code is the beginning of another.
pub(crate) fn codes() -> HashMap<Vec<bool>, u8> {
    let mut codes = HashMap::new();
    for symbol in 0..=255_u8 {
        // Eight of them fill whole bytes, so there is no padding; between 64 zeros, which take 40
        // bytes, and 8 more even the longest codes are written.
        let mut block = vec![];
        let value = [&[b'0'; 64][..], &[symbol; 8], &[b'0'; 8]].concat();
        let field = segue_http::Field { name: b"x", value: &value, flags: 1 };
        let mut encoder = segue_http2::hpack::Encoder::new(4096);
        if encoder.encode([field], &mut block).is_err() {
            continue;
        }
        // 0001 0000, the name, the length, the string.
        let (length, text) = (block[3], &block[4..]);
        assert_eq!(usize::from(length), text.len() + 0x80);
        let text = &text[40..text.len() - 5];
        let bits: Vec<_> = bits(text).collect();
        codes.insert(bits[..bits.len() / 8].to_vec(), symbol);
    }
    for code in codes.keys() {
        assert!((1..code.len()).all(|length| !codes.contains_key(&code[..length])));
    }
    codes
}

fn bits(bytes: &[u8]) -> impl Iterator<Item = bool> {
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1 == 1))
}

/// A decoder of blocks that are well-formed.
pub(crate) struct Slow {
    codes: HashMap<Vec<bool>, u8>,
    pub(crate) table: VecDeque<Owned>,
    max: usize,
}

impl Slow {
    pub(crate) fn new(codes: HashMap<Vec<bool>, u8>) -> Self {
        Self { codes, table: VecDeque::new(), max: 4096 }
    }

    pub(crate) fn size(&self) -> usize {
        self.table.iter().map(|(name, value)| 32 + name.len() + value.len()).sum()
    }

    fn evict(&mut self) {
        while self.size() > self.max {
            self.table.pop_back();
        }
    }

    pub(crate) fn decode(&mut self, block: &[u8]) -> Vec<Owned> {
        let (mut rest, mut fields) = (block, vec![]);
        while let Some(&first) = rest.first() {
            if first & 0x80 != 0 {
                let index = integer(&mut rest, 7);
                fields.push(self.entry(index));
            } else if first & 0xe0 == 0x20 {
                assert!(fields.is_empty(), "a size behind a field");
                self.max = integer(&mut rest, 5);
                self.evict();
            } else {
                let index = integer(&mut rest, if first & 0x40 != 0 { 6 } else { 4 });
                let name = if index == 0 { self.text(&mut rest) } else { self.entry(index).0 };
                let value = self.text(&mut rest);
                fields.push((name.clone(), value.clone()));
                if first & 0x40 != 0 {
                    self.table.push_front((name, value));
                    self.evict();
                }
            }
        }
        fields
    }

    fn entry(&self, index: usize) -> Owned {
        match index.checked_sub(62) {
            Some(dynamic) => self.table[dynamic].clone(),
            None => {
                let (name, value) = STATIC[index - 1];
                (name.as_bytes().to_vec(), value.as_bytes().to_vec())
            }
        }
    }

    fn text(&self, rest: &mut &[u8]) -> Vec<u8> {
        let is_huffman = rest[0] & 0x80 != 0;
        let length = integer(rest, 7);
        let (text, behind) = rest.split_at(length);
        *rest = behind;
        if !is_huffman {
            return text.to_vec();
        }
        let (mut decoded, mut code) = (vec![], vec![]);
        for bit in bits(text) {
            code.push(bit);
            if let Some(symbol) = self.codes.get(&code) {
                decoded.push(*symbol);
                code.clear();
            }
        }
        assert!(code.len() < 8 && code.iter().all(|bit| *bit), "padding");
        decoded
    }
}

fn integer(rest: &mut &[u8], prefix: u32) -> usize {
    let mut take = || {
        let (first, behind) = rest.split_first().expect("the block goes on");
        *rest = behind;
        usize::from(*first)
    };
    let most = (1 << prefix) - 1;
    let mut value = take() & most;
    if value == most {
        for shift in (0..).step_by(7) {
            let byte = take();
            value += (byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    value
}

/// RFC 7541 Appendix A.
#[rustfmt::skip]
const STATIC: [(&str, &str); 61] = [
    (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"),
    (":path", "/index.html"), (":scheme", "http"), (":scheme", "https"), (":status", "200"),
    (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
    (":status", "404"), (":status", "500"), ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""),
    ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""),
    ("authorization", ""), ("cache-control", ""), ("content-disposition", ""),
    ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
    ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""),
    ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""),
    ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
    ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""),
    ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""),
    ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""),
    ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""),
    ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
];
