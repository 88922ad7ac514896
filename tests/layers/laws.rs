//! Law L12, for the layers that there are.

use segue::{DecodeExt, Layer, combine::Paired, laws, length, separator};

use crate::{
    deflate::Deflate,
    numbered::{Numbered, QUESTION},
};

#[test]
fn of_the_toy() {
    let ask = |layer: &mut Numbered, wire: &mut segue::Output| layer.put(QUESTION, b"why", wire);
    let make = || (Numbered::default(), Numbered::default());
    laws::layers(make).left_asks(ask).right_asks(ask).check();
}

#[test]
fn of_compression() {
    laws::layers(|| (Deflate::new(), Deflate::new())).check();
    for data in [&b"\x03\x00behind"[..], b"\xff", b"", b"\x4b\x4c\x44\x03\x00"] {
        laws::layers(|| (Deflate::new(), Deflate::new())).fuzz(data);
    }
}

/// An empty chunk is the end.
fn ended() -> impl Layer {
    let chunks = length::u16_be().through(|chunk| chunk == [0, 0]);
    Paired::new(chunks, length::u16_be(), 1000).ending(|wire| wire.put(&[0, 0]))
}

/// Chunks up to wherever the wire ends.
fn unended() -> impl Layer {
    Paired::new(length::leb128(), length::leb128(), 300)
}

/// Chunks in COBS, whose frames end in a byte of 0 each.
fn stuffed() -> impl Layer {
    Paired::new(separator::cobs(), separator::cobs(), 700)
}

#[test]
fn of_pairs_with_an_end() {
    laws::layers(|| (ended(), ended())).check();
    for data in BYTES {
        laws::layers(|| (ended(), unended())).fuzz(data);
        laws::layers(|| (stuffed(), ended())).fuzz(data);
    }
}

#[test]
fn of_pairs_without_an_end() {
    laws::layers(|| (unended(), unended())).check();
    laws::layers(|| (stuffed(), stuffed())).check();
}

/// Well-formed and not, to one layer or the other.
const BYTES: [&[u8]; 5] = [b"\x00\x01a\x00\x00b", b"\x00\x01", b"\x00", b"", b"\x01a\x00\x80"];
