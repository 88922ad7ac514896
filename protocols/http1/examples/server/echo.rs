//! The answers of the server. There is no I/O in here: all drivers share it.

use std::{io, time::SystemTime};

use segue::{Fault, Output, driver::Late};
use segue_http1::{
    BodyLength, End, ForwardedTrailers, Refusal, RequestEvent, ResponseParts, Whole, server,
};

/// The answers on one connection.
pub struct Echo {
    writer: server::Writer,
    answer: Answer,
}

/// The answer to the request that is being read.
enum Answer {
    /// It follows the end of the request.
    Greeting,
    /// So does the change to bytes that are sent back.
    Switch,
    /// Each piece is sent back as it comes.
    Echo,
    /// It is that the method is not for this server.
    NotAllowed,
    /// It has been sent.
    Sent,
}

impl Echo {
    pub fn new(writer: server::Writer) -> Self {
        Self { writer, answer: Answer::Sent }
    }

    /// Queues what `event` is answered with.
    pub fn answer(&mut self, event: RequestEvent<'_>, output: &mut Output) -> io::Result<()> {
        let Self { writer, answer } = self;
        tell_time(writer);
        let queued = match event {
            RequestEvent::Head(head) => {
                let path = head.target();
                let length = head.body().unwrap_or(BodyLength::None);
                let kind = head.headers().find("content-type").unwrap_or(b"text/plain");
                *answer = match length {
                    _ if head.method() == "CONNECT" => Answer::NotAllowed,
                    _ if path == "/refuse" => Answer::Sent,
                    // An upgrade that is asked for wrongly is none (RFC 9110 §7.8).
                    _ if head.offers_upgrade()
                        && head.headers().contains_token("upgrade", "echo") =>
                    {
                        Answer::Switch
                    }
                    BodyLength::None | BodyLength::Known(0) => Answer::Greeting,
                    _ => Answer::Echo,
                };
                match (&answer, length) {
                    (Answer::Echo, BodyLength::Known(length)) => {
                        go_on(writer, output)?;
                        let length = length.to_string();
                        let headers =
                            [("Content-Type", kind), ("Content-Length", length.as_bytes())];
                        output.try_encode(writer, ResponseParts::new(200, headers))
                    }
                    (Answer::Echo, _) => {
                        go_on(writer, output)?;
                        let headers = [("Content-Type", kind)];
                        output.try_encode(writer, ResponseParts::new(200, headers))
                    }
                    (Answer::Sent, _) => {
                        let head = ResponseParts::new(413, [("Connection", "close")]);
                        output.try_encode(writer, Whole::new(head, &b"too much\n"[..]))
                    }
                    _ => Ok(()),
                }
            }
            RequestEvent::Piece(piece) if matches!(answer, Answer::Echo) => {
                output.try_encode(writer, piece)
            }
            RequestEvent::Trailers(trailers) if matches!(answer, Answer::Echo) => {
                *answer = Answer::Sent;
                // A header that cannot be a trailer, or has no place behind this answer, is left
                // out.
                output.try_encode(writer, ForwardedTrailers(trailers))
            }
            RequestEvent::End => match std::mem::replace(answer, Answer::Sent) {
                Answer::Greeting => {
                    let head = ResponseParts::new(200, [("Content-Type", "text/plain")]);
                    output.try_encode(writer, Whole::new(head, &b"hello\n"[..]))
                }
                Answer::Switch => {
                    output.try_encode(writer, ResponseParts::new(101, [("Upgrade", "echo")]))
                }
                Answer::Echo => output.try_encode(writer, End),
                Answer::NotAllowed => {
                    let allow = [("Allow", "GET, HEAD, POST, PUT, OPTIONS")];
                    output.try_encode(writer, Whole::new(ResponseParts::new(405, allow), &b""[..]))
                }
                Answer::Sent => Ok(()),
            },
            // HTTP/2 is not spoken here, and what is left to be said is nothing.
            _ => Ok(()),
        };
        queued.map_err(io::Error::other)
    }

    /// Tells a client that has broken the rules, if it can still be told.
    pub fn refuse(&mut self, fault: &Fault<segue_http1::Error>, output: &mut Output) {
        tell_time(&mut self.writer);
        if let Err(error) = output.try_encode(&mut self.writer, fault) {
            eprintln!("{fault}; not sent to the client: {error}");
        }
    }

    /// Tells a client that was too slow with its request (RFC 9110 §15.5.9). One that is idle is
    /// let go without a word, and one that has an answer already gets no second one.
    pub fn late(&mut self, late: Late, output: &mut Output) {
        if late == Late::Record {
            tell_time(&mut self.writer);
            let _ = output.try_encode(&mut self.writer, Refusal(408));
        }
    }

    pub fn is_done(&self) -> bool {
        self.writer.is_done()
    }
}

/// Has a `Date` sent in what is answered. A clock that is set before 1970 tells nothing.
pub fn tell_time(writer: &mut server::Writer) {
    if let Ok(since_1970) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        writer.set_time(since_1970);
    }
}

/// Tells a client that waits for it to send the body.
fn go_on(writer: &mut server::Writer, output: &mut Output) -> io::Result<()> {
    if writer.is_awaited() {
        let head = ResponseParts::bare(100);
        output.try_encode(writer, head).map_err(io::Error::other)?;
    }
    Ok(())
}
