//! The answers of the server. There is no I/O in here: all drivers share it.

use std::{io, time::Duration};

use segue::{
    Fault, Output,
    driver::{Deadlines, Late},
};
use segue_http1::{BodyLength, Error, Request, RequestDecoder, encode_response};
use segue_websocket::{Limits, ServerHandshake};

/// The fate of a connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another request.
    Request,
    /// A WebSocket.
    Echo,
    /// The end.
    Close,
}

/// The source of the answers.
pub struct Site;

impl Site {
    /// Returns the first stage of a connection.
    pub fn head() -> RequestDecoder {
        RequestDecoder::new()
    }

    /// Returns the time that a client may take: 10 s for a head or a frame, a minute between them,
    /// 10 s to take what it is sent. Behind a proxy that keeps connections, idle phases are longer.
    pub fn deadlines() -> Deadlines {
        let seconds = Duration::from_secs;
        Deadlines::new().record(seconds(10)).idle(seconds(60)).send(seconds(10))
    }

    /// The limits on the messages that are sent back: 1 MiB each.
    pub const LIMITS: Limits = Limits { message: 1024 * 1024, ..Limits::DEFAULT };

    /// Queues the answer to a client that was too slow with a request (RFC 9110 §15.5.9); one that
    /// is idle gets none.
    pub fn late(late: Late, output: &mut Output) -> io::Result<Next> {
        match late {
            Late::Record => Self::put(output, 408, "a request has 10 s\n", true, true),
            _ => Ok(Next::Close),
        }
    }

    /// Queues the answer to a request.
    pub fn answer(request: &Request<'_>, output: &mut Output) -> io::Result<Next> {
        let length = match request.host().and_then(|_| request.body()) {
            Ok(length) => length,
            Err(fault) => return Self::refuse(&fault, output),
        };
        let path = request.target().split('?').next().unwrap_or_default();
        match (request.method(), path) {
            ("GET", "/ws") => match ServerHandshake::new().respond(request, output) {
                Ok(_) => Ok(Next::Echo),
                // The refusal is queued; it says what was wrong.
                Err(_) => Ok(Next::Close),
            },
            // A body is not read here, so nothing after it can be.
            _ if !matches!(length, BodyLength::None | BodyLength::Known(0)) => {
                Self::put(output, 413, "this server takes no bodies\n", true, true)
            }
            ("GET" | "HEAD", "/") => {
                let close = !request.keep_alive();
                Self::put(output, 200, PAGE, request.method() == "GET", close)
            }
            ("GET" | "HEAD", _) => {
                let close = !request.keep_alive();
                Self::put(output, 404, "no such page\n", request.method() == "GET", close)
            }
            _ => Self::put(output, 405, "try GET\n", true, true),
        }
    }

    /// Queues the answer to bytes that are not a request.
    pub fn refuse(fault: &Fault<Error>, output: &mut Output) -> io::Result<Next> {
        let status = fault.error().map_or(400, Error::status);
        Self::put(output, status, &format!("{fault}\n"), true, true)
    }

    fn put(
        output: &mut Output,
        status: u16,
        body: &str,
        with_body: bool,
        close: bool,
    ) -> io::Result<Next> {
        let length = body.len().to_string();
        let kind = if body == PAGE { "text/html" } else { "text/plain" };
        let kind = format!("{kind}; charset=utf-8");
        let connection = if close { "close" } else { "keep-alive" };
        let headers =
            [("Content-Type", &*kind), ("Content-Length", &*length), ("Connection", connection)];
        encode_response(output, status, headers).map_err(io::Error::other)?;
        if with_body {
            output.put(body.as_bytes());
        }
        Ok(if close { Next::Close } else { Next::Request })
    }
}

const PAGE: &str = include_str!("page.html");
