use bytes::BytesMut;
use jsonrpc_server_utils::codecs::StreamCodec;
use std::time::Instant;
use tokio_util_06::codec::Decoder;

fn main() {
    for length in [4_000, 8_000, 16_000] {
        let began = Instant::now();
        let (mut codec, mut buffer) = (StreamCodec::stream_incoming(), BytesMut::new());
        for byte in format!("[\"{}", "a".repeat(length)).into_bytes() {
            buffer.extend_from_slice(&[byte]);
            let _ = codec.decode(&mut buffer);
        }
        println!("{length} bytes, one by one: {:?}", began.elapsed());
    }
}
