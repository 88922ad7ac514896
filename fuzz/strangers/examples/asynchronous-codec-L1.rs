use asynchronous_codec::{FramedRead, JsonCodec};
use futures::{AsyncRead, AsyncReadExt, StreamExt, executor::block_on};
use serde_json::Value;

fn main() {
    println!("one read:  {:?}", items(&b"12 true"[..]));
    println!("two reads: {:?}", items((&b"1"[..]).chain(&b"2 true"[..])));
}

fn items(io: impl AsyncRead + Unpin) -> Vec<String> {
    let framed = FramedRead::new(io, JsonCodec::<Value, Value>::new());
    block_on(framed.map(|item| format!("{item:?}")).take(8).collect())
}
