//! What a client can still use its connection for, and what it takes from a server.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue::{Buffer, Cause, Encode, Output, Step};
use segue_http1::{
    End, Error, Limits, RequestParts, ResponseEvent, WriteError,
    client::{self, GoodFor},
};

struct Asking {
    responses: client::Reader,
    writer: client::Writer,
    output: Output,
}

impl Asking {
    fn new(headers: &[(&str, &str)]) -> Self {
        let (responses, mut writer) = segue_http1::client();
        let mut output = Output::new();
        writer.encode(RequestParts::new("PUT", "/", headers), &mut output).unwrap();
        Self { responses, writer, output }
    }

    fn hears(&mut self, answer: &str) {
        let mut buffer = Buffer::from(answer.as_bytes());
        while let Step::Item(_) = buffer.step(&mut self.responses, false, &mut self.output).unwrap()
        {
        }
    }
}

const EXPECTS: &[(&str, &str)] =
    &[("Host", "a"), ("Content-Length", "5"), ("Expect", "100-continue")];
const NO_417: &str = "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n";

/// RFC 9110 §10.1.1, RFC 9112 §9.3: behind an early answer the body is still to be sent, or the
/// connection closes.
#[test]
fn an_early_417_leaves_the_body() {
    let mut asking = Asking::new(EXPECTS);
    assert!(asking.writer.awaits_continue() && !asking.writer.is_answered_early());
    assert_eq!(asking.writer.good_for(), GoodFor::Body);
    asking.hears(NO_417);
    assert!(!asking.writer.awaits_continue() && asking.writer.is_answered_early());
    assert_eq!(asking.writer.good_for(), GoodFor::Body);
    let get = RequestParts::new("GET", "/", [("Host", "a")]);
    assert_eq!(asking.writer.encode(get, &mut asking.output), Err(WriteError::Unfinished));
    asking.writer.encode(&b"hello"[..], &mut asking.output).unwrap();
    asking.writer.encode(End, &mut asking.output).unwrap();
    assert_eq!(asking.writer.good_for(), GoodFor::Requests);

    let mut asking = Asking::new(EXPECTS);
    asking.hears(NO_417);
    asking.writer.abandon();
    assert_eq!((asking.writer.good_for(), asking.writer.is_open()), (GoodFor::Nothing, false));
    assert_eq!(asking.writer.encode(get, &mut asking.output), Err(WriteError::Closing));

    let mut asking = Asking::new(EXPECTS);
    asking.hears("HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert_eq!(asking.writer.good_for(), GoodFor::Nothing);
}

/// A body that is given up does not end the answer that is under way.
#[test]
fn an_answer_is_read_behind_a_body_that_was_abandoned() {
    let mut asking = Asking::new(&[("Host", "a"), ("Transfer-Encoding", "chunked")]);
    asking.writer.encode(&b"some"[..], &mut asking.output).unwrap();
    let before = asking.output.to_vec();
    asking.writer.abandon();
    assert_eq!(asking.output.to_vec(), before, "no last chunk");
    assert_eq!(asking.writer.good_for(), GoodFor::Answers);
    assert_eq!(asking.writer.encode(&b"more"[..], &mut asking.output), Err(WriteError::NoHead));
    asking.hears("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
    assert_eq!(asking.writer.good_for(), GoodFor::Nothing);
}

/// RFC 9110 §15.2: any number of informational responses may come, and a client need not take it.
#[test]
fn informational_responses_are_limited() {
    let hear = |limits: Limits, count: usize| {
        let (mut responses, mut writer) = client::Reader::new().limits(limits).paired();
        let mut output = Output::new();
        for _ in 0..2 {
            let get = RequestParts::new("GET", "/", [("Host", "a")]);
            writer.encode(get, &mut output).unwrap();
            writer.encode(End, &mut output).unwrap();
        }
        let one = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(count);
        let input = format!("{one}HTTP/1.1 204 OK\r\n\r\n").repeat(2);
        let mut buffer = Buffer::from(input.as_bytes());
        loop {
            match buffer.step(&mut responses, false, &mut output) {
                Ok(Step::Item(ResponseEvent::Switched(_))) => panic!("nothing was offered"),
                Ok(Step::Item(_)) => {}
                Ok(_) => return None,
                Err(fault) => return Some(fault.cause),
            }
        }
    };
    let too_many = Some(Cause::Stage(Error::TooManyInformational));
    assert_eq!(hear(Limits::DEFAULT, 16), None);
    assert_eq!(hear(Limits::DEFAULT, 17), too_many);
    assert_eq!(hear(Limits { informational: 0, ..Limits::DEFAULT }, 1), too_many);
}

/// As many requests as the limit says are sent ahead of their answers, each with its own kind of answer.
#[test]
fn requests_run_ahead_up_to_the_limit() {
    for most in [1, 2, 64, 126] {
        let limits = Limits { pipelined: most, ..Limits::DEFAULT };
        let (mut responses, mut writer) = client::Reader::new().limits(limits).paired();
        let mut output = Output::new();
        for number in 0..most {
            let method = if number % 3 == 0 { "HEAD" } else { "GET" };
            writer.encode(RequestParts::new(method, "/", [("Host", "a")]), &mut output).unwrap();
            writer.encode(End, &mut output).unwrap();
        }
        let get = RequestParts::new("GET", "/", [("Host", "a")]);
        assert_eq!(writer.encode(get, &mut output), Err(WriteError::TooManyRequests));
        let answers: String = (0..most)
            .map(|number| {
                let body = if number % 3 == 0 { "" } else { "hi" };
                format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{body}")
            })
            .collect();
        let mut buffer = Buffer::from(answers.as_bytes());
        let mut ends = 0;
        while let Step::Item(item) = buffer.step(&mut responses, false, &mut output).unwrap() {
            ends += u32::from(item == ResponseEvent::End);
        }
        assert_eq!((ends, writer.unanswered(), buffer.len()), (most, 0, 0));
    }
}
