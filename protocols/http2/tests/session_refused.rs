//! Each rule of a session that a peer can break: what the stream or the connection ends with, and what
//! is let through. Section by section of RFC 9113.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use segue_http::{Fields, Length};
use segue_http2::{
    Error, ErrorCode, Excess, Limits, OpenError, PutError, Role, StreamError,
    frame::{Kind, PREFACE, StreamId},
};
use support::{end::*, *};

/// Frames as (type, stream, code) of those that end something.
fn endings(server: &mut End) -> Vec<(u8, u32, u32)> {
    let code = |payload: &[u8]| {
        u32::from_be_bytes(payload[payload.len() - 4..].try_into().expect("four bytes"))
    };
    server
        .said()
        .iter()
        .filter(|(kind, ..)| [RST_STREAM, GOAWAY].contains(kind))
        .map(|(kind, _, stream, payload)| (*kind, *stream, code(payload)))
        .collect()
}

/// Checks that `input` ends the connection, with any cut.
#[track_caller]
fn ends_connection(limits: Limits, input: &[u8], error: Error) {
    for cut in 0..input.len() {
        let mut server = End::begun(limits);
        let found =
            server.try_receive(&input[..cut]).and_then(|_| server.try_receive(&input[cut..]));
        let fault = found.expect_err("it breaks a rule");
        assert_eq!(fault.error(), Some(&error), "cut at {cut}");
        assert!(fault.fatal);
        let last = endings(&mut server).pop();
        assert_eq!(last, Some((GOAWAY, 0, error.code().0)), "cut at {cut}");
        assert!(server.said().is_empty(), "it is dead");
    }
    assert!(error.to_string().contains(error.section()));
}

#[track_caller]
fn ends(input: &[u8], error: Error) {
    ends_connection(Limits::DEFAULT, input, error);
}

/// Checks that `input` ends a stream with this code, and that the connection goes on.
#[track_caller]
fn ends_stream(limits: Limits, input: &[u8], stream: u32, code: ErrorCode) {
    for cut in 0..input.len() {
        let mut server = End::begun(limits);
        server.receive(&input[..cut]);
        server.receive(&input[cut..]);
        server.receive(&frame(PING, 0, 0, b"go on!!!"));
        let frames = server.said();
        let resets = frames.iter().filter(|(kind, ..)| *kind == RST_STREAM);
        let resets: Vec<_> = resets.map(|(_, _, id, payload)| (*id, payload.clone())).collect();
        assert_eq!(resets, [(stream, code.0.to_be_bytes().to_vec())], "cut at {cut}");
        assert!(frames.contains(&(PING, ACK, 0, b"go on!!!".to_vec())));
    }
}

fn get(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(GET))
}

fn post(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &block(POST))
}

/// §3.4.
#[test]
fn prefaces() {
    let mut server = End::new(Role::Server);
    let fault = server.try_receive(b"GET / HTTP/1.1\r\n\r\n").expect_err("it is HTTP/1");
    assert_eq!((fault.error(), fault.at), (Some(&Error::Preface), 0));
    let mut server = End::new(Role::Server);
    let fault = server.try_receive(b"PRI * HTTP/2.1").expect_err("it is another version");
    assert_eq!((fault.error(), fault.at), (Some(&Error::Preface), 13));
    for first in [frame(PING, 0, 0, &[0; 8]), frame(SETTINGS, ACK, 0, b""), get(1)] {
        let mut server = End::new(Role::Server);
        let fault = server.try_receive(&[PREFACE, &first[..]].concat()).expect_err("no settings");
        assert_eq!(fault.error(), Some(&Error::FirstFrame(Kind(first[3]))));
        assert_eq!(endings(&mut server), [(GOAWAY, 0, ErrorCode::PROTOCOL_ERROR.0)]);
    }
}

/// §5.1: frames on idle streams.
#[test]
fn idle_streams() {
    for (kind, payload) in
        [(DATA, &b"data"[..]), (RST_STREAM, &[0; 4]), (WINDOW_UPDATE, &[0, 0, 0, 1])]
    {
        ends(&frame(kind, 0, 1, payload), Error::Idle(Kind(kind), StreamId(1)));
        ends(&frame(kind, 0, 2, payload), Error::Idle(Kind(kind), StreamId(2)));
        ends(&[get(1), frame(kind, 0, 3, payload)].concat(), Error::Idle(Kind(kind), StreamId(3)));
    }
    // Priorities are for streams of any state.
    let mut server = End::begun(Limits::DEFAULT);
    assert!(server.receive(&frame(PRIORITY, 0, 77, &[0, 0, 0, 1, 7])).is_empty());
    assert!(server.said().is_empty());
}

/// §5.1: frames behind the end of a stream.
#[test]
fn half_closed_streams() {
    let code = ErrorCode::STREAM_CLOSED;
    for late in [frame(DATA, 0, 1, b"data"), frame(DATA, END_STREAM, 1, b""), get(1)] {
        ends_stream(Limits::DEFAULT, &[get(1), late].concat(), 1, code);
    }
    let mut server = End::begun(Limits::DEFAULT);
    let told = server.receive(&[get(1), frame(DATA, 0, 1, b"data")].concat());
    assert_eq!(told[1], format!("1: Failed({:?})", StreamError::AfterEnd(Kind::DATA)));
    // These may come.
    let mut server = End::begun(Limits::DEFAULT);
    server.receive(&get(1));
    server.receive(&frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]));
    server.receive(&frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 7]));
    assert_eq!(server.receive(&frame(RST_STREAM, 0, 1, &[0, 0, 0, 8])), ["1: Stopped(CANCEL)"]);
    assert!(server.said().is_empty());
}

/// §5.1: frames on streams that are over.
#[test]
fn closed_streams() {
    let over = |server: &mut End| {
        server.receive(&get(1));
        server.streams().respond(id(1), &response(204, Length::None, Fields::EMPTY)).unwrap();
        server.streams().let_go(id(1));
        assert!(server.streams().is_empty());
        server.said();
    };
    for late in [frame(DATA, 0, 1, b"data"), get(1)] {
        let mut server = End::begun(Limits::DEFAULT);
        over(&mut server);
        let fault = server.try_receive(&late).expect_err("it is over");
        assert_eq!(fault.error(), Some(&Error::Closed(Kind(late[3]), id(1))));
    }
    let mut server = End::begun(Limits::DEFAULT);
    over(&mut server);
    for late in [
        frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]),
        frame(RST_STREAM, 0, 1, &[0; 4]),
        frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 7]),
    ] {
        assert!(server.receive(&late).is_empty());
    }
    // After a reset of our own the peer may not have known: its frames are read and dropped, and the
    // window of the connection does not shrink.
    let mut server = End::begun(Limits::DEFAULT);
    server.receive(&post(1));
    server.streams().reset(id(1), ErrorCode::CANCEL);
    server.streams().let_go(id(1));
    for _ in 0..200 {
        assert!(server.receive(&frame(DATA, 0, 1, &[7; 16_000])).is_empty());
        server.said();
    }
    assert!(
        server
            .receive(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&[("a", "b")])))
            .is_empty()
    );
}

/// §5.1.1.
#[test]
fn numbers_of_streams() {
    ends(&get(2), Error::WrongId(id(2)));
    ends(&[get(5), get(3)].concat(), Error::Closed(Kind::HEADERS, id(3)));
}

/// §5.1.2: streams beyond the limit are refused, and can be tried again.
#[test]
fn streams_beyond_the_limit() {
    let limits = Limits { streams: 2, ..Limits::DEFAULT };
    let input = [post(1), post(3), post(5)].concat();
    ends_stream(limits, &input, 5, ErrorCode::REFUSED_STREAM);
    // One counts until its consumer lets go of it, whatever the peer does.
    let mut server = End::begun(limits);
    server.receive(&[post(1), frame(RST_STREAM, 0, 1, &[0; 4]), post(3)].concat());
    assert!(server.receive(&post(5)).is_empty());
    server.streams().let_go(id(1));
    assert_eq!(server.receive(&post(7)).len(), 1);
}

/// §6.5.2, §8.4.
#[test]
fn pushes() {
    ends(&frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2]), Error::Push);
    let mut client = End::new(Role::Client);
    let fault = client.try_receive(&settings(&[(2, 1)])).expect_err("servers take no pushes");
    assert_eq!(fault.error(), Some(&Error::Push));
    let mut client = End::new(Role::Client);
    client.receive(&settings(&[]));
    let fault = client.try_receive(&frame(HEADERS, END_HEADERS, 2, b"\x88")).expect_err("a push");
    assert_eq!(fault.error(), Some(&Error::WrongId(id(2))));
}

/// §6.9: windows that overflow, and windows that are overrun.
#[test]
fn windows() {
    let most = frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes());
    ends(&most, Error::WindowOverflow);
    let of_stream = frame(WINDOW_UPDATE, 0, 1, &0x7fff_ffff_u32.to_be_bytes());
    ends_stream(Limits::DEFAULT, &[post(1), of_stream].concat(), 1, ErrorCode::FLOW_CONTROL_ERROR);
    let grown = frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 2]);
    let grow_all = settings(&[(4, 0x7fff_fffe)]);
    ends(&[post(1), grown, grow_all].concat(), Error::WindowOverflow);

    // Nothing is released: 70,000 bytes are too many for the one window, or the other.
    let data = |stream, count| frame(DATA, 0, stream, &[7; 10_000]).repeat(count);
    let limits = Limits { window: 65_535, connection_window: 1 << 20, ..Limits::DEFAULT };
    let mut server = End::begun(limits);
    server.input.extend(&[post(1), data(1, 6), frame(DATA, 0, 1, &[7; 5536])].concat());
    let mut last = String::new();
    server.handle(|event| last = format!("{:?}", event.what)).unwrap();
    assert_eq!(last, format!("Failed({:?})", StreamError::Window));
    assert_eq!(endings(&mut server), [(RST_STREAM, 1, ErrorCode::FLOW_CONTROL_ERROR.0)]);

    let mut server = End::begun(Limits { connection_window: 65_535, ..limits });
    server.input.extend(&[post(1), post(3), data(1, 3), data(3, 4)].concat());
    let fault = server.handle(|_| {}).expect_err("the window is full");
    assert_eq!(fault.error(), Some(&Error::Window));
    assert_eq!(endings(&mut server), [(GOAWAY, 0, ErrorCode::FLOW_CONTROL_ERROR.0)]);
}

/// §8.1, §8.2, §8.3: messages that are malformed.
#[test]
fn malformed_messages() {
    let bad = |fields: &[(&str, &str)]| frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(fields));
    let with = |fields: &[(&'static str, &'static str)]| bad(&[GET, fields].concat());
    let code = ErrorCode::PROTOCOL_ERROR;
    for input in [
        with(&[("Accept", "*/*")]),
        with(&[(":unknown", "1")]),
        with(&[(":status", "200")]),
        with(&[("accept", "*/*"), (":path", "/")]),
        with(&[(":path", "/")]),
        with(&[("connection", "close")]),
        with(&[("transfer-encoding", "chunked")]),
        with(&[("te", "gzip")]),
        with(&[("a", "b\r\nc: d")]),
        with(&[("a", " b")]),
        with(&[("host", "other")]),
        with(&[("content-length", "5")]),
        with(&[(":protocol", "websocket")]),
        bad(&GET[1..]),
        bad(&GET[..3]),
        bad(&[(":method", "GET"), (":scheme", "https"), (":authority", "u@a"), (":path", "/")]),
        bad(&[(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "")]),
        bad(&[(":method", "CONNECT"), (":scheme", "https"), (":authority", "a:1"), (":path", "/")]),
    ] {
        ends_stream(Limits::DEFAULT, &input, 1, code);
    }
    let sized = |length| {
        frame(HEADERS, END_HEADERS, 1, &block(&[POST, &[("content-length", length)]].concat()))
    };
    let trailers =
        |flags, fields: &[(&str, &str)]| frame(HEADERS, END_HEADERS | flags, 1, &block(fields));
    for rest in [
        [sized("3"), frame(DATA, END_STREAM, 1, b"four")].concat(),
        [sized("5"), frame(DATA, END_STREAM, 1, b"four")].concat(),
        [sized("5"), frame(DATA, 0, 1, b"four"), trailers(END_STREAM, &[("a", "b")])].concat(),
        [sized("5"), frame(DATA, 0, 1, b"four"), frame(DATA, 0, 1, b"four")].concat(),
        [post(1), trailers(0, &[("a", "b")])].concat(),
        [post(1), trailers(END_STREAM, &[(":path", "/")])].concat(),
        [post(1), trailers(END_STREAM, &[("A", "b")])].concat(),
    ] {
        ends_stream(Limits::DEFAULT, &rest, 1, code);
    }
    let mut server = End::begun(Limits::DEFAULT);
    let told = server.receive(&[sized("3"), frame(DATA, 0, 1, b"four")].concat());
    assert_eq!(told[1], format!("1: Failed({:?})", StreamError::ContentLength));
}

/// §5.3 of RFC 7540, which still is a rule of streams.
#[test]
fn dependencies() {
    let code = ErrorCode::PROTOCOL_ERROR;
    let depends = [&[0, 0, 0, 1, 16][..], &block(GET)].concat();
    let head = frame(HEADERS, END_HEADERS | END_STREAM | WITH_PRIORITY, 1, &depends);
    ends_stream(Limits::DEFAULT, &head, 1, code);
    let frame = frame(PRIORITY, 0, 1, &[0, 0, 0, 1, 16]);
    ends_stream(Limits::DEFAULT, &[post(1), frame].concat(), 1, code);
}

/// §4.3: a block that cannot be decoded ends the connection, also one that nobody wants.
#[test]
fn blocks() {
    let mut server = End::begun(Limits::DEFAULT);
    let fault = server.try_receive(&frame(HEADERS, END_HEADERS, 1, b"\x80")).expect_err("index 0");
    assert_eq!(fault.error().map(Error::code), Some(ErrorCode::COMPRESSION_ERROR));
    // One of a refused stream changes the table.
    let mut server = End::begun(Limits { streams: 0, ..Limits::DEFAULT });
    let remembered = [&b"\x40\x01a\x01b"[..], &block(GET)].concat();
    server.receive(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &remembered));
    server.receive(&frame(HEADERS, END_HEADERS | END_STREAM, 3, b"\x82\x84\x87\xbe"));
    assert_eq!(
        endings(&mut server),
        [(RST_STREAM, 1, 7), (RST_STREAM, 3, ErrorCode::REFUSED_STREAM.0)]
    );
}

/// RFC 6585 §5.
#[test]
fn large_heads_are_answered() {
    let limits = Limits { fields: segue_http::Limits::DEFAULT.max_size(400), ..Limits::DEFAULT };
    let long = "x".repeat(300);
    let head = block(&[POST, &[("long", &long[..])]].concat());
    let mut server = End::begun(limits);
    assert!(server.receive(&frame(HEADERS, END_HEADERS, 1, &head)).is_empty());
    let said = server.said();
    let kinds: Vec<_> =
        said.iter().map(|(kind, flags, stream, _)| (*kind, *flags, *stream)).collect();
    assert_eq!(kinds, [(HEADERS, END_HEADERS | END_STREAM, 1), (RST_STREAM, 0, 1)]);
    assert_eq!(said[1].3, [0; 4]);
    assert!(server.receive(&frame(HEADERS, END_HEADERS | END_STREAM, 3, &head)).is_empty());
    assert_eq!(server.said().len(), 1);
    assert_eq!(server.receive(&get(5)).len(), 1);
}

/// §10.5.
#[test]
fn floods() {
    let limits = Limits { resets: 10, control: 20, empty_data: 20, ..Limits::DEFAULT };
    let calm = |excess, input: &[u8]| {
        let mut server = End::begun(limits);
        let fault = server.try_receive(input).expect_err("it is a flood");
        assert_eq!(fault.error(), Some(&Error::Calm(excess)));
        assert_eq!(endings(&mut server).pop(), Some((GOAWAY, 0, ErrorCode::ENHANCE_YOUR_CALM.0)));
    };
    calm(Excess::Control, &frame(PING, 0, 0, &[0; 8]).repeat(21));
    calm(Excess::Control, &settings(&[(4, 7)]).repeat(21));
    calm(Excess::Control, &frame(PRIORITY, 0, 7, &[0, 0, 0, 3, 0]).repeat(21));
    calm(Excess::Control, &frame(0xee, 0, 7, b"").repeat(21));
    calm(Excess::Control, &frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]).repeat(21));
    calm(Excess::EmptyData, &[post(1), frame(DATA, 0, 1, b"").repeat(21)].concat());
    calm(Excess::EmptyData, &[post(1), frame(DATA, PADDED, 1, &[3, 0, 0, 0]).repeat(21)].concat());
    // Rapid reset, also of a consumer that lets go at once; and what the peer makes us reset.
    let reset = |stream| [post(stream), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat();
    let resets: Vec<u8> = (0..11).flat_map(|nth| reset(2 * nth + 1)).collect();
    calm(Excess::Resets, &resets);
    let bad = |stream| frame(HEADERS, END_HEADERS, stream, &block(&GET[..2]));
    let malformed: Vec<u8> = (0..11).flat_map(|nth| bad(2 * nth + 1)).collect();
    calm(Excess::Resets, &malformed);
    let zero: Vec<u8> = (0..11)
        .flat_map(|nth| [post(2 * nth + 1), frame(WINDOW_UPDATE, 0, 2 * nth + 1, &[0; 4])].concat())
        .collect();
    calm(Excess::Resets, &zero);

    // Work that is finished makes up for them, and so does `calm`.
    let mut server = End::begun(limits);
    for nth in 0..100 {
        let (one, other) = (4 * nth + 1, 4 * nth + 3);
        server.receive(&reset(one));
        server.receive(&get(other));
        server.streams().respond(id(other), &response(204, Length::None, Fields::EMPTY)).unwrap();
        server.streams().let_go(id(one));
        server.streams().let_go(id(other));
    }
    for _ in 0..10 {
        server.receive(&frame(PING, 0, 0, &[0; 8]).repeat(20));
        server.streams().calm();
    }
}

#[test]
fn dribbled_windows_get_no_dribbled_data() {
    let mut server = End::begun(Limits::DEFAULT);
    server.receive(&settings(&[(4, 0)]));
    server.receive(&get(1));
    server.streams().respond(id(1), &response(200, Length::Open, Fields::EMPTY)).unwrap();
    server.streams().put(id(1), &[7; 100_000]).unwrap();
    server.receive(&settings(&[(4, 65_535)]));
    server.receive(&frame(WINDOW_UPDATE, 0, 0, &[0, 1, 0, 0]));
    let data = |server: &mut End| {
        let said = server.said();
        said.iter().filter(|it| it.0 == DATA).map(|it| it.3.len()).collect::<Vec<_>>()
    };
    let mut sent = 0;
    while sent < 65_535 {
        sent += data(&mut server).iter().sum::<usize>();
    }
    let mut frames = vec![];
    for _ in 0..900 {
        server.receive(&frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]));
        frames.extend(data(&mut server));
    }
    // One may use the window up; the others wait until there is more of it.
    assert!(frames.is_empty() || frames == [1], "{frames:?}");
    server.receive(&frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 125]));
    assert_eq!(data(&mut server), [1025 - frames.len()]);
}

/// §6.5: of several windows in one frame the last one counts, and the others are no events.
#[test]
fn the_last_window_counts() {
    let mut server = End::begun(Limits::DEFAULT);
    server.receive(&get(1));
    server.streams().respond(id(1), &response(200, Length::Open, Fields::EMPTY)).unwrap();
    server.streams().put(id(1), &[7; 100]).unwrap();
    server.receive(&settings(&[(4, 0x7fff_ffff), (4, 0), (4, 0x7fff_ffff), (4, 50)]));
    let said = server.said();
    assert_eq!(said.last().map(|it| (it.0, it.3.len())), Some((DATA, 50)));
}

/// What a client must not do, and what it is told.
#[test]
fn clients_open_what_they_may() {
    let get = request("GET", Length::None, Fields::EMPTY);
    let mut server = End::begun(Limits::DEFAULT);
    assert_eq!(server.streams().open(&get), Err(OpenError::Server));
    let mut client = End::new(Role::Client);
    let websocket =
        segue_http::RequestHead { method: b"CONNECT", protocol: Some(b"websocket"), ..get };
    assert_eq!(client.streams().open(&websocket), Err(OpenError::ConnectProtocol));
    client.receive(&settings(&[(3, 1), (8, 1)]));
    assert_eq!(client.streams().open(&websocket), Ok(id(1)));
    assert_eq!(client.streams().open(&get), Err(OpenError::Full));
    assert_eq!(client.receive(&settings(&[(3, 2)])), ["0: Room"]);
    assert_eq!(client.streams().open(&get), Ok(id(3)));
    client.receive(&settings(&[(3, 9)]));
    // The last is in the static table.
    for bad in [("connection", "close"), ("te", "gzip"), ("transfer-encoding", "")] {
        let fields = arena(&[bad]);
        let refused = client.streams().open(&request("GET", Length::None, fields.fields()));
        assert_eq!(refused, Err(OpenError::Put(PutError::Connection(4))));
    }
    // GOAWAY: streams above the last were not acted on.
    let told = client.receive(&frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]));
    assert_eq!(
        told,
        ["0: Away { last: StreamId(1), code: NO_ERROR }", "3: Reset(REFUSED_STREAM)",]
    );
    assert_eq!(client.streams().open(&get), Err(OpenError::Draining));
}

#[test]
fn servers_answer_in_order() {
    let mut server = End::begun(Limits::DEFAULT);
    server.receive(&get(1));
    let streams = server.streams();
    let ok = response(200, Length::Open, Fields::EMPTY);
    assert_eq!(streams.put(id(1), b"early"), Err(PutError::State));
    assert_eq!(streams.end(id(1), Fields::EMPTY), Err(PutError::State));
    assert_eq!(
        streams.respond(id(1), &response(101, Length::None, Fields::EMPTY)),
        Err(PutError::Status(101))
    );
    assert_eq!(
        streams.respond(id(1), &response(99, Length::None, Fields::EMPTY)),
        Err(PutError::Status(99))
    );
    assert_eq!(streams.respond(id(3), &ok), Err(PutError::Gone));
    assert_eq!(streams.respond(id(1), &ok), Ok(()));
    assert_eq!(streams.respond(id(1), &ok), Err(PutError::State));
    assert!(matches!(
        streams.end(id(1), arena(&[("Bad", "1")]).fields()),
        Err(PutError::Encode(_))
    ));
    assert_eq!(streams.end(id(1), Fields::EMPTY), Ok(()));
    assert_eq!(streams.put(id(1), b"late"), Err(PutError::State));
}
