//! LZ4 frames.

use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use segue_laws::Answer;
use std::io::{self, Read, Write};

use crate::{adapt, drive, entry::Entry};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "LZ4",
            "lz4_flex",
            "frame::FrameDecoder",
            || Box::new(adapt::blocking(FrameDecoder::new, piece)),
            |reads| drive::blocking(reads, FrameDecoder::new, piece),
        )
        .accepts([frame(b"hello, hello, hello, hello"), frame(b""), frame(&[b'a'; 300])])
        .refuses([&b"\x04\x22\x4d\x18\x00\x40\x00"[..]]),
    ]
}

/// A frame of the crate's own encoder.
fn frame(content: &[u8]) -> Vec<u8> {
    let mut encoder = FrameEncoder::new(Vec::new());
    let written = encoder.write_all(content).map(|()| encoder.finish());
    written.ok().and_then(Result::ok).unwrap_or_default()
}

fn piece<R: Read>(reader: &mut R) -> io::Result<Option<Answer>> {
    let mut room = [0; 64];
    let length = reader.read(&mut room)?;
    Ok((length > 0).then(|| Answer::Piece(room[..length].to_vec())))
}
