//! The head of a request that comes in small pieces.

use std::hint::black_box;

use memchr::memmem;
use segue::{Buffer, Decode, Framing, Output, Record, Step};
use segue_http1::RequestDecoder;

use super::http1::{see_request, with_httparse};
use super::names;
use crate::{Contender, Group};

/// Those who are given `head` in pieces of `piece` bytes, and ask after each whether it is whole.
///
/// Two of them gather the pieces as they come, two are shown more and more of what is there.
#[must_use]
pub fn http1_dribble<'i>(name: &str, piece: usize, head: &'i [u8]) -> Group<'i> {
    Group {
        name: format!("http1-dribble/{name}/{piece}"),
        bytes: head.len(),
        records: 1,
        contenders: vec![
            by_hand(piece, head),
            step(piece, head),
            shown(piece, head),
            stage(piece, head),
        ],
    }
}

/// Looks for the end where it has not yet looked, and has httparse read the head once.
fn by_hand(piece: usize, head: &[u8]) -> Contender<'_> {
    let mut held = Vec::new();
    Contender::new(names::FLOOR, move || {
        let (mut searched, mut count) = (0, 0);
        for piece in black_box(head).chunks(piece) {
            held.extend_from_slice(piece);
            count += usize::from(is_whole(&held, &mut searched));
        }
        held.clear();
        count
    })
}

fn step(piece: usize, head: &[u8]) -> Contender<'_> {
    let (mut buffer, mut output) = (Buffer::new(), Output::new());
    let mut stage = RequestDecoder::new();
    Contender::new(names::STEP, move || {
        let mut count = 0;
        for piece in black_box(head).chunks(piece) {
            buffer.extend(piece);
            if let Ok(Step::Item(request)) = buffer.step(&mut stage, false, &mut output) {
                count += usize::from(see_request(&request, false));
            }
        }
        stage.begin_again();
        count
    })
}

/// As by hand, without gathering.
fn shown(piece: usize, head: &[u8]) -> Contender<'_> {
    Contender::new(names::SHOWN, move || {
        let (mut searched, mut count) = (0, 0);
        for end in ends(piece, head) {
            count += usize::from(is_whole(black_box(&head[..end]), &mut searched));
        }
        count
    })
}

/// The stage without a buffer.
fn stage(piece: usize, head: &[u8]) -> Contender<'_> {
    let (mut bytes, mut stage) = (head.to_vec(), RequestDecoder::new());
    Contender::new(names::STAGE, move || {
        let mut count = 0;
        for end in ends(piece, head) {
            let input = black_box(&mut bytes[..end]);
            if let Ok(Framing::Record(length)) = stage.frame(input, false)
                && let Ok(request) = stage.parse(Record::from(&mut input[..length]))
            {
                count += usize::from(see_request(&request, false));
            }
        }
        stage.begin_again();
        count
    })
}

fn ends(piece: usize, head: &[u8]) -> impl Iterator<Item = usize> {
    let length = head.len();
    (piece..length + piece).step_by(piece).map(move |end| end.min(length))
}

#[inline]
fn is_whole(held: &[u8], searched: &mut usize) -> bool {
    if memmem::find(&held[*searched..], b"\r\n\r\n").is_some() {
        return with_httparse(held, false);
    }
    *searched = held.len().saturating_sub(3);
    false
}
