//! Whole connections: what a server and a client read against the laws, and the two against each
//! other, saying whatever their writers let them.
#![no_main]

use std::collections::VecDeque;

use libfuzzer_sys::fuzz_target;
use segue::{Buffer, Cause, Encode, Output, Step, laws};
use segue_http1::{
    End, Limits, Relaxed, RequestEvent, RequestParts, ResponseEvent, ResponseParts, Trailers,
    Version, Whole, client, server,
};

const SMALL: Limits =
    Limits { head: 80, headers: 4, target: 12, chunk_line: 20, ..Limits::DEFAULT };

fuzz_target!(|data: &[u8]| {
    let Some((pick, data)) = data.split_first() else { return };
    match pick % 8 {
        0 => laws::fuzz(|| server::Reader::new().listening(), data),
        1 => laws::fuzz(|| server::Reader::new().listening().limits(SMALL).http2(false), data),
        2 => laws::fuzz(|| having_asked(Relaxed::NOTHING), data),
        4 => laws::fuzz(|| having_asked(Relaxed::EVERYTHING), data),
        _ => talk(data),
    }
});

/// A client that waits for several answers, the last of which may change the protocol.
fn having_asked(relaxed: Relaxed) -> client::Reader {
    let (client, mut writer) = client::Reader::new().relaxed(relaxed).paired();
    for (method, upgrade) in [("GET", false), ("HEAD", false), ("POST", false), ("GET", true)] {
        let mut headers = vec![("Host", "a")];
        if upgrade {
            headers.extend([("Connection", "upgrade"), ("Upgrade", "x")]);
        }
        let head = RequestParts::new(method, "/", headers);
        writer.encode(Whole::new(head, &b""[..]), &mut Output::new()).expect("a proper request");
    }
    client
}

/// A message as one end has said it or the other has heard it: what begins it, its body, and
/// whether it has ended.
#[derive(Debug, PartialEq)]
struct Message {
    start: String,
    body: Vec<u8>,
    ended: bool,
}

fn begin(messages: &mut Vec<Message>, start: String) {
    messages.push(Message { start, body: Vec::new(), ended: false });
}

/// Checks that what was heard is what was said, as far as it was heard.
fn heard_as_said(heard: &[Message], said: &[Message]) {
    assert!(heard.len() <= said.len(), "{heard:?}, said was {said:?}");
    for (heard, said) in heard.iter().zip(said) {
        assert_eq!(heard.start, said.start);
        assert!(said.body.starts_with(&heard.body), "{heard:?}, said was {said:?}");
        // A body of known length, or none, has ended before its writer says so.
        assert!(!heard.ended || heard.body == said.body, "{heard:?}, said was {said:?}");
    }
}

/// Every two bytes are something that one end tries to say, or a delivery. What a writer lets
/// through, the other end must understand.
fn talk(data: &[u8]) {
    let (requests, mut server) =
        server::Reader::new().ahead(1 + u32::from(data.len() as u8 % 6)).paired();
    // A server may send any number of informational responses.
    let limits = Limits { informational: u32::MAX, ..Limits::DEFAULT };
    let (mut responses, mut client) = client::Reader::new().limits(limits).paired();
    let mut requests = requests;
    let (mut there, mut back) = (Output::new(), Output::new());
    let (mut to_server, mut to_client) = (Buffer::new(), Buffer::new());
    let (mut asked, mut heard) = (Vec::new(), Vec::new());
    let (mut answered, mut seen) = (Vec::new(), Vec::new());
    // True if the answer under way is one whose body is not sent.
    let mut heads = VecDeque::new();
    for pair in data.chunks_exact(2) {
        let (what, which) = (pair[0], pair[1]);
        let body = &data[..usize::from(which % 32).min(data.len())];
        match what % 8 {
            0 => {
                let method = ["GET", "POST", "HEAD", "CONNECT"][usize::from(which % 4)];
                let target = if method == "CONNECT" { "a:1" } else { "/" };
                let mut headers = vec![("Host", "a")];
                let more = [
                    ("Transfer-Encoding", "chunked"),
                    ("Content-Length", "5"),
                    ("Expect", "100-continue"),
                    ("Connection", "close"),
                    ("Connection", "upgrade"),
                    ("Upgrade", "x"),
                ];
                let wanted = which >> 2;
                headers.extend((0..6).filter(|bit| wanted >> bit & 1 != 0).map(|bit| more[bit]));
                let version = if what >> 3 == 0 { Version::Http10 } else { Version::Http11 };
                let head = RequestParts { version, ..RequestParts::new(method, target, headers) };
                if client.encode(head, &mut there).is_ok() {
                    begin(&mut asked, format!("{method} {target}"));
                }
            }
            1 => say(client.encode(body, &mut there), &mut asked, body),
            2 => end(client.encode(End, &mut there), &mut asked),
            3 => {
                let statuses = [200, 204, 304, 100, 101, 103, 404, 200];
                let status = statuses[usize::from(which % 8)];
                let more = [
                    ("Transfer-Encoding", "chunked"),
                    ("Content-Length", "5"),
                    ("Connection", "close"),
                    ("Upgrade", "x"),
                ];
                let wanted = which >> 3;
                let headers = (0..4).filter(|bit| wanted >> bit & 1 != 0).map(|bit| more[bit]);
                if server.encode(ResponseParts::new(status, headers), &mut back).is_ok() {
                    begin(&mut answered, status.to_string());
                }
            }
            4 => {
                // A body that is not sent is not heard: the answers to HEAD.
                let sent = server.encode(body, &mut back);
                let body = if heads.front() == Some(&true) { &[] } else { body };
                say(sent, &mut answered, body);
            }
            5 if which % 2 == 0 => {
                let sent = server.encode(Trailers([("A", "b")]), &mut back);
                ended_answer(sent.is_ok(), &mut heads);
                end(sent, &mut answered);
            }
            5 => {
                let sent = server.encode(End, &mut back);
                ended_answer(sent.is_ok(), &mut heads);
                end(sent, &mut answered);
            }
            6 => deliver(&mut there, &mut to_server, which),
            _ => deliver(&mut back, &mut to_client, which),
        }
        if server.is_switched() {
            return;
        }
        loop {
            let event = match to_server.step(&mut requests, false, &mut Output::new()) {
                Ok(Step::Item(event)) => event,
                Ok(_) => break,
                // It was asked so often while no answer was sent.
                Err(fault) if fault.cause == Cause::NoProgress => break,
                Err(fault) => panic!("a proper request is refused: {fault}"),
            };
            match event {
                RequestEvent::Head(head) => {
                    heads.push_back(head.method() == "HEAD");
                    begin(&mut heard, format!("{} {}", head.method(), head.target()));
                }
                RequestEvent::Piece(piece) => say(Ok::<_, ()>(()), &mut heard, piece),
                RequestEvent::End => end(Ok::<_, ()>(()), &mut heard),
                RequestEvent::Paused => break,
                _ => {}
            }
        }
        while let Step::Item(event) =
            to_client.step(&mut responses, false, &mut Output::new()).expect("a proper response")
        {
            match event {
                ResponseEvent::Informational(head)
                | ResponseEvent::Head(head)
                | ResponseEvent::Switched(head) => begin(&mut seen, head.status().to_string()),
                ResponseEvent::Piece(piece) => say(Ok::<_, ()>(()), &mut seen, piece),
                ResponseEvent::End => end(Ok::<_, ()>(()), &mut seen),
                _ => {}
            }
        }
        heard_as_said(&heard, &asked);
        heard_as_said(&seen, &answered);
    }
}

fn say<E>(sent: Result<(), E>, messages: &mut [Message], piece: &[u8]) {
    if let (Ok(()), Some(last)) = (sent, messages.last_mut()) {
        last.body.extend(piece);
    }
}

fn end<E>(sent: Result<(), E>, messages: &mut [Message]) {
    if let (Ok(()), Some(last)) = (sent, messages.last_mut()) {
        last.ended = true;
    }
}

fn ended_answer(ended: bool, heads: &mut VecDeque<bool>) {
    if ended {
        heads.pop_front();
    }
}

fn deliver(output: &mut Output, input: &mut Buffer, count: u8) {
    let count = output.len().min(usize::from(count));
    input.extend(&output.to_vec()[..count]);
    output.advance(count);
}
