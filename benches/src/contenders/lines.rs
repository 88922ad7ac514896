//! Lines that end in LF or in CRLF.

use std::{fmt::Display, hint::black_box};

use bytes::BytesMut;
use memchr::memchr;
use segue::separator;
use tokio_util::codec::{Decoder, LinesCodec};

#[cfg(target_arch = "x86_64")]
use super::lines_mask;
use super::{names, ours, reader, see, see_owned};
use crate::{Contender, Group, corpus::Corpus};

/// The longest line that anybody takes: segue's default.
const MAX: usize = 8 * 1024;

/// Those who read lines; `sizes` tells of the lines of `corpus`.
#[must_use]
pub fn lines(sizes: impl Display, corpus: &Corpus) -> Group<'_> {
    let input = &corpus.bytes[..];
    let mut contenders = vec![by_hand(input)];
    contenders.extend(by_masks(input));
    contenders.extend([
        ours::records(input, separator::line()),
        ours::step(input, separator::line()),
        nom(input),
        winnow(input),
        ours::owned(input, separator::line()),
        ours::strings(input, separator::line()),
        tokio_util(input),
        reader::by_hand(input, MAX, first),
        reader::connection(input, separator::line),
        reader::framed_read(input, codec),
    ]);
    Group { name: format!("lines/{sizes}"), bytes: input.len(), records: corpus.count, contenders }
}

fn by_hand(input: &[u8]) -> Contender<'_> {
    let max = black_box(MAX);
    Contender::new(names::FLOOR, move || {
        let (mut rest, mut count) = (input, 0);
        while let Some((line, behind)) = first(rest, max) {
            see(line);
            rest = behind;
            count += 1;
        }
        count
    })
}

/// None where the processor lacks what it takes.
fn by_masks(input: &[u8]) -> Option<Contender<'_>> {
    #[cfg(target_arch = "x86_64")]
    if lines_mask::is_there() {
        let max = black_box(MAX);
        return Some(Contender::new(names::MASK_FLOOR, move || lines_mask::count(input, max)));
    }
    let _ = input;
    None
}

/// The line in front, and what follows its end.
#[inline]
fn first(input: &[u8], max: usize) -> Option<(&[u8], &[u8])> {
    let (line, behind) = input.split_at_checked(memchr(b'\n', input)?)?;
    let line = without_cr(line);
    if line.len() > max {
        return None;
    }
    Some((line, behind.get(1..)?))
}

#[inline]
fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn codec() -> LinesCodec {
    LinesCodec::new_with_max_length(MAX)
}

fn tokio_util(input: &[u8]) -> Contender<'_> {
    let mut codec = codec();
    Contender::refilled(
        names::TOKIO_UTIL,
        BytesMut::new(),
        move |source| source.extend_from_slice(input),
        move |source| {
            let mut count = 0;
            while let Ok(Some(line)) = codec.decode(source) {
                see_owned(line);
                count += 1;
            }
            count
        },
    )
}

fn nom(input: &[u8]) -> Contender<'_> {
    use nom::{
        IResult, Parser,
        bytes::streaming::{tag, take_until},
        combinator::verify,
        sequence::terminated,
    };

    fn line(input: &[u8], max: usize) -> IResult<&[u8], &[u8]> {
        let content = terminated(take_until("\n"), tag("\n")).map(without_cr);
        verify(content, |line: &[u8]| line.len() <= max).parse(input)
    }

    let max = black_box(MAX);
    Contender::new(names::NOM, move || {
        let (mut rest, mut count) = (input, 0);
        while let Ok((behind, line)) = line(rest, max) {
            see(line);
            rest = behind;
            count += 1;
        }
        count
    })
}

fn winnow(input: &[u8]) -> Contender<'_> {
    use winnow::{ModalResult, Parser, combinator::terminated, stream::Partial, token::take_until};

    fn line<'i>(input: &mut Partial<&'i [u8]>, max: usize) -> ModalResult<&'i [u8]> {
        terminated(take_until(0.., b'\n'), b'\n')
            .map(without_cr)
            .verify(|line: &[u8]| line.len() <= max)
            .parse_next(input)
    }

    let max = black_box(MAX);
    Contender::new(names::WINNOW, move || {
        let (mut rest, mut count) = (Partial::new(input), 0);
        while let Ok(line) = line(&mut rest, max) {
            see(line);
            count += 1;
        }
        count
    })
}
