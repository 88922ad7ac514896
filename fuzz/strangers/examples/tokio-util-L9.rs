use futures::{StreamExt, executor::block_on};
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};

fn main() {
    // A frame of two bytes, and a second one that is cut off further and further behind.
    let stream = b"\0\0\0\x02hi\0\0\0\x05he";
    for end in [9, 10, 11] {
        let framed = FramedRead::new(&stream[..end], LengthDelimitedCodec::new());
        println!("{end:2} bytes: {:?}", block_on(framed.collect::<Vec<_>>()));
    }
}
