//! The examples of RFC 6455 §5.7, read and written.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use segue::{Encode, Output};
use segue_websocket::{Fragment, MaskKeys, Messages, Opcode, Outgoing, Writer};
use support::{KEY, Owned, feed};

const UNMASKED_TEXT: &[u8] = b"\x81\x05Hello";
const MASKED_TEXT: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
const FRAGMENTED_TEXT: &[u8] = b"\x01\x03Hel\x80\x02lo";
const PING: &[u8] = b"\x89\x05Hello";
const MASKED_PONG: &[u8] = b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

fn keys() -> MaskKeys {
    MaskKeys::from_fn(|| KEY)
}

fn client() -> Messages {
    Messages::client_with(keys())
}

fn written(mut writer: Writer, item: Outgoing<'_>) -> Vec<u8> {
    let mut output = Output::new();
    writer.encode(item, &mut output).unwrap();
    output.to_vec()
}

#[test]
fn a_single_frame_unmasked() {
    let seen = feed(&mut client(), [UNMASKED_TEXT]);
    assert_eq!(seen.messages, [Owned::Text("Hello".into())]);
    assert_eq!(written(Writer::server(), Outgoing::Text("Hello")), UNMASKED_TEXT);
}

#[test]
fn a_single_frame_masked() {
    let seen = feed(&mut Messages::server(), [MASKED_TEXT]);
    assert_eq!(seen.messages, [Owned::Text("Hello".into())]);
    assert_eq!(written(Writer::client_with(keys()), Outgoing::Text("Hello")), MASKED_TEXT);
}

#[test]
fn a_fragmented_message() {
    let seen = feed(&mut client(), [FRAGMENTED_TEXT]);
    assert_eq!(seen.messages, [Owned::Text("Hello".into())]);
    let (mut writer, mut output) = (Writer::server(), Output::new());
    let first = Fragment { opcode: Opcode::Text, fin: false, payload: b"Hel" };
    let last = Fragment { opcode: Opcode::Continuation, fin: true, payload: b"lo" };
    writer.encode(Outgoing::Fragment(first), &mut output).unwrap();
    writer.encode(Outgoing::Fragment(last), &mut output).unwrap();
    assert_eq!(output.to_vec(), FRAGMENTED_TEXT);
}

#[test]
fn a_ping_and_its_pong() {
    let seen = feed(&mut client(), [PING]);
    assert_eq!((seen.messages, &seen.answers[..]), (vec![], MASKED_PONG));
    assert_eq!(written(Writer::server(), Outgoing::Ping(b"Hello")), PING);
    let seen = feed(&mut Messages::server(), [MASKED_PONG]);
    assert_eq!(seen.messages, [Owned::Pong(b"Hello".into())]);
}

#[test]
fn the_lengths_of_the_long_forms() {
    let (short, long) = (vec![7; 256], vec![7; 65536]);
    let two_bytes = [&b"\x82\x7e\x01\x00"[..], &short].concat();
    let eight_bytes = [&b"\x82\x7f\0\0\0\0\0\x01\0\0"[..], &long].concat();
    for (payload, frame) in [(short, two_bytes), (long, eight_bytes)] {
        assert_eq!(written(Writer::server(), Outgoing::Binary(&payload)), frame);
        assert_eq!(feed(&mut client(), [&frame[..]]).messages, [Owned::Binary(payload)]);
    }
}
