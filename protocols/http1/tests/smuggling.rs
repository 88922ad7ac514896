//! The vectors of request smuggling, each by its name: what two parsers could see differently is
//! refused, with the section that says so.

#[allow(dead_code, reason = "each test file uses a part of it")]
mod support;

use segue::Cause;
use segue_http1::{BodyLength, Error};
use support::{request_body, with_request, with_response};

/// A request with `lines` for headers, beside its host.
fn post(lines: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n")
}

/// The offset of the lines in [`post`].
const LINES: u64 = 26;

macro_rules! refused_bodies {
    ($($(#[$doc:meta])* $name:ident: $lines:expr, $error:ident @ $at:expr,
        $status:literal, $section:literal;)*) => {
        $($(#[$doc])* #[test]
        fn $name() {
            let fault = request_body(&post($lines)).unwrap_err();
            assert_eq!((fault.cause, fault.at), (Cause::Stage(Error::$error), LINES + $at));
            assert_eq!((Error::$error.status(), Error::$error.section()), ($status, $section));
        })*
    };
}

refused_bodies! {
    length_and_encoding: "Content-Length: 5\r\nTransfer-Encoding: chunked", LengthAndEncoding @ 38, 400, "RFC 9112 §6.1";
    encoding_and_length: "Transfer-Encoding: chunked\r\nContent-Length: 5", LengthAndEncoding @ 44, 400, "RFC 9112 §6.1";
    encoding_in_strange_case_and_length: "tRANSFER-eNCODING: CHUNKED\r\ncONTENT-lENGTH: 5", LengthAndEncoding @ 44, 400, "RFC 9112 §6.1";
    identity_and_length: "Transfer-Encoding: identity\r\nContent-Length: 5", LengthAndEncoding @ 45, 400, "RFC 9112 §6.1";
    empty_encoding_and_length: "Transfer-Encoding:\r\nContent-Length: 5", LengthAndEncoding @ 36, 400, "RFC 9112 §6.1";

    differing_lengths: "Content-Length: 5\r\nContent-Length: 6", SeveralContentLengths @ 35, 400, "RFC 9112 §6.3";
    equal_lengths: "Content-Length: 5\r\nContent-Length: 5", SeveralContentLengths @ 35, 400, "RFC 9112 §6.3";
    list_of_differing_lengths: "Content-Length: 5, 6", SeveralContentLengths @ 17, 400, "RFC 9112 §6.3";
    list_of_equal_lengths: "Content-Length: 5,5", SeveralContentLengths @ 17, 400, "RFC 9112 §6.3";
    length_with_plus: "Content-Length: +5", ContentLength @ 16, 400, "RFC 9112 §6.3";
    length_with_minus: "Content-Length: -5", ContentLength @ 16, 400, "RFC 9112 §6.3";
    length_empty: "Content-Length:", ContentLength @ 15, 400, "RFC 9112 §6.3";
    length_in_hex: "Content-Length: 0x5", ContentLength @ 17, 400, "RFC 9112 §6.3";
    length_with_letters: "Content-Length: 5a", ContentLength @ 17, 400, "RFC 9112 §6.3";
    length_with_space_inside: "Content-Length: 5 6", ContentLength @ 17, 400, "RFC 9112 §6.3";
    length_with_fraction: "Content-Length: 5.0", ContentLength @ 17, 400, "RFC 9112 §6.3";
    length_in_quotes: "Content-Length: \"5\"", ContentLength @ 16, 400, "RFC 9112 §6.3";
    length_with_leading_comma: "Content-Length: ,5", ContentLength @ 16, 400, "RFC 9112 §6.3";
    length_with_underscore: "Content-Length: 1_000", ContentLength @ 17, 400, "RFC 9112 §6.3";
    length_in_other_digits: "Content-Length: \u{0665}", ContentLength @ 16, 400, "RFC 9112 §6.3";
    /// 2^64.
    length_beyond_64_bits: "Content-Length: 18446744073709551616", ContentLength @ 35, 400, "RFC 9112 §6.3";
    length_far_beyond_64_bits: "Content-Length: 99999999999999999999999999", ContentLength @ 35, 400, "RFC 9112 §6.3";

    encoding_empty: "Transfer-Encoding:", TransferEncoding @ 18, 400, "RFC 9112 §6.1";
    encoding_identity: "Transfer-Encoding: identity", TransferEncoding @ 19, 400, "RFC 9112 §6.1";
    encoding_unknown: "Transfer-Encoding: xchunked", TransferEncoding @ 19, 400, "RFC 9112 §6.1";
    encoding_only_gzip: "Transfer-Encoding: gzip", TransferEncoding @ 19, 400, "RFC 9112 §6.1";
    chunked_not_last: "Transfer-Encoding: chunked, gzip", TransferEncoding @ 28, 400, "RFC 9112 §6.1";
    chunked_not_last_in_lines: "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", TransferEncoding @ 47, 400, "RFC 9112 §6.1";
    chunked_twice: "Transfer-Encoding: chunked, chunked", TransferEncoding @ 28, 400, "RFC 9112 §6.1";
    chunked_twice_in_lines: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", TransferEncoding @ 47, 400, "RFC 9112 §6.1";
    chunked_with_parameter: "Transfer-Encoding: chunked;q=1", TransferEncoding @ 26, 400, "RFC 9112 §6.1";
    chunked_in_quotes: "Transfer-Encoding: \"chunked\"", TransferEncoding @ 19, 400, "RFC 9112 §6.1";
    chunked_with_trailing_comma: "Transfer-Encoding: chunked,", TransferEncoding @ 27, 400, "RFC 9112 §6.1";
    chunked_with_leading_comma: "Transfer-Encoding: ,chunked", TransferEncoding @ 19, 400, "RFC 9112 §6.1";
    chunked_with_junk_behind: "Transfer-Encoding: chunked foo", TransferEncoding @ 19, 400, "RFC 9112 §6.1";
    chunked_beyond_ascii: "Transfer-Encoding: \u{85}chunked", TransferEncoding @ 19, 400, "RFC 9112 §6.1";
    gzip_and_chunked: "Transfer-Encoding: gzip, chunked", UnknownEncoding @ 19, 501, "RFC 9112 §6.1";
    gzip_and_chunked_in_lines: "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", UnknownEncoding @ 19, 501, "RFC 9112 §6.1";
}

#[test]
fn encoding_in_http_1_0() {
    let head = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    let fault = request_body(head).unwrap_err();
    assert_eq!((fault.cause, fault.at), (Cause::Stage(Error::EncodingInHttp10), 36));
    assert_eq!(Error::EncodingInHttp10.status(), 400);
    assert_eq!(Error::EncodingInHttp10.section(), "RFC 9112 §6.1");

    let both = "POST / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(request_body(both).unwrap_err().cause, Cause::Stage(Error::EncodingInHttp10));
}

#[test]
fn lengths_of_requests() {
    for (lines, expected) in [
        ("Accept: */*", BodyLength::None),
        ("Content-Length: 0", BodyLength::Known(0)),
        ("content-length: 5", BodyLength::Known(5)),
        ("Content-Length:  0005 ", BodyLength::Known(5)),
        ("Content-Length: 18446744073709551615", BodyLength::Known(u64::MAX)),
        ("Transfer-Encoding: chunked", BodyLength::Chunked),
        ("TRANSFER-ENCODING:\tChunKed\t", BodyLength::Chunked),
        // Another header altogether.
        ("Content-Length-X: 7\r\nX-Transfer-Encoding: chunked", BodyLength::None),
    ] {
        assert_eq!(request_body(post(lines)), Ok(expected), "{lines}");
    }
}

#[test]
fn hosts() {
    let get = |lines: &str| format!("GET / HTTP/1.1\r\n{lines}\r\n");
    for (value, expected) in [
        ("Host: a\r\n", "a"),
        ("Host:\r\n", ""),
        ("hOST: example.org:8080\r\n", "example.org:8080"),
        ("Host: [::1]:80\r\n", "[::1]:80"),
        ("Host: a:\r\n", "a:"),
    ] {
        let host = with_request(get(value), |request| request.host().map(|h| h.map(String::from)));
        assert_eq!(host, Ok(Some(expected.into())), "{value}");
    }
    for (lines, error, at) in [
        ("", Error::MissingHost, 18),
        ("X-Host: a\r\n", Error::MissingHost, 29),
        ("Host: a\r\nHost: a\r\n", Error::SeveralHosts, 31),
        ("Host: a\r\nhost: b\r\n", Error::SeveralHosts, 31),
        ("Host: a, b\r\n", Error::Host, 24),
        ("Host: a b\r\n", Error::Host, 23),
        ("Host: a@b\r\n", Error::Host, 23),
        ("Host: a/b\r\n", Error::Host, 23),
        ("Host: a:80:81\r\n", Error::Host, 26),
        ("Host: a:8o\r\n", Error::Host, 25),
        ("Host: [::1\r\n", Error::Host, 26),
        ("Host: []\r\n", Error::Host, 23),
        // The zone of an address is of one machine (RFC 6874 §4).
        ("Host: [fe80::1%25lo]\r\n", Error::Host, 23),
        ("Host: [::1]x\r\n", Error::Host, 27),
        ("Host: \u{e9}\r\n", Error::Host, 22),
    ] {
        let fault = with_request(get(lines), |request| request.host().map(|_| ())).unwrap_err();
        assert_eq!((fault.cause, fault.at), (Cause::Stage(error), at), "{lines}");
        assert_eq!((error.status(), error.section()), (400, "RFC 9112 §3.2"));
    }
    let old = "GET / HTTP/1.0\r\n\r\n";
    assert_eq!(with_request(old, |request| request.host().map(|_| ())), Ok(()));
    let old = "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n";
    let fault = with_request(old, |request| request.host().map(|_| ())).unwrap_err();
    assert_eq!(fault.cause, Cause::Stage(Error::SeveralHosts));
}

#[test]
fn lengths_of_responses() {
    let length = |method: &str, line: &str, lines: &str| {
        let head = format!("{line}\r\n{lines}\r\n");
        with_response(&head, |response| response.body(method))
    };
    let known = "Content-Length: 5\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    for (method, line, lines, expected) in [
        ("GET", "HTTP/1.1 200 OK", "", BodyLength::UntilClose),
        ("GET", "HTTP/1.0 200 OK", "", BodyLength::UntilClose),
        ("GET", "HTTP/1.1 200 OK", known, BodyLength::Known(5)),
        ("GET", "HTTP/1.1 200 OK", chunked, BodyLength::Chunked),
        ("HEAD", "HTTP/1.1 200 OK", known, BodyLength::None),
        ("HEAD", "HTTP/1.1 200 OK", both, BodyLength::None),
        ("head", "HTTP/1.1 200 OK", known, BodyLength::Known(5)),
        ("GET", "HTTP/1.1 100 Continue", known, BodyLength::None),
        ("GET", "HTTP/1.1 101 Switching Protocols", chunked, BodyLength::None),
        ("GET", "HTTP/1.1 204 No Content", known, BodyLength::None),
        ("GET", "HTTP/1.1 205 Reset Content", "Content-Length: 0\r\n", BodyLength::Known(0)),
        ("GET", "HTTP/1.1 304 Not Modified", known, BodyLength::None),
        ("CONNECT", "HTTP/1.1 200 OK", known, BodyLength::None),
        ("CONNECT", "HTTP/1.1 407 No", known, BodyLength::Known(5)),
    ] {
        assert_eq!(length(method, line, lines), Ok(expected), "{method} {line} {lines}");
    }
    for (line, lines, error) in [
        ("HTTP/1.1 200 OK", both, Error::LengthAndEncoding),
        ("HTTP/1.0 200 OK", chunked, Error::EncodingInHttp10),
        (
            "HTTP/1.1 200 OK",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            Error::SeveralContentLengths,
        ),
        ("HTTP/1.1 200 OK", "Content-Length: 5z\r\n", Error::ContentLength),
        ("HTTP/1.1 200 OK", "Transfer-Encoding: gzip\r\n", Error::UnknownEncoding),
        ("HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked\r\n", Error::UnknownEncoding),
        ("HTTP/1.1 200 OK", "Transfer-Encoding: chunked, gzip\r\n", Error::TransferEncoding),
    ] {
        assert_eq!(length("GET", line, lines).unwrap_err().cause, Cause::Stage(error), "{lines}");
    }
}

#[test]
fn connections_that_can_be_kept() {
    for (version, lines, expected) in [
        ("1.1", "", true),
        ("1.1", "Connection: close\r\n", false),
        ("1.1", "Connection: x\r\nConnection: y ,CLOSE\r\n", false),
        ("1.1", "Connection: keep-alive, close\r\n", false),
        ("1.1", "Connection: closed\r\n", true),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "Connection: keep-alive, close\r\n", false),
    ] {
        let request = format!("GET / HTTP/{version}\r\n{lines}\r\n");
        assert_eq!(with_request(&request, |head| head.keep_alive()), expected, "{request:?}");
        let response = format!("HTTP/{version} 200 OK\r\n{lines}\r\n");
        assert_eq!(with_response(&response, |head| head.keep_alive()), expected, "{response:?}");
    }
}
