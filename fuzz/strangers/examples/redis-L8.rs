use bytes::BytesMut;
use std::time::Instant;
use tokio_util::codec::Decoder;

fn main() {
    for length in [50_000, 100_000, 200_000] {
        for (what, head) in [("line", "+".to_string()), ("bulk string", format!("${length}\r\n"))] {
            let began = Instant::now();
            let (mut codec, mut buffer) = (redis::ValueCodec::default(), BytesMut::new());
            for byte in format!("{head}{}", "a".repeat(length)).into_bytes() {
                buffer.extend_from_slice(&[byte]);
                let _ = codec.decode(&mut buffer);
            }
            println!("{what} of {length} bytes, one by one: {:?}", began.elapsed());
        }
    }
}
