use bytes::BytesMut;
use iridium_stomp::StompCodec;
use tokio_util::codec::{Decoder, Encoder};

fn main() {
    let mut codec = StompCodec::new();
    let mut wire = BytesMut::from(&b"\0"[..]);
    let frame = codec.decode(&mut wire).unwrap().unwrap();
    println!("a lone NUL is read as {frame:?}");

    codec.encode(frame, &mut wire).unwrap();
    println!("which is written as {wire:?}");
    while let Some(item) = codec.decode(&mut wire).unwrap() {
        println!("and read as {item:?}");
    }
}
