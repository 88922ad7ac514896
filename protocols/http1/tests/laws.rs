//! All stages of this crate under the laws.

#[allow(dead_code, reason = "each test file uses a part of it")]
mod support;

use std::array;

use segue::{Encode, Output, laws};
use segue_http1::{
    Body, BodyLength, ChunkedBody, HeadEncoder, Limits, Relaxed, RequestDecoder, RequestParts,
    ResponseDecoder, ResponseParts, Version,
};
use support::{with_request, with_response};

const BROWSER: &[u8] = include_bytes!("data/browser_request.bin");
const HUNDRED: &[u8] = include_bytes!("data/hundred_headers_request.bin");
const UPGRADE: &[u8] = include_bytes!("data/upgrade_request.bin");
const SWITCHED: &[u8] = include_bytes!("data/upgrade_response.bin");
const UMLAUTS: &[u8] = include_bytes!("data/utf8_response.bin");

const REQUESTS: &[&[u8]] = &[
    BROWSER,
    HUNDRED,
    UPGRADE,
    b"M / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\r\nGET / HTTP/1.0\r\n\r\n",
    b"\r\n\r\n\r\nGET * HTTP/1.1\r\nA:\r\nB: \r\nC: \t \r\n\r\n",
    b"CONNECT a:443 HTTP/1.1\r\nHost:a:443\r\nX:\t\"q\"  \xe4\xff\t\r\n\r\n",
    b"!#$%&'*+-.^_`|~ \"<>[\\]^`{|} HTTP/1.1\r\n!#$%&'*+-.^_`|~: !\r\n\r\n",
];

const RESPONSES: &[&[u8]] = &[
    SWITCHED,
    UMLAUTS,
    b"HTTP/1.1 200 \r\n\r\n",
    b"HTTP/1.0 999 What  is\tthis\r\nA: b\r\na: c\r\n\r\n",
];

const SMALL: Limits =
    Limits { head: 64, headers: 3, target: 16, chunk_line: 16, ..Limits::DEFAULT };

#[test]
fn request_head() {
    laws::stage(RequestDecoder::new)
        .accepts(REQUESTS)
        .refuses([
            &b"\x16\x03\x01"[..],
            b"\nGET / HTTP/1.1\r\n\r\n",
            b"\r\rGET / HTTP/1.1\r\n\r\n",
            b"\r\n\r\n@\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET / HTTP/1.1\nHost: a\n\n",
            b"G@T / HTTP/1.1\nHost: a\n\n",
            b"GET / HTTP/2.0\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\0\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\r\n\r\n",
        ])
        .refuses([[HUNDRED.strip_suffix(b"\r\n").unwrap(), b"One: more\r\n\r\n"].concat()])
        .limit(Limits::DEFAULT.head)
        .linear(|length| {
            let padding = length.min(Limits::DEFAULT.head - 64);
            [b"GET / HTTP/1.1\r\nA: ", &b"x".repeat(padding)[..], b"\r\n\r\n"].concat()
        })
        .check();
}

#[test]
fn request_head_with_small_limits() {
    let with = |start: &[u8], byte: &[u8], count| [start, &byte.repeat(count)[..]].concat();
    laws::stage(|| RequestDecoder::new().limits(SMALL))
        .accepts([
            with(b"G / HTTP/1.1\r\nA: ", b"b", 43)
                .into_iter()
                .chain(*b"\r\n\r\n")
                .collect::<Vec<_>>(),
            with(b"", b"\r\n", 24).into_iter().chain(*b"G / HTTP/1.1\r\n\r\n").collect(),
        ])
        .refuses([
            with(b"G / HTTP/1.1\r\nA: ", b"b", 44)
                .into_iter()
                .chain(*b"\r\n\r\n")
                .collect::<Vec<_>>(),
            with(b"", b"\r\n", 25).into_iter().chain(*b"G / HTTP/1.1\r\n\r\n").collect(),
            with(b"", b"\r\n", 200),
            with(b"G", b"G", 200),
            with(b"G /", b"a", 200),
            with(b"G /", b"a", 16).into_iter().chain(*b" HTTP/1.1\r\n\r\n").collect(),
            with(b"G / HTTP/1.1\r\n", b"a:\r\n", 4).into_iter().chain(*b"\r\n").collect(),
            with(b"G / HTTP/1.1\r\n", b"a:\r\n", 40),
            // Over the limit by the last LF, which has no CR.
            with(b"G / HTTP/1.1\r\nA: ", b"b", 48).into_iter().chain(*b"\n").collect(),
            with(b"G / HTTP/1.1\r\nA: ", b"b", 47).into_iter().chain(*b"\n").collect(),
        ])
        .limit(SMALL.head)
        .check();
    // An odd limit ends in the middle of an empty line.
    let odd = Limits { head: 15, ..SMALL };
    laws::stage(move || RequestDecoder::new().limits(odd))
        .refuses([with(b"", b"\r\n", 20), with(b"\r\n", b"G", 20)])
        .limit(odd.head)
        .check();
}

#[test]
fn request_head_with_bare_lf() {
    let relaxed = Relaxed { bare_lf: true, ..Relaxed::NOTHING };
    laws::stage(|| RequestDecoder::new().relaxed(relaxed))
        .accepts(REQUESTS)
        .accepts([
            &b"M / HTTP/1.1\n\n"[..],
            b"\n\r\n\nGET / HTTP/1.1\nHost: a\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\n\n",
        ])
        .refuses([
            &b"GET / HTTP/1.1\r\r\n\r\n"[..],
            b"GET / HTTP/1.1\nA: b\r\r\n\n",
            b"GET / HTTP/1.1\n\r\r\n\n\n",
            b"GET /\n\n",
            b"\r\r\nGET / HTTP/1.1\n\n",
        ])
        .limit(Limits::DEFAULT.head)
        .check();
}

#[test]
fn response_head() {
    laws::stage(ResponseDecoder::new)
        .accepts(RESPONSES)
        .refuses([
            &b"SSH-2.0"[..],
            b"HTTP\r\n\r\n",
            b"HTT\rP/1.1 200 OK\r\n\r\n",
            b"\r\nHTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200\r\n\r\n",
            b"HTTP/1.1 20 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\nA: b\r\n\r\n",
            b"HTTP/1.1 200 O\x08K\r\n\r\n",
        ])
        .limit(Limits::DEFAULT.head)
        .linear(|length| {
            let padding = length.min(Limits::DEFAULT.head - 64);
            [b"HTTP/1.1 200 OK\r\nA: ", &b"x".repeat(padding)[..], b"\r\n\r\n"].concat()
        })
        .check();
    let relaxed = Relaxed { bare_lf: true, bare_status: true, ..Relaxed::NOTHING };
    laws::stage(|| ResponseDecoder::new().relaxed(relaxed).limits(SMALL))
        .accepts([&b"HTTP/1.1 200\n\n"[..], b"HTTP/1.1 200\r\nA: b\r\n\r\n", b"HTTP/1.1 200 \n\n"])
        .refuses([
            &b"HTTP/1.1 200OK\r\n\r\n"[..],
            b"HTTP/1.1 200\r",
            &[b"HTTP/1.1 200 ", &[b'a'; 99][..]].concat(),
        ])
        .limit(SMALL.head)
        .check();
}

#[test]
fn chunked_body() {
    laws::stage(ChunkedBody::new)
        .accepts([
            &b"0\r\n\r\n"[..],
            b"5\r\nhello\r\n0\r\n\r\n",
            b"1\r\na\r\n00002\r\nbc\r\nA\r\n0123456789\r\n000\r\n\r\n",
            b"2;a;b=c;d=\"e\\\" ; \xff\"\r\n\r\n\r\n0;last\r\n\r\n",
            b"2 ; a = b \t; c\r\nhi\r\n0\r\n\r\n",
            b"3\r\nabc\r\n0\r\nA: b\r\nC:\r\n\r\n",
            b"0\r\nA: b\r\n\r\n",
        ])
        .refuses([
            &b"\r\n"[..],
            b"g\r\n",
            b"5\nhello",
            b"5\r\nhello\n0\r\n\r\n",
            b"5\r\nhello!",
            b"5\r\nhello\r0\r\n\r\n",
            b"5;\r\n",
            b"ffffffffffffffff0\r\n",
            b"0\r\nA : b\r\n\r\n",
            b"0\r\nA b\nC: d\r\n\r\n",
            b"0\r\n\rA\r\n\r\n",
            b"ffffffffffffffff\r\ncut",
        ])
        .linear(|length| [&b"4\r\nabcd\r\n".repeat(length / 9)[..], b"0\r\n\r\n"].concat())
        .check();
}

#[test]
fn chunked_body_with_small_limits() {
    let trailers = b"x".repeat(64 - b"A: \r\n\r\n".len());
    laws::stage(|| ChunkedBody::new().limits(SMALL))
        .accepts([
            &[b"0\r\nA: ", &trailers[..], b"\r\n\r\n"].concat()[..],
            b"0;a=bcdefghijk\r\n\r\n",
        ])
        .refuses([
            &[b"0\r\nA: ", &trailers[..], b"x\r\n\r\n"].concat()[..],
            b"0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n",
            b"0;a=bcdefghijkl\r\n\r\n",
            b"0000000000000000000000000000",
            &[&b"1;abcdefghijk\r\nx\r\n".repeat(6)[..], b"0\r\n\r\n"].concat(),
        ])
        .limit(SMALL.head)
        .check();
}

#[test]
fn bodies_of_each_length() {
    laws::stage(|| Body::new(BodyLength::None)).accepts([b""]).check();
    laws::stage(|| Body::new(BodyLength::Known(5))).accepts([b"hello"]).check();
    laws::stage(|| Body::new(BodyLength::Known(u64::MAX))).refuses([b"hello"]).check();
    laws::stage(|| Body::new(BodyLength::Chunked))
        .accepts([b"5\r\nhello\r\n0\r\nA: b\r\n\r\n"])
        .check();
    laws::stage(|| Body::new(BodyLength::UntilClose))
        .accepts([&b""[..], b"hello"])
        .ends_anywhere()
        .check();
}

#[test]
fn heads_return() {
    let lines = [("Host", "a"), ("X", ""), ("Set-Cookie", "a=b; c"), ("set-cookie", "\"\t\"")];
    let many = array::from_fn::<_, 90, _>(|_| ("Many", "headers"));
    let requests = [("GET", "/"), ("!", "*"), ("CONNECT", "[::1]:443")];
    laws::round_trip(
        RequestDecoder::new,
        || HeadEncoder,
        requests.map(|(method, target)| RequestParts::new(method, target, lines)),
    );
    laws::round_trip(RequestDecoder::new, || HeadEncoder, [RequestParts::new("PUT", "/", many)]);
    laws::round_trip(
        ResponseDecoder::new,
        || HeadEncoder,
        [
            ResponseParts::new(101, lines),
            ResponseParts::new(599, lines),
            ResponseParts {
                version: Version::Http10,
                reason: b"Sch\xf6n",
                ..ResponseParts::new(200, lines)
            },
        ],
    );
}

/// A head that is encoded as it was received gives the same bytes, if it was written in the common
/// form.
#[test]
fn heads_are_sent_on() {
    let request_sent_on = |input: &[u8]| {
        with_request(input, |head| {
            let mut output = Output::new();
            HeadEncoder.encode(head, &mut output).unwrap();
            output.to_vec()
        })
    };
    let response_sent_on = |input: &[u8]| {
        with_response(input, |head| {
            let mut output = Output::new();
            HeadEncoder.encode(head, &mut output).unwrap();
            output.to_vec()
        })
    };
    for request in [BROWSER, HUNDRED, UPGRADE] {
        assert_eq!(request_sent_on(request), request);
    }
    assert_eq!(response_sent_on(SWITCHED), SWITCHED);
    // Whitespace is written anew.
    let written_anew =
        UMLAUTS.escape_ascii().to_string().replace(":\\ttext/plain ", ": text/plain");
    let written_anew = written_anew.replace("X-Empty:", "X-Empty: ");
    assert_eq!(response_sent_on(UMLAUTS).escape_ascii().to_string(), written_anew);
}
