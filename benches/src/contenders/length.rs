//! Records behind their length in four bytes.

use std::hint::black_box;

use bytes::BytesMut;
use segue::length;
use tokio_util::codec::{Decoder, LengthDelimitedCodec};

use super::{names, ours, reader, see, see_owned};
use crate::{Contender, Group, corpus::Corpus};

/// The longest record that anybody takes: the default of segue and of tokio-util.
const MAX: usize = 8 * 1024 * 1024;

/// Those who read records behind their length; `payload` is the size of all records of `corpus`.
#[must_use]
pub fn length(payload: usize, corpus: &Corpus) -> Group<'_> {
    let input = &corpus.bytes[..];
    Group {
        name: format!("length/{payload}"),
        bytes: input.len(),
        records: corpus.count,
        contenders: vec![
            by_hand(input),
            ours::records(input, length::u32_be()),
            ours::step(input, length::u32_be()),
            nom(input),
            winnow(input),
            ours::owned(input, length::u32_be()),
            tokio_util(input),
            reader::by_hand(input, MAX, first),
            reader::connection(input, length::u32_be),
            reader::framed_read(input, LengthDelimitedCodec::new),
        ],
    }
}

fn by_hand(input: &[u8]) -> Contender<'_> {
    let max = black_box(MAX);
    Contender::new(names::FLOOR, move || {
        let (mut rest, mut count) = (input, 0);
        while let Some((record, behind)) = first(rest, max) {
            see(record);
            rest = behind;
            count += 1;
        }
        count
    })
}

/// The record in front, and what follows it.
#[inline]
fn first(input: &[u8], max: usize) -> Option<(&[u8], &[u8])> {
    let (header, behind) = input.split_first_chunk()?;
    let length = u32::from_be_bytes(*header) as usize;
    if length > max {
        return None;
    }
    behind.split_at_checked(length)
}

fn tokio_util(input: &[u8]) -> Contender<'_> {
    let mut codec = LengthDelimitedCodec::new();
    Contender::refilled(
        names::TOKIO_UTIL,
        BytesMut::new(),
        move |source| source.extend_from_slice(input),
        move |source| {
            let mut count = 0;
            while let Ok(Some(record)) = codec.decode(source) {
                see_owned(record);
                count += 1;
            }
            count
        },
    )
}

fn nom(input: &[u8]) -> Contender<'_> {
    use nom::{
        IResult, Parser, combinator::verify, error::Error, multi::length_data, number::be_u32,
    };

    fn record(input: &[u8], max: usize) -> IResult<&[u8], &[u8]> {
        let length = verify(be_u32::<_, Error<_>>(), |&length: &u32| length as usize <= max);
        length_data(length).parse(input)
    }

    let max = black_box(MAX);
    Contender::new(names::NOM, move || {
        let (mut rest, mut count) = (input, 0);
        while let Ok((behind, record)) = record(rest, max) {
            see(record);
            rest = behind;
            count += 1;
        }
        count
    })
}

fn winnow(input: &[u8]) -> Contender<'_> {
    use winnow::{
        ModalResult, Parser,
        binary::{be_u32, length_take},
        stream::Partial,
    };

    fn record<'i>(input: &mut Partial<&'i [u8]>, max: usize) -> ModalResult<&'i [u8]> {
        length_take(be_u32.verify(|&length: &u32| length as usize <= max)).parse_next(input)
    }

    let max = black_box(MAX);
    Contender::new(names::WINNOW, move || {
        let (mut rest, mut count) = (Partial::new(input), 0);
        while let Ok(record) = record(&mut rest, max) {
            see(record);
            count += 1;
        }
        count
    })
}
