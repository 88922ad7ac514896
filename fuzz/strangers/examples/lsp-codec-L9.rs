use futures::{StreamExt, executor::block_on};
use lsp_codec::LspCodec;
use tokio_util_06::codec::FramedRead;

fn main() {
    // The stream ends behind the first line, in the second one, and behind the whole header.
    let stream = b"Content-Length: 2\r\n\r\n{}";
    for end in [19, 20, 21, 23] {
        let framed = FramedRead::new(&stream[..end], LspCodec::default());
        println!("{end} bytes: {:?}", block_on(framed.take(8).collect::<Vec<_>>()));
    }
}
