//! A traced part keeps the laws, and passes on everything that it tells.

use segue::{
    Decode, DecodeExt, Exchange, combine::Paired, laws, length, separator, trace::Recorder,
};
use segue_websocket::ServerHandshake;
use segue_yamux::Session;

use crate::{
    holding::{HELD, Holding},
    protocol::{Greeting, Records},
};

#[test]
fn stages() {
    let recorder = Recorder::new().with_payload(4);
    laws::stage(|| recorder.trace("records", Records::default()))
        .accepts([&b"\x03one\x00\x05three\xff"[..], b"\xff", b"\x00\x00\xff"])
        .refuses([&b""[..], b"\x03on", b"\x00"])
        .limit(256)
        .check();
    // One that looks ahead, one with a limit, one with a stage inside.
    laws::stage(|| recorder.trace("lines", separator::line().max(8)))
        .accepts([&b"one\ntwo\r\n\n"[..], b""])
        .refuses([&b"far too long\n"[..], b"cut"])
        .limit(16)
        .check();
    laws::stage(|| recorder.trace("nested", length::u8().nested(separator::line().max(64))))
        .accepts([&b"\x04one\n\x03thr\x03ee\n"[..], b""])
        .refuses([&b"\x03cut"[..]])
        .limit(256)
        .check();
    assert!(recorder.recording().events.len() > 100, "it was on");
}

#[test]
fn exchanges() {
    let recorder = Recorder::new();
    laws::exchange(|| recorder.trace("greeting", Greeting::default()))
        .accepts([&b"HI\n"[..], b"\n"])
        .refuses([&b""[..], b"HI"])
        .check();
    let request = b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let mut shown = recorder.trace("handshake", ServerHandshake::new());
    assert_eq!(shown.belonging(request), ServerHandshake::new().belonging(request));
    assert_eq!(shown.deadline(), None);
}

#[test]
fn layers() {
    let recorder = Recorder::new();
    let chunks = || {
        let chunks = length::u16_be().through(|chunk| chunk == [0, 0]);
        let paired = Paired::new(chunks, length::u16_be(), 1000).ending(|wire| wire.put(&[0, 0]));
        recorder.trace("chunks", paired)
    };
    laws::layers(|| (chunks(), chunks())).check();
}

#[test]
fn carriers() {
    let recorder = Recorder::new();
    let client = || recorder.trace("client", Session::client());
    let server = || recorder.trace("server", Session::server());
    laws::carriers(client, server).window(256 * 1024).check();
    assert!(recorder.recording().lanes.iter().all(|lane| lane.took > 0 && lane.queued > 0));
}

#[test]
fn everything_is_passed_on() {
    let recorder = Recorder::new();
    laws::passes_on(|| Holding, || recorder.trace("holding", Holding), [b"abc"]);
    assert_eq!(recorder.trace("residue", Holding).residue(), HELD);
    let said = recorder.recording().lanes[0].queued;
    assert!(said > 0 && said.is_multiple_of(4));
    // Tracing keeps what a constant forbids, here for a stage with a stream inside.
    const fn wire<D: Decode>(_: &D) -> bool {
        D::WIRE
    }
    let nested = || length::u8().nested(separator::line().max(64));
    assert!(!wire(&nested()) && !wire(&recorder.trace("nested", nested())));
    assert!(wire(&recorder.trace("line", separator::line())));
}
