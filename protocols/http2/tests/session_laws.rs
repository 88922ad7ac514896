//! The laws of segue, stamped on the session.

mod support;

use segue::laws;
use segue_http2::{Limits, Role, Session, frame::PREFACE};
use support::{end::*, reader::Reader, *};

fn server() -> Reader {
    Reader(Session::server(Limits::DEFAULT))
}

fn client() -> Reader {
    Reader(Session::client(Limits::DEFAULT))
}

fn get(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(GET))
}

fn post(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &block(POST))
}

fn begun(frames: &[Vec<u8>]) -> Vec<u8> {
    [PREFACE.to_vec(), settings(&[(3, 100)]), frames.concat()].concat()
}

fn good() -> Vec<Vec<u8>> {
    vec![
        vec![],
        begun(&[]),
        begun(&[get(1)]),
        begun(&[
            post(1),
            frame(DATA, 0, 1, b"some "),
            frame(DATA, PADDED, 1, b"\x02content\0\0"),
            frame(HEADERS, END_STREAM, 1, &block(&[("a", "b")])[..3]),
            frame(CONTINUATION, END_HEADERS, 1, &block(&[("a", "b")])[3..]),
            get(3),
        ]),
        begun(&[post(1), frame(DATA, END_STREAM, 1, b"")]),
        begun(&[post(1), frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]), frame(0xcc, 7, 9, b"unknown")]),
        begun(&[
            frame(SETTINGS, ACK, 0, b""),
            frame(PING, 0, 0, b"01234567"),
            frame(PRIORITY, 0, 9, &[0, 0, 0, 1, 7]),
            frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\x09u=1"),
            frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]),
            frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\0good bye"),
        ]),
        // A request that is malformed is reset, and nobody is told.
        begun(&[frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&GET[1..])), get(3)]),
    ]
}

fn bad() -> Vec<Vec<u8>> {
    vec![
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        [PREFACE.to_vec(), get(1)].concat(),
        begun(&[frame(DATA, 0, 1, b"idle")]),
        begun(&[get(2)]),
        begun(&[frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff")]),
        begun(&[post(1), header(DATA, 0, 1, 20_000)]),
        begun(&[frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\x02")]),
        begun(&[frame(WINDOW_UPDATE, 0, 0, &[0; 4])]),
        // Cut off: a stream is open, or a frame is not whole.
        begun(&[post(1)]),
        begun(&[post(1), frame(DATA, 0, 1, b"data")]),
        begun(&[vec![0, 0]]),
        PREFACE[..5].to_vec(),
    ]
}

#[test]
fn sessions_keep_the_laws() {
    let suite = laws::stage(server).absorbs_records().ends_anywhere().speech_counts();
    suite.accepts(good()).refuses(bad()).check();
    let answers = [
        vec![],
        settings(&[]),
        [settings(&[(4, 7)]), frame(PING, 0, 0, &[1; 8]), frame(GOAWAY, 0, 0, &[0; 8])].concat(),
    ];
    let wrong = [
        frame(PING, 0, 0, &[1; 8]),
        [settings(&[]), frame(HEADERS, END_HEADERS, 1, b"\x88")].concat(),
        [settings(&[]), frame(HEADERS, END_HEADERS, 2, b"\x88")].concat(),
        settings(&[(2, 1)]),
    ];
    let suite = laws::stage(client).absorbs_records().ends_anywhere().speech_counts();
    suite.accepts(answers).refuses(wrong).check();
}

#[test]
fn work_is_linear() {
    let data = |length: usize| {
        let frames =
            (0..length / 40).map(|_| frame(DATA, 0, 1, b"thirty-one bytes are not many.."));
        begun(&[post(1), frames.collect::<Vec<_>>().concat(), frame(DATA, END_STREAM, 1, b"")])
    };
    let suite = laws::stage(server).absorbs_records().ends_anywhere().speech_counts();
    suite.linear(data).check();
}

#[test]
fn roles_are_told() {
    assert_eq!((server().0.role(), client().0.role()), (Role::Server, Role::Client));
}
