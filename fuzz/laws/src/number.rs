//! Numbers in a stream that say how long something is, found by trying.
//!
//! A record with its length in front cannot be made longer by repeating a part of it. So each place
//! where a number may be is read in each way in which formats write one; a byte more behind it and
//! a number greater by one are given to the parser; and what it takes for as many items as before is
//! a record that can be made as long as is wanted.

use crate::{
    memory::varint,
    questions::Bench,
    run::{Plan, Seen},
    stretch::Stretched,
};

/// A number in the front of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number {
    at: usize,
    width: usize,
    value: usize,
    way: Way,
}

/// The way in which a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Big(usize),
    Little(usize),
    Varint,
    Decimal,
    Hexadecimal,
}

/// The widest come first: of a number in four bytes the last one looks like one by itself.
const WAYS: [Way; 11] = [
    Way::Big(8),
    Way::Little(8),
    Way::Big(4),
    Way::Little(4),
    Way::Big(3),
    Way::Big(2),
    Way::Little(2),
    Way::Decimal,
    Way::Hexadecimal,
    Way::Varint,
    Way::Big(1),
];

impl Number {
    /// Reads a number at this place, in this way.
    fn read(stream: &[u8], at: usize, way: Way) -> Option<Self> {
        let rest = &stream[at..];
        let (value, width) = match way {
            Way::Big(width) => {
                let bytes = rest.get(..width)?;
                (bytes.iter().try_fold(0_usize, |value, &byte| shifted(value, byte))?, width)
            }
            Way::Little(width) => {
                let bytes = rest.get(..width)?;
                (bytes.iter().rev().try_fold(0_usize, |value, &byte| shifted(value, byte))?, width)
            }
            Way::Varint => (usize::from(*rest.first().filter(|byte| **byte < 0x80)?), 1),
            Way::Decimal | Way::Hexadecimal => {
                let radix = if way == Way::Decimal { 10 } else { 16 };
                let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
                let width = rest.iter().take(8).take_while(is_digit).count();
                // The whole of it, and not its end.
                if at > 0 && is_digit(&&stream[at - 1]) {
                    return None;
                }
                let digits = str::from_utf8(&rest[..width]).ok()?;
                (usize::from_str_radix(digits, radix).ok()?, width)
            }
        };
        // A number beyond the stream's length is none of its lengths.
        (value <= stream.len()).then_some(Self { at, width, value, way })
    }

    /// Returns by how much the number can grow, at most a gigabyte.
    pub(crate) fn room(&self) -> usize {
        const MOST: usize = 1 << 30;
        match self.way {
            Way::Big(width) | Way::Little(width) if width < 4 => {
                ((1 << (8 * width)) - 1 - self.value).min(MOST)
            }
            _ => MOST,
        }
    }

    /// The front of the stream with a number that is greater by so much.
    pub(crate) fn raised(&self, front: &[u8], by: usize) -> Vec<u8> {
        let value = self.value + by;
        let wide = (value as u64).to_be_bytes();
        let number = match self.way {
            Way::Big(width) => wide[8 - width..].to_vec(),
            Way::Little(width) => wide.iter().rev().take(width).copied().collect(),
            Way::Varint => varint(u32::try_from(value).unwrap_or(u32::MAX)),
            Way::Decimal => value.to_string().into_bytes(),
            Way::Hexadecimal => format!("{value:x}").into_bytes(),
        };
        [&front[..self.at], &number, &front[self.at + self.width..]].concat()
    }
}

fn shifted(value: usize, byte: u8) -> Option<usize> {
    (value < 1 << 40).then_some(value << 8 | usize::from(byte))
}

/// Returns the records of a valid stream that can be made longer together with a number in front of
/// them.
pub(crate) fn lengthened(bench: &Bench<'_>, seed: &[u8]) -> Vec<Stretched> {
    /// Formats have their lengths in front; of more records than this no more is learnt.
    const PLACES: usize = 12;
    const FOUND: usize = 3;
    /// Behind the number, its payload ends here if anywhere.
    const BEHIND: usize = 24;
    let whole = bench.run(Plan::new(seed, &[])).seen;
    let mut found: Vec<Stretched> = Vec::new();
    if !whole.proper() || seed.len() > 512 {
        return found;
    }
    for at in 0..seed.len().min(PLACES) {
        for way in WAYS {
            let Some(number) = Number::read(seed, at, way) else { continue };
            let behind = at + number.width;
            let seen = found.iter().any(|known| {
                known.number.as_ref().is_some_and(|known| known.at + known.width == behind)
            });
            if seen || found.len() == FOUND {
                continue;
            }
            // The end of the payload by the number, and otherwise where it may be.
            let end = behind + number.value;
            let ends = (behind..=seed.len().min(behind + BEHIND)).filter(|&other| other != end);
            let longer = [end].into_iter().filter(|&end| end <= seed.len()).chain(ends);
            found.extend(longer.map(|end| at_end(seed, &number, end)).find(|longer| {
                [1, 40].iter().all(|more| taken_alike(bench, &whole, longer, seed.len() + more))
            }));
        }
    }
    found
}

/// The record that is made longer here.
fn at_end(seed: &[u8], number: &Number, end: usize) -> Stretched {
    let last = seed[..end].last().copied().filter(|_| number.value > 0).unwrap_or(b'a');
    let number = Some(number.clone());
    Stretched { number, ..Stretched::new(&seed[..end], &[last], &seed[end..]) }
}

/// Returns whether the longer stream is taken for as many items.
fn taken_alike(bench: &Bench<'_>, whole: &Seen, longer: &Stretched, length: usize) -> bool {
    let stream = longer.fill(length);
    let seen = bench.run(Plan::new(&stream, &[])).seen;
    seen.proper() && seen.said.len() == whole.said.len() && seen.said != whole.said
}
