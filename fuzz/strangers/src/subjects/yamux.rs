//! yamux, multistream-select, and the lengths that libp2p puts before its messages.

use bytes::BytesMut;
use futures::{AsyncRead, task::noop_waker_ref};
use multistream_select::{ListenerSelectFuture, Negotiated, listener_select_proto};
use segue_laws::{Answer, Law};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tokio_util::codec::FramedRead;
use unsigned_varint::codec::{Uvi, UviBytes};
use yamux::{Config, Connection, Mode};

use crate::{
    adapt::{self, Pipe},
    drive,
    entry::{Entry, Way},
};

const FAMILY: &str = "yamux and multistream";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "yamux",
            "Connection",
            || adapt::stepped(streams),
            |reads| drive::stepping(reads, streams),
        )
        .limit(
            256 << 10,
            "`DEFAULT_CREDIT`: a stream's window is 256 KiB at first, as per yamux specification",
        )
        .accepts(FRAMES)
        .refuses([&b"\x01\0\0\0\0\0\0\0\0\0\0\0"[..], b"\0\x09\0\0\0\0\0\0\0\0\0\0"])
        .adapter(
            Law::L9,
            "a connection may end between two frames; what came is told at the end by the adapter",
        )
        .words([&FRAMES[0][..12], &FRAMES[0][12..]]),
        new(
            "multistream-select",
            "listener_select_proto",
            || adapt::exact(listener),
            |reads| drive::stepping(reads, listener),
        )
        .accepts([
            &b"\x13/multistream/1.0.0\n\x05/a/1\nhello"[..],
            b"\x13/multistream/1.0.0\n\x05/c/9\n\x05/b/2\n",
            b"\x13/multistream/1.0.0\n\x03ls\n\x05/b/2\nxyz",
        ])
        .contract(Law::L9, "what follows the negotiation is the caller's, without an end here")
        .refuses([&b"\x13/multistream/9.0.0\n"[..], b"\x05/a/1\n"]),
        new(
            "unsigned-varint",
            "UviBytes",
            || Box::new(adapt::decoder(limited())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, limited())),
        )
        .way(Way::Decoder)
        .encodes(|stream| adapt::again(limited(), UviBytes::<BytesMut>::default(), stream))
        .accepts([&b"\x05hello\x00\x01a"[..], b"\x02ab\x03cde"])
        .refuses([&b"\xff\xff\x03abc"[..], b"\x80\x00"]),
        new(
            "unsigned-varint",
            "Uvi<u64>",
            || Box::new(adapt::decoder(Uvi::<u64>::default())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, Uvi::<u64>::default())),
        )
        .way(Way::Decoder)
        .encodes(|stream| adapt::again(Uvi::<u64>::default(), Uvi::<u64>::default(), stream))
        .canonical(SHORTEST)
        .accepts([&b"\x05\x80\x01\xff\xff\x03\x00"[..]])
        .refuses([&b"\x80\x00"[..], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"]),
    ]
}

/// A stream with five bytes that is ended; two streams, and a ping.
const FRAMES: [&[u8]; 2] = [
    b"\0\0\0\x01\0\0\0\x01\0\0\0\x05hello\0\0\0\x04\0\0\0\x01\0\0\0\0",
    b"\0\x01\0\x01\0\0\0\x01\0\0\0\0\0\x02\0\x01\0\0\0\0\0\0\0\x07\0\0\0\x01\0\0\0\x03\0\0\0\x02hi",
];

const SHORTEST: &str =
    "a number is written in as few bytes as it takes: multiformats, unsigned-varint";

fn limited() -> UviBytes {
    let mut codec = UviBytes::default();
    codec.set_max_len(4096);
    codec
}

/// Accepts streams. What came on each is told when the connection is over: in which order streams
/// and the opening of others are served is the caller's own affair.
fn streams(pipe: Pipe) -> impl FnMut() -> Answer {
    let mut connection = Connection::new(pipe, Config::default(), Mode::Server);
    let (mut open, mut told) = (Vec::new(), 0);
    let mut last = None;
    move || {
        let mut context = Context::from_waker(noop_waker_ref());
        if last.is_none() {
            match connection.poll_next_inbound(&mut context) {
                Poll::Ready(Some(Ok(stream))) => {
                    let id = stream.id().to_string();
                    open.push(stream);
                    return Answer::Item(format!("stream {id}"));
                }
                Poll::Ready(Some(Err(error))) => last = Some(Answer::error(error)),
                Poll::Ready(None) => last = Some(Answer::End),
                Poll::Pending => return Answer::Need(None),
            }
        }
        let Some(stream) = open.get_mut(told) else { return last.clone().unwrap_or(Answer::End) };
        told += 1;
        let (mut data, mut room) = (Vec::new(), [0; 64]);
        let ended = loop {
            match Pin::new(&mut *stream).poll_read(&mut context, &mut room) {
                Poll::Ready(Ok(0)) => break "ended",
                Poll::Ready(Ok(length)) => data.extend_from_slice(&room[..length]),
                Poll::Ready(Err(_)) => break "broken",
                Poll::Pending => break "open",
            }
        };
        Answer::Item(format!("{} {:?} {ended}", stream.id(), data.escape_ascii().to_string()))
    }
}

/// Negotiates, and reads what follows.
fn listener(pipe: Pipe) -> impl FnMut() -> Answer {
    enum State {
        Negotiates(Pin<Box<ListenerSelectFuture<Pipe, &'static str>>>),
        Reads(Negotiated<Pipe>),
    }
    let mut state = State::Negotiates(Box::pin(listener_select_proto(pipe, ["/a/1", "/b/2"])));
    move || {
        let mut context = Context::from_waker(noop_waker_ref());
        match &mut state {
            State::Negotiates(future) => match future.as_mut().poll(&mut context) {
                Poll::Ready(Ok((name, io))) => {
                    state = State::Reads(io);
                    Answer::Item(name.into())
                }
                Poll::Ready(Err(error)) => Answer::error(error),
                Poll::Pending => Answer::Need(None),
            },
            State::Reads(io) => {
                let mut room = [0; 64];
                match Pin::new(io).poll_read(&mut context, &mut room) {
                    Poll::Ready(Ok(0)) => Answer::End,
                    Poll::Ready(Ok(length)) => Answer::Piece(room[..length].to_vec()),
                    Poll::Ready(Err(error)) => Answer::error(error),
                    Poll::Pending => Answer::Need(None),
                }
            }
        }
    }
}
