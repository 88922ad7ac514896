//! Server-sent events.

use futures::io::BufReader;

use super::{Agreement, Heard, decoded, streamed};

/// The end is a proper end wherever it comes: HTML §9.2.6.
pub fn agreement() -> Agreement {
    Agreement {
        protocol: "server-sent events",
        compared: "the type and the data of each event; not comments, identifiers and times",
        accepts: vec![
            b"data: one\n\ndata: two\ndata: lines\n\n",
            b"event: add\r\ndata: 73\r\n\r\n: comment\r\n\r\n",
            b"data: cr\rdata: only\r\rdata:next\r\r",
            b"data\n\ndata\ndata\n\ndata:\n\n",
        ],
        words: vec![b"\r", b"\n", b"\r\n", b"data: ", b"data", b":", b"event: e", b"\xef\xbb\xbf"],
        skips: |_| false,
        ruling,
        voices: vec![
            ("async-sse", "decode", |input| {
                let decode = |pipe| async_sse::decode(BufReader::new(pipe));
                events(streamed(decode, input, |event| {
                    Some(match event {
                        async_sse::Event::Message(event) => said(event.name(), event.data()),
                        async_sse::Event::Retry(_) => String::new(),
                    })
                }))
            }),
            ("eventsource-stream", "EventStream", |input| {
                events(streamed(eventsource_stream::EventStream::new, input, |event| {
                    Some(said(&event.event, event.data.as_bytes()))
                }))
            }),
            ("russe", "Decoder", |input| {
                events(decoded(russe::Decoder::default(), input, |event| {
                    Some(match event {
                        russe::Event::Message(event) => {
                            said(event.event.as_deref().unwrap_or(""), event.data.as_bytes())
                        }
                        _ => String::new(),
                    })
                }))
            }),
            ("sse-codec", "decode_stream", |input| {
                events(streamed(sse_codec::decode_stream, input, |event| {
                    Some(match event {
                        sse_codec::Event::Message { event, data, .. } => {
                            said(&event, data.as_bytes())
                        }
                        _ => String::new(),
                    })
                }))
            }),
            ("sse-parse", "EventStream", |input| {
                events(streamed(sse_parse::EventStream::new, input, |event| {
                    Some(said(&event.event, event.data.as_bytes()))
                }))
            }),
            ("sse-stream", "SseByteStream", |input| {
                events(streamed(sse_stream::SseByteStream::new, input, |event| {
                    let data = event.data.unwrap_or_default();
                    Some(said(event.event.as_deref().unwrap_or(""), data.as_bytes()))
                }))
            }),
            ("sseer", "EventStream", |input| {
                events(streamed(sseer::EventStream::new, input, |event| {
                    Some(said(&event.event, event.data.as_bytes()))
                }))
            }),
        ],
    }
}

fn ruling(input: &[u8]) -> Option<&'static str> {
    if input.starts_with(b"\xef\xbb\xbf") {
        Some("one byte order mark in front is left out: HTML §9.2.5")
    } else if std::str::from_utf8(input).is_err() {
        Some("what is no UTF-8 is replaced, and the stream goes on: HTML §9.2.6")
    } else if !input.windows(4).any(|word| word == b"data") {
        Some("an event without data is not dispatched: HTML §9.2.6")
    } else if input.contains(&b'\r') {
        Some("a line ends with CR LF, LF or CR: HTML §9.2.5")
    } else {
        None
    }
}

/// An event without a type is a message: HTML §9.2.6.
fn said(kind: &str, data: &[u8]) -> String {
    let kind = if kind.is_empty() { "message" } else { kind };
    format!("{} \"{}\"", kind.escape_debug(), data.escape_ascii())
}

fn events(mut heard: Heard) -> Heard {
    heard.said.retain(|said| !said.is_empty());
    heard.whole = true;
    heard
}
