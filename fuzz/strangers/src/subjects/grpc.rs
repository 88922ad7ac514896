//! Protocol Buffers behind their lengths, and the messages of gRPC.

use bytes::{Buf, Bytes};
use http_body::{Body, Frame};
use prost::{DecodeError, Message, decode_length_delimiter};
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tonic::{
    Status, Streaming,
    codec::{DecodeBuf, Decoder},
};

use crate::{
    adapt::{self, Pipe},
    drive,
    entry::{Entry, Way},
};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "gRPC",
            "prost",
            "decode_length_delimiter, Message::decode",
            || Box::new(adapt::slice(message)),
            |reads| drive::buffer(reads, message),
        )
        .way(Way::Partial)
        .over_slice()
        .encodes(again)
        .accepts([&b"\x04\x0a\x02hi\x00\x03\x0a\x01a"[..]])
        .refuses([&b"\x02\x0a\x09"[..], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"]),
        Entry::new(
            "gRPC",
            "tonic",
            "Streaming",
            || Box::new(adapt::stream(messages)),
            |reads| drive::stream(reads, messages),
        )
        .way(Way::Reads)
        .limit(MOST, "`max_message_size` is the most that is decoded of a message")
        .accepts([&b"\0\0\0\0\x02hi\0\0\0\0\0\0\0\0\0\x01a"[..]])
        .refuses([&b"\x02\0\0\0\0"[..], b"\0\x7f\xff\xff\xffabc"]),
    ]
}

/// The most that a message of gRPC may have here, in bytes.
const MOST: usize = 1 << 20;

/// Below ten bytes an error means that the length is not whole, as its documentation says.
fn message(input: &[u8]) -> Result<Option<(String, usize)>, DecodeError> {
    const LONGEST: usize = 10;
    let mut rest = input;
    let length = match decode_length_delimiter(&mut rest) {
        Ok(length) => length,
        Err(_) if input.len() < LONGEST => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(message) = rest.get(..length) else { return Ok(None) };
    let whole = input.len() - rest.len() + length;
    Ok(Some((String::decode(message)?, whole)))
}

fn again(stream: &[u8]) -> Option<Vec<u8>> {
    let (mut rest, mut written) = (stream, Vec::new());
    while !rest.is_empty() {
        let (item, length) = message(rest).ok()??;
        written.extend(item.encode_length_delimited_to_vec());
        rest = &rest[length..];
    }
    Some(written)
}

fn messages(pipe: Pipe) -> Streaming<Bytes> {
    Streaming::new_request(Raw, Chunks(pipe), None, Some(MOST))
}

/// Messages as the bytes that they are.
struct Raw;

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, input: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(input.copy_to_bytes(input.remaining())))
    }
}

/// The transport as the body of a request.
struct Chunks(Pipe);

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = ready!(self.0.poll_bytes(context, usize::MAX));
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }
}
