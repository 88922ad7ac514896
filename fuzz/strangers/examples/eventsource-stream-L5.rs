use eventsource_stream::Eventsource;
use futures::{StreamExt, executor::block_on, stream};

fn main() {
    // A byte order mark, which the standard allows in front.
    let body = stream::iter([Ok::<_, std::io::Error>(&b"\xef\xbb\xbfdata: 1\n\n"[..])]);
    println!("{:?}", block_on(body.eventsource().collect::<Vec<_>>()));
}
