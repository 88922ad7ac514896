use futures::{AsyncReadExt, executor::block_on, io::Cursor};

fn main() {
    // Ten bytes are announced, and five come before the connection is lost.
    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
    let mut body = Vec::new();
    let mut response =
        block_on(async_h1::client::decode(Cursor::new(&response[..]))).expect("a head");
    let result = block_on(response.read_to_end(&mut body));
    println!("{result:?}, {:?}", String::from_utf8_lossy(&body));
}
