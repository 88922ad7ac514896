use core::{convert::Infallible, fmt};

use segue::{Decode, Fault, Framing, Output, Record, length};
use segue_http::Fields;

use crate::{BodyLength, ChunkedBody, Error, Limits, Relaxed};

/// A stage that reads one body with the framing that its head announced, in pieces as they come
/// (RFC 9112 §6).
///
/// The stage is done with the last byte of the body, or, for [`BodyLength::UntilClose`], at the end
/// of the stream. Any other body that the end of the stream cuts short is truncated.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_http1::{Body, BodyLength, BodyPart};
///
/// let (mut body, mut output) = (Body::new(BodyLength::Known(5)), Output::new());
/// let mut buffer = Buffer::from(&b"hel"[..]);
/// let Step::Item(BodyPart::Piece(piece)) = buffer.step(&mut body, false, &mut output).unwrap()
///     else { panic!() };
/// assert_eq!(piece, b"hel");
/// let Step::Need(need) = buffer.step(&mut body, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(need.claim, 2);
/// ```
#[derive(Debug, Clone)]
pub struct Body {
    kind: Kind,
    /// The bytes that may still come.
    left: u64,
}

#[derive(Debug, Clone)]
enum Kind {
    Known(length::Pieces),
    Chunked(ChunkedBody),
    UntilClose(length::Rest),
}

/// A part of a body.
pub enum BodyPart<'a> {
    /// A piece of the body, never empty. The cuts between pieces depend on how the body was
    /// received.
    Piece(Record<'a>),
    /// The trailers behind a chunked body, at least one. They are the last part. A header that
    /// belongs in a head has no effect here, and must not be moved into one unless its definition
    /// allows that (RFC 9110 §6.5.1).
    Trailers(Fields<'a>),
}

impl Body {
    /// Creates a stage with the [default limits](Limits::DEFAULT).
    #[must_use]
    pub const fn new(length: BodyLength) -> Self {
        let kind = match length {
            BodyLength::None => Kind::Known(length::pieces(0)),
            BodyLength::Known(length) => Kind::Known(length::pieces(length)),
            BodyLength::Chunked => Kind::Chunked(ChunkedBody::new()),
            BodyLength::UntilClose => Kind::UntilClose(length::rest()),
        };
        Self { kind, left: Limits::DEFAULT.body }
    }

    /// Sets the limits, [`Limits::body`] among them: see [`ChunkedBody::limits`].
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        let kind = match self.kind {
            Kind::Chunked(body) => Kind::Chunked(body.limits(limits)),
            kind => kind,
        };
        Self { kind, left: limits.body }
    }

    /// Accepts the departures from the standard that `relaxed` names: see [`ChunkedBody::relaxed`].
    #[must_use]
    pub fn relaxed(self, relaxed: Relaxed) -> Self {
        let kind = match self.kind {
            Kind::Chunked(body) => Kind::Chunked(body.relaxed(relaxed)),
            kind => kind,
        };
        Self { kind, left: self.left }
    }
}

impl Decode for Body {
    type Item<'a> = BodyPart<'a>;
    type Error = Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        match &mut self.kind {
            Kind::Known(pieces) => pieces.frame(input, eof).map_err(never),
            Kind::Chunked(body) => body.frame(input, eof),
            Kind::UntilClose(rest) => rest.frame(input, eof).map_err(never),
        }
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Error>> {
        match &mut self.kind {
            Kind::Chunked(body) => body.absorb(record, answers),
            Kind::Known(_) | Kind::UntilClose(_) => Ok(()),
        }
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<BodyPart<'a>, Fault<Error>> {
        let part = match &mut self.kind {
            Kind::Known(pieces) => pieces.parse(record).map(BodyPart::Piece).map_err(never),
            Kind::Chunked(body) => body.parse(record),
            Kind::UntilClose(rest) => rest.parse(record).map(BodyPart::Piece).map_err(never),
        }?;
        if let BodyPart::Piece(piece) = &part {
            let left = self.left.checked_sub(piece.len() as u64);
            self.left = left.ok_or(Fault::new(Error::BodyTooLarge))?;
        }
        Ok(part)
    }
}

/// Shows lengths and names, but no payload.
impl fmt::Debug for BodyPart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Piece(piece) => f.debug_tuple("Piece").field(piece).finish(),
            Self::Trailers(trailers) => f.debug_tuple("Trailers").field(trailers).finish(),
        }
    }
}

fn never(fault: Fault<Infallible>) -> Fault<Error> {
    fault.map(|error| match error {})
}
