use futures::{AsyncBufRead, AsyncReadExt, StreamExt, executor::block_on, io::BufReader};

fn main() {
    println!("one read:  {:?}", events(BufReader::new(&b"event: add\r\ndata: 1\r\n\r\n"[..])));
    let cut = (&b"event: add\r"[..]).chain(&b"\ndata: 1\r\n\r\n"[..]);
    println!("two reads: {:?}", events(BufReader::new(cut)));
}

fn events(io: impl AsyncBufRead + Unpin) -> Vec<String> {
    block_on(async_sse::decode(io).map(|event| format!("{event:?}")).collect())
}
