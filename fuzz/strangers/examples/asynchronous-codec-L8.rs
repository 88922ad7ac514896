use asynchronous_codec::{Decoder, JsonCodec};
use bytes::BytesMut;
use serde_json::Value;
use std::time::Instant;

fn main() {
    for length in [2_000, 4_000, 8_000] {
        let began = Instant::now();
        let (mut codec, mut buffer) = (JsonCodec::<Value, Value>::new(), BytesMut::new());
        for byte in format!("[{}", "1,".repeat(length / 2)).into_bytes() {
            buffer.extend_from_slice(&[byte]);
            let _ = codec.decode(&mut buffer);
        }
        println!("{length} bytes, one by one: {:?}", began.elapsed());
    }
}
