use json_event_parser::{JsonEvent, ReaderJsonParser};
use std::{
    io::{self, Read},
    time::Instant,
};

fn main() {
    for length in [10_000, 20_000, 40_000] {
        let text = format!("\"{}\"", "a".repeat(length));
        let began = Instant::now();
        let mut parser = ReaderJsonParser::new(OneByOne(text.as_bytes()));
        let mut events = 0;
        while parser.parse_next().expect("JSON") != JsonEvent::Eof {
            events += 1;
        }
        println!("{length} bytes, one by one: {events} event, {:?}", began.elapsed());
    }
}

/// Brings a byte with each read.
struct OneByOne<'a>(&'a [u8]);

impl Read for OneByOne<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = buffer.len().min(1);
        self.0.read(&mut buffer[..end])
    }
}
