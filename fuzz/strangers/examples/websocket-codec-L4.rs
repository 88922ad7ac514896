use bytes::BytesMut;
use tokio_util::codec::Decoder;
use websocket_codec::MessageCodec;

fn main() {
    // The head of a frame that announces a gigabyte.
    let mut input = BytesMut::from(&b"\x82\xff\0\0\0\0\x40\0\0\0\0\0\0\0"[..]);
    println!("{:?}", MessageCodec::server().decode(&mut input));
    println!("capacity of the buffer: {} bytes", input.capacity());
}
