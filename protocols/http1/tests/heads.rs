//! Heads as they come: whole, byte by byte, with what follows left untouched; and what is lent.

#[allow(dead_code, reason = "each test file uses a part of it")]
mod support;

use segue::{Buffer, Cause, Decode, Output, Step};
use segue_http1::{Error, RequestDecoder, ResponseDecoder, Version};
use support::{with_request, with_response};

const BROWSER: &[u8] = include_bytes!("data/browser_request.bin");
const HUNDRED: &[u8] = include_bytes!("data/hundred_headers_request.bin");
const UPGRADE: &[u8] = include_bytes!("data/upgrade_request.bin");
const SWITCHED: &[u8] = include_bytes!("data/upgrade_response.bin");
const UMLAUTS: &[u8] = include_bytes!("data/utf8_response.bin");

/// The head is complete with its last byte and not before, and leaves alone what follows.
fn whole_and_dribbled<D: Decode<Error = Error>>(mut make: impl FnMut() -> D, head: &[u8]) {
    let mut output = Output::new();
    let (mut stage, mut buffer) = (make(), Buffer::new());
    for (at, byte) in head.iter().enumerate() {
        let needs = matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_)));
        assert!(needs, "complete at {at}");
        buffer.extend(&[*byte]);
    }
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    assert!(matches!(buffer.step(&mut stage, true, &mut output), Ok(Step::Done)));

    for behind in [&b"\x81\x02hi"[..], b"\r\n\r\n", b"\n", b"GET / HTTP/1.1\r\n\r\n"] {
        let mut stage = make();
        let mut buffer = Buffer::from(&[head, behind].concat()[..]);
        assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
        assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done)));
        assert_eq!(buffer.as_slice(), behind);
        assert_eq!(buffer.position(), head.len() as u64);
    }
    for end in 0..head.len() {
        let mut buffer = Buffer::from(&head[..end]);
        match buffer.step(&mut make(), true, &mut output) {
            Err(fault) => assert_eq!((fault.cause, fault.at), (Cause::Truncated, end as u64)),
            Ok(_) => panic!("accepted without what is behind {end}"),
        }
    }
    assert!(output.is_empty());
}

#[test]
fn requests_come_whole_and_dribbled() {
    for head in [BROWSER, HUNDRED, UPGRADE, b"M / HTTP/1.1\r\n\r\n"] {
        whole_and_dribbled(RequestDecoder::new, head);
    }
}

#[test]
fn responses_come_whole_and_dribbled() {
    for head in [SWITCHED, UMLAUTS, b"HTTP/1.0 999 \r\n\r\n"] {
        whole_and_dribbled(ResponseDecoder::new, head);
    }
}

/// Under `Exact` a head is read in fewer steps than it has bytes: an end has four of them.
#[test]
fn claims_spare_reads() {
    let mut output = Output::new();
    let (mut stage, mut buffer) = (RequestDecoder::new(), Buffer::new());
    let mut reads = 0;
    while let Step::Need(need) = buffer.step(&mut stage, false, &mut output).unwrap() {
        let at = buffer.len();
        buffer.extend(&BROWSER[at..at + need.claim]);
        reads += 1;
    }
    assert!(buffer.is_empty());
    assert!(reads < BROWSER.len() / 3, "{reads} reads");
}

#[test]
fn headers_are_lent_in_their_order() {
    let text = std::str::from_utf8(BROWSER).unwrap();
    with_request(text, |request| {
        assert_eq!(request.method(), "GET");
        assert_eq!(request.target(), "/maps/tiles/12/2200/1343?layer=terrain&scale=2");
        assert_eq!(request.version(), Version::Http11);
        assert_eq!(request.as_bytes(), BROWSER);
        let expected = text.lines().skip(1).take_while(|line| !line.is_empty());
        let expected = expected.map(|line| line.split_once(": ").unwrap()).collect::<Vec<_>>();
        let lines = request
            .headers()
            .lines()
            .map(|header| (header.name_text(), std::str::from_utf8(header.value).unwrap()));
        assert_eq!(lines.collect::<Vec<_>>(), expected);
        assert_eq!(request.headers().len(), 15);
    });
    with_request(std::str::from_utf8(HUNDRED).unwrap(), |request| {
        assert_eq!(request.headers().len(), 100);
        for number in 0..98 {
            let value = request.headers().find(&format!("x-{number}"));
            assert_eq!(value, Some((number * number).to_string().as_bytes()));
        }
    });
}

#[test]
fn values_are_trimmed_and_may_be_empty() {
    let text = std::str::from_utf8(UMLAUTS).unwrap();
    with_response(text, |response| {
        assert_eq!((response.version(), response.status()), (Version::Http10, 404));
        assert_eq!(response.reason(), "Nicht gefunden – leider".as_bytes());
        let headers = response.headers();
        assert_eq!(headers.find("SERVER"), Some("Gerät/1".as_bytes()));
        assert_eq!(headers.find("content-type"), Some(&b"text/plain"[..]));
        assert_eq!(headers.find("x-empty"), Some(&b""[..]));
        assert_eq!(headers.find("x-emptier"), None);
    });
}

#[test]
fn lists_come_apart_at_their_commas() {
    let head = "GET / HTTP/1.1\r\nList: a, B ,,c\r\nOther: z\r\nlist:\r\nLIST: ,\"d, \\\" e\";f=\"g,\" , h\r\n\
        Open: \"never, closed\r\n\r\n";
    with_request(head, |request| {
        let headers = request.headers();
        let elements = headers.elements("list").collect::<Vec<_>>();
        assert_eq!(elements, [&b"a"[..], b"B", b"c", b"\"d, \\\" e\";f=\"g,\"", b"h"]);
        assert!(headers.contains_token("List", "b") && headers.contains_token("list", "H"));
        assert!(!headers.contains_token("list", "z") && !headers.contains_token("list", ""));
        assert_eq!(headers.elements("open").collect::<Vec<_>>(), [b"\"never, closed"]);
        assert_eq!(headers.tokens("open").collect::<Vec<_>>(), [&b"\"never"[..], b"closed"]);
        assert_eq!(headers.all("LIST").count(), 3);
        assert_eq!(headers.all("none").count(), 0);
    });
}

/// Secrets do not get into logs.
#[test]
fn debug_shows_no_values() {
    let shown =
        with_request("GET /?token=secret HTTP/1.1\r\nAuthorization: secret\r\n\r\n", |request| {
            format!("{request:?} {:?}", request.headers().iter().next())
        });
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.contains("GET") && shown.contains("Authorization"), "{shown}");
}

/// One stage serves for all heads of a connection.
#[test]
fn a_stage_begins_again() {
    let mut buffer =
        Buffer::from(&b"\r\nGET /1 HTTP/1.1\r\n\r\n\r\nGET /2 HTTP/1.1\r\nA: b\r\n\r\n"[..]);
    let (mut stage, mut output) = (RequestDecoder::new(), Output::new());
    for (target, headers) in [("/1", 0), ("/2", 1)] {
        let Ok(Step::Item(request)) = buffer.step(&mut stage, false, &mut output) else { panic!() };
        assert_eq!((request.target(), request.headers().len()), (target, headers));
        assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done)));
        stage.begin_again();
    }
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
}
