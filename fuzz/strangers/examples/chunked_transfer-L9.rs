use std::io::Read;

fn main() {
    // A chunk of ten bytes of which five come before the connection is lost.
    let mut body = Vec::new();
    let result = chunked_transfer::Decoder::new(&b"a\r\nhello"[..]).read_to_end(&mut body);
    println!("{result:?}, {:?}", String::from_utf8_lossy(&body));
}
