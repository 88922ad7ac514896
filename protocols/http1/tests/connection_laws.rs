//! Whole connections under the laws, as a server and as a client read them.

use segue::{Encode, Output, laws};
use segue_http1::{End, Limits, Relaxed, RequestParts, client, server};

const HOST: [(&str, &str); 1] = [("Host", "a")];

fn reading() -> server::Reader {
    server::Reader::new().listening()
}

#[test]
fn requests_of_a_connection() {
    laws::stage(reading)
        .accepts([
            &b""[..],
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n\
              GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\nA: b\r\nC: d\r\n\r\n\
              PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
            b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
            b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            b"GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
        ])
        .refuses([
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            b"GET a/b HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
            b"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 2\r\n\r\nhi",
            b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGARBAGE\r\n\r\n",
        ])
        .limit(Limits::DEFAULT.head)
        .linear(|length| {
            let one = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
            one.repeat(1 + length / one.len())
        })
        .linear(|length| {
            let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
            [&head[..], &b"4\r\nabcd\r\n".repeat(length / 9), b"0\r\n\r\n"].concat()
        })
        .check();
}

#[test]
fn requests_behind_which_the_rest_is_for_others() {
    for (input, left) in [
        (&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04"[..], 28),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03\x01", 3),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n\x81\0", 2),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /", 5),
        (b"GET / HTTP/1.0\r\n\r\nGET /", 5),
    ] {
        for cuts in (0..=input.len()).map(|cut| [cut]) {
            let trace = laws::observe(reading(), input, &cuts);
            assert_eq!(trace.fault(), None, "{} cut at {cuts:?}", input.escape_ascii());
            assert_eq!(trace.left, input[input.len() - left..], "{}", input.escape_ascii());
        }
    }
}

#[test]
fn requests_within_small_limits() {
    let limits = Limits { head: 64, headers: 3, target: 16, chunk_line: 16, ..Limits::DEFAULT };
    laws::stage(move || reading().limits(limits))
        .accepts([
            &b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
                [..],
        ])
        .refuses([
            &b"GET /0123456789abcdef HTTP/1.1\r\nHost: a\r\n\r\n"[..],
            &[b"GET / HTTP/1.1\r\nA: ", &[b'b'; 99][..]].concat(),
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000000",
        ])
        .limit(limits.head)
        .check();
    let relaxed = Relaxed { bare_lf: true, ..Relaxed::NOTHING };
    laws::stage(move || reading().relaxed(relaxed).http2(false))
        .accepts([&b"GET / HTTP/1.1\nHost: a\n\nGET / HTTP/1.1\r\nHost: a\n\r\n"[..]])
        .check();
}

/// A client that has sent a request of each of `methods`.
fn having_sent(methods: &'static [&'static str]) -> impl FnMut() -> client::Reader {
    move || {
        let (client, mut writer) = segue_http1::client();
        for &method in methods {
            let mut output = Output::new();
            let head = match method {
                "CONNECT" => RequestParts::new(method, "a:443", vec![("Host", "a:443")]),
                "Upgrade" => RequestParts::new(
                    "GET",
                    "/",
                    vec![HOST[0], ("Connection", "upgrade"), ("Upgrade", "echo")],
                ),
                _ => RequestParts::new(method, "/", HOST.to_vec()),
            };
            writer.encode(head, &mut output).expect("a proper request");
            writer.encode(End, &mut output).expect("a proper request");
        }
        client
    }
}

#[test]
fn responses_of_a_connection() {
    laws::stage(having_sent(&["GET"]))
        .accepts([
            &b"HTTP/1.1 204 No Content\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n\
              HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
            b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        ])
        .refuses([
            &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"[..],
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            b"SSH-2.0-OpenSSH\r\n",
            b"",
        ])
        .limit(Limits::DEFAULT.head)
        .linear(|length| {
            let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            [&head[..], &b"4\r\nabcd\r\n".repeat(length / 9), b"0\r\n\r\n"].concat()
        })
        .check();
}

#[test]
fn responses_to_several_requests() {
    laws::stage(having_sent(&["HEAD", "GET", "POST", "HEAD"]))
        .accepts([
            &b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\
               HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nho\r\n0\r\n\r\n\
               HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"[..],
        ])
        .refuses([&b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\n"[..]])
        .check();
    laws::stage(having_sent(&["GET"]))
        .refuses([&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello"[..]])
        .check();
}

/// A body of this kind that is cut short cannot be told from a whole one, which is why nobody
/// should send it.
#[test]
fn a_response_that_ends_with_the_connection() {
    let input = b"HTTP/1.1 200 OK\r\n\r\nhello";
    let whole = laws::observe(having_sent(&["GET"])(), input, &[]);
    assert_eq!((&whole.end, &whole.left[..]), (&laws::End::Done, &b""[..]));
    for cut in 0..=input.len() {
        assert_eq!(laws::observe(having_sent(&["GET"])(), input, &[cut]), whole, "cut at {cut}");
    }
}

#[test]
fn responses_that_change_the_protocol() {
    laws::stage(having_sent(&["CONNECT"]))
        .accepts([
            &b"HTTP/1.1 200 Connection established\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            b"HTTP/1.1 407 Who?\r\nContent-Length: 2\r\n\r\nno",
        ])
        .check();
    laws::stage(having_sent(&["GET", "Upgrade"]))
        .accepts([
            &b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n\
               HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
        ])
        .refuses([&b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n"[..]])
        .check();
    for (methods, input) in [
        (&["CONNECT"][..], &b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0"[..]),
        (&["Upgrade"], b"HTTP/1.1 101 Go\r\nUpgrade: echo\r\n\r\nSSH-2.0"),
        (&["GET"], b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\nSSH-2.0"),
    ] {
        for cuts in (0..=input.len()).map(|cut| [cut]) {
            let trace = laws::observe(having_sent(methods)(), input, &cuts);
            assert_eq!(trace.fault(), None, "{} cut at {cuts:?}", input.escape_ascii());
            assert_eq!(trace.left, b"SSH-2.0");
        }
    }
}
