//! A reverse proxy between a server's end and a client's end of ours: what each peer sends, what the
//! other one gets, at any cut.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue::{Buffer, Encode, Output, Step};
use segue_http1::{
    End, ForwardedTrailers, RequestEvent, ResponseEvent, WriteError,
    client::{self, GoodFor},
    server,
};

/// The proxy: requests come in front, and go to a server at its back. There is no I/O in it.
struct Proxy {
    requests: server::Reader,
    answers: server::Writer,
    from_client: Buffer,
    to_client: Output,
    responses: client::Reader,
    asks: client::Writer,
    from_server: Buffer,
    to_server: Output,
    method: String,
    /// The trailers that were left out on both ways.
    dropped: usize,
}

impl Proxy {
    fn new() -> Self {
        let (requests, answers) = segue_http1::server();
        let (responses, asks) = segue_http1::client();
        Self {
            requests,
            answers,
            from_client: Buffer::new(),
            to_client: Output::new(),
            responses,
            asks,
            from_server: Buffer::new(),
            to_server: Output::new(),
            method: String::new(),
            dropped: 0,
        }
    }

    /// Sends on what has come, until nothing moves.
    fn advance(&mut self) {
        loop {
            if self.requests.is_switched() && self.responses.is_switched() {
                let [there, back] = [&mut self.from_client, &mut self.from_server];
                self.to_server.put(there.as_slice());
                self.to_client.put(back.as_slice());
                (*there, *back) = (Buffer::new(), Buffer::new());
                return;
            }
            if !self.take_request() && !self.take_response() {
                return;
            }
        }
    }

    /// Sends an item of the client on. False if there is none.
    fn take_request(&mut self) -> bool {
        let Self { requests, answers, from_client, to_client, asks, to_server, .. } = self;
        let item = match from_client.step(requests, false, to_client) {
            Ok(Step::Item(RequestEvent::Paused) | Step::Need(_) | Step::Done) => return false,
            Ok(Step::Item(item)) => item,
            Err(fault) => {
                let told = answers.encode(&fault, to_client);
                assert!(matches!(told, Ok(()) | Err(WriteError::Closing)), "{told:?}");
                return false;
            }
        };
        // A server that has answered wants no more of the body, and is not asked again.
        let wanted = asks.good_for() != GoodFor::Answers && asks.good_for() != GoodFor::Nothing;
        let sent = match item {
            RequestEvent::Head(head) => {
                head.method().clone_into(&mut self.method);
                asks.encode(&head.to_head(b"http").unwrap(), to_server)
            }
            _ if !wanted => Ok(()),
            RequestEvent::Piece(piece) => asks.encode(piece, to_server),
            RequestEvent::Trailers(trailers) => {
                asks.encode(ForwardedTrailers(trailers), to_server).map(|()| {
                    self.dropped += asks.dropped_trailers();
                })
            }
            // With trailers it has ended.
            RequestEvent::End => match asks.encode(End, to_server) {
                Err(WriteError::NoHead) => Ok(()),
                sent => sent,
            },
            other => panic!("{other:?}"),
        };
        sent.unwrap();
        true
    }

    /// Sends an item of the server on. False if there is none.
    fn take_response(&mut self) -> bool {
        let Self { answers, to_client, responses, from_server, to_server, asks, .. } = self;
        let item = match from_server.step(responses, false, to_server).unwrap() {
            Step::Item(item) => item,
            _ => return false,
        };
        let sent = match item {
            ResponseEvent::Informational(head) => {
                match answers.encode(&head.to_head(&self.method).unwrap(), to_client) {
                    // RFC 9110 §15.2: none to HTTP/1.0.
                    Err(WriteError::Http10) => Ok(()),
                    sent => sent,
                }
            }
            ResponseEvent::Head(head) | ResponseEvent::Switched(head) => {
                answers.encode(&head.to_head(&self.method).unwrap(), to_client)
            }
            ResponseEvent::Piece(piece) => answers.encode(piece, to_client),
            ResponseEvent::Trailers(trailers) => {
                let sent = answers.encode(ForwardedTrailers(trailers), to_client);
                self.dropped += answers.dropped_trailers();
                sent
            }
            ResponseEvent::End => {
                let sent = match answers.encode(End, to_client) {
                    Err(WriteError::NoHead) => Ok(()),
                    sent => sent,
                };
                if asks.is_answered_early() {
                    asks.abandon();
                }
                sent
            }
            other => panic!("{other:?}"),
        };
        sent.unwrap();
        true
    }
}

/// What a peer of the proxy sends.
#[derive(Clone, Copy)]
enum Says {
    Client(&'static str),
    Server(&'static str),
}

/// Plays a scene with everything at once, and byte by byte; what the server and the client get, with
/// `|` for line ends, and how many trailers were dropped.
fn play(scene: &[Says], server_gets: &str, client_gets: &str, dropped: usize) {
    for cut in [usize::MAX, 1, 3, 7] {
        let mut proxy = Proxy::new();
        for says in scene {
            let (Says::Client(text) | Says::Server(text)) = says;
            for piece in text.as_bytes().chunks(cut.min(text.len()).max(1)) {
                match says {
                    Says::Client(_) => proxy.from_client.extend(piece),
                    Says::Server(_) => proxy.from_server.extend(piece),
                }
                proxy.advance();
            }
        }
        // The borders of chunks are where pieces came.
        let text = |output: &Output| joined(&String::from_utf8(output.to_vec()).unwrap());
        assert_eq!(text(&proxy.to_server), server_gets, "cut {cut}");
        assert_eq!(text(&proxy.to_client), client_gets, "cut {cut}");
        assert_eq!(proxy.dropped, dropped, "cut {cut}");
    }
}

/// `|` for line ends, and consecutive chunks of lower-case letters in one.
fn joined(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.split("\r\n").peekable();
    let mut data = String::new();
    while let Some(line) = lines.next() {
        let size = usize::from_str_radix(line, 16).ok().filter(|size| *size > 0);
        let is_chunk = size.is_some() && lines.peek().is_some_and(|next| Some(next.len()) == size);
        if is_chunk {
            data += lines.next().unwrap();
            continue;
        }
        if !data.is_empty() {
            out += &format!("<{data}>|");
            data.clear();
        }
        out += line;
        if lines.peek().is_some() {
            out += "|";
        }
    }
    out
}

use Says::{Client, Server};

#[test]
fn requests_one_after_the_other() {
    play(
        &[
            Client(
                "GET /a HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, X\r\nX: 1\r\nY: 2\r\n\r\n",
            ),
            Server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: 5\r\nZ: 3\r\n\r\nhi"),
            Client("GET http://y/b HTTP/1.1\r\nHost: x\r\n\r\n"),
            Server("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\nEtag: \"a\"\r\n\r\n"),
            Client("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"),
            Server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"),
            Client("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n"),
            Server("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"),
        ],
        "GET /a HTTP/1.1|Host: x|Y: 2||GET /b HTTP/1.1|Host: y||HEAD / HTTP/1.1|Host: x||\
         DELETE / HTTP/1.1|Host: x||",
        "HTTP/1.1 200 OK|Z: 3|Content-Length: 2||hiHTTP/1.1 304 Not Modified|Content-Length: 2|\
         Etag: \"a\"||HTTP/1.1 200 OK|Content-Length: 2||HTTP/1.1 204 No Content||",
        0,
    );
}

/// RFC 9112 §7.1.2, RFC 9110 §6.5.1.
#[test]
fn a_chunked_upload_with_trailers() {
    play(
        &[
            Client(
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: sum\r\n\r\n",
            ),
            Client("5\r\nhello\r\n6\r\n world\r\n0\r\nSum: 7\r\nHost: evil\r\n\r\n"),
            Server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"),
            Server("Server-Timing: a\r\nSet-Cookie: b\r\n\r\n"),
        ],
        "POST / HTTP/1.1|Host: x|Trailer: sum|Transfer-Encoding: chunked||<hello world>|0|Sum: 7||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||<ok>|0|Server-Timing: a||",
        2,
    );
}

/// An early answer goes out whole, the rest of the body is read and dropped, and the server is not asked
/// again (RFC 9112 §9.3, RFC 9110 §15.5.14).
#[test]
fn an_early_413() {
    play(
        &[
            Client("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhell"),
            Server("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"),
            Client("o.more"),
        ],
        "POST / HTTP/1.1|Host: x|Content-Length: 9||hell",
        "HTTP/1.1 413 Content Too Large|Content-Length: 2||no",
        0,
    );
}

/// RFC 9110 §10.1.1: the server decides, and its word goes through.
#[test]
fn a_100_continue() {
    play(
        &[
            Client(
                "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
            ),
            Server("HTTP/1.1 100 Continue\r\n\r\n"),
            Client("hi"),
            Server(
                "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
            ),
        ],
        "PUT / HTTP/1.1|Host: x|Expect: 100-continue|Content-Length: 2||hi",
        "HTTP/1.1 100 Continue||HTTP/1.1 103 Early Hints|Link: a||HTTP/1.1 201 Created|\
         Content-Length: 0||",
        0,
    );
}

/// RFC 9112 §6.1, RFC 9110 §15.2: no chunks and no 1xx to a client of HTTP/1.0, whose body ends with the
/// connection.
#[test]
fn a_client_of_http_1_0() {
    play(
        &[
            Client("GET / HTTP/1.0\r\nHost: x\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n"),
            Server(
                "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            Server("2\r\nok\r\n0\r\nSum: 1\r\n\r\n"),
        ],
        "GET / HTTP/1.1|Host: x||",
        "HTTP/1.1 200 OK|Connection: close||ok",
        1,
    );
}

/// RFC 9110 §7.8: the offer goes through, and behind the 101 all bytes do, glued ones included.
#[test]
fn an_upgrade() {
    play(
        &[
            Client(
                "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nglued",
            ),
            Server("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nback"),
            Client("more"),
        ],
        "GET / HTTP/1.1|Host: x|Upgrade: echo|Connection: Upgrade||gluedmore",
        "HTTP/1.1 101 Switching Protocols|Upgrade: echo|Connection: Upgrade||back",
        0,
    );
}

/// RFC 9931: a CONNECT that is declined closes in front, and nothing that was glued to it passes.
#[test]
fn a_declined_connect() {
    play(
        &[
            Client(
                "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
            ),
            Server("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
        ],
        "CONNECT a:1 HTTP/1.1|Host: a:1||",
        "HTTP/1.1 403 Forbidden|Content-Length: 0|Connection: close||",
        0,
    );
}

/// What is malformed is answered here and does not pass (RFC 9112 §6.3).
#[test]
fn smuggling_does_not_pass() {
    for (text, status) in [
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            "400 Bad Request",
        ),
        ("GET / HTTP/1.1\r\nHost: u@x\r\n\r\n", "400 Bad Request"),
        ("GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "501 Not Implemented",
        ),
    ] {
        let mut proxy = Proxy::new();
        proxy.from_client.extend(text.as_bytes());
        proxy.advance();
        assert!(proxy.to_server.is_empty(), "{text}");
        let told = String::from_utf8(proxy.to_client.to_vec()).unwrap();
        assert!(told.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{told}");
    }
}
