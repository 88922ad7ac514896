use bytes_05::BytesMut;
use mqtt_v5::{decoder::decode_mqtt, types::ProtocolVersion};

fn main() {
    // A remaining length of five bytes, where MQTT allows four.
    let mut input = BytesMut::from(&b"\xc0\xc0\xc0\xc0\xc0\xc0\xc0\x00"[..]);
    println!("{:?}", decode_mqtt(&mut input, ProtocolVersion::V500));
}
