use bytes::BytesMut;
use std::time::Instant;
use tokio_util::codec::Decoder;

fn main() {
    for length in [50_000, 100_000, 200_000] {
        let began = Instant::now();
        let (mut codec, mut buffer) = (russe::Decoder::default(), BytesMut::new());
        for byte in format!("data: {}", "a".repeat(length)).into_bytes() {
            buffer.extend_from_slice(&[byte]);
            let _ = codec.decode(&mut buffer);
        }
        println!("{length} bytes, one by one: {:?}", began.elapsed());
    }
}
