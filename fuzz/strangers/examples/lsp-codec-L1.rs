use futures::{StreamExt, executor::block_on};
use lsp_codec::LspCodec;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util_06::codec::FramedRead;

fn main() {
    println!("one read:  {:?}", items(&b"Content-Length: 2\r\n\r\n{}"[..]));
    let cut = (&b"Content-Length: 2\r"[..]).chain(&b"\n\r\n{}"[..]);
    println!("two reads: {:?}", items(cut));
}

fn items(io: impl AsyncRead + Unpin) -> Vec<String> {
    let framed = FramedRead::new(io, LspCodec::default());
    block_on(framed.map(|item| format!("{item:?}")).take(8).collect())
}
