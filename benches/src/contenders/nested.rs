//! Records inside the records of another stage.

use segue::{DecodeExt, length};

use super::{names, ours, reader, see};
use crate::{Contender, Group, corpus::Corpus};

/// Those who read records behind their length in four bytes, of `payload` bytes, out of a stream
/// that is carried in records behind their length in two bytes.
#[must_use]
pub fn nested(name: impl std::fmt::Display, corpus: &Corpus) -> Group<'_> {
    let input = &corpus.bytes[..];
    let stage = || length::u16_be().nested(length::u32_be());
    Group {
        name: format!("nested/{name}"),
        bytes: input.len(),
        records: corpus.count,
        contenders: vec![
            by_hand(input),
            ours::records(input, stage()),
            ours::step(input, stage()),
            reader::connection(input, stage),
        ],
    }
}

/// Joins the pieces in a vector, and goes through the records that are whole in it.
fn by_hand(input: &[u8]) -> Contender<'_> {
    let mut joined = Vec::new();
    Contender::new(names::FLOOR, move || {
        let (mut rest, mut count) = (input, 0);
        while let Some((piece, behind)) = piece(rest) {
            rest = behind;
            joined.extend_from_slice(piece);
            let mut inside = &joined[..];
            while let Some((record, behind)) = record(inside) {
                see(record);
                inside = behind;
                count += 1;
            }
            let consumed = joined.len() - inside.len();
            joined.drain(..consumed);
        }
        count
    })
}

fn piece(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, behind) = input.split_first_chunk()?;
    behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

fn record(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, behind) = input.split_first_chunk()?;
    behind.split_at_checked(u32::from_be_bytes(*length) as usize)
}
