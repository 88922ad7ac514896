//! The distance that sent data refers back, seen by an inflater that is slow and plainly right (RFC
//! 1951).

use segue::{Encode, Output};
use segue_websocket::{Deflate, Outgoing};

use super::opened;

/// Reads bits, the lowest first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> usize {
        (0..count).fold(0, |value, i| value | self.one() << i)
    }

    fn one(&mut self) -> usize {
        let bit = self.bytes[self.at / 8] >> (self.at % 8) & 1;
        self.at += 1;
        bit.into()
    }
}

/// A Huffman code, by the lengths of its words.
fn decode(bits: &mut Bits<'_>, lengths: &[u8]) -> usize {
    let (mut code, mut first, mut index) = (0_usize, 0_usize, 0_usize);
    for length in 1..=15_u8 {
        code |= bits.one();
        let mut words = (0..lengths.len()).filter(|&word| lengths[word] == length);
        let count = words.clone().count();
        if code < first + count {
            return words.nth(code - first).unwrap();
        }
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    panic!("no word of {index} begins so");
}

/// Inflates `bytes` behind `history`. Returns the farthest distance that they refer back.
fn inflate(bytes: &[u8], history: &mut Vec<u8>) -> usize {
    const LENGTHS: [(usize, usize); 29] = [
        (3, 0),
        (4, 0),
        (5, 0),
        (6, 0),
        (7, 0),
        (8, 0),
        (9, 0),
        (10, 0),
        (11, 1),
        (13, 1),
        (15, 1),
        (17, 1),
        (19, 2),
        (23, 2),
        (27, 2),
        (31, 2),
        (35, 3),
        (43, 3),
        (51, 3),
        (59, 3),
        (67, 4),
        (83, 4),
        (99, 4),
        (115, 4),
        (131, 5),
        (163, 5),
        (195, 5),
        (227, 5),
        (258, 0),
    ];
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let mut bits = Bits { bytes, at: 0 };
    let mut farthest = 0;
    // The tail that was left out is not there: the last block begins in the last byte.
    while bits.at + 8 <= 8 * bytes.len() {
        assert_eq!(bits.take(1), 0, "no block ends the stream");
        let (literals, distances) = match bits.take(2) {
            0 => {
                bits.at = bits.at.next_multiple_of(8);
                if bits.at / 8 + 4 > bytes.len() {
                    break;
                }
                let length = bits.take(16);
                assert_eq!(bits.take(16), length ^ 0xFFFF);
                (0..length).for_each(|_| history.push(u8::try_from(bits.take(8)).unwrap()));
                continue;
            }
            1 => {
                let fixed = |word| match word {
                    0..=143 => 8,
                    144..=255 => 9,
                    256..=279 => 7,
                    _ => 8,
                };
                ((0..288).map(fixed).collect(), vec![5; 30])
            }
            2 => {
                let (literals, distances) = (bits.take(5) + 257, bits.take(5) + 1);
                let mut of_lengths = [0; 19];
                let count = bits.take(4) + 4;
                for at in &ORDER[..count] {
                    of_lengths[*at] = u8::try_from(bits.take(3)).unwrap();
                }
                let mut lengths: Vec<u8> = Vec::new();
                while lengths.len() < literals + distances {
                    let (length, times) = match decode(&mut bits, &of_lengths) {
                        16 => (*lengths.last().unwrap(), 3 + bits.take(2)),
                        17 => (0, 3 + bits.take(3)),
                        18 => (0, 11 + bits.take(7)),
                        length => (u8::try_from(length).unwrap(), 1),
                    };
                    lengths.extend(std::iter::repeat_n(length, times));
                }
                let distances = lengths.split_off(literals);
                (lengths, distances)
            }
            kind => panic!("block of kind {kind}"),
        };
        loop {
            let length = match decode(&mut bits, &literals) {
                literal @ 0..=255 => {
                    history.push(u8::try_from(literal).unwrap());
                    continue;
                }
                256 => break,
                word => {
                    let (base, extra) = LENGTHS[word - 257];
                    base + bits.take(extra)
                }
            };
            let word = decode(&mut bits, &distances);
            let extra = (word / 2).saturating_sub(1);
            let base = if word < 2 { word } else { (2 + word % 2) << extra };
            let distance = 1 + base + bits.take(extra);
            farthest = farthest.max(distance);
            (0..length).for_each(|_| history.push(history[history.len() - distance]));
        }
    }
    farthest
}

#[test]
fn nothing_refers_further_back_than_the_window() {
    // Words that repeat at every distance.
    let sample: Vec<u8> =
        (0..2500_u32).flat_map(|i| format!("{:x} ", i * i % 997).into_bytes()).collect();
    for bits in 8..=15 {
        for level in [1, 2, 4, 6, 9] {
            let terms = Deflate::new().server_max_window_bits(bits).level(level).threshold(0);
            let (_, mut writer) = opened(terms, Deflate::new()).0.halves();
            let (mut history, mut sent, mut farthest) = (Vec::new(), Vec::new(), 0);
            for part in sample.chunks(3000) {
                let mut output = Output::new();
                writer.encode(Outgoing::Binary(part), &mut output).unwrap();
                let frame = output.to_vec();
                assert_eq!((frame[0], frame[1] & 0x80), (0xC2, 0));
                let header = if frame[1] == 126 { 4 } else { 2 };
                farthest = farthest.max(inflate(&frame[header..], &mut history));
                sent.extend(part);
            }
            assert!(history == sent, "{bits} bits, level {level}: it inflates to something else");
            assert!(farthest <= 1 << bits, "{bits} bits, level {level}: {farthest} bytes back");
            let telling = bits > 12 || farthest > 1 << (bits - 2);
            assert!(telling, "the sample says nothing at {bits} bits");
        }
    }
}
