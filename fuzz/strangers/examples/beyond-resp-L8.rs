use beyond_resp::RespCodec;
use bytes::BytesMut;
use std::time::Instant;
use tokio_util::codec::Decoder;

fn main() {
    for length in [5_000, 10_000, 20_000] {
        let began = Instant::now();
        let (mut codec, mut buffer) = (RespCodec::resp3(), BytesMut::new());
        for byte in format!("*{length}\r\n{}", ":1\r\n".repeat(length / 4)).into_bytes() {
            buffer.extend_from_slice(&[byte]);
            let _ = codec.decode(&mut buffer);
        }
        println!("{length} bytes, one by one: {:?}", began.elapsed());
    }
}
