use bytes::BytesMut;
use redis_protocol::codec::Resp2;
use std::time::Instant;
use tokio_util::codec::Decoder;

fn main() {
    for length in [4_000, 8_000, 16_000] {
        let began = Instant::now();
        let (mut codec, mut buffer) = (Resp2::default(), BytesMut::new());
        for byte in format!("*{length}\r\n{}", ":1\r\n".repeat(length / 4)).into_bytes() {
            buffer.extend_from_slice(&[byte]);
            let _ = codec.decode(&mut buffer);
        }
        println!("{length} bytes, one by one: {:?}", began.elapsed());
    }
}
