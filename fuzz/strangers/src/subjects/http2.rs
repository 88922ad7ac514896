//! HTTP/2, as a server.

use bytes::Bytes;
use h2::{
    RecvStream,
    server::{self, Connection, Handshake},
};
use segue_laws::{Answer, Law};
use std::{
    pin::Pin,
    task::{Context, Poll},
};

use crate::{
    adapt::{self, Pipe},
    drive,
    entry::Entry,
};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "HTTP/2",
            "h2",
            "server::Connection",
            || Box::new(adapt::polled(requests)),
            |reads| drive::over(reads, adapt::polled(requests)),
        )
        .accepts([
            // A preface, no settings, GET / of http://a with no body.
            &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
              \0\0\x06\x01\x05\0\0\0\x01\x82\x84\x86\x41\x01a"[..],
            // The same with a ping in between, and twice.
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
              \0\0\x06\x01\x05\0\0\0\x01\x82\x84\x86\x41\x01a\
              \0\0\x08\x06\0\0\0\0\012345678\
              \0\0\x04\x01\x05\0\0\0\x03\x82\x84\x86\xbe",
        ])
        .contract(
            Law::L1,
            "RFC 9113 \u{a7}5.4.1: an error of the connection ends its streams, and the peer is told by GOAWAY which of them were looked at",
        )
        .refuses([&b"GET / HTTP/1.1\r\n\r\n"[..]])
        .words([&b"\0\0\0"[..], b"\x04", b"\x08", b"\x09", b"\x05"]),
    ]
}

enum State {
    Handshake(Handshake<Pipe, Bytes>),
    Open(Box<Connection<Pipe, Bytes>>),
    /// Nothing is answered any more.
    Over,
}

/// The heads of requests. Their bodies are read by the connection and kept, as are the answers.
fn requests(pipe: Pipe) -> impl FnMut(&mut Context<'_>) -> Poll<Answer> {
    let mut state = State::Handshake(server::handshake(pipe));
    let mut bodies: Vec<RecvStream> = Vec::new();
    move |context| {
        loop {
            match &mut state {
                State::Handshake(handshake) => match Pin::new(handshake).poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(connection)) => state = State::Open(Box::new(connection)),
                    Poll::Ready(Err(error)) => {
                        state = State::Over;
                        return Poll::Ready(Answer::Error(error.to_string()));
                    }
                },
                State::Open(connection) => {
                    let answer = match connection.poll_accept(context) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Some(Ok((request, _)))) => {
                            let (head, body) = request.into_parts();
                            bodies.push(body);
                            let said = format!("{} {} {:?}", head.method, head.uri, head.headers);
                            return Poll::Ready(Answer::Item(said));
                        }
                        Poll::Ready(Some(Err(error))) => Answer::Error(error.to_string()),
                        Poll::Ready(None) => Answer::End,
                    };
                    state = State::Over;
                    return Poll::Ready(answer);
                }
                State::Over => return Poll::Ready(Answer::End),
            }
        }
    }
}
