//! A long line that comes in small pieces.

use bytes::BytesMut;
use memchr::memchr;
use segue::{Buffer, Output, Step, separator};
use tokio_util::codec::{Decoder, LinesCodec};

use super::{names, see, see_owned};
use crate::{Contender, Group};

/// The longest line that anybody takes.
const MAX: usize = 1024 * 1024;

/// Those who are given `line` in pieces of `piece` bytes and look for its end after each.
#[must_use]
pub fn dribble(piece: usize, line: &[u8]) -> Group<'_> {
    Group {
        name: format!("dribble/{}k/{piece}", line.len() / 1024),
        bytes: line.len(),
        records: 1,
        contenders: vec![
            by_hand(piece, line),
            step(names::STEP, piece, line),
            tokio_util(piece, line),
            rescan(piece, line),
        ],
    }
}

/// A stage that is given `short`, and then `long`, 16 bytes at a time: how the time grows with the line.
#[must_use]
pub fn growth<'i>(short: &'i [u8], long: &'i [u8]) -> Group<'i> {
    Group {
        name: "growth".to_owned(),
        bytes: short.len(),
        records: 1,
        contenders: vec![step(names::LINE_64K, 16, short), step(names::LINE_256K, 16, long)],
    }
}

/// Remembers how far it has looked.
fn by_hand(piece: usize, line: &[u8]) -> Contender<'_> {
    let mut held = Vec::new();
    Contender::new(names::FLOOR, move || {
        let (mut searched, mut count) = (0, 0);
        for piece in line.chunks(piece) {
            held.extend_from_slice(piece);
            if let Some(at) = memchr(b'\n', &held[searched..]) {
                see(&held[..searched + at]);
                count += 1;
                held.clear();
            }
            searched = held.len();
        }
        count
    })
}

fn step<'i>(name: &'static str, piece: usize, line: &'i [u8]) -> Contender<'i> {
    let (mut buffer, mut output) = (Buffer::new(), Output::new());
    let mut stage = separator::line().max(MAX);
    Contender::new(name, move || {
        let mut count = 0;
        for piece in line.chunks(piece) {
            buffer.extend(piece);
            if let Ok(Step::Item(record)) = buffer.step(&mut stage, false, &mut output) {
                see(&record);
                count += 1;
            }
        }
        count
    })
}

fn tokio_util(piece: usize, line: &[u8]) -> Contender<'_> {
    let mut codec = LinesCodec::new_with_max_length(MAX);
    let mut source = BytesMut::new();
    Contender::new(names::TOKIO_UTIL, move || {
        let mut count = 0;
        for piece in line.chunks(piece) {
            source.extend_from_slice(piece);
            if let Ok(Some(line)) = codec.decode(&mut source) {
                see_owned(line);
                count += 1;
            }
        }
        count
    })
}

/// The version that is easily written, and quadratic.
fn rescan(piece: usize, line: &[u8]) -> Contender<'_> {
    let mut held = Vec::new();
    Contender::new(names::RESCAN, move || {
        let mut count = 0;
        for piece in line.chunks(piece) {
            held.extend_from_slice(piece);
            if let Some(at) = memchr(b'\n', &held) {
                see(&held[..at]);
                count += 1;
                held.clear();
            }
        }
        count
    })
}
