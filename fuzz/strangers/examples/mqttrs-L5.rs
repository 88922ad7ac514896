fn main() {
    // A CONNECT that ends behind the name of its protocol.
    println!("{:?}", mqttrs::decode_slice(b"\x10\x06\x00\x04MQTT"));
}
