use futures::{StreamExt, TryStreamExt, executor::block_on, stream};
use std::{io, time::Instant};

fn main() {
    for length in [50_000, 100_000, 200_000] {
        let event = format!("data: {}\n\n", "a".repeat(length)).into_bytes();
        let reads = event.into_iter().map(|byte| Ok::<_, io::Error>([byte]));
        let io = stream::iter(reads).into_async_read();
        let began = Instant::now();
        let events = block_on(sse_codec::decode_stream(io).collect::<Vec<_>>());
        println!("{length} bytes, one by one: {} event, {:?}", events.len(), began.elapsed());
    }
}
