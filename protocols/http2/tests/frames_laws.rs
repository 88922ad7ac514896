//! The laws of segue, stamped on the stage of frames.

mod support;

use segue::laws;
use segue_http2::frame::{FrameLimits, Frames};
use support::*;

fn good() -> Vec<Vec<u8>> {
    let block = |kind: u8, flags: u8| {
        [
            frame(kind, flags, 3, b"\x02\x80\0\0\x01\x07bl\0\0"),
            frame(CONTINUATION, 0, 3, b"o"),
            frame(CONTINUATION, 0, 3, b""),
            frame(CONTINUATION, END_HEADERS, 3, b"ck"),
        ]
        .concat()
    };
    vec![
        vec![],
        frame(DATA, END_STREAM, 1, b"data"),
        [frame(DATA, 0, 1, b"pieces"), frame(DATA, 0, 1, b""), frame(DATA, END_STREAM, 1, b"")]
            .concat(),
        frame(DATA, PADDED | END_STREAM, 1, b"\x03data\0\0\0"),
        [frame(DATA, PADDED, 1, b"\x02\0\0"), frame(DATA, PADDED, 1, b"\0")].concat(),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, b"block"),
        block(HEADERS, PADDED | WITH_PRIORITY),
        [block(PUSH_PROMISE, PADDED), frame(HEADERS, END_HEADERS, 5, b"")].concat(),
        [
            settings(&[(1, 0), (3, 100), (4, 0x7fff_ffff), (5, 0xff_ffff), (0xff, 7)]),
            frame(SETTINGS, ACK, 0, b""),
            frame(PING, ACK, 0, b"01234567"),
            frame(WINDOW_UPDATE, 0, 0, b"\x80\0\0\x01"),
            frame(RST_STREAM, 0, 9, b"\0\0\0\x08"),
            frame(PRIORITY, 0, 9, b"\0\0\0\x07\x10"),
            frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\x07u=0, i"),
            frame(GOAWAY, 0, 0, b"\0\0\0\x01\0\0\0\x0bfor those who debug"),
        ]
        .concat(),
        [
            frame(0x77, 0xff, 77, b"of no known type"),
            frame(0xfa, 0, 0, b""),
            frame(PRIORITY_UPDATE, 0, 0, &[b' '; 300]),
            frame(GOAWAY, 0, 0, &[0; 8]),
        ]
        .concat(),
    ]
}

fn bad() -> Vec<Vec<u8>> {
    let behind = |bytes: Vec<u8>| [frame(PING, 0, 0, &[7; 8]), bytes].concat();
    [
        header(DATA, 0, 1, 16_385),
        header(0xfe, 0, 1, 16_385),
        frame(DATA, 0, 0, b"data"),
        frame(DATA, PADDED, 1, b""),
        frame(DATA, PADDED, 1, b"\x04dat"),
        frame(HEADERS, PADDED | END_HEADERS, 1, b"\x04blo"),
        [frame(HEADERS, PADDED, 1, b"\x04blo"), frame(CONTINUATION, END_HEADERS, 1, b"ck")]
            .concat(),
        frame(HEADERS, WITH_PRIORITY | END_HEADERS, 1, b"four"),
        [frame(HEADERS, 0, 1, b"bl"), frame(DATA, 0, 1, b"ock")].concat(),
        [frame(HEADERS, 0, 1, b"bl"), frame(CONTINUATION, 0, 3, b"ock")].concat(),
        frame(CONTINUATION, END_HEADERS, 1, b"block"),
        frame(PING, 0, 1, &[0; 8]),
        frame(SETTINGS, 0, 0, &[0; 5]),
        settings(&[(2, 2)]),
        frame(WINDOW_UPDATE, 0, 0, &[0; 4]),
        // Cut off.
        header(DATA, 0, 1, 5),
        header(HEADERS, 0, 1, 0),
        header(0xfe, 0, 1, 2),
        vec![0],
    ]
    .map(behind)
    .into()
}

#[test]
fn frames_keep_the_laws() {
    laws::stage(Frames::new).accepts(good()).refuses(bad()).check();
}

/// The most that is held for a record are its block and the headers in it.
#[test]
fn needs_are_bounded() {
    let limits = FrameLimits::DEFAULT.payload(20_000).block(100).block_frames(3);
    let blocks = [
        frame(HEADERS, 0, 1, &[7; 101]),
        [frame(HEADERS, 0, 1, &[7; 60]), frame(CONTINUATION, 0, 1, &[7; 41])].concat(),
        [frame(HEADERS, 0, 1, &[7; 60]), frame(CONTINUATION, 0, 1, b"").repeat(3)].concat(),
    ];
    laws::stage(|| Frames::new().limits(limits)).refuses(blocks).limit(100 + 3 * 9).check();
}

#[test]
fn work_is_linear() {
    let one =
        |length: usize| frame(0xfe, 0, 1, &vec![1; length.min(16_384)]).repeat(1 + length / 16_384);
    let tiny = |length: usize| frame(DATA, 0, 1, b"x").repeat(length / 10);
    let blocks = |length: usize| {
        let block =
            [frame(HEADERS, 0, 1, b"a"), frame(CONTINUATION, 0, 1, b"b").repeat(6)].concat();
        [block, frame(CONTINUATION, END_HEADERS, 1, b"c")].concat().repeat(length / 80)
    };
    laws::stage(Frames::new).linear(one).linear(tiny).linear(blocks).check();
}
