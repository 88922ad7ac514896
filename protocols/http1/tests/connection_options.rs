//! `Connection` as a list of tokens, and the headers that it makes those of one connection.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

#[allow(dead_code, reason = "each test file uses a part of it")]
mod support;

use segue::{Buffer, Output, Step};
use segue_http1::{RequestEvent, ResponseEvent};
use support::{with_request, with_response};

fn kept(version: &str, lines: &str) -> bool {
    let mut kept = false;
    with_request(format!("GET / HTTP/{version}\r\nHost: a\r\n{lines}\r\n\r\n"), |request| {
        kept = request.keep_alive();
    });
    kept
}

/// RFC 9110 §7.6.1: options are tokens, split at every comma. RFC 9110 §5.6.3: blanks are SP and
/// HTAB.
#[test]
fn options_are_tokens() {
    for closes in [
        "Connection: close",
        "Connection: \", close",
        "Connection: \"a, close, b\"",
        "Connection: keep-alive,,\t CLOSE\t",
        "Connection: a\r\nConnection: close",
    ] {
        assert!(!kept("1.1", closes), "{closes}");
    }
    for keeps in ["Connection: \"close\"", "Connection: close;a", "Connection: closed", "A: close"]
    {
        assert!(kept("1.1", keeps), "{keeps}");
    }
    assert!(
        kept("1.0", "Connection: \", keep-alive") && !kept("1.0", "Connection: \"keep-alive\"")
    );
    // A form feed is no blank, whatever else is let through.
    let head = "HTTP/1.1 200 OK\r\nConnection: close\x0c\r\nContent-Length: 0\r\n\r\n";
    let (mut buffer, mut output) = (Buffer::from(head.as_bytes()), Output::new());
    let mut stage = segue_http1::ResponseDecoder::new().relaxed(segue_http1::Relaxed::EVERYTHING);
    let Step::Item(response) = buffer.step(&mut stage, false, &mut output).unwrap() else {
        panic!("a head")
    };
    assert!(response.keep_alive());
    with_response("HTTP/1.1 200 OK\r\nConnection: \", close\r\n\r\n", |response| {
        assert!(!response.keep_alive());
    });
}

/// The writers split as the readers do: an answer with `", close` is the last.
#[test]
fn writers_split_alike() {
    use segue::Encode;
    use segue_http1::{ResponseParts, Whole};
    for (value, last) in [("\", close", true), ("\"close\"", false)] {
        let (mut requests, mut writer) = segue_http1::server();
        let (mut buffer, mut output) =
            (Buffer::from(&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..]), Output::new());
        while let Step::Item(_) = buffer.step(&mut requests, false, &mut output).unwrap() {}
        let head = ResponseParts::new(200, [("Connection", value)]);
        writer.encode(Whole::new(head, &b""[..]), &mut output).unwrap();
        assert_eq!(writer.is_done(), last, "{value}");
    }
}

const LINES: &str = "Host: a\r\nConnection: X-One, \", x-two, host, close\r\nX-One: 1\r\n\
    X-Two: 2\r\nX-Three: 3\r\nTE: trailers\r\nKeep-Alive: 5\r\nProxy-Connection: close\r\n\
    Upgrade: a\r\nTransfer-Encoding: chunked\r\nTrailer: b\r\n\r\n";

/// Readers of connections mark what is meant for the connection; all of it stays in reach.
#[test]
fn headers_for_one_connection_are_marked() {
    let request = "POST / HTTP/1.1\r\n".to_owned() + LINES;
    let (mut requests, _) = segue_http1::server();
    let (mut buffer, mut output) = (Buffer::from(request.as_bytes()), Output::new());
    let Step::Item(RequestEvent::Head(head)) =
        buffer.step(&mut requests, false, &mut output).unwrap()
    else {
        panic!("a head")
    };
    let on: Vec<_> = head.headers().iter().map(|header| header.name_text()).collect();
    assert_eq!(on, ["Host", "X-Three", "Trailer"]);
    assert_eq!(head.headers().lines().len(), 11);
    assert_eq!(head.headers().find("keep-alive"), Some(&b"5"[..]));

    let (mut responses, mut writer) = segue_http1::client();
    let get = segue_http1::RequestParts::new("GET", "/", [("Host", "a")]);
    segue::Encode::encode(&mut writer, get, &mut output).unwrap();
    let response = "HTTP/1.1 200 OK\r\n".to_owned() + LINES;
    let mut buffer = Buffer::from(response.as_bytes());
    let Step::Item(ResponseEvent::Head(head)) =
        buffer.step(&mut responses, false, &mut output).unwrap()
    else {
        panic!("a head")
    };
    let on: Vec<_> = head.headers().iter().map(|header| header.name_text()).collect();
    assert_eq!(on, ["Host", "X-Three", "Trailer"]);
}
