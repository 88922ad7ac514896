//! A reference for the stages, written for plainness: whole streams, wide integers, no state.

use segue::laws::{End, Entry, FaultSeen, Trace, observe};
use segue::length::{self, Prefix, Prefixed};

use crate::{Kind, with_prefix};

/// The settings of a `Prefixed`.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) kind: Kind,
    pub(crate) offset: u16,
    pub(crate) adjust: i32,
    pub(crate) counts: Counts,
    pub(crate) strip: Option<usize>,
    pub(crate) max: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    Nothing,
    Itself,
    Header,
}

/// One thing seen of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Item(Vec<u8>),
    /// The cause by its `Debug`, where, and whether it is fatal.
    Fault(String, u64, bool),
    Done,
}

/// A record as the reference delimits it; counts of bytes.
pub(crate) struct Delimited {
    pub(crate) header: usize,
    pub(crate) rest: i128,
}

/// The result of a slow reader of the start of a prefix.
pub(crate) enum Read {
    Whole(i128, usize),
    Short,
    Bad(&'static str, usize),
}

impl Settings {
    /// All that the builder offers left as it is.
    pub(crate) fn plain(kind: Kind) -> Self {
        let (counts, strip, max) = (Counts::Nothing, None, length::Prefixed::<length::U8>::MAX);
        Self { kind, offset: 0, adjust: 0, counts, strip, max }
    }

    pub(crate) fn build<P: Prefix>(&self, prefix: P) -> Prefixed<P> {
        // The order of the calls must not matter: this one is not that of the documentation.
        let mut stage = length::prefixed(prefix).adjust(self.adjust);
        match self.counts {
            Counts::Nothing => {}
            Counts::Itself => stage = stage.counts_itself(),
            Counts::Header => stage = stage.counts_header(),
        }
        match self.strip {
            None => {}
            Some(0) => stage = stage.keep_header(),
            Some(bytes) => stage = stage.strip(bytes),
        }
        stage.offset(self.offset).max(self.max)
    }

    /// Runs the stage over `stream` cut at `cuts`.
    pub(crate) fn run(&self, stream: &[u8], cuts: &[usize]) -> Vec<Seen> {
        seen(with_prefix!(self.kind, prefix => observe(self.build(prefix), stream, cuts)))
    }

    /// Returns the bytes that the length of a record counts besides those behind the header, less
    /// the adjustment.
    fn extra(&self, size: usize) -> i128 {
        let counted = match self.counts {
            Counts::Nothing => 0,
            Counts::Itself => size,
            Counts::Header => usize::from(self.offset) + size,
        };
        counted as i128 - i128::from(self.adjust)
    }

    /// The length field of a record with `rest` bytes behind the header, if there is one.
    pub(crate) fn field(&self, rest: usize) -> Option<Vec<u8>> {
        (1..=21).find_map(|size| {
            let value = u64::try_from(rest as i128 + self.extra(size)).ok()?;
            self.kind.write(value).filter(|field| field.len() == size)
        })
    }

    /// A well-formed record with these bytes behind the header.
    pub(crate) fn record(&self, rest: &[u8]) -> Option<Vec<u8>> {
        let before = vec![0xee; usize::from(self.offset)];
        Some([before, self.field(rest.len())?, rest.to_vec()].concat())
    }

    /// The header of the record in front of `input`, and how much it says comes behind.
    pub(crate) fn delimit(&self, input: &[u8]) -> Result<Delimited, Seen> {
        let offset = usize::from(self.offset);
        let truncated = || Seen::Fault("Truncated".into(), input.len() as u64, true);
        match read(self.kind, input.get(offset..).ok_or_else(truncated)?) {
            Read::Short => Err(truncated()),
            Read::Bad(why, at) => {
                Err(Seen::Fault(format!("Stage({why})"), (offset + at) as u64, true))
            }
            Read::Whole(value, size) => {
                Ok(Delimited { header: offset + size, rest: value - self.extra(size) })
            }
        }
    }

    /// All that is in `stream`, by the book.
    pub(crate) fn expect(&self, stream: &[u8]) -> Vec<Seen> {
        let mut seen = Vec::new();
        let mut at = 0;
        loop {
            let input = &stream[at..];
            if input.is_empty() {
                seen.push(Seen::Done);
                return seen;
            }
            let field = u64::from(self.offset);
            let fault = match self.delimit(input) {
                Err(fault) => fault,
                Ok(Delimited { rest, .. }) if rest < 0 => {
                    Seen::Fault("Stage(TooSmall)".into(), field, true)
                }
                Ok(Delimited { rest, .. }) if rest > self.max.min(usize::MAX / 4) as i128 => {
                    Seen::Fault("TooLong".into(), field, true)
                }
                Ok(Delimited { header, rest }) => {
                    let whole = header + usize::try_from(rest).unwrap();
                    let strip = self.strip.unwrap_or(header);
                    match input.get(..whole) {
                        None => Seen::Fault("Truncated".into(), input.len() as u64, true),
                        Some(record) => {
                            seen.push(match record.get(strip..) {
                                Some(item) => Seen::Item(item.to_vec()),
                                None => {
                                    Seen::Fault("Stage(TooSmall)".into(), at as u64 + field, false)
                                }
                            });
                            at += whole;
                            continue;
                        }
                    }
                }
            };
            let Seen::Fault(cause, offset, fatal) = fault else { unreachable!() };
            seen.push(Seen::Fault(cause, at as u64 + offset, fatal));
            return seen;
        }
    }
}

/// Returns the part of a run that is compared.
pub(crate) fn seen(trace: Trace) -> Vec<Seen> {
    let fault = |fault: FaultSeen| Seen::Fault(fault.cause, fault.at, fault.fatal);
    let mut seen = Vec::new();
    for entry in trace.entries {
        seen.push(match entry {
            Entry::Bytes(bytes) => Seen::Item(bytes),
            Entry::Fault(recovered) => fault(recovered),
            other => panic!("a record is none of {other}"),
        });
    }
    seen.push(match trace.end {
        End::Done => Seen::Done,
        End::Fault(fatal) => fault(fatal),
        other => panic!("{other}"),
    });
    seen
}

/// Reads a prefix the slow way.
pub(crate) fn read(kind: Kind, bytes: &[u8]) -> Read {
    match kind {
        Kind::U8 => integer(bytes, 1, true),
        Kind::U16Be => integer(bytes, 2, true),
        Kind::U16Le => integer(bytes, 2, false),
        Kind::U24Be => integer(bytes, 3, true),
        Kind::U24Le => integer(bytes, 3, false),
        Kind::U32Be => integer(bytes, 4, true),
        Kind::U32Le => integer(bytes, 4, false),
        Kind::U64Be => integer(bytes, 8, true),
        Kind::U64Le => integer(bytes, 8, false),
        Kind::Leb128 => leb128(bytes, false),
        Kind::Leb128Padded => leb128(bytes, true),
        Kind::QuicVarint => quic_varint(bytes),
        Kind::Decimal => decimal(bytes),
        Kind::Ber => ber(bytes, true),
        Kind::Der => ber(bytes, false),
    }
}

fn integer(bytes: &[u8], size: usize, big: bool) -> Read {
    let Some(field) = bytes.get(..size) else { return Read::Short };
    let mut field = field.to_vec();
    if big {
        field.reverse();
    }
    Read::Whole(base256(&field), size)
}

/// The least significant byte first.
fn base256(bytes: &[u8]) -> i128 {
    bytes.iter().rev().fold(0, |value, &byte| value * 256 + i128::from(byte))
}

fn leb128(bytes: &[u8], padded: bool) -> Read {
    let Some(last) = bytes.iter().take(10).position(|byte| byte & 0x80 == 0) else {
        return if bytes.len() < 10 { Read::Short } else { Read::Bad("Overflow", 9) };
    };
    let value =
        bytes[..=last].iter().rev().fold(0, |value, byte| value * 128 + i128::from(byte & 0x7f));
    if value > i128::from(u64::MAX) {
        Read::Bad("Overflow", 9)
    } else if last > 0 && bytes[last] == 0 && !padded {
        Read::Bad("NotMinimal", last)
    } else {
        Read::Whole(value, last + 1)
    }
}

fn quic_varint(bytes: &[u8]) -> Read {
    let Some(&first) = bytes.first() else { return Read::Short };
    let size = [1, 2, 4, 8][usize::from(first / 64)];
    match integer(bytes, size, true) {
        Read::Whole(value, size) => Read::Whole(value % (1 << (8 * size - 2)), size),
        other => other,
    }
}

fn decimal(bytes: &[u8]) -> Read {
    let mut digits = String::new();
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b':' if at > 0 => return Read::Whole(digits.parse().unwrap(), at + 1),
            b'0'..=b'9' if digits == "0" => return Read::Bad("NotMinimal", at),
            b'0'..=b'9' => digits.push(char::from(byte)),
            _ => {
                // The stage names the byte; see `refusals`.
                return Read::Bad(Box::leak(format!("NotADigit({byte})").into_boxed_str()), at);
            }
        }
        if digits.parse::<i128>().unwrap() > i128::from(u64::MAX) {
            return Read::Bad("Overflow", at);
        }
    }
    Read::Short
}

fn ber(bytes: &[u8], padded: bool) -> Read {
    let Some(&first) = bytes.first() else { return Read::Short };
    let count = match first {
        0..0x80 => return Read::Whole(first.into(), 1),
        0x80 => return Read::Bad("Indefinite", 0),
        0xff => return Read::Bad("Reserved", 0),
        0x89.. => return Read::Bad("Overflow", 0),
        _ => usize::from(first) - 0x80,
    };
    match integer(&bytes[1..], count, true) {
        Read::Whole(value, _) if !padded && (value < 0x80 || bytes[1] == 0) => {
            Read::Bad("NotMinimal", 0)
        }
        Read::Whole(value, count) => Read::Whole(value, 1 + count),
        other => other,
    }
}
