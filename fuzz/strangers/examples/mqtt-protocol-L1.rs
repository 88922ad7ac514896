use bytes::BytesMut;
use mqtt::packet::MqttDecoder;
use tokio_util_06::codec::Decoder;

fn main() {
    // A PUBREC without its packet identifier, which is malformed, and a SUBACK behind it.
    let stream = b"\x50\x00\x90\x03\x00\x0a\x01";
    let mut whole = BytesMut::from(&stream[..]);
    println!("one read:  {:?}", MqttDecoder::new().decode(&mut whole));
    let mut first = BytesMut::from(&stream[..2]);
    println!("two reads: {:?}", MqttDecoder::new().decode(&mut first));
}
