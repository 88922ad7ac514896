//! What a reader takes, a writer can send on, and what a writer lets out, a reader takes: over
//! generated messages, both ways.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use proptest::{prelude::*, sample::select};
use segue::{Buffer, Decode, Encode, Output, Step};
use segue_http::{Known, Length, RequestBuf};
use segue_http1::{
    End, ForwardedTrailers, Relaxed, RequestEvent, RequestParts, ResponseEvent, ResponseParts,
    Trailers, Version, Whole, WriteError, client, server,
};

const RELAXED: Relaxed = Relaxed::EVERYTHING;

/// A message as its reader has told it: the head in the words of no version, the body, the trailers
/// that may be.
#[derive(Debug, PartialEq)]
struct Told {
    head: String,
    body: Vec<u8>,
    trailers: Vec<(String, Vec<u8>)>,
    ended: bool,
}

/// Method, effective host, path, what is offered, length and fields of a request, without what says
/// the length.
fn told_request(head: &RequestBuf) -> String {
    let head = head.head();
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let mut cookies = String::new();
    head.fields.join_cookies(|part| cookies += &text(part));
    let fields: Vec<_> = head
        .fields
        .iter()
        .filter(|field| {
            let known = Known::of(field.name);
            let expect = known == Some(Known::Expect) && !head.expects;
            let apart = [Known::Host, Known::ContentLength, Known::Cookie];
            !expect && !known.is_some_and(|known| apart.contains(&known))
        })
        .map(|field| (field.name_text().to_lowercase(), text(field.value)))
        .collect();
    // An absolute target without a path has the root.
    let path = text(head.path);
    let path = if path.starts_with('?') { format!("/{path}") } else { path };
    let length = if head.length == Length::Known(0) { Length::None } else { head.length };
    let protocol = head.protocol.map(text);
    let (method, host) = (text(head.method), text(head.authority));
    format!("{method} {host} {path} {protocol:?} {length:?} {} {cookies} {fields:?}", head.expects)
}

/// Reads one request as a server, and sends it on by `send` as it comes. `None` if it is refused.
fn read_request(
    input: &[u8],
    mut send: impl FnMut(Sent<'_>),
) -> Result<Option<Told>, segue::Fault<segue_http1::Error>> {
    let reader = server::Reader::new().relaxed(RELAXED);
    let (mut requests, _writer) = reader.paired();
    let (mut buffer, mut output) = (Buffer::from(input), Output::new());
    let mut told =
        Told { head: String::new(), body: Vec::new(), trailers: Vec::new(), ended: false };
    loop {
        let item = match buffer.step(&mut requests, true, &mut output)? {
            Step::Item(item) => item,
            _ => return Ok(None),
        };
        match item {
            RequestEvent::Head(head) => {
                let head = head.to_head(b"http")?;
                send(Sent::Request(&head));
                told.head = told_request(&RequestBuf::copy(&head).unwrap());
            }
            RequestEvent::Piece(piece) => {
                send(Sent::Piece(piece));
                told.body.extend_from_slice(piece);
            }
            RequestEvent::Trailers(trailers) => {
                send(Sent::Trailers(trailers));
                told.trailers = trailers
                    .trailers()
                    .map(|field| (field.name_text().to_owned(), field.value.to_vec()))
                    .collect();
                told.ended = true;
            }
            RequestEvent::End => {
                if !told.ended {
                    send(Sent::End);
                }
                return Ok(Some(told));
            }
            _ => return Ok(None),
        }
    }
}

enum Sent<'a> {
    Request(&'a segue_http::RequestHead<'a>),
    Piece(&'a [u8]),
    Trailers(segue_http1::Fields<'a>),
    End,
}

/// A line of each kind that means something, and some that do not.
fn line() -> impl Strategy<Value = String> {
    let fixed = select(vec![
        "Connection: keep-alive",
        "Connection: X-One, close",
        "Connection: \", x-two",
        "Connection: upgrade",
        "Connection: TE, host",
        "Upgrade: echo, other/1",
        "Keep-Alive: timeout=5",
        "Proxy-Connection: keep-alive",
        "TE: trailers",
        "TE: gzip;q=\"0,5\", trailers",
        "Expect: 100-continue",
        "Expect: 100-Continue, other",
        "Cookie: a=b",
        "cookie: c=d",
        "Trailer: x-sum",
        "Early-Data: 1",
        "X-One: 1",
        "x-two: 2",
        "HTTP2-Settings: AAMAAABkAAQAAP__",
        "Date: Sun, 06 Nov 1994 08:49:37 GMT",
        "X-Empty:",
    ]);
    prop_oneof![
        4 => fixed.prop_map(str::to_owned),
        1 => "[A-Za-z][A-Za-z0-9-]{0,12}: [!-~]([ -~]{0,20}[!-~])?",
    ]
}

/// How a body is told and sent.
fn body() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        3 => Just((String::new(), String::new())),
        2 => "[a-z]{0,9}".prop_map(|body| (format!("Content-Length: {}\r\n", body.len()), body)),
        2 => ("[a-z]{1,9}", prop::option::of(select(vec![
            "X-Sum: 7", "Content-Length: 3", "X-Sum: 7\r\nAuthorization: a", "Connection: a",
            "Set-Cookie: a\r\nHost: b",
        ]))).prop_map(|(body, trailer)| {
            let trailer = trailer.map(|line| format!("{line}\r\n")).unwrap_or_default();
            let chunks = format!("{:x}\r\n{body}\r\n0\r\n{trailer}\r\n", body.len());
            ("Transfer-Encoding: chunked\r\n".to_owned(), chunks)
        }),
    ]
}

fn request() -> impl Strategy<Value = String> {
    let line_and_host = select(vec![
        ("GET /a?b HTTP/1.1", "Host: a:80"),
        ("GET / HTTP/1.1", "Host:"),
        ("POST /x HTTP/1.1", "host: [::1]"),
        ("PUT / HTTP/1.1", "Host: a"),
        ("HEAD http://a/b HTTP/1.1", "Host: c"),
        ("GET http://a HTTP/1.1", "Host: a"),
        ("GET http://a?q HTTP/1.1", "Host: a"),
        ("OPTIONS http://a HTTP/1.1", "Host: a"),
        ("OPTIONS * HTTP/1.1", "Host: a"),
        ("CONNECT a:1 HTTP/1.1", "Host: a:1"),
        ("GET / HTTP/1.0", "X: y"),
        ("POST /x HTTP/1.0", "Host: a"),
        ("QUERY /x HTTP/1.7", "Host: a"),
    ]);
    (line_and_host, prop::collection::vec(line(), 0..6), body()).prop_map(
        |((line, host), lines, (length, body))| {
            let lines: String = lines.into_iter().map(|line| line + "\r\n").collect();
            format!("{line}\r\n{host}\r\n{lines}{length}\r\n{body}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Each request that is read is sent on, and read again as what it was.
    #[test]
    fn requests_that_are_read_are_sent_on(input in request()) {
        let (_, mut writer) = segue_http1::client();
        let mut output = Output::new();
        let mut refused = Vec::new();
        let told = read_request(input.as_bytes(), |item| {
            let sent = match item {
                Sent::Request(head) => writer.encode(head, &mut output),
                Sent::Piece(piece) => writer.encode(piece, &mut output),
                Sent::Trailers(trailers) => writer.encode(ForwardedTrailers(trailers), &mut output),
                Sent::End => writer.encode(End, &mut output),
            };
            refused.extend(sent.err());
        });
        let Ok(Some(told)) = told else { return Ok(()) };
        prop_assert_eq!(&refused, &[], "{}", input.escape_debug());
        let sent = output.to_vec();
        let strict = |head: &[u8]| {
            let (mut requests, _) = segue_http1::server();
            let (mut buffer, mut output) = (Buffer::from(head), Output::new());
            while !matches!(buffer.step(&mut requests, true, &mut output)?, Step::Done) {
                if buffer.is_empty() { break }
            }
            Ok::<_, segue::Fault<segue_http1::Error>>(())
        };
        prop_assert_eq!(strict(&sent), Ok(()), "{}", sent.escape_ascii());
        let again = read_request(&sent, |_| {}).unwrap().unwrap();
        prop_assert_eq!(again, Told { ended: !told.trailers.is_empty(), ..told }, "{}", sent.escape_ascii());
    }

    /// What a client writes, a server takes.
    #[test]
    fn requests_that_are_written_are_read(
        method in select(vec!["GET", "HEAD", "POST", "CONNECT", "OPTIONS", "A B", ""]),
        target in select(vec!["/", "*", "a:1", "http://a/", "http://u@a/", "a", "", "/ b", "http://[zz]/"]),
        old in any::<bool>(),
        headers in prop::collection::vec(select(vec![
            ("Host", "a"), ("Host", ""), ("host", "u@a"), ("Host", "a b"), ("Host", "[zz]"),
            ("Content-Length", "2"), ("Content-Length", "02"), ("Content-Length", "2, 2"),
            ("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "gzip, chunked"),
            ("Transfer-Encoding", "identity"), ("Transfer-Encoding", "\"chunked\""),
            ("Connection", "close"), ("Connection", "\", close"), ("Connection", "upgrade"),
            ("Upgrade", "echo"), ("Expect", "100-continue"), ("X", "y\r\nZ: a"), ("X", " y"),
            ("X Y", "z"), ("X", "y"),
        ]), 0..4),
        body in select(vec!["", "hi"]),
        at_once in any::<bool>(),
        trailers in select(vec![&[][..], &[("X-Sum", "1")], &[("Content-Length", "1")]]),
    ) {
        let (_, mut writer) = segue_http1::client();
        let mut output = Output::new();
        let version = if old { Version::Http10 } else { Version::Http11 };
        let parts = RequestParts { method, target, version, headers: &headers[..] };
        let sent = if at_once {
            writer.encode(Whole::new(parts, body.as_bytes()), &mut output)
        } else {
            writer.encode(parts, &mut output)
                .and_then(|()| writer.encode(body.as_bytes(), &mut output))
                .and_then(|()| match trailers {
                    [] => writer.encode(End, &mut output),
                    trailers => writer.encode(Trailers(trailers), &mut output),
                })
        };
        if sent.is_err() {
            return Ok(());
        }
        let bytes = output.to_vec();
        let (mut requests, _) = segue_http1::server();
        let mut buffer = Buffer::from(&bytes[..]);
        let ended = run(&mut requests, &mut buffer, |item| matches!(item, RequestEvent::End));
        prop_assert!(ended, "{}", bytes.escape_ascii());
        prop_assert!(buffer.is_empty());
    }

    /// What a server writes, a client takes; and each response that is read is sent on, to a client of
    /// either version, and read again.
    #[test]
    fn responses_that_are_written_are_read_and_sent_on(
        method in select(vec!["GET", "HEAD", "CONNECT"]),
        status in select(vec![100, 103, 200, 204, 205, 206, 304, 404, 417, 599]),
        headers in prop::collection::vec(select(vec![
            ("Content-Length", "2"), ("Content-Length", "x"), ("Transfer-Encoding", "chunked"),
            ("Transfer-Encoding", "gzip, chunked"), ("Transfer-Encoding", "chunked, gzip"),
            ("Connection", "close"), ("Connection", "x-one"), ("X-One", "1"), ("X-Two", "2"),
            ("Set-Cookie", "a"), ("Set-Cookie", "b"), ("Keep-Alive", "5"), ("Bad", "a\nb"),
            ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ]), 0..4),
        body in select(vec!["", "hi"]),
        at_once in any::<bool>(),
        trailers in select(vec![&[][..], &[("X-Sum", "1")]]),
        old in any::<bool>(),
    ) {
        let asked = |method: &str, old: bool| {
            let host = if method == "CONNECT" { "a:1" } else { "/" };
            let version = if old { "1.0" } else { "1.1" };
            let head = format!("{method} {host} HTTP/{version}\r\nHost: a:1\r\n\r\n");
            let (mut requests, writer) = segue_http1::server();
            let mut buffer = Buffer::from(head.as_bytes());
            run(&mut requests, &mut buffer, |item| matches!(item, RequestEvent::End));
            (requests, writer)
        };
        let (_requests, mut writer) = asked(method, false);
        let mut output = Output::new();
        let parts = ResponseParts::new(status, &headers[..]);
        let sent = if at_once && status >= 200 {
            writer.encode(Whole::new(parts, body.as_bytes()), &mut output)
        } else if status < 200 {
            writer.encode(parts, &mut output).and_then(|()| {
                writer.encode(Whole::new(ResponseParts::bare(404), &b""[..]), &mut output)
            })
        } else {
            writer.encode(parts, &mut output)
                .and_then(|()| if writer.is_switched() { Ok(()) } else { writer.encode(body.as_bytes(), &mut output) })
                .and_then(|()| match trailers {
                    _ if writer.is_switched() => Ok(()),
                    [] => writer.encode(End, &mut output),
                    trailers => writer.encode(Trailers(trailers), &mut output),
                })
        };
        if sent.is_err() {
            return Ok(());
        }
        let bytes = output.to_vec();
        let (_front, mut on) = asked(method, old);
        let mut forwarded = Output::new();
        let pieces = read_response(method, &bytes, |item| {
            let sent = match item {
                Got::Head(head) => on.encode(head, &mut forwarded),
                Got::Piece(piece) => on.encode(piece, &mut forwarded),
                Got::Trailers(trailers) => on.encode(ForwardedTrailers(trailers), &mut forwarded),
                Got::End => on.encode(End, &mut forwarded),
            };
            match sent {
                // HTTP/1.0 has neither informational responses nor codings.
                Err(WriteError::Http10) if old => false,
                sent => { sent.unwrap(); true }
            }
        });
        let Some(pieces) = pieces else { return Ok(()) };
        let again = read_response(method, &forwarded.to_vec(), |_| true);
        let dropped = status == 205;
        let again = again.unwrap();
        if dropped {
            prop_assert_eq!(again, b"");
        } else {
            prop_assert_eq!(again, pieces, "{}", forwarded.to_vec().escape_ascii());
        }
    }
}

enum Got<'a> {
    Head(&'a segue_http::ResponseHead<'a>),
    Piece(&'a [u8]),
    Trailers(segue_http1::Fields<'a>),
    End,
}

/// Reads the answer to `method` to its end; its body. `None` if `send` has given it up.
fn read_response(
    method: &str,
    input: &[u8],
    mut send: impl FnMut(Got<'_>) -> bool,
) -> Option<Vec<u8>> {
    let relaxed = Relaxed { encodings: true, ..Relaxed::NOTHING };
    let (mut responses, mut writer) = client::Reader::new().relaxed(relaxed).paired();
    let target = if method == "CONNECT" { "a:1" } else { "/" };
    let mut output = Output::new();
    writer.encode(RequestParts::new(method, target, [("Host", "a")]), &mut output).unwrap();
    writer.encode(End, &mut output).unwrap();
    let (mut buffer, mut body, mut ended) = (Buffer::from(input), Vec::new(), false);
    loop {
        let step = buffer.step(&mut responses, true, &mut output);
        let Step::Item(item) =
            step.unwrap_or_else(|fault| panic!("{fault}: {}", input.escape_ascii()))
        else {
            return Some(body);
        };
        let goes_on = match item {
            ResponseEvent::Head(head)
            | ResponseEvent::Informational(head)
            | ResponseEvent::Switched(head) => {
                send(Got::Head(&head.to_head_relaxed(method, relaxed).unwrap()))
            }
            ResponseEvent::Piece(piece) => {
                body.extend_from_slice(piece);
                send(Got::Piece(piece))
            }
            ResponseEvent::Trailers(trailers) => {
                ended = true;
                send(Got::Trailers(trailers))
            }
            ResponseEvent::End => ended || send(Got::End),
            _ => true,
        };
        if !goes_on {
            return None;
        }
    }
}

/// Reads all of `buffer`, strictly. True if an item was the last.
fn run<D: Decode>(
    stage: &mut D,
    buffer: &mut Buffer,
    mut is_last: impl FnMut(&D::Item<'_>) -> bool,
) -> bool
where
    D::Error: std::fmt::Display,
{
    let mut output = Output::new();
    loop {
        match buffer.step(stage, false, &mut output) {
            Ok(Step::Item(item)) if is_last(&item) => return true,
            Ok(Step::Item(_)) => {}
            Ok(_) => return false,
            Err(_) => return false,
        }
    }
}

/// A CONNECT makes a tunnel, whatever else it offers.
#[test]
fn a_connect_with_an_upgrade() {
    let input = b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nUpgrade: b\r\nConnection: upgrade\r\n\r\n";
    let (_, mut writer) = segue_http1::client();
    let mut output = Output::new();
    let told = read_request(input, |item| {
        if let Sent::Request(head) = item {
            writer.encode(head, &mut output).unwrap();
        }
    });
    assert!(matches!(told, Ok(Some(_))));
    assert_eq!(output.to_vec(), b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
}

/// RFC 9110 §15.3.6: a 205 has no content, so what another server has sent with it is dropped.
#[test]
fn a_reset_content_with_content() {
    let (mut requests, mut writer) = segue_http1::server();
    let mut buffer = Buffer::from(&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..]);
    run(&mut requests, &mut buffer, |item| matches!(item, RequestEvent::End));
    let mut output = Output::new();
    let input = b"HTTP/1.1 205 Reset\r\nContent-Length: 2\r\nA: b\r\n\r\nhi";
    let body = read_response("GET", input, |item| {
        let sent = match item {
            Got::Head(head) => writer.encode(head, &mut output),
            Got::Piece(piece) => writer.encode(piece, &mut output),
            Got::Trailers(trailers) => writer.encode(ForwardedTrailers(trailers), &mut output),
            Got::End => writer.encode(End, &mut output),
        };
        sent.is_ok()
    });
    assert_eq!(body.as_deref(), Some(&b"hi"[..]));
    assert_eq!(output.to_vec(), b"HTTP/1.1 205 Reset Content\r\nA: b\r\nContent-Length: 0\r\n\r\n");
}

/// One forbidden trailer does not lose the rest, and it is told how many are lost; where there is no
/// place for any, all are (RFC 9110 §6.5.1, RFC 9112 §7.1.2).
#[test]
fn trailers_that_cannot_be_sent_on_are_counted() {
    let mut arena = segue_http::Arena::new();
    for (name, value) in [("X-Sum", "1"), ("Content-Length", "3"), ("Etag", "a"), ("Cookie", "b")] {
        arena.push(name.as_bytes(), value.as_bytes(), 0).unwrap();
    }
    for (version, expected, dropped) in
        [("1.1", "0\r\nX-Sum: 1\r\nEtag: a\r\n\r\n", 2), ("1.0", "\r\n\r\n", 4)]
    {
        let (mut requests, mut writer) = segue_http1::server();
        let head = format!("GET / HTTP/{version}\r\nHost: a\r\n\r\n");
        let mut buffer = Buffer::from(head.as_bytes());
        run(&mut requests, &mut buffer, |item| matches!(item, RequestEvent::End));
        let mut output = Output::new();
        writer.encode(ResponseParts::bare(200), &mut output).unwrap();
        writer.encode(ForwardedTrailers(arena.fields()), &mut output).unwrap();
        assert!(output.to_vec().ends_with(expected.as_bytes()));
        assert_eq!(writer.dropped_trailers(), dropped);
    }
}

/// Towards HTTP/1 the `TE` of a client of HTTP/2 needs a `Connection` (RFC 9110 §10.1.4), and cookies
/// are joined (RFC 9113 §8.2.3).
#[test]
fn a_request_of_http_2() {
    let mut arena = segue_http::Arena::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "a"),
        (":path", "/x"),
        ("te", "trailers"),
        ("cookie", "a=b"),
        ("cookie", "c=d"),
        ("accept", "*/*"),
    ] {
        arena.push(name.as_bytes(), value.as_bytes(), 0).unwrap();
    }
    let head = segue_http::RequestHead::read(arena.fields(), false).unwrap();
    let (_, mut writer) = segue_http1::client();
    let mut output = Output::new();
    writer.encode(&head, &mut output).unwrap();
    assert_eq!(
        String::from_utf8(output.to_vec()).unwrap().replace("\r\n", "|"),
        "POST /x HTTP/1.1|Host: a|te: trailers|accept: */*|Cookie: a=b; c=d|\
         Transfer-Encoding: chunked|Connection: TE||",
    );
    let extended = segue_http::RequestHead { method: b"CONNECT", protocol: Some(b"x"), ..head };
    assert_eq!(writer.encode(End, &mut output), Ok(()));
    assert_eq!(writer.encode(&extended, &mut output), Err(WriteError::Protocol));
}
