use async_imap::Client;
use futures::{FutureExt, executor::block_on};
use tokio::io::AsyncWriteExt;

fn main() {
    let greeting = "* OK [CAPABILITY IMAP4rev1 IDLE]\r\n";
    for cut in [0, 27] {
        let (first, second) = greeting.split_at(cut);
        println!("of {first:?}: {:?}", imap_proto::Response::parse(first.as_bytes()));
        let (io, mut server) = tokio::io::duplex(64);
        let mut client = Client::new(io);
        let mut read = None;
        for part in [first, second] {
            block_on(server.write_all(part.as_bytes())).expect("room");
            read = client.read_response().now_or_never();
        }
        println!(
            "all has come, and the client {}",
            if read.is_some() { "has it" } else { "waits" }
        );
    }
}
