use async_imap::Client;
use futures::executor::block_on;
use tokio::io::{AsyncReadExt, join, sink};

fn main() {
    for response in
        ["* ID (\"name\" \"x\")\r\n", "* ACL INBOX me lr\r\n", "* MYRIGHTS INBOX lr\r\n"]
    {
        println!("{response:?} on one read is taken: {}", taken(response, 0));
        for cut in (1..response.len()).filter(|&cut| !taken(response, cut)) {
            println!("  in two reads, cut behind {:?}, it is refused", &response[..cut]);
        }
    }
}

fn taken(response: &str, cut: usize) -> bool {
    let (first, second) = response.as_bytes().split_at(cut);
    let mut client = Client::new(join(first.chain(second), sink()));
    block_on(client.read_response()).is_ok()
}
