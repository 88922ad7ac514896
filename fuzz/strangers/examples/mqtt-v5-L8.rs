use bytes_05::BytesMut;
use mqtt_v5::{decoder::decode_mqtt, types::ProtocolVersion};
use std::time::Instant;

fn main() {
    for length in [16_000, 32_000, 64_000] {
        let began = Instant::now();
        let mut input = BytesMut::new();
        // A CONNECT of 33 bytes, with a client identifier that is said to have 15420.
        let mut packet = b"\x10\x21\x00\x04MQTT\x04\xc6\x00\x3c".to_vec();
        packet.resize(length, 0x3c);
        for byte in packet {
            input.extend_from_slice(&[byte]);
            let packet = decode_mqtt(&mut input, ProtocolVersion::V311);
            assert!(matches!(packet, Ok(None)), "{packet:?}");
        }
        println!("{length} bytes, one by one, and no packet: {:?}", began.elapsed());
    }
}
