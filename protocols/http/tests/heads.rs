//! Heads as HTTP/2 and HTTP/3 have them: each rule broken once, with its place and section.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue_http::{
    Arena, Fields, Length, Line, Malformed, Place, RequestBuf, RequestHead, RequestShape,
    ResponseHead, ResponseShape, Rule, check_trailers,
};

fn arena(fields: &[(&str, &str)]) -> Arena {
    let mut arena = Arena::new();
    for (name, value) in fields {
        arena.push(name.as_bytes(), value.as_bytes(), 0).unwrap();
    }
    arena
}

fn request(fields: &[(&str, &str)], ended: bool) -> Result<RequestBuf, Malformed> {
    let arena = arena(fields);
    let read = RequestHead::read(arena.fields(), ended);
    // The same without a borrow, and where nobody has looked for known names.
    let shape = RequestShape::read(arena.fields(), ended);
    assert_eq!(shape.map(|shape| shape.head(arena.fields())), read);
    assert_eq!(RequestHead::read(unindexed(&arena, &lines(&arena)), ended), read);
    read.map(|head| RequestBuf::copy(&head).unwrap())
}

/// The lines of an arena without the numbers of known names.
fn lines(arena: &Arena) -> Vec<Line> {
    arena.fields().places().iter().map(|line| line.known(None)).collect()
}

fn unindexed<'a>(arena: &'a Arena, lines: &'a [Line]) -> Fields<'a> {
    Fields::new(arena.fields().bytes(), lines)
}

const GET: [(&str, &str); 4] =
    [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/")];

/// A request with a line changed, or added behind.
fn with(changed: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut all = GET.to_vec();
    for (name, value) in changed {
        match all.iter_mut().find(|line| line.0 == *name && name.starts_with(':')) {
            Some(line) => line.1 = value,
            None => all.push((name, value)),
        }
    }
    all
}

#[test]
fn requests_that_are_refused() {
    let without = |name: &str| GET.into_iter().filter(|line| line.0 != name).collect::<Vec<_>>();
    let line = Place::Line;
    for (fields, rule, place) in [
        (with(&[(":other", "x")]), Rule::Pseudo, line(4)),
        (with(&[(":status", "200")]), Rule::Pseudo, line(4)),
        ([&GET[..], &[(":path", "/")]].concat(), Rule::Pseudo, line(4)),
        ([&GET[..], &[("a", "b"), (":protocol", "x")]].concat(), Rule::Pseudo, line(5)),
        (without(":method"), Rule::MissingPseudo, Place::Head),
        (without(":scheme"), Rule::MissingPseudo, Place::Head),
        (without(":path"), Rule::MissingPseudo, Place::Head),
        (without(":authority"), Rule::Authority, Place::Head),
        (with(&[(":method", "G T")]), Rule::Method, line(0)),
        (with(&[(":method", "")]), Rule::Method, line(0)),
        (with(&[(":scheme", "1")]), Rule::Scheme, line(1)),
        (with(&[(":authority", "")]), Rule::Authority, line(2)),
        (with(&[(":authority", "u@a")]), Rule::Authority, line(2)),
        (with(&[("host", "b")]), Rule::Authority, line(4)),
        (with(&[("host", "a"), ("host", "a")]), Rule::Authority, line(4)),
        (with(&[(":path", "")]), Rule::Path, line(3)),
        (with(&[(":path", "*")]), Rule::Path, line(3)),
        (with(&[(":path", "/a b")]), Rule::Path, line(3)),
        (with(&[(":path", "a")]), Rule::Path, line(3)),
        (with(&[(":protocol", "websocket")]), Rule::Protocol, line(4)),
        (with(&[(":method", "CONNECT")]), Rule::MissingPseudo, Place::Head),
        (vec![(":method", "CONNECT"), (":authority", "a")], Rule::Authority, line(1)),
        (with(&[("Upper", "x")]), Rule::Name, line(4)),
        (with(&[("Cookie", "x")]), Rule::Name, line(4)),
        // RFC 9113 §8.2: no name has upper case.
        ([&[(":Method", "GET")], &GET[1..]].concat(), Rule::Pseudo, line(0)),
        (with(&[("a b", "x")]), Rule::Name, line(4)),
        (with(&[("a", "x\r\ny")]), Rule::Value, line(4)),
        (with(&[("a", " x")]), Rule::Value, line(4)),
        (with(&[("a", "1"), ("connection", "close")]), Rule::Connection, line(5)),
        (with(&[("transfer-encoding", "chunked")]), Rule::Connection, line(4)),
        (with(&[("te", "trailers, gzip")]), Rule::Connection, line(4)),
        (with(&[("content-length", "1")]), Rule::ContentLength, Place::Head),
        (with(&[("content-length", "x")]), Rule::ContentLength, Place::Head),
        (with(&[("content-length", "")]), Rule::ContentLength, Place::Head),
    ] {
        assert_eq!(request(&fields, true).err(), Some(Malformed { rule, place }), "{fields:?}");
        assert_eq!(rule.status(), 400);
        assert!(rule.section().starts_with("RFC "));
    }
    let lengths = with(&[("content-length", "1"), ("content-length", "2")]);
    assert_eq!(request(&lengths, false).unwrap_err().rule, Rule::ContentLength);
}

#[test]
fn requests_that_are_taken() {
    let post = with(&[(":method", "POST"), ("expect", "100-Continue"), ("te", "trailers")]);
    let kept = request(&post, false).unwrap();
    assert_eq!((kept.head().length, kept.head().expects), (Length::Open, true));
    let ended = request(&post, true).unwrap();
    assert_eq!((ended.head().length, ended.head().expects), (Length::None, false));
    // RFC 9110 §8.6: equal repeats count as one.
    let known = with(&[("content-length", "5, 5"), ("content-length", "5"), ("early-data", "1")]);
    let known = request(&known, false).unwrap();
    assert_eq!((known.head().length, known.head().early_data), (Length::Known(5), true));
    assert_eq!(
        request(&with(&[("content-length", "0")]), true).unwrap().head().length,
        Length::None
    );

    let connect = request(&[(":method", "CONNECT"), (":authority", "a:1")], false).unwrap();
    assert_eq!((connect.head().length, connect.head().is_tunnel()), (Length::Tunnel, true));
    let extended = with(&[(":method", "CONNECT"), (":protocol", "websocket")]);
    let extended = request(&extended, false).unwrap();
    assert_eq!(extended.head().protocol, Some(&b"websocket"[..]));
    let asterisk = with(&[(":method", "OPTIONS"), (":path", "*"), ("host", "A")]);
    assert_eq!(request(&asterisk, true).unwrap().head().path, b"*");
    // The authority is that of Host if there is no other.
    let host = [(":method", "GET"), (":scheme", "http"), (":path", "/"), ("host", "b:1")];
    assert_eq!(request(&host, true).unwrap().head().authority, b"b:1");
    // Other schemes need none.
    let urn = [(":method", "GET"), (":scheme", "coap"), (":path", "/")];
    assert_eq!(request(&urn, true).unwrap().head().authority, b"");
}

#[test]
fn responses() {
    let read = |fields: &[(&str, &str)], method: &str, ended: bool| {
        let arena = arena(fields);
        let read = ResponseHead::read(arena.fields(), method.as_bytes(), ended);
        let shape = ResponseShape::read(arena.fields(), method.as_bytes(), ended);
        assert_eq!(shape.map(|shape| shape.head(arena.fields())), read);
        let lines = lines(&arena);
        let unindexed = unindexed(&arena, &lines);
        assert_eq!(ResponseHead::read(unindexed, method.as_bytes(), ended), read);
        read.map(|head| (head.status, head.length))
    };
    assert_eq!(read(&[(":status", "200")], "GET", false), Ok((200, Length::Open)));
    assert_eq!(read(&[(":status", "299")], "CONNECT", false), Ok((299, Length::Tunnel)));
    let long = [(":status", "200"), ("content-length", "7")];
    assert_eq!(read(&long, "GET", false), Ok((200, Length::Known(7))));
    // RFC 9110 §8.6: a length without content.
    assert_eq!(read(&long, "HEAD", true), Ok((200, Length::None)));
    assert_eq!(read(&[(":status", "304"), long[1]], "GET", true), Ok((304, Length::None)));
    for (fields, rule) in [
        (&[][..], Rule::MissingPseudo),
        (&[(":status", "20")], Rule::Status),
        (&[(":status", "099")], Rule::Status),
        (&[(":status", "101")], Rule::Status),
        (&[(":status", "+20")], Rule::Status),
        (&[(":status", "200"), (":status", "200")], Rule::Pseudo),
        (&[(":path", "/")], Rule::Pseudo),
        (&[(":Status", "200")], Rule::Pseudo),
        (&[(":status", "200"), ("upgrade", "x")], Rule::Connection),
        (&long, Rule::ContentLength),
    ] {
        assert_eq!(read(fields, "GET", true).unwrap_err().rule, rule, "{fields:?}");
    }
}

/// RFC 9110 §6.5.1, RFC 9113 §8.1.
#[test]
fn trailers() {
    let all = arena(&[
        ("server-timing", "a"),
        ("content-length", "3"),
        ("set-cookie", "a"),
        ("authorization", "b"),
        ("content-type", "c"),
        ("etag", "d"),
        ("grpc-status", "0"),
    ]);
    let kept: Vec<_> = all.fields().trailers().map(|field| field.name_text()).collect();
    assert_eq!(kept, ["server-timing", "etag", "grpc-status"]);
    assert_eq!(check_trailers(all.fields()), Ok(()));
    let pseudo = arena(&[("a", "b"), (":path", "/")]);
    let expected = Malformed { rule: Rule::TrailerPseudo, place: Place::Line(1) };
    assert_eq!(check_trailers(pseudo.fields()), Err(expected));
}

/// RFC 9113 §8.2.3.
#[test]
fn cookies_are_joined() {
    let all = arena(&[("cookie", "a=b"), ("x", "y"), ("cookie", "c=d"), ("Cookie", "e=f")]);
    let mut joined = Vec::new();
    all.fields().join_cookies(|part| joined.extend_from_slice(part));
    assert_eq!(joined, b"a=b; c=d; e=f");
    Fields::EMPTY.join_cookies(|_| panic!("there are none"));
}

/// Sent to the crate `http` and back.
#[test]
fn heads_of_the_http_crate() {
    let kept = request(&with(&[("cookie", "x"), ("a", "\u{ff}")]), true).unwrap();
    let parts = http::request::Parts::try_from(&kept.head()).unwrap();
    assert_eq!((parts.method.as_str(), parts.uri.to_string()), ("GET", "https://a/".to_owned()));
    assert_eq!(RequestBuf::from_parts(&parts, Length::None).unwrap(), kept);
    let all = arena(&[(":status", "404"), ("a", "b")]);
    let head = ResponseHead::read(all.fields(), b"GET", true).unwrap();
    let parts = http::response::Parts::try_from(&head).unwrap();
    assert_eq!((parts.status.as_u16(), &parts.headers["a"]), (404, &"b".parse().unwrap()));
}
