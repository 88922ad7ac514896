//! The example `server` under the three drivers, with the requests that probes of other makers send:
//! each has the status that the standard fixes, and nothing is closed without an answer.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]
#![allow(unreachable_pub, reason = "parts of a program")]

#[path = "../examples/server/echo.rs"]
mod echo;
#[path = "../examples/server/serve.rs"]
mod serve;

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use segue::driver::{self, Deadlines, futures::AsyncIoTimer, tokio::TokioTimer};

/// A server for any number of clients under one driver; its address.
fn served(driver: &str, deadlines: Deadlines) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let driver = driver.to_owned();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let (socket, driver) = (socket.unwrap(), driver.clone());
            thread::spawn(move || match &*driver {
                "sync" => serve::blocking(socket, deadlines),
                "tokio" => {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async {
                        socket.set_nonblocking(true)?;
                        let socket = tokio::net::TcpStream::from_std(socket)?;
                        let (requests, writer) = segue_http1::server();
                        let connection = driver::tokio::Connection::new(socket, requests);
                        serve::polled(connection, writer, TokioTimer::new(), deadlines).await
                    })
                }
                _ => smol::block_on(async {
                    let socket = smol::net::TcpStream::try_from(socket)?;
                    let (requests, writer) = segue_http1::server();
                    let connection = driver::futures::Connection::new(socket, requests);
                    serve::polled(connection, writer, AsyncIoTimer::new(), deadlines).await
                }),
            });
        }
    });
    address
}

/// Sends `input`, and no more if `ends`; the statuses of all answers, the bytes behind a 101
/// included in none, and whether the server has closed.
fn ask(address: std::net::SocketAddr, input: &[u8], ends: bool) -> (Vec<u16>, bool) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(if ends { 5000 } else { 300 }))).unwrap();
    socket.write_all(input).unwrap();
    if ends {
        socket.shutdown(std::net::Shutdown::Write).unwrap();
    }
    let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
    let closed = loop {
        match socket.read(&mut piece) {
            Ok(0) => break true,
            Ok(count) => heard.extend_from_slice(&piece[..count]),
            Err(_) => break false,
        }
    };
    let text = String::from_utf8_lossy(&heard);
    (statuses(&text), closed)
}

/// The statuses of all status lines.
fn statuses(text: &str) -> Vec<u16> {
    let all = text.match_indices("HTTP/1.1 ");
    all.filter_map(|(at, _)| text.get(at + 9..at + 12)?.parse().ok()).collect()
}

/// Each probe: its name, the bytes, the statuses, and whether the connection closes behind them.
fn probes() -> Vec<(&'static str, Vec<u8>, Vec<u16>, bool)> {
    let mut all = Vec::new();
    let mut probe = |name, text: &str, statuses: &[u16], closes| {
        all.push((name, text.as_bytes().to_vec(), statuses.to_vec(), closes));
    };
    let host = "Host: a\r\n";
    // Good ones.
    probe("get", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", &[200], false);
    probe("two", &"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2), &[200, 200], false);
    probe("close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", &[200], true);
    probe(
        "close behind a quote",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: \", close\r\n\r\n",
        &[200],
        true,
    );
    probe("http 1.0", "GET / HTTP/1.0\r\n\r\n", &[200], true);
    probe("http 1.0 kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &[200], false);
    probe("absolute form", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", &[200], false);
    probe("asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", &[200], false);
    probe("empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", &[200], false);
    probe("empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", &[200], false);
    probe("length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", &[200], false);
    probe(
        "chunks",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        &[200],
        false,
    );
    probe(
        "trailers",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nContent-Length: 1\r\nA: b\r\n\r\n",
        &[200],
        false,
    );
    probe(
        "expect",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        &[100, 200],
        false,
    );
    probe(
        "expect without a body",
        "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
        &[200],
        false,
    );
    probe(
        "refused early",
        "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
        &[413],
        true,
    );
    probe("unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", &[200], false);
    // Changes of protocol.
    probe(
        "upgrade",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
        &[101],
        false,
    );
    probe(
        "upgrade without connection",
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\n\r\n",
        &[200],
        false,
    );
    probe(
        "upgrade in http 1.0",
        "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
        &[200],
        true,
    );
    probe(
        "h2c",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        &[200],
        false,
    );
    probe(
        "connect",
        "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        &[405],
        true,
    );
    // Start lines.
    for (name, line, status) in [
        ("no method", " / HTTP/1.1", 400),
        ("method with a delimiter", "GE(T / HTTP/1.1", 400),
        ("two spaces", "GET  / HTTP/1.1", 400),
        ("tab", "GET\t/ HTTP/1.1", 400),
        ("no version", "GET /", 400),
        ("lower case version", "GET / http/1.1", 400),
        ("http 2", "GET / HTTP/2.0", 505),
        ("http 1.1.1", "GET / HTTP/1.1.1", 400),
        ("fragment in an authority", "GET http://a#b/ HTTP/1.1", 400),
        ("user in an authority", "GET http://u@a/ HTTP/1.1", 400),
        ("target without a slash", "GET a HTTP/1.1", 400),
        ("asterisk with GET", "GET * HTTP/1.1", 400),
        ("connect to a path", "CONNECT / HTTP/1.1", 400),
        ("control in a target", "GET /\x01 HTTP/1.1", 400),
    ] {
        probe(name, &format!("{line}\r\n{host}\r\n"), &[status], true);
    }
    let long = "a".repeat(9000);
    probe("long target", &format!("GET /{long} HTTP/1.1\r\n{host}\r\n"), &[414], true);
    probe("long method", &"M".repeat(16 * 1024), &[501], true);
    probe(
        "large head",
        &format!("GET / HTTP/1.1\r\n{host}A: {}\r\n\r\n", "a".repeat(20_000)),
        &[431],
        true,
    );
    probe(
        "many headers",
        &format!("GET / HTTP/1.1\r\n{host}{}\r\n", "A: b\r\n".repeat(200)),
        &[431],
        true,
    );
    // Headers.
    for (name, lines, status) in [
        ("no host", "A: b\r\n", 400),
        ("two hosts", "Host: a\r\nHost: a\r\n", 400),
        ("host with a user", "Host: u@a\r\n", 400),
        ("host with a path", "Host: a/b\r\n", 400),
        ("host with a bad port", "Host: a:b\r\n", 400),
        ("host of a port", "Host: :80\r\n", 400),
        ("host in brackets", "Host: [zz]\r\n", 400),
        ("host with percent", "Host: %zz\r\n", 400),
        ("space before colon", "Host: a\r\nA : b\r\n", 400),
        ("no colon", "Host: a\r\nAb\r\n", 400),
        ("empty name", "Host: a\r\n: b\r\n", 400),
        ("fold", "Host: a\r\nA: b\r\n c\r\n", 400),
        ("space before the first", " Host: a\r\n", 400),
        ("nul", "Host: a\r\nA: b\0\r\n", 400),
        ("bare cr", "Host: a\r\nA: b\rC: d\r\n", 400),
        ("bare lf", "Host: a\nA: b\r\n", 400),
        (
            "length and chunks",
            "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            400,
        ),
        ("two lengths", "Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n", 400),
        ("negative length", "Host: a\r\nContent-Length: -1\r\n", 400),
        ("hexadecimal length", "Host: a\r\nContent-Length: 0x5\r\n", 400),
        ("length that overflows", "Host: a\r\nContent-Length: 18446744073709551616\r\n", 400),
        ("unknown coding", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
        ("chunked not last", "Host: a\r\nTransfer-Encoding: chunked, gzip\r\n", 400),
        ("chunked twice", "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n", 400),
        ("identity", "Host: a\r\nTransfer-Encoding: identity\r\n", 400),
        ("form feed in a coding", "Host: a\r\nTransfer-Encoding: \x0cchunked\r\n", 400),
    ] {
        probe(name, &format!("POST / HTTP/1.1\r\n{lines}\r\n"), &[status], true);
    }
    probe(
        "coding in http 1.0",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        &[400],
        true,
    );
    probe(
        "connect with a body",
        "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na",
        &[400],
        true,
    );
    all
}

/// RFC 9110, RFC 9112: statuses that are fixed, whatever the driver.
#[test]
fn probes_have_their_status() {
    for driver in ["sync", "tokio", "futures"] {
        let address = served(driver, serve::deadlines());
        // Together, since one that is kept is waited for.
        let asked: Vec<_> = probes()
            .into_iter()
            .map(|(name, input, statuses, closes)| {
                let asked = thread::spawn(move || ask(address, &input, false));
                (name, asked, statuses, closes)
            })
            .collect();
        for (name, asked, statuses, closes) in asked {
            assert_eq!(asked.join().unwrap(), (statuses, closes), "{name} under {driver}");
        }
    }
}

/// Broken framing of a body that is echoed as it comes: the answer is cut and never ended.
#[test]
fn broken_chunks_end_no_answer() {
    for driver in ["sync", "tokio", "futures"] {
        let address = served(driver, serve::deadlines());
        for chunks in [
            "5\nhello\r\n0\r\n\r\n",
            "+5\r\nhello\r\n",
            "5\r\nhelloXX0\r\n\r\n",
            "5 \r\nhello\r\n",
            "fffffffffffffffff\r\n",
            "5;a=\"\r\n",
        ] {
            let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
            let mut socket = TcpStream::connect(address).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            socket.write_all((head.to_owned() + chunks).as_bytes()).unwrap();
            let mut heard = String::new();
            socket.read_to_string(&mut heard).unwrap();
            assert!(heard.starts_with("HTTP/1.1 200 OK\r\n"), "{chunks:?} under {driver}: {heard}");
            assert!(!heard.ends_with("0\r\n\r\n"), "{chunks:?} under {driver}: {heard}");
        }
    }
}

/// RFC 9110 §15.5.9: a head that does not come whole in its time is answered with 408; a client that is
/// idle is let go, in time.
#[test]
fn slow_clients_are_told_and_let_go() {
    let short = Duration::from_millis(150);
    for driver in ["sync", "tokio", "futures"] {
        let deadlines = Deadlines::new().record(short).idle(short);
        let address = served(driver, deadlines);
        for (input, statuses) in [
            (&b"GET / HTTP/1.1\r\nHo"[..], &[408][..]),
            (b"G", &[408]),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT", &[200, 408]),
            (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhell", &[200]),
            (b"", &[]),
        ] {
            let mut socket = TcpStream::connect(address).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            socket.write_all(input).unwrap();
            let mut heard = String::new();
            let closed = socket.read_to_string(&mut heard);
            assert!(closed.is_ok(), "{} under {driver}: {closed:?}", input.escape_ascii());
            assert_eq!(self::statuses(&heard), statuses, "{} under {driver}", input.escape_ascii());
        }
    }
}
