use futures::{StreamExt, executor::block_on};
use tokio_util::codec::LengthDelimitedCodec;

fn main() {
    // Frames are to be given out with their head, which their length counts.
    let framed = LengthDelimitedCodec::builder()
        .length_field_length(2)
        .length_adjustment(0)
        .num_skip(0)
        .new_read(&b"\x00\x00"[..]);
    println!("{} frames of two bytes, and more", block_on(framed.take(1_000_000).count()));
}
