use dap::server::Server;
use std::io::{BufReader, BufWriter, sink};

fn main() {
    // A request of which nothing but its length comes before the connection is lost.
    let input = BufReader::new(&b"Content-Length: 46\r\n"[..]);
    println!("{:?}", Server::new(input, BufWriter::new(sink())).poll_request());
}
