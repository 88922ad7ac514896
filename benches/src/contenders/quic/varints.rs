//! Variable-length integers, one behind the other.

use std::hint::black_box;

use quinn_proto::coding::Codec;
use s2n_codec::DecoderBuffer;
use segue::{Buffer, Output, Step};
use segue_quic::{VarInt, VarInts};

use super::super::{names, note, ours::receive_again};
use crate::{Contender, Group, corpus::Corpus};

/// Those who read the integers of `corpus`, which are as the name `width` says.
#[must_use]
pub fn varints<'c>(width: &str, corpus: &'c Corpus) -> Group<'c> {
    let input = &corpus.bytes[..];
    Group {
        name: format!("quic-varint/{width}"),
        bytes: input.len(),
        records: corpus.count,
        contenders: vec![
            by_hand(input),
            all(input),
            next(input),
            taken(input),
            records(input),
            s2n(input),
            octets(input),
            quinn(input),
        ],
    }
}

/// Uses an integer, the same for all contenders.
#[inline]
fn see(value: u64) {
    note(&value.to_be_bytes());
    black_box(value);
}

/// By a branch on the length, as peers do.
fn by_hand(input: &[u8]) -> Contender<'_> {
    Contender::new(names::FLOOR, move || {
        let (mut rest, mut count) = (input, 0);
        loop {
            let value = match rest {
                [a @ 0..0x40, behind @ ..] => {
                    rest = behind;
                    u64::from(*a)
                }
                [a @ 0x40..0x80, b, behind @ ..] => {
                    rest = behind;
                    u64::from(u16::from_be_bytes([a & 0x3f, *b]))
                }
                [a @ 0x80..0xc0, b, c, d, behind @ ..] => {
                    rest = behind;
                    u64::from(u32::from_be_bytes([a & 0x3f, *b, *c, *d]))
                }
                [a @ 0xc0..=0xff, b, c, d, e, f, g, h, behind @ ..] => {
                    rest = behind;
                    u64::from_be_bytes([a & 0x3f, *b, *c, *d, *e, *f, *g, *h])
                }
                _ => return count,
            };
            see(value);
            count += 1;
        }
    })
}

fn taken(input: &[u8]) -> Contender<'_> {
    Contender::new(names::TAKE, move || {
        let (mut rest, mut count) = (input, 0);
        while let Some(value) = VarInt::take(&mut rest) {
            see(value.value());
            count += 1;
        }
        count
    })
}

fn all(input: &[u8]) -> Contender<'_> {
    Contender::new(names::ALL, move || {
        let mut count = 0;
        VarInt::all(input).for_each(|value| {
            see(value.value());
            count += 1;
        });
        count
    })
}

fn next(input: &[u8]) -> Contender<'_> {
    Contender::new(names::NEXT, move || {
        let mut count = 0;
        for value in VarInt::all(input) {
            see(value.value());
            count += 1;
        }
        count
    })
}

fn records(input: &[u8]) -> Contender<'_> {
    let (mut buffer, mut output) = (Buffer::from(input), Output::new());
    let mut stage = VarInts;
    Contender::new(names::RECORDS, move || {
        receive_again(&mut buffer, input.len());
        let mut records = buffer.records(&mut stage, false, &mut output);
        let mut count = 0;
        while let Ok(Step::Item(value)) = records.next() {
            see(value.value());
            count += 1;
        }
        count
    })
}

fn s2n(input: &[u8]) -> Contender<'_> {
    Contender::new(names::S2N, move || {
        let (mut rest, mut count) = (DecoderBuffer::new(input), 0);
        while let Ok((value, behind)) = rest.decode::<s2n_quic_core::varint::VarInt>() {
            see(value.as_u64());
            rest = behind;
            count += 1;
        }
        count
    })
}

fn octets(input: &[u8]) -> Contender<'_> {
    Contender::new(names::OCTETS, move || {
        let (mut rest, mut count) = (octets::Octets::with_slice(input), 0);
        while let Ok(value) = rest.get_varint() {
            see(value);
            count += 1;
        }
        count
    })
}

fn quinn(input: &[u8]) -> Contender<'_> {
    Contender::new(names::QUINN, move || {
        let (mut rest, mut count) = (input, 0);
        while let Ok(value) = quinn_proto::VarInt::decode(&mut rest) {
            see(value.into_inner());
            count += 1;
        }
        count
    })
}
