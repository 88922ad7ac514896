use bytes::BytesMut;
use hl7_mllp_codec::MllpCodec;
use std::time::Instant;
use tokio_util::codec::Decoder;

fn main() {
    for length in [10_000, 20_000, 40_000] {
        let began = Instant::now();
        let (mut codec, mut buffer) = (MllpCodec::new(), BytesMut::new());
        let mut messages = 0;
        for byte in format!("\x0b{}\x1c\r", "a".repeat(length)).into_bytes() {
            buffer.extend_from_slice(&[byte]);
            messages += usize::from(codec.decode(&mut buffer).is_ok_and(|item| item.is_some()));
        }
        println!("{length} bytes, one by one: {messages} message, {:?}", began.elapsed());
    }
}
