//! RTSP: requests, responses, and data between them.

use rtsp_types::{Message, ParseError};
use segue_laws::{Answer, Law};
use std::num::NonZeroUsize;

use crate::{
    adapt, drive,
    entry::{Entry, NOM},
};

const FAMILY: &str = "RTSP";

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            FAMILY,
            "rtsp-types",
            "Message::parse",
            || adapt::needing(adapt::front(message)),
            |reads| drive::needing(reads, adapt::front(message)),
        )
        .needs(NOM)
        .encodes(|mut stream| {
            let mut again = Vec::new();
            while !stream.is_empty() {
                let (message, length) = Message::<Vec<u8>>::parse(stream).ok()?;
                message.write(&mut again).ok()?;
                stream = &stream[length..];
            }
            Some(again)
        })
        .contract(Law::L8, "a function over a slice: its callers show it all of an item again")
        .accepts([
            &b"OPTIONS * RTSP/2.0\r\nCSeq: 1\r\nSupported: play.basic\r\n\r\n$\x00\x00\x03abc"[..],
            b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\nbody",
            b"PLAY rtsp://a.example/b RTSP/1.0\r\nCSeq: 3\r\n\r\nRTSP/2.0 404 Not Found\r\n\r\n",
        ])
        .refuses([&b"OPTIONS * HTTP/1.1\r\n\r\n"[..], b"RTSP/1.0 2x0 OK\r\n\r\n"])
        .words([&b"\r\n\r\n"[..], b"Content-Length: 3\r\n", b"$\x01\x00\x02hi"]),
    ]
}

fn message(input: &[u8]) -> (usize, Answer) {
    match Message::<Vec<u8>>::parse(input) {
        Ok((message, length)) => (length, Answer::item(message)),
        Err(ParseError::Incomplete(more)) => (0, Answer::Need(more.map(NonZeroUsize::get))),
        Err(error) => (0, Answer::error(error)),
    }
}
