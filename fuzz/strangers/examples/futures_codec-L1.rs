use futures::{AsyncRead, AsyncReadExt, StreamExt, executor::block_on};
use futures_codec::{CborCodec, FramedRead};
use serde_cbor::Value;

fn main() {
    println!("one read:  {:?}", items(&b"\x62hi"[..]));
    println!("two reads: {:?}", items((&b"\x62"[..]).chain(&b"hi"[..])));
}

fn items(io: impl AsyncRead + Unpin) -> Vec<String> {
    let framed = FramedRead::new(io, CborCodec::<Value, Value>::new());
    block_on(framed.map(|item| format!("{item:?}")).take(8).collect())
}
