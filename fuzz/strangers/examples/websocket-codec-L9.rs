use futures::{StreamExt, executor::block_on};
use tokio_util::codec::FramedRead;
use websocket_codec::MessageCodec;

fn main() {
    // The first fragment of a message whose rest never comes, whole and without its last byte.
    let fragment = b"\x01\x03one";
    for end in [5, 4] {
        let framed = FramedRead::new(&fragment[..end], MessageCodec::client());
        println!("{end} bytes: {:?}", block_on(framed.collect::<Vec<_>>()));
    }
}
