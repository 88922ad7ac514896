use lsp_server::Message;

fn main() {
    // 36 bytes that announce 40 terabytes.
    println!("{:?}", Message::read(&mut &b"Content-Length: 40000000000000\r\n\r\n{}"[..]));
}
