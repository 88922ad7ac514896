use bytes::BytesMut;
use std::time::Instant;
use tokio_stomp::client::ClientCodec;
use tokio_util::codec::Decoder;

fn main() {
    for length in [1_000, 2_000, 4_000] {
        let began = Instant::now();
        let (mut codec, mut buffer) = (ClientCodec, BytesMut::new());
        for byte in "a".repeat(length).into_bytes() {
            buffer.extend_from_slice(&[byte]);
            let _ = codec.decode(&mut buffer);
        }
        println!("{length} bytes, one by one: {:?}", began.elapsed());
    }
}
