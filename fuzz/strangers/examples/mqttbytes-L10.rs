use bytes::BytesMut;

fn main() {
    // A SUBSCRIBE that ends behind its packet identifier, and a PINGREQ behind it.
    let mut buffer = BytesMut::from(&b"\x82\x02\x00\x0a\xc0\x00"[..]);
    for _ in 0..2 {
        let packet = mqttbytes::v5::read(&mut buffer, 1024);
        println!("{packet:?}, {} bytes left", buffer.len());
    }
}
