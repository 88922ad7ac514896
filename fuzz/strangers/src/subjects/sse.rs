//! Server-sent events, as the HTML standard has them.

use futures::io::BufReader;
use segue_laws::{Answer, Parser};
use tokio_util::codec::FramedRead;

use crate::{
    adapt, drive,
    entry::{Entry, Way},
};

const FAMILY: &str = "server-sent events";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| {
        Entry::new(FAMILY, dependency, parser, make, drive)
            .accepts(EVENTS)
            .words(WORDS)
            .ends_anywhere("an event that the end of the stream cuts off is dropped: HTML §9.2.6")
    };
    vec![
        new(
            "async-sse",
            "decode",
            || Box::new(adapt::stream(|pipe| async_sse::decode(BufReader::new(pipe)))),
            |reads| drive::stream(reads, |pipe| async_sse::decode(BufReader::new(pipe))),
        ),
        new(
            "eventsource-stream",
            "EventStream",
            || Box::new(adapt::stream(eventsource_stream::EventStream::new)),
            |reads| drive::stream(reads, eventsource_stream::EventStream::new),
        ),
        new(
            "russe",
            "Decoder",
            || Box::new(adapt::decoder(russe::Decoder::default())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, russe::Decoder::default())),
        )
        .way(Way::Decoder),
        new(
            "sse-codec",
            "decode_stream",
            || Box::new(adapt::stream(sse_codec::decode_stream)),
            |reads| drive::stream(reads, sse_codec::decode_stream),
        ),
        new("sse-parse", "SseParser", sse_parse_machine, |reads| {
            drive::stream(reads, sse_parse::EventStream::new)
        })
        .way(Way::Given),
        new(
            "sse-stream",
            "SseByteStream",
            || Box::new(adapt::stream(sse_stream::SseByteStream::new)),
            |reads| drive::stream(reads, sse_stream::SseByteStream::new),
        ),
        new(
            "sseer",
            "EventStream",
            || Box::new(adapt::stream(sseer::EventStream::new)),
            |reads| drive::stream(reads, sseer::EventStream::new),
        ),
    ]
}

const EVENTS: [&[u8]; 7] = [
    b"data: one\n\ndata: two\ndata: lines\n\n",
    b"event: add\r\ndata: 73\r\nid: 1\r\n\r\n: comment\r\n\r\ndata\r\n\r\n",
    b"data: cr\rdata: only\r\rdata:next\r\r",
    b"\xef\xbb\xbfdata: mark\n\n",
    b"retry: 1000\ndata: x\n\nid\ndata: y\n\n",
    "data: gr\u{fc}\u{df} \u{1f600}\n\n".as_bytes(),
    b"data:a\r\n\r\ndata:b\n\ndata:c\r\r",
];
const WORDS: [&[u8]; 10] = [
    b"\r",
    b"\n",
    b"\r\n",
    b"data: ",
    b"data",
    b":",
    b"id: 7",
    b"event: e",
    b"retry: 5",
    b"\xef\xbb\xbf",
];

fn sse_parse_machine() -> Box<dyn Parser> {
    let parser = adapt::machine(
        sse_parse::SseParser::new(),
        |parser, bytes| parser.feed(bytes),
        |parser| Ok::<_, ()>(parser.next_event()),
    );
    Box::new(parser.at_end(|parser| {
        parser.finish();
        parser.next_event().map_or(Answer::End, Answer::item)
    }))
}
