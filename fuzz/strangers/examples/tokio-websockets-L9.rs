use futures::{StreamExt, executor::block_on};
use std::io::Cursor;
use tokio_websockets::ClientBuilder;

fn main() {
    // The first fragment of a message whose rest never comes, whole and without its last byte.
    let fragment = b"\x01\x03one";
    for end in [5, 4] {
        let io = Cursor::new(fragment[..end].to_vec());
        let stream = ClientBuilder::new().take_over(io);
        println!("{end} bytes: {:?}", block_on(stream.collect::<Vec<_>>()));
    }
}
