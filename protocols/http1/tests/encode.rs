//! The output of the encoder, and the heads that it refuses.

use segue::{Encode, Output};
use segue_http1::{
    EncodeError, HeadEncoder, RequestParts, ResponseParts, Version, encode_request, encode_response,
};

#[test]
fn heads_as_they_are_written() {
    let mut output = Output::new();
    encode_request(&mut output, "GET", "/a?b", [("Host", "c"), ("X", "")]).unwrap();
    assert_eq!(output.to_vec(), b"GET /a?b HTTP/1.1\r\nHost: c\r\nX: \r\n\r\n");

    let mut output = Output::new();
    encode_response(&mut output, 101, [("Upgrade", b"x\xff")]).unwrap();
    encode_response(&mut output, 599, None::<(&str, String)>).unwrap();
    let expected =
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\xff\r\n\r\nHTTP/1.1 599 \r\n\r\n";
    assert_eq!(output.to_vec(), expected);

    let mut output = Output::new();
    let headers = vec![(String::from("A"), vec![b'b'])];
    let parts = ResponseParts { version: Version::Http10, status: 200, reason: b"Fine", headers };
    HeadEncoder.encode(parts, &mut output).unwrap();
    assert_eq!(output.to_vec(), b"HTTP/1.0 200 Fine\r\nA: b\r\n\r\n");
}

/// Nothing of a head that is refused is left, and what was there before stays.
#[test]
fn refused_requests() {
    for (method, target, name, value, error) in [
        ("", "/", "A", "b", EncodeError::Method),
        ("GE T", "/", "A", "b", EncodeError::Method),
        ("GET\r\n", "/", "A", "b", EncodeError::Method),
        ("GET", "", "A", "b", EncodeError::Target),
        ("GET", "/a b", "A", "b", EncodeError::Target),
        ("GET", "/ HTTP/1.1\r\nX: y", "A", "b", EncodeError::Target),
        ("GET", "/\u{e9}", "A", "b", EncodeError::Target),
        ("GET", "/\u{7f}", "A", "b", EncodeError::Target),
        ("GET", "/", "", "b", EncodeError::HeaderName),
        ("GET", "/", "A:", "b", EncodeError::HeaderName),
        ("GET", "/", "A ", "b", EncodeError::HeaderName),
        ("GET", "/", "A\r\nB", "b", EncodeError::HeaderName),
        ("GET", "/", "A", "b\r\nC: d", EncodeError::HeaderValue),
        ("GET", "/", "A", "b\n", EncodeError::HeaderValue),
        ("GET", "/", "A", "b\rc", EncodeError::HeaderValue),
        ("GET", "/", "A", "b\0", EncodeError::HeaderValue),
        ("GET", "/", "A", "b\u{7f}", EncodeError::HeaderValue),
        ("GET", "/", "A", " b", EncodeError::HeaderValue),
        ("GET", "/", "A", "b\t", EncodeError::HeaderValue),
        ("GET", "/", "A", " ", EncodeError::HeaderValue),
    ] {
        let mut output = Output::new();
        output.put(b"before");
        let headers = [("Host", "a"), (name, value)];
        let refused = encode_request(&mut output, method, target, headers);
        assert_eq!(refused, Err(error), "{method:?} {target:?} {name:?} {value:?}");
        assert_eq!(output.to_vec(), b"before");
        assert!(error.to_string().contains("RFC 9"));
    }
}

#[test]
fn refused_responses() {
    let headers = [("A", "b")];
    let mut output = Output::new();
    for status in [0, 99, 1000, u16::MAX] {
        assert_eq!(encode_response(&mut output, status, headers), Err(EncodeError::Status));
    }
    let split = ResponseParts { reason: b"OK\r\nX: y", ..ResponseParts::new(200, headers) };
    assert_eq!(HeadEncoder.encode(split, &mut output), Err(EncodeError::Reason));
    assert!(output.is_empty());
}

/// Large heads come out whole too, over what the output does with large writes.
#[test]
fn large_heads_are_taken_back_whole() {
    let mut output = Output::new();
    let large = "x".repeat(Output::WHOLE * 2);
    let headers = [("A", large.as_str()), ("B", "\n")];
    let refused = HeadEncoder.encode(RequestParts::new("GET", "/", headers), &mut output);
    assert_eq!((refused, output.len()), (Err(EncodeError::HeaderValue), 0));
}
