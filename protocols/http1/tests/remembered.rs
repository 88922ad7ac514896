//! The memory that an end of a connection has of the other: its version, and that it broke the
//! rules.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue::{Buffer, Cause, Encode, Output, Step};
use segue_http1::{
    End, Error, RequestEvent, RequestParts, ResponseEvent, ResponseParts, Version, Whole,
    WriteError, client,
};

const HOST: [(&str, &str); 1] = [("Host", "a")];
const CHUNKED: [(&str, &str); 2] = [("Host", "a"), ("Transfer-Encoding", "chunked")];

/// A client that has asked once, and has read `answer`.
fn having_read(answer: &[u8]) -> (client::Reader, client::Writer, Result<(), Cause<Error>>) {
    let (mut responses, mut writer) = segue_http1::client();
    let (mut buffer, mut output) = (Buffer::from(answer), Output::new());
    writer.encode(Whole::new(RequestParts::new("GET", "/", HOST), &b""[..]), &mut output).unwrap();
    let read = loop {
        match buffer.step(&mut responses, false, &mut output) {
            Ok(Step::Item(_)) => {}
            Ok(_) => break Ok(()),
            Err(fault) => break Err(fault.cause),
        }
    };
    (responses, writer, read)
}

/// RFC 9112 §6.1: chunks are for those who are known to understand them.
#[test]
fn a_server_of_http_1_0_is_sent_no_chunks() {
    let mut output = Output::new();
    let old = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi";
    let (_, mut writer, read) = having_read(old);
    assert_eq!((read, writer.is_open()), (Ok(()), true));
    let upload = RequestParts::new("PUT", "/", CHUNKED);
    assert_eq!(writer.encode(upload, &mut output), Err(WriteError::Http10));
    let known = [("Host", "a"), ("Content-Length", "2"), ("Expect", "100-continue")];
    writer.encode(RequestParts::new("PUT", "/", known), &mut output).unwrap();
    assert!(!writer.awaits_continue(), "it would wait for ever (RFC 9110 §10.1.1)");

    let new = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    let (_, mut writer, read) = having_read(new);
    assert_eq!(read, Ok(()));
    writer.encode(upload, &mut output).unwrap();
}

/// RFC 9112 §9.3: HTTP/1.0 closes unless it says otherwise.
#[test]
fn a_server_of_http_1_0_is_asked_once() {
    for (answer, open) in [
        (&b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"[..], false),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhi", false),
        (b"HTTP/1.0 204 OK\r\nConnection: keep-alive\r\n\r\n", true),
        (b"HTTP/1.2 204 OK\r\n\r\n", true),
    ] {
        let (_, mut writer, read) = having_read(answer);
        assert_eq!((read, writer.is_open()), (Ok(()), open), "{}", answer.escape_ascii());
        let again = writer.encode(RequestParts::new("GET", "/", HOST), &mut Output::new());
        assert_eq!(again.is_ok(), open, "{}", answer.escape_ascii());
    }
}

/// RFC 9112 §6.3, §9.2: behind what cannot be understood nothing is asked.
#[test]
fn a_broken_response_closes_the_writer() {
    for (answer, error) in [
        (&b"SSH-2.0"[..], Error::Version),
        (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", Error::SpaceBeforeColon),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", Error::ContentLength),
        (b"HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\n", Error::UnofferedSwitch),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", Error::ChunkSize),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA : b\r\n\r\n",
            Error::SpaceBeforeColon,
        ),
        (b"HTTP/1.1 204 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", Error::Unrequested),
    ] {
        let (_, mut writer, read) = having_read(answer);
        assert_eq!(read, Err(Cause::Stage(error)));
        assert!(!writer.is_open(), "{}", answer.escape_ascii());
        let again = writer.encode(RequestParts::new("GET", "/", HOST), &mut Output::new());
        assert_eq!(again, Err(WriteError::Closing), "{}", answer.escape_ascii());
    }
}

/// RFC 9112 §8: a response that is cut short is incomplete.
#[test]
fn an_end_within_a_response_closes_the_writer() {
    for answer in [&b""[..], b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"] {
        let (mut responses, writer, read) = having_read(answer);
        assert_eq!((read, writer.is_open()), (Ok(()), true));
        let mut rest = Buffer::from(if answer.len() > 20 { b"" } else { answer });
        let end = rest.step(&mut responses, true, &mut Output::new());
        assert_eq!(end.unwrap_err().cause, Cause::Truncated);
        assert!(!writer.is_open(), "{}", answer.escape_ascii());
    }
}

/// The body of a request is not sent on to a server that is not understood.
#[test]
fn a_broken_response_stops_the_body_under_way() {
    let (mut responses, mut writer) = segue_http1::client();
    let mut output = Output::new();
    writer.encode(RequestParts::new("PUT", "/", CHUNKED), &mut output).unwrap();
    writer.encode(&b"some"[..], &mut output).unwrap();
    let mut buffer = Buffer::from(&b"NO\r\n"[..]);
    buffer.step(&mut responses, false, &mut output).unwrap_err();
    assert_eq!(writer.encode(&b"more"[..], &mut output), Err(WriteError::Closing));
    assert_eq!(writer.encode(End, &mut output), Err(WriteError::Closing));
}

/// RFC 9110 §2.5: later minor versions are taken for the highest that is known.
#[test]
fn later_minor_versions_are_1_1() {
    let (mut requests, mut writer) = segue_http1::server();
    let mut output = Output::new();
    let mut buffer = Buffer::from(&b"GET / HTTP/1.9\r\nHost: a\r\n\r\n"[..]);
    match buffer.step(&mut requests, false, &mut output).unwrap() {
        Step::Item(RequestEvent::Head(head)) => assert_eq!(head.version(), Version::Http11),
        other => panic!("{other:?}"),
    }
    writer.encode(ResponseParts::new(204, [("A", "b")]), &mut output).unwrap();
    assert_eq!(output.to_vec(), b"HTTP/1.1 204 No Content\r\nA: b\r\n\r\n");
    // The peer also does what version 1.1 requires.
    let mut buffer = Buffer::from(&b"GET / HTTP/1.2\r\n\r\n"[..]);
    let (mut requests, _) = segue_http1::server();
    let fault = buffer.step(&mut requests, false, &mut output).unwrap_err();
    assert_eq!(fault.cause, Cause::Stage(Error::MissingHost));
}

/// A loop that asks on instead of answering ends.
#[test]
fn asking_on_while_paused_ends() {
    let (mut requests, mut writer) = segue_http1::server();
    let mut output = Output::new();
    let one = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut buffer = Buffer::from(&one.repeat(3)[..]);
    let mut paused = 0;
    let fault = loop {
        match buffer.step(&mut requests, false, &mut output) {
            Ok(Step::Item(RequestEvent::Paused)) => paused += 1,
            Ok(Step::Item(RequestEvent::Head(_) | RequestEvent::End)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(fault) => break fault,
        }
    };
    assert_eq!((fault.cause, paused), (Cause::NoProgress, 64));
    // More that comes, or an answer, is progress.
    let (mut requests, mut buffer) = (requests, buffer);
    for _ in 0..20 {
        buffer.extend(b"G");
        let item = buffer.step(&mut requests, false, &mut output).unwrap();
        assert_eq!(item, Step::Item(RequestEvent::Paused));
    }
    writer.encode(Whole::new(ResponseParts::new(200, HOST), &b""[..]), &mut output).unwrap();
    let item = buffer.step(&mut requests, false, &mut output).unwrap();
    assert!(matches!(item, Step::Item(RequestEvent::Head(_))));
}

#[test]
fn informational_responses_are_not_remembered() {
    let (mut responses, mut writer) = segue_http1::client();
    let mut output = Output::new();
    writer.encode(Whole::new(RequestParts::new("GET", "/", HOST), &b""[..]), &mut output).unwrap();
    let mut buffer = Buffer::from(&b"HTTP/1.1 103 Early Hints\r\n\r\n"[..]);
    let item = buffer.step(&mut responses, false, &mut output).unwrap();
    assert!(matches!(item, Step::Item(ResponseEvent::Informational(_))));
    writer.encode(RequestParts::new("PUT", "/", CHUNKED), &mut output).unwrap();
}
