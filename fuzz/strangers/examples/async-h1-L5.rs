use futures::{executor::block_on, io::Cursor};

fn main() {
    // The value of a header that is not ASCII.
    let response = "HTTP/1.1 200 OK\r\nX: \u{fc}\r\n\r\n".as_bytes();
    println!("{:?}", block_on(async_h1::client::decode(Cursor::new(response))));
}
