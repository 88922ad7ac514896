//! Heads as the types of the `http` crate: through both ends and back.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use http::{Method, Request, Response, StatusCode, Version};
use segue::{Buffer, Encode, Output, Step};
use segue_http1::{End, RequestDecoder, RequestEvent, ResponseEvent, Whole, WriteError};

#[test]
fn there_and_back() {
    let (mut requests, mut server) = segue_http1::server();
    let (mut responses, mut client) = segue_http1::client();
    let mut output = Output::new();

    let request = Request::put("http://user@a:8080?q").header("Cookie", "b").header("cookie", "c");
    let (head, ()) = request.body(()).unwrap().into_parts();
    client.encode(Whole::new(&head, &b"hi"[..]), &mut output).unwrap();
    let mut buffer = Buffer::from(&output.to_vec()[..]);
    output.clear();
    let item = buffer.step(&mut requests, false, &mut output).unwrap();
    let Step::Item(RequestEvent::Head(read)) = item else { panic!("{item:?}") };
    let read = Request::try_from(read).unwrap();
    assert_eq!((read.method(), read.uri().to_string()), (&Method::PUT, "/?q".to_owned()));
    assert_eq!(read.headers()["host"], "a:8080");
    assert!(read.headers().get_all("cookie").iter().eq(["b", "c"]));
    assert_eq!(
        (read.version(), &read.headers()["content-length"]),
        (Version::HTTP_11, &"2".parse().unwrap())
    );
    while let Step::Item(_) = buffer.step(&mut requests, false, &mut output).unwrap() {}

    let (head, ()) =
        Response::builder().status(418).header("A", "b").body(()).unwrap().into_parts();
    server.encode(&head, &mut output).unwrap();
    server.encode(&b"tea"[..], &mut output).unwrap();
    server.encode(End, &mut output).unwrap();
    let mut buffer = Buffer::from(&output.to_vec()[..]);
    let item = buffer.step(&mut responses, false, &mut output).unwrap();
    let Step::Item(ResponseEvent::Head(read)) = item else { panic!("{item:?}") };
    let read = Response::try_from(read).unwrap();
    assert_eq!(
        (read.status(), &read.headers()["a"]),
        (StatusCode::IM_A_TEAPOT, &"b".parse().unwrap())
    );
}

#[test]
fn targets() {
    for (method, uri, line) in [
        ("GET", "http://a", "GET / HTTP/1.1"),
        ("GET", "/b?c", "GET /b?c HTTP/1.1"),
        ("OPTIONS", "*", "OPTIONS * HTTP/1.1"),
        ("CONNECT", "a:443", "CONNECT a:443 HTTP/1.1"),
    ] {
        let request = Request::builder().method(method).uri(uri).version(Version::HTTP_2);
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        let (_, mut writer) = segue_http1::client();
        let mut output = Output::new();
        if head.uri.authority().is_none() {
            assert_eq!(writer.encode(&head, &mut output), Err(WriteError::Host), "nobody is named");
            head.headers.insert("host", "a".parse().unwrap());
        }
        writer.encode(&head, &mut output).unwrap();
        let sent = String::from_utf8(output.to_vec()).unwrap();
        assert_eq!(sent.lines().next(), Some(line));
    }
}

#[test]
fn a_target_that_the_crate_cannot_hold() {
    let (mut buffer, mut output) = (Buffer::from(&b"GET /<> HTTP/1.1\r\n\r\n"[..]), Output::new());
    let mut stage = RequestDecoder::new();
    let Ok(Step::Item(head)) = buffer.step(&mut stage, false, &mut output) else { panic!() };
    assert!(Request::try_from(head).is_err());
}
