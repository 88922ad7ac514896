//! The frames of AMQP 0-9-1.

use amq_protocol::frame::parse_frame;
use nom::Err;
use segue_laws::Answer;

use crate::{
    adapt, drive,
    entry::{Entry, NOM},
};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "AMQP",
            "amq-protocol",
            "frame::parse_frame",
            || adapt::needing(adapt::front(frame)),
            |reads| drive::needing(reads, adapt::front(frame)),
        )
        .over_slice()
        .needs(NOM)
        .accepts([
            &b"AMQP\0\0\x09\x01\x08\0\0\0\0\0\0\xce"[..],
            b"\x01\0\0\0\0\0\x0c\0\x0a\0\x1e\0\0\0\x02\0\0\0\x3c\xce",
            b"\x03\0\x01\0\0\0\x02hi\xce\x08\0\0\0\0\0\0\xce",
        ])
        .refuses([&b"\x08\0\0\0\0\0\0\xcd"[..], b"\x09\0\0\0\0\0\0\xce"]),
    ]
}

fn frame(input: &[u8]) -> (usize, Answer) {
    match parse_frame(input) {
        Ok((rest, frame)) => (input.len() - rest.len(), Answer::item(frame)),
        Err(Err::Incomplete(nom::Needed::Size(more))) => (0, Answer::Need(Some(more.get()))),
        Err(Err::Incomplete(nom::Needed::Unknown)) => (0, Answer::Need(None)),
        Err(error) => (0, Answer::error(error)),
    }
}
