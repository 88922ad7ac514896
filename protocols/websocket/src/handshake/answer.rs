//! The answer of a server that opens no connection.

use alloc::vec::Vec;
use segue::{Buffer, Need, Output, Step};
use segue_http1::{
    Body,
    BodyLength::{Known, UntilClose},
    BodyPart, Response,
};

use super::head::Head;

/// The answer of a server that opens no WebSocket: a refusal, a redirect, a demand to log in.
///
/// The body is read as far as its head announces its length, up to [`MAX_BODY`](Self::MAX_BODY)
/// bytes. Of a body that ends with the connection it is the part that came with the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    head: Head,
    body: Vec<u8>,
}

impl Answer {
    /// The number of bytes of a body that are kept: 64 KiB, several times what pages of errors
    /// have.
    pub const MAX_BODY: usize = 64 << 10;

    /// Returns the status: 401.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the value of the first header with that name, if it is text: `WWW-Authenticate`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// Returns all headers in their order, with names as they were written.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.headers()
    }

    /// Returns where a redirect leads to: the value of `Location`, if it is text.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// Returns the body, as it was encoded.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// An answer whose body is read.
#[derive(Debug)]
pub(super) struct Reading {
    answer: Answer,
    body: Body,
    /// The length is announced. A body that ends with the connection is not waited for: it may
    /// never end.
    waits: bool,
}

impl Reading {
    pub(super) fn new(response: &Response<'_>) -> Self {
        let head = Head::new(response.as_bytes());
        let answer = Answer { status: response.status(), head, body: Vec::new() };
        // A length that makes no sense leaves the body unknown.
        let length = response.body("GET").unwrap_or(Known(0));
        Self { answer, body: Body::new(length), waits: length != UntilClose }
    }

    /// Reads on. Returns the need if more of the body is to be waited for.
    pub(super) fn read(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Option<Need> {
        loop {
            let room = Answer::MAX_BODY - self.answer.body.len();
            match input.step(&mut self.body, eof, output) {
                Ok(Step::Item(BodyPart::Piece(piece))) => {
                    self.answer.body.extend_from_slice(&piece[..piece.len().min(room)]);
                    if piece.len() >= room {
                        return None;
                    }
                }
                Ok(Step::Item(BodyPart::Trailers(_))) => {}
                Ok(Step::Need(need)) => return (self.waits && !eof).then_some(need),
                // Cut off, or broken: it is what there is.
                Ok(Step::Done) | Err(_) => return None,
            }
        }
    }

    pub(super) fn stage(&self) -> &Body {
        &self.body
    }

    /// Takes the body out, and returns the answer with it.
    pub(super) fn take(&mut self) -> Answer {
        let body = core::mem::take(&mut self.answer.body);
        Answer { body, ..self.answer.clone() }
    }
}
