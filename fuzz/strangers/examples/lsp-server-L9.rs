use lsp_server::Message;

fn main() {
    // The stream ends within a header, behind it, and within the body.
    let stream = b"Content-Length: 33\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}";
    for end in [9, 20, 22, 30, 55] {
        println!("{end:2} bytes: {:?}", Message::read(&mut &stream[..end]));
    }
}
