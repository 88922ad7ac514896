//! Segments of a stream, put in order (RFC 9000 §2.2).
//!
//! A pass is a stream of its own: what its reader can have after a segment it takes at once. The
//! reassembler of quinn-proto is private, and so is not here.

use std::hint::black_box;

use s2n_quic_core::{buffer::Reassembler as Peer, varint::VarInt};
use segue::Buffer;
use segue_quic::stream::{ConnectionWindow, Reassembler, ReceiveStream};

use super::super::{names, note};
use crate::{Contender, Group};

/// The orders in which segments come.
pub const ORDERS: [Order; 5] =
    [Order::InOrder, Order::Lossy, Order::Reversed, Order::Random, Order::EveryOtherByte];

/// In which order the segments of a stream come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// One behind the other.
    InOrder,
    /// As that, but each tenth comes eight later than it should.
    Lossy,
    /// The last one first.
    Reversed,
    /// In any order.
    Random,
    /// Single bytes at every other offset, and then all that is missing.
    EveryOtherByte,
}

impl Order {
    /// Returns the name in the names of groups.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InOrder => "in-order",
            Self::Lossy => "lossy",
            Self::Reversed => "reversed",
            Self::Random => "random",
            Self::EveryOtherByte => "every-other-byte",
        }
    }

    /// The segments of a stream of `length` bytes, in their order: where each begins and ends.
    #[must_use]
    pub fn segments(self, length: usize) -> Vec<(usize, usize)> {
        if self == Self::EveryOtherByte {
            let mut segments: Vec<_> = (1..length).step_by(2).map(|at| (at, at + 1)).collect();
            segments.push((0, length));
            return segments;
        }
        let ends = |at: usize| (at, (at + SEGMENT).min(length));
        let mut segments: Vec<_> = (0..length).step_by(SEGMENT).map(ends).collect();
        match self {
            Self::InOrder | Self::EveryOtherByte => {}
            Self::Lossy => {
                segments
                    .chunks_mut(10)
                    .for_each(|chunk| chunk.rotate_left(usize::from(chunk.len() > 1)));
            }
            Self::Reversed => segments.reverse(),
            Self::Random => {
                // Knuth's MMIX generator.
                let mut random = 1_u64;
                for last in (1..segments.len()).rev() {
                    random = random
                        .wrapping_mul(0x5851_f42d_4c95_7f2d)
                        .wrapping_add(0x1405_7b7e_f767_814f);
                    let other = usize::try_from(random >> 33).unwrap_or(0) % (last + 1);
                    segments.swap(last, other);
                }
            }
        }
        segments
    }
}

/// Those who put a stream in order of which segments come in this `order`.
#[must_use]
pub fn reassembly<'c>(order: Order, stream: &'c [u8]) -> Group<'c> {
    let segments = order.segments(stream.len());
    Group {
        name: format!("quic-reassembly/{}", order.name()),
        bytes: stream.len(),
        records: segments.len(),
        contenders: vec![
            flat(stream, segments.clone()),
            reassembler(stream, segments.clone()),
            receive_stream(stream, segments.clone()),
            s2n(stream, segments),
        ],
    }
}

/// Copies each segment to its place, and knows nothing of what is missing.
fn flat(stream: &[u8], segments: Vec<(usize, usize)>) -> Contender<'_> {
    let mut place = vec![0; stream.len()];
    Contender::new(names::FLAT, move || {
        for &(from, to) in &segments {
            place[from..to].copy_from_slice(&stream[from..to]);
            black_box(&mut place);
        }
        saw(&place);
        segments.len()
    })
}

fn reassembler(stream: &[u8], segments: Vec<(usize, usize)>) -> Contender<'_> {
    Contender::new(names::REASSEMBLER, move || {
        let (mut order, mut buffer) = (Reassembler::new(), Buffer::new());
        for &(from, to) in &segments {
            if order.write(from as u64, &stream[from..to], &mut buffer) > 0 {
                black_box(buffer.as_slice());
                saw(buffer.as_slice());
                buffer.consume(buffer.len());
            }
        }
        segments.len()
    })
}

fn receive_stream(stream: &[u8], segments: Vec<(usize, usize)>) -> Contender<'_> {
    Contender::new(names::RECEIVE_STREAM, move || {
        let mut connection = ConnectionWindow::new(1 << 20);
        let mut order = ReceiveStream::new(stream.len() as u64, &connection);
        for &(from, to) in &segments {
            let fin = to == stream.len();
            if order.receive(from as u64, &stream[from..to], fin, &mut connection) == Ok(true) {
                let (buffer, _) = order.parts();
                black_box(buffer.as_slice());
                saw(buffer.as_slice());
                buffer.consume(buffer.len());
                black_box(order.settle(&mut connection));
            }
        }
        segments.len()
    })
}

fn s2n(stream: &[u8], segments: Vec<(usize, usize)>) -> Contender<'_> {
    Contender::new(names::S2N, move || {
        let mut order = Peer::new();
        for &(from, to) in &segments {
            let at = VarInt::try_from(from).unwrap_or(VarInt::MAX);
            if order.write_at(at, &stream[from..to]).is_err() {
                return 0;
            }
            while let Some(chunk) = order.pop() {
                black_box(&chunk[..]);
                saw(&chunk);
            }
        }
        segments.len()
    })
}

/// Tells a test that a contender has seen the end of the stream; the chunks that they see it in
/// differ.
fn saw(bytes: &[u8]) {
    if let Some(last) = bytes.last().filter(|last| **last == LAST) {
        note(&[*last]);
    }
}

/// A stream of `length` bytes of which the last one alone is `LAST`.
#[must_use]
pub fn stream(length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = b"the quick brown fox jumps over the lazy dog "
        .iter()
        .copied()
        .cycle()
        .take(length)
        .collect();
    if let Some(last) = bytes.last_mut() {
        *last = LAST;
    }
    bytes
}

/// The last byte of a stream, which is nowhere else in it.
const LAST: u8 = b'.';

/// Bytes of a segment: what is left for data in a datagram of 1200 bytes.
const SEGMENT: usize = 1157;
