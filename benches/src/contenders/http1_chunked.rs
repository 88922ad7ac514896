//! Bodies in chunks.

use std::hint::black_box;

use memchr::memchr;
use segue::{Buffer, Output, Step};
use segue_http1::{BodyPart, ChunkedBody};

use super::{names, note, ours::receive_again, see};
use crate::{Contender, Group, corpus::Corpus};

/// Those who take the data out of chunks of `chunk` bytes each; `corpus` is a whole body.
#[must_use]
pub fn http1_chunked(chunk: usize, corpus: &Corpus) -> Group<'_> {
    let input = &corpus.bytes[..];
    Group {
        name: format!("http1-chunked/{chunk}"),
        bytes: input.len(),
        records: corpus.count,
        contenders: vec![by_hand(input), looked_at(chunk, corpus), step(input)],
    }
}

/// Takes a body for a good one: sizes in lower case, no extensions, no trailers.
fn by_hand(input: &[u8]) -> Contender<'_> {
    Contender::new(names::FLOOR, move || {
        let (mut rest, mut count) = (black_box(input), 0);
        while let Some((size, data)) = sized(rest) {
            let Some((data, [b'\r', b'\n', behind @ ..])) = data.split_at_checked(size) else {
                break;
            };
            if data.is_empty() {
                break;
            }
            see(data);
            rest = behind;
            count += 1;
        }
        count
    })
}

/// The size in front of a chunk, and what follows the line with it.
#[inline]
fn sized(input: &[u8]) -> Option<(usize, &[u8])> {
    let mut size = 0usize;
    for (at, byte) in input.iter().enumerate() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'\r' if input.get(at + 1) == Some(&b'\n') => return Some((size, &input[at + 2..])),
            _ => return None,
        };
        if size >> (usize::BITS - 4) != 0 {
            return None;
        }
        size = size << 4 | usize::from(digit);
    }
    None
}

/// Looks at every byte once, for one that is not there, and so at the speed of memory.
fn looked_at(chunk: usize, corpus: &Corpus) -> Contender<'_> {
    let input = &corpus.bytes[..];
    let line = format!("{chunk:x}\r\n").len();
    Contender::new(names::MEMCHR, move || {
        black_box(memchr(0, black_box(input)));
        for record in input.chunks(line + chunk + 2).take(corpus.count) {
            note(&record[line..line + chunk]);
        }
        corpus.count
    })
}

fn step(input: &[u8]) -> Contender<'_> {
    let (mut buffer, mut output) = (Buffer::from(input), Output::new());
    Contender::new(names::STEP, move || {
        receive_again(black_box(&mut buffer), input.len());
        let (mut stage, mut count) = (ChunkedBody::new(), 0);
        while let Ok(Step::Item(part)) = buffer.step(&mut stage, false, &mut output) {
            if let BodyPart::Piece(piece) = part {
                see(&piece);
                count += 1;
            }
        }
        count
    })
}
