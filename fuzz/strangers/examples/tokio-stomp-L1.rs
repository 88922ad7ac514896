use futures::{StreamExt, executor::block_on};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_stomp::client::ClientCodec;
use tokio_util::codec::FramedRead;

fn main() {
    println!("one read:  {:?}", items(&b"RECEIPT\nreceipt-id:1\n\n\0\n"[..]));
    println!("two reads: {:?}", items((&b"RECEIPT\nreceipt-id:1\n\n\0"[..]).chain(&b"\n"[..])));
}

fn items(io: impl AsyncRead + Unpin) -> Vec<String> {
    let framed = FramedRead::new(io, ClientCodec);
    block_on(framed.map(|item| format!("{item:?}")).take(8).collect())
}
