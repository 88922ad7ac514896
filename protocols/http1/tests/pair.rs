//! A client and a server against each other, what they send cut at every byte.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue::{Buffer, Decode, Encode, Output, Step};
use segue_http1::{
    End, RequestEvent, RequestParts, ResponseEvent, ResponseParts, Trailers, Version, Whole,
    WriteError, client, server,
};

/// One way of the connection: what has been sent, and how much of it was delivered.
#[derive(Default)]
struct Way {
    sent: Vec<u8>,
    delivered: usize,
}

/// The amount delivered at a time.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// Everything, but for one stop at this offset.
    At(usize),
    /// So many bytes.
    Every(usize),
}

impl Way {
    /// Delivers once; whether there was anything to deliver.
    fn deliver(&mut self, cut: Cut, output: &mut Output, input: &mut Buffer) -> bool {
        self.sent.extend(output.to_vec());
        output.clear();
        let rest = self.sent.len() - self.delivered;
        let count = match cut {
            Cut::At(at) if self.delivered < at => rest.min(at - self.delivered),
            Cut::At(_) => rest,
            Cut::Every(count) => rest.min(count),
        };
        input.extend(&self.sent[self.delivered..self.delivered + count]);
        self.delivered += count;
        count > 0
    }
}

/// The events seen, with the pieces of one body joined.
#[derive(Debug, Default, PartialEq)]
struct Seen(Vec<String>);

impl Seen {
    fn piece(&mut self, piece: &[u8]) {
        let piece = piece.escape_ascii().to_string();
        match self.0.last_mut() {
            Some(last) if last.starts_with('"') => last.push_str(&piece),
            _ => self.0.push(format!("\"{piece}")),
        }
    }

    fn say(&mut self, what: impl std::fmt::Display) {
        self.0.push(what.to_string());
    }
}

struct ServerEnd {
    requests: server::Reader,
    writer: server::Writer,
    input: Buffer,
    output: Output,
    seen: Seen,
    /// The target of the request under way, and what came of its body.
    target: String,
    body: Vec<u8>,
    /// Answers that are given once nothing more can be read, to see them wait their turn.
    late: Vec<(String, Vec<u8>)>,
    done: bool,
}

impl ServerEnd {
    /// Reads all there is, and answers.
    fn advance(&mut self) {
        while !self.done {
            match self.requests_step() {
                Some(true) => {}
                Some(false) => break,
                None => self.done = true,
            }
        }
        for (target, body) in std::mem::take(&mut self.late) {
            self.answer(&target, &body).unwrap();
        }
        // Everything before it has been answered.
        if self.writer.is_awaited() {
            self.writer.encode(ResponseParts::new(100, NONE), &mut self.output).unwrap();
        }
    }

    /// `None` when the stage is done, false when it needs something.
    fn requests_step(&mut self) -> Option<bool> {
        let Self { requests, writer, input, output, seen, target, body, late, .. } = self;
        match input.step(requests, false, output).unwrap() {
            Step::Need(_) => return Some(false),
            Step::Done => return None,
            Step::Item(RequestEvent::Paused) => return Some(false),
            Step::Item(RequestEvent::Head(head)) => {
                seen.say(format_args!("{} {}", head.method(), head.target()));
                *target = head.target().to_owned();
                body.clear();
                assert!(!writer.is_awaited() || head.expects_continue());
                if writer.is_awaited() {
                    writer.encode(ResponseParts::new(100, NONE), output).unwrap();
                }
            }
            Step::Item(RequestEvent::Piece(piece)) => {
                seen.piece(piece);
                body.extend(piece);
            }
            Step::Item(RequestEvent::Trailers(trailers)) => {
                seen.say(format_args!("{} trailers", trailers.len()));
            }
            Step::Item(RequestEvent::End) => {
                seen.say("end");
                late.push((target.clone(), body.clone()));
            }
            Step::Item(other) => panic!("{other:?}"),
        }
        Some(true)
    }

    fn answer(&mut self, target: &str, body: &[u8]) -> Result<(), WriteError> {
        let Self { writer, output, .. } = self;
        match target {
            "/chunks" => {
                writer.encode(ResponseParts::new(200, [("Trailer", "Sum")]), output)?;
                for piece in body.chunks(3) {
                    writer.encode(piece, output)?;
                }
                writer.encode(Trailers([("Sum", body.len().to_string())]), output)
            }
            "/hints" => {
                writer.encode(ResponseParts::new(103, [("Link", "</a>")]), output)?;
                writer.encode(Whole::new(ResponseParts::new(200, NONE), body), output)
            }
            "/nothing" => writer.encode(Whole::new(ResponseParts::new(204, NONE), body), output),
            "/last" => {
                let last = ResponseParts::new(200, [("Connection", "close")]);
                writer.encode(Whole::new(last, body), output)
            }
            "/echo" => {
                writer.encode(ResponseParts::new(101, [("Upgrade", "echo")]), output)?;
                output.put(b"glued");
                Ok(())
            }
            "a:443" => {
                writer.encode(ResponseParts::new(200, NONE), output)?;
                output.put(b"glued");
                Ok(())
            }
            "b:1" => writer.encode(Whole::new(ResponseParts::new(403, NONE), body), output),
            _ => writer.encode(Whole::new(ResponseParts::new(200, NONE), body), output),
        }
    }
}

const NONE: [(&str, &str); 0] = [];

#[derive(Debug, Clone, Copy)]
enum Body {
    No,
    Known(&'static [u8]),
    Chunks(&'static [u8]),
    /// With `Expect: 100-continue`.
    Asked(&'static [u8]),
}

struct ClientEnd {
    responses: client::Reader,
    writer: client::Writer,
    input: Buffer,
    output: Output,
    seen: Seen,
    done: bool,
    /// Requests to be sent, the last one first.
    todo: Vec<(&'static str, &'static str, Body)>,
    /// A body that waits for `100 Continue`.
    waiting: Option<&'static [u8]>,
}

impl ClientEnd {
    fn advance(&mut self) {
        self.send();
        while !self.done {
            let Self { responses, input, output, seen, .. } = self;
            match input.step(responses, false, output).unwrap() {
                Step::Need(_) => break,
                Step::Done => self.done = true,
                Step::Item(ResponseEvent::Informational(head)) => seen.say(head.status()),
                Step::Item(ResponseEvent::Head(head)) => seen.say(head.status()),
                Step::Item(ResponseEvent::Switched(head)) => {
                    seen.say(format_args!("switched by {}", head.status()));
                }
                Step::Item(ResponseEvent::Piece(piece)) => seen.piece(piece),
                Step::Item(ResponseEvent::Trailers(trailers)) => {
                    let sum = trailers.find("sum").unwrap_or_default().escape_ascii();
                    seen.say(format_args!("sum {sum}"));
                }
                Step::Item(ResponseEvent::End) => seen.say("end"),
                Step::Item(other) => panic!("{other:?}"),
            }
        }
        self.send();
    }

    /// Sends as many requests as can be.
    fn send(&mut self) {
        if let Some(body) = self.waiting {
            if self.writer.awaits_continue() {
                return;
            }
            self.writer.encode(body, &mut self.output).unwrap();
            self.writer.encode(End, &mut self.output).unwrap();
            self.waiting = None;
        }
        while let Some((method, target, body)) = self.todo.pop() {
            match self.request(method, target, body) {
                Ok(()) if self.waiting.is_some() => return,
                Ok(()) => {}
                Err(WriteError::TooManyRequests | WriteError::Waiting) => {
                    self.todo.push((method, target, body));
                    return;
                }
                Err(WriteError::Closing | WriteError::Switched) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn request(&mut self, method: &str, target: &str, body: Body) -> Result<(), WriteError> {
        let Self { writer, output, .. } = self;
        let mut headers = vec![("Host", "a:443")];
        if target == "/echo" {
            headers.extend([("Connection", "Upgrade"), ("Upgrade", "echo")]);
        }
        let version = if target == "/old" { Version::Http10 } else { Version::Http11 };
        let head = |headers| RequestParts { version, ..RequestParts::new(method, target, headers) };
        match body {
            Body::No => writer.encode(Whole::new(head(headers), &b""[..]), output),
            Body::Known(body) => writer.encode(Whole::new(head(headers), body), output),
            Body::Chunks(body) => {
                headers.push(("Transfer-Encoding", "chunked"));
                writer.encode(head(headers), output)?;
                for piece in body.chunks(4) {
                    writer.encode(piece, output)?;
                }
                writer.encode(Trailers([("Sum", "1")]), output)
            }
            Body::Asked(body) => {
                headers.extend([("Expect", "100-continue"), ("Transfer-Encoding", "chunked")]);
                writer.encode(head(headers), output)?;
                self.waiting = Some(body);
                Ok(())
            }
        }
    }
}

/// Runs a connection to where nothing moves. How much each end has sent.
fn talk(
    requests: &[(&'static str, &'static str, Body)],
    ahead: u32,
    cuts: (Cut, Cut),
    (expected_server, expected_client): (&[&str], &[&str]),
    left: (&[u8], &[u8]),
) -> (usize, usize) {
    let (stage, mut writer) = server::Reader::new().ahead(ahead).paired();
    // This client waits for what its CONNECT is answered.
    writer.keep_declined_connects(true);
    let mut server = ServerEnd {
        requests: stage,
        writer,
        input: Buffer::new(),
        output: Output::new(),
        seen: Seen::default(),
        target: String::new(),
        body: Vec::new(),
        late: Vec::new(),
        done: false,
    };
    let (responses, writer) = segue_http1::client();
    let mut client = ClientEnd {
        responses,
        writer,
        input: Buffer::new(),
        output: Output::new(),
        seen: Seen::default(),
        done: false,
        todo: requests.iter().rev().copied().collect(),
        waiting: None,
    };
    let (mut there, mut back) = (Way::default(), Way::default());
    loop {
        client.advance();
        let mut moved = there.deliver(cuts.0, &mut client.output, &mut server.input);
        server.advance();
        // An answer may have made room for a request that was here already.
        server.advance();
        moved |= back.deliver(cuts.1, &mut server.output, &mut client.input);
        if !moved {
            break;
        }
    }
    assert_eq!(server.seen.0, expected_server, "the server, ahead {ahead}, cut {cuts:?}");
    assert_eq!(client.seen.0, expected_client, "the client, ahead {ahead}, cut {cuts:?}");
    assert_eq!((server.input.as_slice(), client.input.as_slice()), left, "cut {cuts:?}");
    assert_eq!(server.writer.owes(), server.requests.is_switched());
    assert_eq!(server.requests.is_switched(), client.responses.is_switched());
    (there.sent.len(), back.sent.len())
}

/// The same at every cut of either way, and in pieces.
fn talk_cut_everywhere(
    requests: &[(&'static str, &'static str, Body)],
    expected: (&[&str], &[&str]),
    left: (&[u8], &[u8]),
) {
    for ahead in [1, 64] {
        let whole = Cut::At(0);
        let lengths = talk(requests, ahead, (whole, whole), expected, left);
        for cut in (0..=lengths.0).map(Cut::At) {
            talk(requests, ahead, (cut, whole), expected, left);
        }
        for cut in (0..=lengths.1).map(Cut::At) {
            talk(requests, ahead, (whole, cut), expected, left);
        }
        for count in [1, 2, 3, 7, 64] {
            talk(requests, ahead, (Cut::Every(count), Cut::Every(count)), expected, left);
        }
    }
}

#[test]
fn one_connection_for_many_requests() {
    let requests = [
        ("GET", "/", Body::No),
        ("POST", "/", Body::Known(b"hello")),
        ("HEAD", "/", Body::No),
        ("PUT", "/chunks", Body::Chunks(b"0123456789")),
        ("POST", "/hints", Body::Asked(b"asked")),
        ("DELETE", "/nothing", Body::No),
        ("POST", "/chunks", Body::Known(b"end")),
        ("GET", "/last", Body::No),
        ("GET", "/never", Body::No),
    ];
    let server = [
        "GET /",
        "end",
        "POST /",
        "\"hello",
        "end",
        "HEAD /",
        "end",
        "PUT /chunks",
        "\"0123456789",
        "1 trailers",
        "end",
        "POST /hints",
        "\"asked",
        "end",
        "DELETE /nothing",
        "end",
        "POST /chunks",
        "\"end",
        "end",
        "GET /last",
        "end",
    ];
    let client = [
        "200",
        "end",
        "200",
        "\"hello",
        "end",
        "200",
        "end",
        "200",
        "\"0123456789",
        "sum 10",
        "end",
        "100",
        "103",
        "200",
        "\"asked",
        "end",
        "204",
        "end",
        "200",
        "\"end",
        "sum 3",
        "end",
        "200",
        "end",
    ];
    // The last request may or may not be sent before the client knows that no answer will come:
    // that depends on the cuts. The server never sees it in either case.
    let end = requests.len() - 1;
    talk_cut_everywhere(&requests[..end], (&server, &client), (b"", b""));
    let (stage, mut writer) = segue_http1::client();
    let mut output = Output::new();
    let mut input =
        Buffer::from(&b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"[..]);
    let get = |target| RequestParts::new("GET", target, [("Host", "a")]);
    writer.encode(Whole::new(get("/last"), &b""[..]), &mut output).unwrap();
    let mut stage = stage;
    while let Step::Item(_) = input.step(&mut stage, false, &mut output).unwrap() {}
    let never = writer.encode(Whole::new(get("/never"), &b""[..]), &mut output);
    assert_eq!((never, writer.is_open()), (Err(WriteError::Closing), false));
}

#[test]
fn a_client_of_http_1_0() {
    let requests = [("GET", "/old", Body::No)];
    talk_cut_everywhere(&requests, (&["GET /old", "end"], &["200", "end"]), (b"", b""));
}

#[test]
fn connections_that_become_another_protocol() {
    let first = ("POST", "/chunks", Body::Known(b"ab"));
    for (method, target, switched) in
        [("GET", "/echo", "switched by 101"), ("CONNECT", "a:443", "switched by 200")]
    {
        let asked = format!("{method} {target}");
        talk_cut_everywhere(
            &[first, (method, target, Body::No), ("GET", "/never", Body::No)],
            (
                &["POST /chunks", "\"ab", "end", &asked, "end"],
                &["200", "\"ab", "sum 2", "end", switched],
            ),
            (b"", b"glued"),
        );
    }
    // Declined, it goes on with HTTP/1.1.
    talk_cut_everywhere(
        &[("CONNECT", "b:1", Body::No), ("GET", "/after", Body::No)],
        (&["CONNECT b:1", "end", "GET /after", "end"], &["403", "end", "200", "end"]),
        (b"", b""),
    );
}

/// The server knows that it has the whole, and may answer before the client's writer says so.
#[test]
fn a_request_without_a_body_ends_with_its_head() {
    let (mut responses, mut writer) = segue_http1::client();
    let mut output = Output::new();
    let headers = [("Host", "a"), ("Connection", "upgrade"), ("Upgrade", "x")];
    writer.encode(RequestParts::new("GET", "/", headers), &mut output).unwrap();
    let mut input = Buffer::from(&b"HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\nglued"[..]);
    let item = input.step(&mut responses, false, &mut output).unwrap();
    assert!(matches!(item, Step::Item(ResponseEvent::Switched(_))), "{item:?}");
    assert_eq!(input.step(&mut responses, false, &mut output), Ok(Step::Done));
    assert_eq!(input.as_slice(), b"glued");
    assert_eq!(writer.encode(End, &mut output), Ok(()));
    assert_eq!(writer.encode(End, &mut output), Err(WriteError::NoHead));
}

/// An item that one end refuses to write is a fault on the other: the two never disagree.
#[test]
fn both_ends_agree_on_where_messages_end() {
    fn all<D: Decode>(stage: &mut D, bytes: &[u8]) -> usize
    where
        D::Error: std::fmt::Debug,
    {
        let (mut buffer, mut output) = (Buffer::from(bytes), Output::new());
        let mut items = 0;
        while let Step::Item(_) = buffer.step(stage, false, &mut output).unwrap() {
            items += 1;
        }
        assert!(buffer.is_empty());
        items
    }
    let (mut responses, mut client) = segue_http1::client();
    let (mut requests, mut server) = segue_http1::server();
    for method in ["GET", "HEAD", "POST"] {
        for status in [200, 204, 304, 404, 100, 103] {
            let mut output = Output::new();
            let get = RequestParts::new(method, "/", [("Host", "a")]);
            client.encode(Whole::new(get, &b""[..]), &mut output).unwrap();
            assert_eq!(all(&mut requests, &output.to_vec()), 2);
            output.clear();
            if status < 200 {
                server.encode(ResponseParts::new(status, NONE), &mut output).unwrap();
                server.encode(ResponseParts::new(200, NONE), &mut output).unwrap();
            } else {
                server.encode(ResponseParts::new(status, NONE), &mut output).unwrap();
            }
            let piece = server.encode(&b"a"[..], &mut output);
            let bodiless = matches!(status, 204 | 304) && method != "HEAD";
            assert_eq!(piece.is_err(), matches!(status, 204 | 304), "{method} {status}");
            server.encode(End, &mut output).unwrap();
            let pieces = usize::from(!bodiless && method != "HEAD");
            let heads = usize::from(status < 200) + 1;
            assert_eq!(
                all(&mut responses, &output.to_vec()),
                heads + pieces + 1,
                "{method} {status}"
            );
        }
    }
}
