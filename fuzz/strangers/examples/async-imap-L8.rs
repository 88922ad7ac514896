use async_imap::Client;
use futures::executor::block_on;
use std::time::Instant;
use tokio::io::AsyncWriteExt;

fn main() {
    for length in [10_000, 20_000, 40_000] {
        let response = format!("* OK {}\r\n", "a".repeat(length));
        // A pipe that holds one byte.
        let (io, mut server) = tokio::io::duplex(1);
        let mut client = Client::new(io);
        let began = Instant::now();
        let (written, read) = block_on(async {
            futures::join!(server.write_all(response.as_bytes()), client.read_response())
        });
        let whole = written.is_ok() && read.is_ok_and(|response| response.is_some());
        println!("{length} bytes, one by one: {whole}, {:?}", began.elapsed());
    }
}
