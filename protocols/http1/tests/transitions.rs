//! From HTTP/1.1 to another protocol, and not: nothing that may be of the other is read as a request,
//! and what asks wrongly is an ordinary request.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue::{Buffer, Cause, Encode, Output, Step};
use segue_http1::{
    End, Error, RequestEvent, RequestParts, ResponseEvent, ResponseParts, Whole, WriteError, server,
};

/// Reads up to where the stage waits; the targets of all heads, and where it ended.
fn read(
    requests: &mut server::Reader,
    buffer: &mut Buffer,
    output: &mut Output,
) -> (Vec<String>, &'static str) {
    let mut targets = Vec::new();
    loop {
        match buffer.step(requests, false, output).unwrap() {
            Step::Item(RequestEvent::Head(head)) => targets.push(head.target().to_owned()),
            Step::Item(RequestEvent::Paused) => return (targets, "paused"),
            Step::Item(_) => {}
            Step::Need(_) => return (targets, "need"),
            Step::Done => return (targets, "done"),
        }
    }
}

const GLUED: &[u8] =
    b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/// RFC 9931: a proxy that declines closes, since the bytes behind the request may be those of a tunnel.
#[test]
fn a_declined_connect_closes() {
    for status in [407, 502] {
        let (mut requests, mut writer) = segue_http1::server();
        let (mut buffer, mut output) = (Buffer::from(GLUED), Output::new());
        assert_eq!(read(&mut requests, &mut buffer, &mut output).0, ["a:1"]);
        let refused = Whole::new(ResponseParts::bare(status), &b"no"[..]);
        writer.encode(refused, &mut output).unwrap();
        let sent = String::from_utf8(output.to_vec()).unwrap();
        assert!(sent.contains("\r\nConnection: close\r\n"), "{sent}");
        assert_eq!(read(&mut requests, &mut buffer, &mut output), (vec![], "done"));
        assert!(writer.is_done());
        assert!(buffer.as_slice().starts_with(b"GET /smuggled "), "it is nobody's");
    }
}

/// A 407 that belongs to the connection needs it kept, for clients that wait.
#[test]
fn a_declined_connect_may_be_kept_by_name() {
    let (mut requests, mut writer) = segue_http1::server();
    writer.keep_declined_connects(true);
    let (mut buffer, mut output) = (Buffer::from(GLUED), Output::new());
    read(&mut requests, &mut buffer, &mut output);
    writer.encode(Whole::new(ResponseParts::bare(407), &b""[..]), &mut output).unwrap();
    assert_eq!(read(&mut requests, &mut buffer, &mut output).0, ["/smuggled"]);
}

/// RFC 9110 §7.8: `Upgrade` counts with `Connection: upgrade` and not in HTTP/1.0.
#[test]
fn what_asks_wrongly_is_an_ordinary_request() {
    for (line, headers, offers) in [
        ("GET / HTTP/1.1", "Host: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n", true),
        ("GET / HTTP/1.1", "Host: a\r\nUpgrade: echo\r\n", false),
        ("GET / HTTP/1.1", "Host: a\r\nConnection: upgrade\r\n", false),
        ("GET / HTTP/1.1", "Host: a\r\nConnection: \"upgrade\"\r\nUpgrade: echo\r\n", false),
        ("GET / HTTP/1.0", "Connection: keep-alive, upgrade\r\nUpgrade: echo\r\n", false),
    ] {
        let input = format!("{line}\r\n{headers}\r\n{line}\r\n{headers}\r\n");
        let (mut requests, mut writer) = segue_http1::server();
        let (mut buffer, mut output) = (Buffer::from(input.as_bytes()), Output::new());
        let Step::Item(RequestEvent::Head(head)) =
            buffer.step(&mut requests, false, &mut output).unwrap()
        else {
            panic!("a head")
        };
        assert_eq!(head.offers_upgrade(), offers, "{input}");
        read(&mut requests, &mut buffer, &mut output);
        let switch = ResponseParts::new(101, [("Upgrade", "echo")]);
        if !offers {
            assert_eq!(writer.encode(switch, &mut output), Err(WriteError::NotOffered), "{input}");
        }
        // It is answered as any other, and the next one is read.
        writer.encode(Whole::new(ResponseParts::bare(200), &b""[..]), &mut output).unwrap();
        assert_eq!(read(&mut requests, &mut buffer, &mut output).0, ["/"], "{input}");
    }
}

/// RFC 9110 §7.8, §15.2.2: a 101 names the protocol, and it is one that was offered.
#[test]
fn a_client_takes_what_it_has_offered_alone() {
    for (answer, taken) in [
        ("Upgrade: echo\r\nConnection: upgrade\r\n", true),
        ("upgrade: ECHO\r\n", true),
        ("Upgrade: other/2, echo\r\n", true),
        ("Connection: upgrade\r\n", false),
        ("Upgrade:\r\n", false),
        ("Upgrade: third\r\n", false),
        ("Upgrade: echo, third\r\n", false),
    ] {
        let (mut responses, mut writer) = segue_http1::client();
        let headers =
            [("Host", "a"), ("Connection", "upgrade"), ("Upgrade", "echo"), ("Upgrade", "Other/2")];
        let mut output = Output::new();
        writer.encode(RequestParts::new("GET", "/", headers), &mut output).unwrap();
        writer.encode(End, &mut output).unwrap();
        let answer = format!("HTTP/1.1 101 Go\r\n{answer}\r\nglued");
        let mut buffer = Buffer::from(answer.as_bytes());
        match buffer.step(&mut responses, false, &mut output) {
            Ok(Step::Item(ResponseEvent::Switched(_))) => assert!(taken, "{answer}"),
            Err(fault) => {
                assert!(!taken, "{answer}");
                assert_eq!((fault.cause, fault.at), (Cause::Stage(Error::UnofferedSwitch), 9));
                assert!(!writer.is_open());
            }
            Ok(other) => panic!("{other:?}"),
        }
    }
    let (_, mut writer) = segue_http1::client();
    let five = [("Host", "a"), ("Connection", "upgrade"), ("Upgrade", "a, b, c, d, e")];
    let refused = writer.encode(RequestParts::new("GET", "/", five), &mut Output::new());
    assert_eq!(refused, Err(WriteError::TooManyProtocols));
}

/// Our clients send nothing of the next protocol before it is confirmed: there is no place for it
/// (RFC 9931, RFC 9110 §9.3.6).
#[test]
fn a_client_waits_for_the_switch() {
    let (mut responses, mut writer) = segue_http1::client();
    let mut output = Output::new();
    let connect = RequestParts::new("CONNECT", "a:1", [("Host", "a:1")]);
    writer.encode(connect, &mut output).unwrap();
    assert_eq!(writer.encode(&b"hello"[..], &mut output), Err(WriteError::NoBody));
    writer.encode(End, &mut output).unwrap();
    assert_eq!(writer.encode(&b"hello"[..], &mut output), Err(WriteError::NoHead));
    let get = RequestParts::new("GET", "/", [("Host", "a")]);
    assert_eq!(writer.encode(get, &mut output), Err(WriteError::Waiting));
    let mut buffer = Buffer::from(&b"HTTP/1.1 200 OK\r\n\r\n"[..]);
    let item = buffer.step(&mut responses, false, &mut output).unwrap();
    assert!(matches!(item, Step::Item(ResponseEvent::Switched(_))));
    assert_eq!(writer.encode(get, &mut output), Err(WriteError::Switched));
}
