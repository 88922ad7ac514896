//! The host that a request is for: read strictly, and that of the target before that of `Host`.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

#[allow(dead_code, reason = "each test file uses a part of it")]
mod support;

use segue::Cause;
use segue_http1::Error;
use support::with_request;

/// The effective host of a request, or what is wrong with it and where.
fn host(head: &str) -> Result<Option<String>, (Error, u64)> {
    let mut host = Ok(None);
    with_request(head, |request| {
        host = request.host().map(|host| host.map(str::to_owned)).map_err(|fault| {
            let Cause::Stage(error) = fault.cause else { panic!("{fault}") };
            (error, fault.at)
        });
    });
    host
}

fn to(host: &str) -> Result<Option<String>, (Error, u64)> {
    self::host(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"))
}

fn at(target: &str) -> Result<Option<String>, (Error, u64)> {
    host(&format!("GET {target} HTTP/1.1\r\nHost: b:2\r\n\r\n"))
}

/// RFC 9112 §3.2, RFC 9110 §7.2, RFC 3986 §3.2.
#[test]
fn host_is_a_host_and_a_port() {
    for good in ["a", "a:80", "a:", "[::1]:8080", "127.0.0.1", "%41", "", "a_b.c"] {
        assert_eq!(to(good), Ok(Some(good.to_owned())));
    }
    for (bad, place) in [
        ("user@a", 4),
        ("a#b", 1),
        ("a\\b", 1),
        ("a/b", 1),
        ("[::1", 4),
        ("[zz]", 1),
        ("%zz", 0),
        ("a:b", 2),
        ("a:65536", 6),
        (":80", 0),
        ("a, b", 2),
    ] {
        assert_eq!(to(bad), Err((Error::Host, 22 + place)), "{bad}");
    }
    assert_eq!((Error::Host.section(), Error::Host.status()), ("RFC 9112 §3.2", 400));
}

/// RFC 9112 §3.2.2: the authority of the target counts, and `Host` is ignored, but not gone.
#[test]
fn the_target_goes_before_host() {
    assert_eq!(at("http://a:1/x?y"), Ok(Some("a:1".to_owned())));
    assert_eq!(at("HTTPS://[::1]"), Ok(Some("[::1]".to_owned())));
    assert_eq!(at("/x"), Ok(Some("b:2".to_owned())));
    with_request("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", |request| {
        assert_eq!(request.headers().find("host"), Some(&b"b"[..]));
    });
    let connect = "CONNECT a:1 HTTP/1.1\r\nHost: b\r\n\r\n";
    assert_eq!(host(connect), Ok(Some("a:1".to_owned())));
    assert_eq!(host("OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n"), Ok(Some("b".to_owned())));
    assert_eq!(host("GET / HTTP/1.0\r\n\r\n"), Ok(None));
    assert_eq!(host("GET http://a/ HTTP/1.0\r\n\r\n"), Ok(Some("a".to_owned())));
}

/// An authority in a target is as strict as `Host`, and one that is right does not excuse a bad
/// `Host`.
#[test]
fn authorities_of_targets_that_are_refused() {
    for bad in [
        "http://user@a/",
        "http://user:pass@a/",
        "http://a#b/",
        "http://a\\b/",
        "http://[::1/",
        "http://[zz]/",
        "http://%zz/",
        "http://a:b/",
        "http://a:65536/",
        "http:///",
        "http://:80/",
    ] {
        assert_eq!(at(bad), Err((Error::TargetForm, 4)), "{bad}");
        let (mut requests, _) = segue_http1::server();
        let head = format!("GET {bad} HTTP/1.1\r\nHost: a\r\n\r\n");
        let mut buffer = segue::Buffer::from(head.as_bytes());
        let fault =
            buffer.step(&mut requests, false, &mut segue::Output::new()).expect_err("a bad target");
        assert_eq!(fault.error(), Some(&Error::TargetForm), "{bad}");
    }
    let bad_host = "GET http://a/ HTTP/1.1\r\nHost: u@b\r\n\r\n";
    assert_eq!(host(bad_host), Err((Error::Host, 31)));
    assert_eq!(host("GET http://a/ HTTP/1.1\r\n\r\n"), Err((Error::MissingHost, 26)));
}
