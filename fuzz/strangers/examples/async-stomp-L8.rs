use async_stomp::client::ClientCodec;
use bytes::BytesMut;
use std::time::Instant;
use tokio_util::codec::Decoder;

fn main() {
    for length in [10_000, 20_000, 40_000] {
        let began = Instant::now();
        let (mut codec, mut buffer) = (ClientCodec::new(), BytesMut::new());
        for byte in format!("MESSAGE\n\n{}", "a".repeat(length)).into_bytes() {
            buffer.extend_from_slice(&[byte]);
            let _ = codec.decode(&mut buffer);
        }
        println!("{length} bytes, one by one: {:?}", began.elapsed());
    }
}
