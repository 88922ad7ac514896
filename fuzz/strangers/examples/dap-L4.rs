use dap::server::Server;
use std::io::{BufReader, BufWriter, sink};

fn main() {
    // 32 bytes that announce 70 gigabytes.
    let input = BufReader::new(&b"Content-Length: 70000000000\r\n\r\n"[..]);
    println!("{:?}", Server::new(input, BufWriter::new(sink())).poll_request());
}
