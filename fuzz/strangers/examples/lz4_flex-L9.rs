use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use std::io::{Read, Write};

fn main() {
    let mut encoder = FrameEncoder::new(Vec::new());
    encoder.write_all(b"hello").expect("a vector takes all");
    let frame = encoder.finish().expect("a frame");
    for length in 0..=frame.len() {
        let mut content = Vec::new();
        let read = FrameDecoder::new(&frame[..length]).read_to_end(&mut content);
        let read = read.map_err(|error| error.kind());
        println!("{length:2} of {} bytes: {read:?}", frame.len());
    }
}
