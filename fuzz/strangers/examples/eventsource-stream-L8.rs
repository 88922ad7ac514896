use eventsource_stream::EventStream;
use futures::{StreamExt, executor::block_on, stream};
use std::{io, time::Instant};

fn main() {
    for length in [10_000, 20_000, 40_000] {
        let event = format!("data: {}\n\n", "a".repeat(length)).into_bytes();
        let reads = event.into_iter().map(|byte| Ok::<_, io::Error>([byte]));
        let began = Instant::now();
        let events = block_on(EventStream::new(stream::iter(reads)).collect::<Vec<_>>());
        println!("{length} bytes, one by one: {} event, {:?}", events.len(), began.elapsed());
    }
}
