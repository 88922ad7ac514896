//! The body of the message that is being sent, checked against its head.

use bytes::Bytes;
use segue::Output;
use segue_http::{Fields, may_be_trailer};

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

/// The end of a message that is sent on, with the trailers that were read behind it. Those that may
/// not be trailers (RFC 9110 §6.5.1) or are meant for one connection are left out, and all of them
/// where the message has no place for trailers: `dropped_trailers` of the writer tells how many.
#[derive(Debug, Clone, Copy)]
pub struct ForwardedTrailers<'a>(pub Fields<'a>);

/// A last answer that needs no request: 408 to a client that is too slow with its request, 503 to
/// one too many, 429. The connection closes behind it. While older requests are unanswered it is
/// refused, and where the request has its answer already.
///
/// ```
/// use segue::{Encode, Output};
/// use segue_http1::Refusal;
///
/// let (_, mut writer) = segue_http1::server();
/// let mut output = Output::new();
/// writer.encode(Refusal(408), &mut output)?;
/// assert!(output.to_vec().starts_with(b"HTTP/1.1 408 Request Timeout\r\n"));
/// assert!(writer.is_done());
/// # Ok::<(), segue_http1::WriteError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub u16);

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

    /// Ends the message with those of `fields` that can be trailers, and returns the number of the
    /// others.
    pub(crate) fn forwarded(
        &mut self,
        fields: Fields<'_>,
        output: &mut Output,
    ) -> Result<usize, WriteError> {
        let kept = if *self == Self::Chunked { fields.trailers().count() } else { 0 };
        match kept {
            0 => self.end(output)?,
            _ => self.trailers(fields.trailers(), output)?,
        }
        Ok(fields.len() - kept)
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
