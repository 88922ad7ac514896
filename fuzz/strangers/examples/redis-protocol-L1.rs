use futures::{StreamExt, executor::block_on};
use redis_protocol::codec::Resp3;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::codec::FramedRead;

fn main() {
    // One streamed string of RESP3.
    println!("one read:    {:?}", items(&b"$?\r\n;5\r\nHello\r\n;0\r\n"[..]));
    let cut = (&b"$?\r\n"[..]).chain(&b";5\r\nHello\r\n"[..]).chain(&b";0\r\n"[..]);
    println!("three reads: {:?}", items(cut));
}

fn items(io: impl AsyncRead + Unpin) -> Vec<String> {
    let framed = FramedRead::new(io, Resp3::default());
    block_on(framed.map(|item| format!("{item:?}")).take(8).collect())
}
