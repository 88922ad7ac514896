use bytes::BytesMut;
use postgres_protocol::message::backend::Message;

fn main() {
    // The head of a message that announces a gigabyte.
    let mut input = BytesMut::from(&b"D\x40\0\0\0"[..]);
    let none = Message::parse(&mut input).expect("no error").is_none();
    println!("needs more: {none}, capacity of the buffer: {} bytes", input.capacity());
}
