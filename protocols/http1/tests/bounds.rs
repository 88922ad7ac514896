//! What a server need not take: bodies that are too long, requests too far ahead, clients too slow.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::{thread, time::Duration};

use segue::{Buffer, Cause, Encode, Fault, Output, Step};
use segue_http1::{Error, Limits, Refusal, RequestEvent, ResponseParts, Whole, WriteError, server};

fn small() -> Limits {
    Limits { body: 4, ..Limits::DEFAULT }
}

/// Reads `input` with bodies of four bytes at most; what came of a body, and the fault.
fn upload(input: &str) -> (Vec<u8>, Option<Fault<Error>>, String) {
    let (mut requests, mut writer) = server::Reader::new().limits(small()).paired();
    let (mut buffer, mut output, mut body) =
        (Buffer::from(input.as_bytes()), Output::new(), vec![]);
    loop {
        match buffer.step(&mut requests, false, &mut output) {
            Ok(Step::Item(RequestEvent::Piece(piece))) => body.extend_from_slice(piece),
            Ok(Step::Item(_)) => {}
            Ok(_) => return (body, None, String::new()),
            Err(fault) => {
                writer.encode(&fault, &mut output).unwrap();
                assert!(writer.is_done());
                return (body, Some(fault), String::from_utf8(output.to_vec()).unwrap());
            }
        }
    }
}

/// RFC 9110 §15.5.14.
#[test]
fn bodies_are_limited() {
    let post = |lines: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}");
    let (body, fault, _) = upload(&post("Content-Length: 4\r\n\r\nbody"));
    assert_eq!((&body[..], fault), (&b"body"[..], None));
    let chunks = "Transfer-Encoding: chunked\r\n\r\n";
    let (body, fault, _) = upload(&post(&format!("{chunks}2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n")));
    assert_eq!((&body[..], fault), (&b"body"[..], None));

    // A length is refused before anything of the body has come.
    let (body, fault, told) = upload(&post("Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"));
    let fault = fault.unwrap();
    assert_eq!((fault.cause, fault.at), (Cause::Stage(Error::BodyTooLarge), 42));
    assert!(body.is_empty() && told.starts_with("HTTP/1.1 413 Content Too Large\r\n"), "{told}");
    let (body, fault, told) = upload(&post(&format!("{chunks}2\r\nbo\r\n3\r\ndy!\r\n0\r\n\r\n")));
    assert_eq!(fault.unwrap().cause, Cause::Stage(Error::BodyTooLarge));
    assert_eq!(body, b"bo");
    assert!(told.starts_with("HTTP/1.1 413 ") && told.contains("RFC 9110 §15.5.14"), "{told}");
}

/// RFC 9110 §15.5.9, §15.6.4: an answer may come where no request has.
#[test]
fn a_refusal_needs_no_request() {
    for (input, status) in [
        ("", 408),
        ("GET / HT", 408),
        ("", 503),
        ("POST / HTTP/1.0\r\nContent-Length: 9\r\n\r\nhell", 408),
    ] {
        let (mut requests, mut writer) = segue_http1::server();
        let (mut buffer, mut output) = (Buffer::from(input.as_bytes()), Output::new());
        while let Step::Item(_) = buffer.step(&mut requests, false, &mut output).unwrap() {}
        writer.encode(Refusal(status), &mut output).unwrap();
        let sent = String::from_utf8(output.to_vec()).unwrap();
        assert!(sent.starts_with(&format!("HTTP/1.1 {status} ")), "{sent}");
        assert!(sent.contains("\r\nConnection: close\r\n"), "{sent}");
        assert!(writer.is_done());
        assert_eq!(writer.encode(Refusal(status), &mut output), Err(WriteError::Closing));
        // Whatever else comes is no request.
        buffer.extend(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(!matches!(
            buffer.step(&mut requests, false, &mut output),
            Ok(Step::Item(RequestEvent::Head(_)))
        ));
    }
}

/// It takes no answer from a request that is owed one, and comes between no answer and its end.
#[test]
fn a_refusal_waits_for_its_turn() {
    let two = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2);
    let (mut requests, mut writer) = server::Reader::new().ahead(2).paired();
    let (mut buffer, mut output) = (Buffer::from(two.as_bytes()), Output::new());
    while !matches!(
        buffer.step(&mut requests, false, &mut output).unwrap(),
        Step::Item(RequestEvent::Paused) | Step::Need(_)
    ) {}
    assert_eq!(writer.encode(Refusal(503), &mut output), Err(WriteError::Unfinished));
    writer.encode(Whole::new(ResponseParts::bare(204), &b""[..]), &mut output).unwrap();
    writer.encode(ResponseParts::bare(200), &mut output).unwrap();
    assert_eq!(writer.encode(Refusal(503), &mut output), Err(WriteError::Unfinished));
    let answered = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
    let (mut requests, mut writer) = segue_http1::server();
    let mut buffer = Buffer::from(answered.as_bytes());
    while let Step::Item(_) = buffer.step(&mut requests, false, &mut output).unwrap() {}
    writer.encode(Whole::new(ResponseParts::bare(204), &b""[..]), &mut output).unwrap();
    assert_eq!(writer.encode(Refusal(408), &mut output), Err(WriteError::NoRequest));
}

/// A response that is given up is not ended, and nothing comes behind it (RFC 9112 §8).
#[test]
fn a_response_that_is_abandoned_closes() {
    let (mut requests, mut writer) = segue_http1::server();
    let input = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let (mut buffer, mut output) = (Buffer::from(&input[..]), Output::new());
    while !matches!(
        buffer.step(&mut requests, false, &mut output).unwrap(),
        Step::Item(RequestEvent::Paused)
    ) {}
    writer.abandon();
    assert!(!writer.is_done(), "nothing was under way");
    writer.encode(ResponseParts::bare(200), &mut output).unwrap();
    writer.encode(&b"half"[..], &mut output).unwrap();
    writer.abandon();
    assert!(writer.is_done() && output.to_vec().ends_with(b"4\r\nhalf\r\n"));
    let again = writer.encode(Whole::new(ResponseParts::bare(500), &b""[..]), &mut output);
    assert_eq!(again, Err(WriteError::Closing));
    assert_eq!(buffer.step(&mut requests, false, &mut output), Ok(Step::Done));
}

/// Requests are read ahead up to the limit, then reading pauses until something is answered.
#[test]
fn reading_pauses_at_the_limit() {
    let many = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100);
    for (limit, ahead, expected) in [(64, 1000, 64), (64, 3, 3), (2, 1000, 2), (1000, 1000, 100)] {
        let limits = Limits { pipelined: limit, ..Limits::DEFAULT };
        let (mut requests, mut writer) = server::Reader::new().limits(limits).ahead(ahead).paired();
        let (mut buffer, mut output) = (Buffer::from(many.as_bytes()), Output::new());
        let read = |requests: &mut server::Reader, buffer: &mut Buffer| {
            let mut heads = 0;
            loop {
                match buffer.step(requests, false, &mut Output::new()).unwrap() {
                    Step::Item(RequestEvent::Paused) | Step::Need(_) => return heads,
                    Step::Item(RequestEvent::Head(_)) => heads += 1,
                    Step::Item(_) => {}
                    Step::Done => panic!("it goes on"),
                }
            }
        };
        assert_eq!(read(&mut requests, &mut buffer), expected);
        let mut read_so_far = expected;
        while read_so_far < 100 {
            writer.encode(Whole::new(ResponseParts::bare(204), &b""[..]), &mut output).unwrap();
            assert_eq!(read(&mut requests, &mut buffer), 1);
            read_so_far += 1;
        }
    }
}

/// A reader that has paused is woken by a writer in another thread, and not before.
#[test]
fn a_pause_can_be_waited_for() {
    let two = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2);
    let (mut requests, mut writer) = segue_http1::server();
    let (mut buffer, mut output) = (Buffer::from(two.as_bytes()), Output::new());
    while !matches!(
        buffer.step(&mut requests, false, &mut output).unwrap(),
        Step::Item(RequestEvent::Paused)
    ) {}
    assert!(!requests.answered().wait(Duration::from_millis(20)));
    let answered = requests.answered();
    let writing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        let mut output = Output::new();
        writer.encode(Whole::new(ResponseParts::bare(204), &b""[..]), &mut output).unwrap();
        writer
    });
    assert!(answered.wait(Duration::from_secs(10)));
    let _writer = writing.join().unwrap();
    let item = buffer.step(&mut requests, false, &mut output).unwrap();
    assert!(matches!(item, Step::Item(RequestEvent::Head(_))), "{item:?}");
    // It was answered since the pause, so that nobody waits.
    assert!(requests.answered().wait(Duration::ZERO));
}
