//! Refused input on whole connections, each vector by its name: the section, the status that a
//! server answers with, and the check that nothing behind it is read.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue::{Buffer, Cause, Encode, Fault, Output, Step};
use segue_http1::{
    End, Error, RequestEvent, RequestParts, ResponseEvent, ResponseParts, Whole, WriteError,
};

/// Reads `input` as a server; the fault, and what the client is told.
#[track_caller]
fn server(input: &str) -> (Fault<Error>, String) {
    let (mut requests, mut writer) = segue_http1::server();
    let (mut buffer, mut output) = (Buffer::from(input.as_bytes()), Output::new());
    let fault = loop {
        match buffer.step(&mut requests, true, &mut output) {
            Ok(Step::Item(RequestEvent::Paused)) => {
                let empty = Whole::new(ResponseParts::new(200, [("A", "b")]), &b""[..]);
                writer.encode(empty, &mut output).unwrap();
                output.clear();
            }
            Ok(Step::Item(_)) => {}
            Ok(other) => panic!("{} is accepted: {other:?}", input.escape_debug()),
            Err(fault) => break fault,
        }
    };
    writer.encode(&fault, &mut output).unwrap();
    assert!(writer.is_done(), "the connection closes");
    let again = writer.encode(&fault, &mut output);
    assert_eq!(again, Err(WriteError::Closing), "it is told once");
    (fault, String::from_utf8(output.to_vec()).unwrap())
}

macro_rules! refused_by_servers {
    ($($name:ident: $input:expr, $error:ident, $status:literal, $section:literal;)*) => {
        $(#[test]
        fn $name() {
            let (fault, told) = server($input);
            assert_eq!(fault.cause, Cause::Stage(Error::$error));
            assert_eq!(Error::$error.section(), $section);
            assert!(told.starts_with(concat!("HTTP/1.1 ", $status, " ")), "{told}");
            assert!(told.contains("\r\nConnection: close\r\n"), "{told}");
            assert!(told.contains($section), "{told}");
        })*
    };
}

refused_by_servers! {
    length_and_encoding: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", LengthAndEncoding, 400, "RFC 9112 §6.1";
    encoding_and_length: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", LengthAndEncoding, 400, "RFC 9112 §6.1";
    several_lengths: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", SeveralContentLengths, 400, "RFC 9112 §6.3";
    list_of_lengths: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", SeveralContentLengths, 400, "RFC 9112 §6.3";
    length_with_sign: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", ContentLength, 400, "RFC 9112 §6.3";
    space_before_colon: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", SpaceBeforeColon, 400, "RFC 9112 §5.1";
    folded_header: "POST / HTTP/1.1\r\nHost: a\r\nA: b\r\n Content-Length: 5\r\n\r\nhello", Fold, 400, "RFC 9112 §5.2";
    bare_cr: "POST / HTTP/1.1\r\nHost: a\r\nA: b\rContent-Length: 5\r\n\r\n", BareCr, 400, "RFC 9112 §2.2";
    bare_lf: "POST / HTTP/1.1\r\nHost: a\nContent-Length: 5\r\n\r\nhello", BareLf, 400, "RFC 9112 §2.2";
    nul: "POST / HTTP/1.1\r\nHost: a\r\nA: b\0\r\n\r\n", HeaderValue, 400, "RFC 9110 §5.5";
    chunked_not_last: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", TransferEncoding, 400, "RFC 9112 §6.1";
    unknown_coding: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", UnknownEncoding, 501, "RFC 9112 §6.1";
    encoding_in_http_1_0: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", EncodingInHttp10, 400, "RFC 9112 §6.1";
    no_host: "GET / HTTP/1.1\r\n\r\n", MissingHost, 400, "RFC 9112 §3.2";
    two_hosts: "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", SeveralHosts, 400, "RFC 9112 §3.2";
    broken_host: "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Host, 400, "RFC 9112 §3.2";
    target_of_no_form: "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", TargetForm, 400, "RFC 9112 §3.2";
    authority_without_connect: "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", TargetForm, 400, "RFC 9112 §3.2";
    connect_to_a_path: "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n", TargetForm, 400, "RFC 9112 §3.2";
    asterisk_without_options: "GET * HTTP/1.1\r\nHost: a\r\n\r\n", TargetForm, 400, "RFC 9112 §3.2";
    connect_with_length: "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", ConnectBody, 400, "RFC 9110 §9.3.6";
    connect_with_chunks: "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ConnectBody, 400, "RFC 9110 §9.3.6";
    other_version: "GET / HTTP/3.0\r\nHost: a\r\n\r\n", UnsupportedVersion, 505, "RFC 9110 §15.6.6";
    chunk_size_overflow: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", ChunkSizeOverflow, 400, "RFC 9112 §7.1";
    chunk_size_with_sign: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n", ChunkSize, 400, "RFC 9112 §7.1";
    chunk_size_in_c_style: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", ChunkSize, 400, "RFC 9112 §7.1";
    chunk_size_with_space: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n", ChunkSize, 400, "RFC 9112 §7.1";
    chunk_with_junk_behind: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n", ChunkEnd, 400, "RFC 9112 §7.1";
    chunk_ended_by_lf: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", BareLf, 400, "RFC 9112 §2.2";
    trailer_with_space: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA : b\r\n\r\n", SpaceBeforeColon, 400, "RFC 9112 §5.1";
    behind_a_good_request: "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n", MissingHost, 400, "RFC 9112 §3.2";
    http_2_behind_a_request: "GET / HTTP/1.1\r\nHost: a\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", UnsupportedVersion, 505, "RFC 9110 §15.6.6";
}

#[test]
fn a_truncated_body() {
    for input in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n",
    ] {
        let (fault, told) = server(input);
        assert_eq!((fault.cause, fault.at), (Cause::Truncated, input.len() as u64));
        assert!(told.starts_with("HTTP/1.1 400 "), "{told}");
    }
}

#[test]
fn a_fault_behind_requests_that_are_unanswered_waits() {
    let (mut requests, mut writer) = segue_http1::server::Reader::new().ahead(3).paired();
    let input = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    let (mut buffer, mut output) = (Buffer::from(&input[..]), Output::new());
    let fault = loop {
        if let Err(fault) = buffer.step(&mut requests, false, &mut output) {
            break fault;
        }
    };
    assert_eq!(writer.encode(&fault, &mut output), Err(WriteError::Unfinished));
    writer
        .encode(Whole::new(ResponseParts::new(204, [("A", "b")]), &b""[..]), &mut output)
        .unwrap();
    writer.encode(&fault, &mut output).unwrap();
    let told = String::from_utf8(output.to_vec()).unwrap();
    assert!(told.starts_with("HTTP/1.1 204 No Content\r\nA: b\r\n\r\nHTTP/1.1 400 "), "{told}");
}

#[test]
fn a_fault_within_an_answered_request_is_told_to_nobody() {
    let (mut requests, mut writer) = segue_http1::server();
    let input = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx";
    let (mut buffer, mut output) = (Buffer::from(&input[..]), Output::new());
    let Ok(Step::Item(_)) = buffer.step(&mut requests, false, &mut output) else { panic!() };
    writer
        .encode(Whole::new(ResponseParts::new(200, [("A", "b")]), &b""[..]), &mut output)
        .unwrap();
    buffer.extend(b"\r\n");
    let fault = buffer.step(&mut requests, false, &mut output).unwrap_err();
    assert_eq!(writer.encode(&fault, &mut output), Err(WriteError::NoRequest));
    assert!(writer.is_done());
}

/// Reads `input` as a client that has sent a request of each of `methods`.
#[track_caller]
fn client(methods: &[&str], input: &str) -> Fault<Error> {
    let (mut responses, mut writer) = segue_http1::client();
    let mut output = Output::new();
    for method in methods {
        let head = RequestParts::new(method, "/", [("Host", "a")]);
        writer.encode(head, &mut output).unwrap();
        writer.encode(End, &mut output).unwrap();
    }
    let mut buffer = Buffer::from(input.as_bytes());
    loop {
        match buffer.step(&mut responses, true, &mut output) {
            Ok(Step::Item(ResponseEvent::Switched(_))) => panic!("it is switched"),
            Ok(Step::Item(_)) => {}
            Ok(other) => panic!("{} is accepted: {other:?}", input.escape_debug()),
            Err(fault) => return fault,
        }
    }
}

macro_rules! refused_by_clients {
    ($($name:ident: $methods:expr, $input:expr, $error:ident, $section:literal;)*) => {
        $(#[test]
        fn $name() {
            assert_eq!(client(&$methods, $input).cause, Cause::Stage(Error::$error));
            assert_eq!(Error::$error.section(), $section);
        })*
    };
}

refused_by_clients! {
    a_response_without_a_request: [], "HTTP/1.1 200 OK\r\n\r\n", Unrequested, "RFC 9112 §9.2";
    a_second_response: ["GET"], "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", Unrequested, "RFC 9112 §9.2";
    a_body_behind_head: ["HEAD"], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Unrequested, "RFC 9112 §9.2";
    a_body_behind_204: ["GET"], "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi", Unrequested, "RFC 9112 §9.2";
    more_than_the_length: ["GET"], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi!", Unrequested, "RFC 9112 §9.2";
    a_switch_that_was_not_offered: ["GET"], "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", UnofferedSwitch, "RFC 9110 §7.8";
    a_response_of_two_lengths: ["GET"], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", SeveralContentLengths, "RFC 9112 §6.3";
    a_response_of_length_and_chunks: ["GET"], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi", LengthAndEncoding, "RFC 9112 §6.1";
}

#[test]
fn truncated_responses() {
    for input in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n",
    ] {
        let fault = client(&["GET"], input);
        assert_eq!((fault.cause, fault.at), (Cause::Truncated, input.len() as u64), "{input}");
    }
}
