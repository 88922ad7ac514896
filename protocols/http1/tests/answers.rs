//! The answers of a server: framing, keep-alive, expectations, and what the writer refuses.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::time::Duration;

use segue::{Buffer, Decode, Encode, Fault, Output, Step};
use segue_http1::{
    EncodeError, End, Error, RequestEvent, ResponseParts, Trailers, Whole, WriteError, server,
};

/// A server that has read `input`, up to where it waits.
struct Served {
    requests: server::Reader,
    writer: server::Writer,
    buffer: Buffer,
    output: Output,
}

impl Served {
    fn new(input: impl AsRef<[u8]>) -> Self {
        Self::of(server::Reader::new(), input)
    }

    fn of(server: server::Reader, input: impl AsRef<[u8]>) -> Self {
        let (requests, writer) = server.paired();
        let buffer = Buffer::from(input.as_ref());
        let mut served = Self { requests, writer, buffer, output: Output::new() };
        served.read();
        served
    }

    /// Reads on, up to where it waits, and gives what it is waiting in.
    fn read(&mut self) -> &'static str {
        loop {
            match self.buffer.step(&mut self.requests, false, &mut self.output) {
                Ok(Step::Item(RequestEvent::Paused)) => return "paused",
                Ok(Step::Item(_)) => {}
                Ok(Step::Need(_)) => return "need",
                Ok(Step::Done) => return "done",
                Err(_) => return "refused",
            }
        }
    }

    fn send<T>(&mut self, item: T) -> Result<(), WriteError>
    where
        server::Writer: Encode<T, Error = WriteError>,
    {
        let before = self.output.to_vec();
        let sent = self.writer.encode(item, &mut self.output);
        if sent.is_err() {
            assert_eq!(self.output.to_vec(), before, "nothing of what is refused stays");
        }
        sent
    }

    /// The sent bytes, with `|` for each line end.
    fn sent(&mut self) -> String {
        let sent = self.output.to_vec().escape_ascii().to_string().replace("\\r\\n", "|");
        self.output.clear();
        sent
    }
}

type Pairs = &'static [(&'static str, &'static str)];

fn parts(status: u16, headers: Pairs) -> ResponseParts<'static, Pairs> {
    ResponseParts::new(status, headers)
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD: &str = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
const OLD: &str = "GET / HTTP/1.0\r\n\r\n";
const OLD_KEPT: &str = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
const LAST: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const EXPECTS: &str =
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
const CONNECT: &str = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n";
const LENGTH: Pairs = &[("content-length", "2")];
const CHUNKED: Pairs = &[("transfer-encoding", "Chunked")];

#[test]
fn framing_of_answers() {
    for (request, status, headers, expected) in [
        (GET, 200, LENGTH, "content-length: 2||hi"),
        (GET, 200, CHUNKED, "transfer-encoding: Chunked||2|hi|0||"),
        (GET, 200, &[], "Transfer-Encoding: chunked||2|hi|0||"),
        (HEAD, 200, LENGTH, "content-length: 2||"),
        (HEAD, 200, CHUNKED, "transfer-encoding: Chunked||"),
        (HEAD, 200, &[], "|"),
        (OLD, 200, LENGTH, "content-length: 2|Connection: close||hi"),
        (OLD, 200, CHUNKED, "Connection: close||hi"),
        (OLD, 200, &[], "Connection: close||hi"),
        (OLD_KEPT, 200, LENGTH, "content-length: 2|Connection: keep-alive||hi"),
        (OLD_KEPT, 200, &[], "Connection: close||hi"),
        (LAST, 200, LENGTH, "content-length: 2|Connection: close||hi"),
        (
            LAST,
            200,
            &[("Connection", "Close")],
            "Connection: Close|Transfer-Encoding: chunked||2|hi|0||",
        ),
        (UPGRADE, 404, &[], "Transfer-Encoding: chunked||2|hi|0||"),
        (CONNECT, 404, &[], "Transfer-Encoding: chunked|Connection: close||2|hi|0||"),
    ] {
        let mut served = Served::new(request);
        served.send(parts(status, headers)).unwrap();
        served.send(&b""[..]).unwrap(); // no chunk
        served.send(&b"hi"[..]).unwrap();
        served.send(End).unwrap();
        let sent = served.sent();
        let (line, rest) = sent.split_once('|').unwrap();
        assert!(line.starts_with("HTTP/1.1 "), "{line}");
        assert_eq!(rest, expected, "{request} {headers:?}");
        let closes = expected.to_lowercase().contains("connection: close");
        assert_eq!(served.writer.is_done(), closes, "{request} {headers:?}");
        assert_eq!(served.read(), if closes { "done" } else { "need" }, "{request} {headers:?}");
    }
}

#[test]
fn whole_answers() {
    for (request, status, headers, body, expected) in [
        (GET, 200, &[][..], "hi", "Content-Length: 2||hi"),
        (GET, 200, &[], "", "Content-Length: 0||"),
        (GET, 200, LENGTH, "hi", "content-length: 2||hi"),
        (HEAD, 200, &[], "hi", "Content-Length: 2||"),
        (GET, 204, &[], "", "|"),
        (GET, 304, &[], "", "|"),
        // The length is that of the body that is not sent (RFC 9110 §8.6).
        (GET, 304, LENGTH, "", "content-length: 2||"),
        (HEAD, 200, LENGTH, "", "content-length: 2||"),
        (HEAD, 200, CHUNKED, "", "transfer-encoding: Chunked||"),
        // No length may be told (RFC 9110 §8.6, RFC 9112 §6.1).
        (GET, 204, LENGTH, "", "|"),
        (GET, 204, CHUNKED, "", "|"),
        (GET, 205, &[], "", "Content-Length: 0||"),
        (OLD_KEPT, 200, &[], "hi", "Content-Length: 2|Connection: keep-alive||hi"),
    ] {
        let mut served = Served::new(request);
        let sent = served.send(Whole::new(parts(status, headers), body.as_bytes()));
        sent.unwrap();
        assert_eq!(served.sent().split_once('|').unwrap().1, expected, "{request} {status}");
    }
    let mut served = Served::new(GET);
    let large = bytes::Bytes::from(vec![7; Output::WHOLE]);
    served.send(Whole::new(parts(200, &[]), large.clone())).unwrap();
    assert!(served.output.chunks().any(|chunk| chunk.as_ptr() == large.as_ptr()), "not copied");
}

#[test]
fn heads_that_are_refused() {
    for (request, status, headers, error) in [
        (
            GET,
            200,
            &[("Content-Length", "2"), ("Transfer-Encoding", "chunked")][..],
            WriteError::Framing,
        ),
        (
            GET,
            200,
            &[("Transfer-Encoding", "chunked"), ("Content-Length", "2")],
            WriteError::Framing,
        ),
        (GET, 200, &[("Content-Length", "2"), ("Content-Length", "2")], WriteError::Framing),
        (GET, 200, &[("Content-Length", "+2")], WriteError::Framing),
        (GET, 200, &[("Transfer-Encoding", "chunked, gzip")], WriteError::Framing),
        (GET, 200, &[("Transfer-Encoding", "chunked, chunked")], WriteError::Framing),
        (GET, 200, &[("Transfer-Encoding", "gzip")], WriteError::Framing),
        (OLD, 200, &[("Transfer-Encoding", "gzip, chunked")], WriteError::Http10),
        // RFC 9110 §15.3.6.
        (GET, 205, LENGTH, WriteError::NoBody),
        (GET, 205, CHUNKED, WriteError::NoBody),
        (UPGRADE, 101, &[("Upgrade", "other")], WriteError::NotOffered),
        (UPGRADE, 101, &[("Upgrade", "echo, other")], WriteError::NotOffered),
        (GET, 101, &[("Upgrade", "echo")], WriteError::NotOffered),
        (UPGRADE, 101, &[], WriteError::NotOffered),
        (CONNECT, 101, &[("Upgrade", "echo")], WriteError::NotOffered),
        (OLD, 103, &[], WriteError::Http10),
        (GET, 99, &[], WriteError::Head(EncodeError::Status)),
        (GET, 200, &[("A", "b\r\nC: d")], WriteError::Head(EncodeError::HeaderValue)),
    ] {
        let mut served = Served::new(request);
        assert_eq!(
            served.send(parts(status, headers)),
            Err(error),
            "{request} {status} {headers:?}"
        );
        assert!(!error.to_string().is_empty());
        // The request is still there to be answered.
        served.send(Whole::new(parts(500, &[]), &b""[..])).unwrap();
    }
    let whole = |status, headers| Whole::new(parts(status, headers), &b"hi"[..]);
    assert_eq!(Served::new(GET).send(whole(204, &[])), Err(WriteError::NoBody));
    assert_eq!(Served::new(GET).send(whole(304, &[])), Err(WriteError::NoBody));
    assert_eq!(Served::new(GET).send(whole(103, &[])), Err(WriteError::Informational));
    assert_eq!(Served::new(GET).send(whole(200, CHUNKED)), Err(WriteError::Framing));
    assert_eq!(
        Served::new(GET).send(whole(200, &[("Content-Length", "3")])),
        Err(WriteError::Framing)
    );
    assert_eq!(Served::new(CONNECT).send(whole(200, &[])), Err(WriteError::Informational));
}

/// A server that has been told the time says so in final answers, once.
#[test]
fn dates_of_answers() {
    let mut served = Served::new(EXPECTS);
    served.writer.set_time(Duration::from_millis(784_111_777_999));
    served.send(parts(100, &[])).unwrap();
    assert_eq!(served.sent(), "HTTP/1.1 100 Continue||");
    served.buffer.extend(b"12");
    served.read();
    served.send(Whole::new(parts(200, &[]), &b"a"[..])).unwrap();
    let line = "Date: Sun, 06 Nov 1994 08:49:37 GMT|";
    assert_eq!(served.sent(), format!("HTTP/1.1 200 OK|Content-Length: 1|{line}|a"));

    // The caller's own goes before it, in whatever case it is written.
    served.buffer.extend(GET.as_bytes());
    served.read();
    served.send(Whole::new(parts(200, &[("dATE", "x")]), &b""[..])).unwrap();
    assert_eq!(served.sent(), "HTTP/1.1 200 OK|dATE: x|Content-Length: 0||");

    // A set time holds until another is set, and applies to a refused answer, too.
    served.buffer.extend(GET.as_bytes());
    served.read();
    served.writer.set_time(Duration::from_secs(784_111_778));
    served.send(Whole::new(parts(404, &[]), &b""[..])).unwrap();
    let line = line.replace(":37", ":38");
    assert_eq!(served.sent(), format!("HTTP/1.1 404 Not Found|Content-Length: 0|{line}|"));
    served.buffer.extend(b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(served.read(), "refused");
    served.send(&Fault::new(Error::MissingHost)).unwrap();
    assert!(served.sent().contains(&line));
}

#[test]
fn bodies_are_held_to_their_length() {
    let mut served = Served::new(GET);
    assert_eq!(served.send(&b"hi"[..]), Err(WriteError::NoHead));
    assert_eq!(served.send(End), Err(WriteError::NoHead));
    served.send(parts(200, LENGTH)).unwrap();
    assert_eq!(served.send(parts(200, LENGTH)), Err(WriteError::Unfinished));
    assert_eq!(served.send(&b"hi!"[..]), Err(WriteError::TooLong));
    served.send(bytes::Bytes::from_static(b"h")).unwrap();
    assert_eq!(served.send(End), Err(WriteError::TooShort(1)));
    assert_eq!(served.send(Trailers([("A", "b")])), Err(WriteError::NoTrailers));
    served.send(&b"i"[..]).unwrap();
    served.send(End).unwrap();
    assert_eq!(served.send(parts(200, LENGTH)), Err(WriteError::NoRequest));

    let mut served = Served::new(GET);
    served.send(parts(304, &[])).unwrap();
    assert_eq!(served.send(&b"hi"[..]), Err(WriteError::NoBody));
    served.send(&b""[..]).unwrap();
    served.send(End).unwrap();

    let mut served = Served::new(GET);
    served.send(parts(200, &[])).unwrap();
    for name in ["Content-Length", "transfer-encoding", "Host", "Trailer"] {
        assert_eq!(served.send(Trailers([(name, "1")])), Err(WriteError::Trailer), "{name}");
    }
    let split = Trailers([("A", "b\r\n")]);
    assert_eq!(served.send(split), Err(WriteError::Head(EncodeError::HeaderValue)));
    served.send(Trailers([("A", "b")])).unwrap();
    assert!(served.sent().ends_with("0|A: b||"));
}

#[test]
fn expectations() {
    // Heard: 100, then the answer.
    let mut served = Served::new(EXPECTS);
    assert!(served.writer.is_awaited());
    served.send(parts(100, &[])).unwrap();
    assert!(!served.writer.is_awaited());
    served.buffer.extend(b"hi");
    assert_eq!(served.read(), "need");
    served.send(Whole::new(parts(200, &[]), &b""[..])).unwrap();
    assert_eq!(served.sent(), "HTTP/1.1 100 Continue||HTTP/1.1 200 OK|Content-Length: 0||");

    // The body comes without: nobody waits any more, and the connection is kept.
    let mut served = Served::new(EXPECTS);
    served.buffer.extend(b"hi");
    served.read();
    assert!(!served.writer.is_awaited());
    served.send(Whole::new(parts(200, &[]), &b""[..])).unwrap();
    assert!(!served.writer.is_done());

    // Refused: what comes next may be the body or a request, so the connection closes.
    let mut served = Served::new(EXPECTS);
    served.send(Whole::new(parts(417, &[]), &b""[..])).unwrap();
    assert_eq!(
        served.sent(),
        "HTTP/1.1 417 Expectation Failed|Content-Length: 0|Connection: close||"
    );
    assert!(served.writer.is_done());
    served.buffer.extend(b"GET / HTTP/1.1\r\n");
    assert_eq!(served.read(), "done", "the two bytes are the body");
    assert_eq!(served.buffer.as_slice(), b"T / HTTP/1.1\r\n");

    for head in [
        "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
    ] {
        assert!(!Served::new(head).writer.is_awaited(), "{head}");
    }
}

#[test]
fn an_answer_that_comes_before_the_body_has() {
    let mut served = Served::new("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhell");
    served.send(Whole::new(parts(413, &[("Connection", "close")]), &b""[..])).unwrap();
    assert!(served.writer.is_done());
    assert_eq!(served.read(), "need", "the rest of the body is no request");
    served.buffer.extend(b"o.GET / HTTP/1.1\r\n\r\n");
    assert_eq!(served.read(), "done");

    // Without closing it goes on behind the body.
    let mut served = Served::new("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhell");
    served.send(Whole::new(parts(413, &[]), &b""[..])).unwrap();
    served.buffer.extend(b"o....GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(served.read(), "need");
    assert!(served.writer.owes());
}

#[test]
fn requests_that_wait_for_their_turn() {
    let several = [GET, HEAD, OLD].concat();
    for ahead in 1..=3 {
        let mut served = Served::of(server::Reader::new().ahead(ahead), &several);
        let mut sent = 0;
        while served.writer.owes() {
            served.send(Whole::new(parts(200, &[]), &b"hi"[..])).unwrap();
            sent += 1;
            served.read();
        }
        assert_eq!(sent, 3);
        assert_eq!(
            served.sent(),
            "HTTP/1.1 200 OK|Content-Length: 2||hi\
             HTTP/1.1 200 OK|Content-Length: 2||\
             HTTP/1.1 200 OK|Content-Length: 2|Connection: close||hi",
        );
        assert!(served.writer.is_done());
    }
    let mut served = Served::of(server::Reader::new().ahead(2), several);
    assert_eq!(served.read(), "paused");
    // An answer that closes leaves the others unanswered, and what is not read yet unread.
    served.send(Whole::new(parts(200, &[("Connection", "close")]), &b""[..])).unwrap();
    assert_eq!((served.read(), served.writer.is_done()), ("done", true));
    assert_eq!(served.send(parts(200, LENGTH)), Err(WriteError::Closing));
}

#[test]
fn changes_of_protocol() {
    let mut served = Served::new([UPGRADE, "\u{1}glued"].concat());
    assert_eq!(served.read(), "paused");
    served.send(parts(101, &[("Upgrade", "echo")])).unwrap();
    let switched = "HTTP/1.1 101 Switching Protocols|Upgrade: echo|Connection: Upgrade||";
    assert_eq!(served.sent(), switched);
    assert_eq!((served.read(), served.buffer.as_slice()), ("done", &b"\x01glued"[..]));
    assert!(served.requests.is_switched() && served.writer.is_switched());
    assert_eq!(served.send(parts(200, LENGTH)), Err(WriteError::Switched));

    // Only once the request has come to its end.
    let upgrade = UPGRADE.replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\n");
    let mut served = Served::new(upgrade);
    assert_eq!(served.send(parts(101, &[("Upgrade", "echo")])), Err(WriteError::NotOffered));
    served.buffer.extend(b"hi");
    served.read();
    served.send(parts(101, &[("Upgrade", "echo")])).unwrap();

    let mut served = Served::new([CONNECT, "glued"].concat());
    served.send(parts(200, &[])).unwrap();
    assert_eq!(served.sent(), "HTTP/1.1 200 OK||");
    assert_eq!((served.read(), served.buffer.as_slice()), ("done", &b"glued"[..]));

    // Declined, what follows is HTTP/1.1 all the same.
    let mut served = Served::new([UPGRADE, GET].concat());
    served.send(Whole::new(parts(426, &[]), &b""[..])).unwrap();
    assert_eq!(served.read(), "need");
    assert!(served.writer.owes());
}

#[test]
fn http_2() {
    let preface = &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"[..];
    let (mut requests, mut writer) = segue_http1::server();
    let (mut buffer, mut output) = (Buffer::from(preface), Output::new());
    assert_eq!(buffer.step(&mut requests, false, &mut output), Ok(Step::Item(RequestEvent::Http2)));
    assert_eq!(buffer.step(&mut requests, false, &mut output), Ok(Step::Done));
    assert_eq!(buffer.as_slice(), preface);
    assert!(!writer.owes());

    let (mut requests, _) = server::Reader::new().http2(false).paired();
    let fault = buffer.step(&mut requests, false, &mut output).unwrap_err();
    assert_eq!(fault.error(), Some(&Error::UnsupportedVersion));
    let refused = writer.encode(&fault, &mut output);
    assert_eq!(refused, Ok(()), "another connection's fault is as good as any");
}

/// RFC 9113 §3.1: nobody upgrades to `h2c` any more. The offer is answered over HTTP/1.1, and the
/// next request is read.
#[test]
fn an_offer_of_h2c_is_answered_over_http1() {
    let upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n\
                   Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    let mut served = Served::new(&(upgrade.to_owned() + GET));
    assert_eq!(served.read(), "paused");
    served.send(Whole::new(parts(200, &[]), &b""[..])).unwrap();
    let Ok(Step::Item(RequestEvent::Head(head))) =
        served.buffer.step(&mut served.requests, false, &mut served.output)
    else {
        panic!("the next request")
    };
    assert_eq!(head.target(), "/");
}

/// The claim of a stage that waits for an answer which may change the protocol is nothing.
#[test]
fn nothing_is_claimed_of_what_may_be_of_another_protocol() {
    for head in [CONNECT, UPGRADE] {
        let mut served = Served::new(head);
        let Ok(Step::Need(need)) =
            served.buffer.step(&mut served.requests, false, &mut served.output)
        else {
            panic!("there is nothing more")
        };
        assert_eq!(need.claim, 0);
        assert!(matches!(served.requests.frame(b"", true), Ok(segue::Framing::Done)));
    }
}
