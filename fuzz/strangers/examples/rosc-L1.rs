use rosc::decoder::decode_tcp;

fn main() {
    let bundle = b"\0\0\0\x10#bundle\0\0\0\0\0\0\0\0\x01";
    let message = b"\0\0\0\x08/a\0\0,\0\0\0";
    println!("a bundle:               {:?}", decode_tcp(bundle));
    println!("a message behind it:    {:?}", decode_tcp(&[&bundle[..], message].concat()));
    for length in [3, 7, 8, 11] {
        println!("{length:2} bytes of a message: {:?}", decode_tcp(&message[..length]));
    }
}
