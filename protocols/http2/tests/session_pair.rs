//! Our client and our server talk to each other, cut everywhere.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use segue_http::{Fields, Length};
use segue_http2::{Event, Limits, Role, What};
use support::{end::*, *};

/// The client's requests, and how the server answers them.
fn exchange(cut: usize) -> [Vec<String>; 2] {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let fields = arena(&[("accept", "*/*"), ("x-many", "1"), ("cookie", "a=1")]);
    let get = client.streams().open(&request("GET", Length::None, fields.fields())).unwrap();
    let post = client.streams().open(&request("POST", Length::Open, Fields::EMPTY)).unwrap();
    client.streams().put(post, b"content ").unwrap();
    client.streams().put(post, b"of a request").unwrap();
    let trailers = arena(&[("x-sum", "42")]);
    client.streams().end(post, trailers.fields()).unwrap();
    let head = client.streams().open(&request("HEAD", Length::None, Fields::EMPTY)).unwrap();
    assert_eq!((get, post, head), (id(1), id(3), id(5)));

    let mut told = [vec![], vec![]];
    talk([&mut client, &mut server], cut, |to, event| {
        let Event { stream, what, streams, .. } = event;
        match &what {
            What::Request(head) if head.method == b"GET" => {
                let early = arena(&[("link", "</a>")]);
                streams.respond(stream, &response(103, Length::None, early.fields())).unwrap();
                let fields = arena(&[("content-length", "5")]);
                streams.respond(stream, &response(200, Length::Known(5), fields.fields())).unwrap();
                streams.put(stream, b"hello").unwrap();
                streams.end(stream, Fields::EMPTY).unwrap();
                streams.let_go(stream);
            }
            What::Request(head) if head.method == b"HEAD" => {
                let fields = arena(&[("content-length", "1234")]);
                streams.respond(stream, &response(200, Length::None, fields.fields())).unwrap();
                streams.let_go(stream);
            }
            What::End(_) if to == 1 => {
                streams.respond(stream, &response(201, Length::Open, Fields::EMPTY)).unwrap();
                streams.put(stream, b"made").unwrap();
                let trailers = arena(&[("x-ok", "yes")]);
                streams.end(stream, trailers.fields()).unwrap();
            }
            _ => {}
        }
        let piece = matches!(what, What::Data(_));
        let list: &mut Vec<String> = &mut told[to];
        let Some(words) = in_words(Event { stream, what, streams }) else { return };
        // Pieces are joined.
        let begins = format!("{stream}: ");
        match list.last_mut() {
            Some(last) if piece && last.starts_with(&format!("{begins}data ")) => {
                last.push_str(&words[begins.len()..]);
            }
            _ if piece => list.push(format!("{begins}data {}", &words[begins.len()..])),
            _ => list.push(words),
        }
    });
    for end in [&mut client, &mut server] {
        for stream in [1, 3, 5] {
            end.streams().let_go(id(stream));
        }
        assert!(end.streams().is_empty());
        assert!(end.sent().is_empty());
    }
    told
}

#[test]
fn requests_are_answered_whatever_the_cuts() {
    let [client, server] = exchange(usize::MAX);
    assert_eq!(
        server,
        [
            "1: GET https://example.org/ accept=*/* x-many=1 cookie=a=1 None",
            "3: POST https://example.org/ Open",
            "5: HEAD https://example.org/ None",
            "3: data content of a request",
            "3: end x-sum=42",
        ]
    );
    assert_eq!(
        client,
        [
            "1: 103 link=</a>",
            "1: 200 content-length=5 Known(5)",
            "5: 200 content-length=1234 None",
            "3: 201 Open",
            "1: data hello",
            "1: end",
            "3: data made",
            "3: end x-ok=yes",
        ]
    );
    for cut in 1..300 {
        let [mut cut_client, cut_server] = exchange(cut);
        assert_eq!(cut_server, server, "cut every {cut} bytes");
        // The order among streams is a matter of when each was answered.
        let mut whole_client = client.clone();
        whole_client.sort_by_key(|words| words[..1].to_owned());
        cut_client.sort_by_key(|words| words[..1].to_owned());
        assert_eq!(cut_client, whole_client, "cut every {cut} bytes");
    }
}

/// More than all windows, both ways at once, in the order in which it was put.
#[test]
fn long_content_goes_through_the_windows() {
    const LONG: usize = 3_000_000;
    let byte = |at: usize| (at * 31 % 251).to_le_bytes()[0];
    let content: Vec<u8> = (0..LONG).map(byte).collect();
    for limits in [
        Limits::DEFAULT,
        Limits { window: 70_000, connection_window: 65_535, ..Limits::DEFAULT },
        Limits { window: 1000, ..Limits::DEFAULT },
    ] {
        let mut client = End::with(Role::Client, limits);
        let mut server = End::with(Role::Server, limits);
        let post = request("POST", Length::Open, Fields::EMPTY);
        for _ in 0..3 {
            let stream = client.streams().open(&post).unwrap();
            client.streams().put(stream, &content).unwrap();
            client.streams().end(stream, Fields::EMPTY).unwrap();
        }
        let mut came = [[0; 3]; 2];
        let mut ended = 0;
        talk([&mut client, &mut server], 5000, |to, event| {
            let Event { stream, what, streams, .. } = event;
            let nth = stream.0 as usize / 2;
            match what {
                What::Request(_) => {
                    streams.respond(stream, &response(200, Length::Open, Fields::EMPTY)).unwrap();
                    streams.put(stream, &content).unwrap();
                    streams.end(stream, Fields::EMPTY).unwrap();
                }
                What::Data(data) => {
                    let at = came[to][nth];
                    assert!(*data == content[at..at + data.len()]);
                    came[to][nth] += data.len();
                    streams.release(stream, data.len());
                }
                What::End(_) => ended += 1,
                _ => {}
            }
        });
        assert_eq!((came, ended), ([[LONG; 3]; 2], 6), "{limits:?}");
    }
}

/// A consumer that keeps everything gets one window and no more, and the others go on.
#[test]
fn a_slow_consumer_holds_up_itself_alone() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let post = request("POST", Length::Open, Fields::EMPTY);
    for _ in 0..2 {
        let stream = client.streams().open(&post).unwrap();
        client.streams().put(stream, &[7; 600_000]).unwrap();
        client.streams().end(stream, Fields::EMPTY).unwrap();
    }
    let mut came = [0; 2];
    let mut count = |event: Event<'_>, releases: bool| {
        let Event { stream, what: What::Data(data), streams, .. } = event else { return };
        came[stream.0 as usize / 2] += data.len();
        if stream == id(3) || releases {
            streams.release(stream, data.len());
        }
    };
    talk([&mut client, &mut server], 16_000, |_, event| count(event, false));
    let window = Limits::DEFAULT.window as usize;
    server.streams().release(id(1), window);
    talk([&mut client, &mut server], 16_000, |_, event| count(event, true));
    assert_eq!(came, [600_000; 2]);
}

/// RFC 9113 §6.5.3: what is behind the acknowledgement goes by the new settings, so heads that were
/// encoded before stand in front of it.
#[test]
fn heads_by_the_settings_before_go_in_front() {
    let mut client = End::new(Role::Client);
    client.sent();
    client.streams().open(&request("GET", Length::None, Fields::EMPTY)).unwrap();
    client.receive(&settings(&[(1, 0)]));
    client.streams().open(&request("GET", Length::None, Fields::EMPTY)).unwrap();
    let said: Vec<_> =
        client.said().into_iter().map(|(kind, _, stream, _)| (kind, stream)).collect();
    assert_eq!(said, [(HEADERS, 1), (SETTINGS, 0), (HEADERS, 3)]);

    // A server with a smaller table than the customary one takes both.
    let limits = Limits { table: 100, ..Limits::DEFAULT };
    let (mut client, mut server) = (End::new(Role::Client), End::with(Role::Server, limits));
    server.receive(&client.sent());
    client.streams().open(&request("GET", Length::None, Fields::EMPTY)).unwrap();
    client.receive(&server.sent());
    client.streams().open(&request("GET", Length::None, Fields::EMPTY)).unwrap();
    assert_eq!(server.receive(&client.sent()).len(), 2);
}
