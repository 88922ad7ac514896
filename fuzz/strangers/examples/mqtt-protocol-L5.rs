use bytes::BytesMut;
use mqtt::packet::MqttDecoder;
use tokio_util_06::codec::Decoder;

fn main() {
    // A PUBLISH of three bytes whose topic claims to have one more than that.
    let mut input = BytesMut::from(&b"\x30\x03\x00\x02ab"[..]);
    println!("{:?}", MqttDecoder::new().decode(&mut input));
}
