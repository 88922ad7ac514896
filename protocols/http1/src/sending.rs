//! The body of the message that is being sent, checked against its head.

use bytes::Bytes;
use segue::Output;
use segue_http::may_be_trailer;

use crate::announce::Digits;
use crate::encode::put_headers;
use crate::{HeaderLine, WriteError};

/// A whole message in one item: its head, and all of its body, whose length is announced by an
/// added `Content-Length`.
#[derive(Debug, Clone, Copy)]
pub struct Whole<P, B> {
    /// The head: [`RequestParts`](crate::RequestParts) or [`ResponseParts`](crate::ResponseParts).
    pub head: P,
    /// The body: `&[u8]`, or [`Bytes`], which are not copied from [`Output::WHOLE`] bytes on.
    pub body: B,
}

impl<P, B> Whole<P, B> {
    /// Joins a head and its body.
    pub const fn new(head: P, body: B) -> Self {
        Self { head, body }
    }
}

/// The end of a message that is sent in pieces. Every message that is not [`Whole`] needs one, or
/// [`Trailers`] instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End;

/// The end of a message in chunks, with trailers behind it (RFC 9112 §7.1.2).
#[derive(Debug, Clone, Copy)]
pub struct Trailers<H>(pub H);

/// Bytes that can be sent as a body or as a piece of one.
pub trait Payload: AsRef<[u8]> {
    /// Appends the bytes to `output`.
    fn put(self, output: &mut Output);
}

impl Payload for &[u8] {
    fn put(self, output: &mut Output) {
        output.put(self);
    }
}

impl Payload for Bytes {
    fn put(self, output: &mut Output) {
        output.put_bytes(self);
    }
}

/// The framing of the body under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// No message is under way.
    Nothing,
    /// A message without a body.
    Empty,
    /// This many bytes are still to come.
    Known(u64),
    Chunked,
    UntilClose,
    /// The answer to `HEAD`: the body is not sent.
    Dropped,
}

impl Sending {
    pub(crate) fn is_done(self) -> bool {
        self == Self::Nothing
    }

    /// Appends a piece of the body. An empty piece writes no chunk, since that would end the body.
    pub(crate) fn piece<P: Payload>(
        &mut self,
        piece: P,
        output: &mut Output,
    ) -> Result<(), WriteError> {
        let length = piece.as_ref().len() as u64;
        match self {
            Self::Nothing => return Err(WriteError::NoHead),
            Self::Dropped => {}
            _ if length == 0 => {}
            Self::Empty => return Err(WriteError::NoBody),
            Self::Known(left) => {
                *left = left.checked_sub(length).ok_or(WriteError::TooLong)?;
                piece.put(output);
            }
            Self::Chunked => {
                output.put(Digits::hexadecimal(length).as_bytes());
                output.put(b"\r\n");
                piece.put(output);
                output.put(b"\r\n");
            }
            Self::UntilClose => piece.put(output),
        }
        Ok(())
    }

    /// Ends the message.
    pub(crate) fn end(&mut self, output: &mut Output) -> Result<(), WriteError> {
        match self {
            Self::Nothing => return Err(WriteError::NoHead),
            Self::Known(left @ 1..) => return Err(WriteError::TooShort(*left)),
            Self::Chunked => output.put(b"0\r\n\r\n"),
            Self::Empty | Self::Known(0) | Self::UntilClose | Self::Dropped => {}
        }
        *self = Self::Nothing;
        Ok(())
    }

    /// Ends the message with trailers.
    pub(crate) fn trailers<H>(&mut self, headers: H, output: &mut Output) -> Result<(), WriteError>
    where
        H: IntoIterator<Item: HeaderLine>,
    {
        match self {
            Self::Nothing => return Err(WriteError::NoHead),
            Self::Chunked => {}
            // Dropped as the body is.
            Self::Dropped => return self.end(output),
            _ => return Err(WriteError::NoTrailers),
        }
        let mut belongs_in_front = false;
        let headers = headers.into_iter().inspect(|line| {
            belongs_in_front |= !may_be_trailer(line.name());
        });
        let mark = output.mark();
        output.put(b"0\r\n");
        let put = put_headers(headers, output).map_err(WriteError::Head);
        let outcome = put.and(if belongs_in_front { Err(WriteError::Trailer) } else { Ok(()) });
        match outcome {
            Ok(()) => *self = Self::Nothing,
            Err(_) => output.rollback(mark),
        }
        outcome
    }
}
