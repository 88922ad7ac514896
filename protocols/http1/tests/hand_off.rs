//! Leaving HTTP/1.1 with all that the connection holds: what was received behind the request, the
//! answer that is not sent yet, and the end of the stream.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::io::{self, Read, Write};

use segue::{
    Edge, Handoff, Output,
    driver::{Options, Turn, sync::Connection},
};
use segue_http1::{RequestEvent, RequestParts, ResponseEvent, ResponseParts, Whole};

/// A transport that brings `input` in reads of at most `most` bytes, and keeps what is sent.
struct Line {
    input: io::Cursor<Vec<u8>>,
    most: usize,
    sent: Vec<u8>,
}

impl Line {
    fn new(input: &[u8], most: usize) -> Self {
        Self { input: io::Cursor::new(input.to_vec()), most, sent: Vec::new() }
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = self.most.min(into.len());
        self.input.read(&mut into[..most])
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sent.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
const CONNECT: &[u8] = b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n";
const GLUED: &[u8] = b"of another protocol";

#[test]
fn a_server_hands_over_leftover_answer_and_end() {
    for (request, status, answer) in [
        (
            UPGRADE,
            101,
            &b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"[..],
        ),
        (CONNECT, 200, b"HTTP/1.1 200 OK\r\nUpgrade: x\r\n\r\n"),
    ] {
        for most in [1, 7, 1000] {
            let (requests, mut writer) = segue_http1::server();
            let input = [request, GLUED].concat();
            let mut connection = Connection::new(Line::new(&input, most), requests);
            loop {
                let Turn { item, mut output } = connection.turn().unwrap().unwrap();
                if item == RequestEvent::End {
                    let head = ResponseParts::new(status, [("Upgrade", "x")]);
                    output.queue(&mut writer, head).unwrap();
                    break;
                }
            }
            assert!(connection.stage().is_switched());
            // Bytes may not cross such an edge unseen; the refusal gives the connection back.
            let refused = connection.hand_off(Edge::MustBeEmpty).unwrap_err();
            let handoff = refused.into_connection().hand_off(Edge::Carry).unwrap();
            let (mut line, mut read, unsent, eof) = handoff.into_parts();
            assert_eq!(unsent.to_vec(), answer);
            assert!(line.sent.is_empty());
            assert!(!eof, "it has not been seen");
            let mut rest = Vec::new();
            line.input.read_to_end(&mut rest).unwrap();
            read.extend_from_slice(&rest);
            assert_eq!(read, GLUED);
            assert_eq!(rest.is_empty(), most == 1000);
        }
    }
}

/// The end of the stream goes along, once it has been seen, with what came before it.
#[test]
fn the_end_of_the_stream_is_handed_over() {
    let (requests, mut writer) = segue_http1::server();
    let options = Options::default();
    let read = [CONNECT, GLUED].concat()[..].into();
    let seen = Handoff::from_parts(Line::new(b"", 1), read, Output::new(), true);
    let mut connection = Connection::from_handoff(seen, requests).with_options(options);
    while let Some(Turn { item, mut output }) = connection.turn().unwrap() {
        if item == RequestEvent::End {
            output.queue(&mut writer, ResponseParts::new(200, [("", ""); 0])).unwrap();
        }
    }
    let (_, read, _, eof) = connection.hand_off(Edge::Carry).unwrap().into_parts();
    assert_eq!((&read[..], eof), (GLUED, true));

    // Nothing behind the request but the end, which is read for while its answer is under way.
    let (requests, mut writer) = segue_http1::server();
    let mut connection = Connection::new(Line::new(UPGRADE, 1000), requests);
    let mut count = 0;
    while let Some(Turn { item, .. }) = connection.turn().unwrap() {
        count += u32::from(item == RequestEvent::End);
    }
    assert_eq!(count, 1);
    let head = ResponseParts::new(101, [("Upgrade", "x")]);
    connection.queue(&mut writer, head).unwrap();
    assert!(connection.turn().unwrap().is_none(), "the stage is done");
    let (_, read, _, eof) = connection.hand_off(Edge::Carry).unwrap().into_parts();
    assert_eq!((&read[..], eof), (&b""[..], true));
}

#[test]
fn a_client_hands_over_leftover_and_end() {
    let answer =
        [&b"HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"[..], GLUED].concat();
    let (responses, mut writer) = segue_http1::client();
    let options = Options::default();
    let nothing_yet = Handoff::new(Line::new(&answer, 1000), &b""[..]);
    let mut connection = Connection::from_handoff(nothing_yet, responses).with_options(options);
    let head = [("Host", "a"), ("Connection", "upgrade"), ("Upgrade", "x")];
    let ask = Whole::new(RequestParts::new("GET", "/", head), &b""[..]);
    connection.queue(&mut writer, ask).unwrap();
    let Some(Turn { item: ResponseEvent::Switched(head), .. }) = connection.turn().unwrap() else {
        panic!("it is switched")
    };
    assert_eq!(head.headers().find("upgrade"), Some(&b"x"[..]));
    assert!(connection.turn().unwrap().is_none(), "the stage is done");
    let (line, read, unsent, _) = connection.hand_off(Edge::Carry).unwrap().into_parts();
    assert_eq!((&read[..], unsent.is_empty()), (GLUED, true));
    assert!(line.sent.starts_with(b"GET / HTTP/1.1\r\n"));
}

/// Answers to all that one read has brought leave in one write.
#[test]
fn one_write_for_a_batch() {
    struct Writes(Line, usize);
    impl Read for Writes {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0.read(into)
        }
    }
    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 += 1;
            self.0.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let batch = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi".repeat(20);
    let (requests, mut writer) = segue_http1::server();
    let mut connection = Connection::new(Writes(Line::new(&batch, 4096), 0), requests);
    let mut count = 0;
    while let Some(Turn { item, mut output }) = connection.turn().unwrap() {
        if item == RequestEvent::End {
            count += 1;
            let number = count.to_string();
            let head = ResponseParts::new(200, [("Number", &number)]);
            output.queue(&mut writer, Whole::new(head, &b"ho"[..])).unwrap();
        }
    }
    let (Writes(line, writes), ..) = connection.hand_off(Edge::Carry).unwrap().into_parts();
    assert_eq!((count, writes), (20, 1));
    let sent = String::from_utf8(line.sent).unwrap();
    let numbers = sent.split("Number: ").skip(1).map(|rest| rest.split_once('\r').unwrap().0);
    assert!(numbers.eq((1..=20).map(|number| number.to_string())), "{sent}");
}
