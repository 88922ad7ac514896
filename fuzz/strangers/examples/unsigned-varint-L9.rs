use bytes::BytesMut;
use futures::{StreamExt, executor::block_on};
use tokio_util::codec::FramedRead;
use unsigned_varint::codec::UviBytes;

fn main() {
    for stream in [&b"\x05hello"[..], b"\x05hel", b"\x05"] {
        let mut framed = FramedRead::new(stream, UviBytes::<BytesMut>::default());
        print!("{:?}:", stream.escape_ascii().to_string());
        while let Some(item) = block_on(framed.next()) {
            print!(" {item:?}");
        }
        println!(" end");
    }
}
