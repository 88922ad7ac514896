//! STUN over TCP: messages that follow each other.

use segue_laws::Answer;
use stun_codec::{MessageDecoder, rfc5389::Attribute};
use stun_types::message::{Message, MessageHeader, StunParseError};

use crate::{
    adapt::{self, Pipe},
    drive,
    entry::Entry,
};

const FAMILY: &str = "STUN";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| {
        Entry::new(FAMILY, dependency, parser, make, drive).accepts(MESSAGES).refuses(NO_MESSAGES)
    };
    vec![
        new(
            "stun-types",
            "Message::from_bytes",
            || adapt::needing(adapt::front(message)),
            |reads| drive::needing(reads, adapt::front(message)),
        )
        .needs("`Truncated` tells how many bytes are expected, and how many there are"),
        new(
            "stun_codec",
            "MessageDecoder",
            || adapt::exact(messages),
            |reads| drive::stepping(reads, messages),
        )
        .needs(drive::REQUIRING)
        .limit(20 + 0xffff, "RFC 8489 \u{a7}5: the length of a message has 16 bits"),
    ]
}

/// A binding request with what software it is; an indication without attributes, twice.
const MESSAGES: [&[u8]; 2] = [
    b"\x00\x01\x00\x08\x21\x12\xa4\x42\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x80\x22\x00\x03foo\x00",
    b"\x00\x11\x00\x00\x21\x12\xa4\x42abcdefghijkl\x00\x11\x00\x00\x21\x12\xa4\x42mnopqrstuvwx",
];
const NO_MESSAGES: [&[u8]; 1] = [b"\xc0\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl"];

/// The header tells how long the message is, which then is parsed whole.
fn message(input: &[u8]) -> (usize, Answer) {
    let header = match MessageHeader::from_bytes(input) {
        Ok(header) => header,
        Err(StunParseError::Truncated { expected, actual }) => {
            return (0, Answer::Need(expected.checked_sub(actual)));
        }
        Err(error) => return (0, Answer::Error(error.to_string())),
    };
    let length = MessageHeader::LENGTH + usize::from(header.data_length());
    let Some(whole) = input.get(..length) else {
        return (0, Answer::Need(Some(length - input.len())));
    };
    match Message::from_bytes(whole) {
        Ok(message) => (length, Answer::Item(message.to_string())),
        Err(error) => (0, Answer::Error(error.to_string())),
    }
}

/// The crate's decoder, driven as its framework has it.
fn messages(pipe: Pipe) -> impl FnMut() -> Answer {
    drive::bytecodec_05(MessageDecoder::<Attribute>::new(), pipe, |message| match message {
        Ok(message) => Answer::Item(format!("{message:?}")),
        Err(broken) => Answer::Error(format!("{broken:?}")),
    })
}
