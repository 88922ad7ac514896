//! Length prefixes as nom parsers.

use ::nom::error::{ErrorKind, ParseError};
use ::nom::{Err, IsStreaming, Mode, Needed, OutputMode, PResult, Parser};
use core::marker::PhantomData;

use crate::length::{self, Prefix, Scan};

/// Parses a length as `prefix` writes it.
///
/// In streaming mode a partial length is `Incomplete` by the bytes that are missing for certain; in
/// complete mode it is an error (`Eof`). A malformed length is an error at its first wrong byte:
/// `Digit` for a missing digit, `TooLarge` if it does not fit 64 bits, otherwise `Verify`.
///
/// ```
/// use nom::{Err, IResult, Needed, Parser};
/// use segue::length::QuicVarint;
/// use segue::nom::prefix;
///
/// fn stream_and_offset(input: &[u8]) -> IResult<&[u8], (u64, u64)> {
///     (prefix(QuicVarint), prefix(QuicVarint)).parse(input)
/// }
///
/// assert_eq!(stream_and_offset(&[0x25, 0x7b, 0xbd, 7]), Ok((&[7][..], (37, 15293))));
/// assert_eq!(stream_and_offset(&[0x25, 0x9d]), Err(Err::Incomplete(Needed::new(3))));
/// ```
#[must_use]
pub fn prefix<P: Prefix, E>(prefix: P) -> Length<P, E> {
    Length { prefix, error: PhantomData }
}

/// Parses a length as `prefix` writes it and that many bytes, which are the output.
///
/// In streaming mode missing bytes are `Incomplete`; in complete mode they are an error (`Eof`). A
/// length allocates nothing, but a peer may announce any, and a driver may wait for it: limit how
/// much you buffer. A length beyond the address space is an error (`TooLarge`).
///
/// ```
/// use nom::{Err, IResult, Needed, Parser};
/// use segue::length::Leb128;
/// use segue::nom::length_data;
///
/// fn field(input: &[u8]) -> IResult<&[u8], &[u8]> {
///     length_data(Leb128).parse(input)
/// }
///
/// assert_eq!(field(b"\x02hi!"), Ok((&b"!"[..], &b"hi"[..])));
/// assert_eq!(field(b"\x02"), Err(Err::Incomplete(Needed::new(2))));
/// ```
#[must_use]
pub fn length_data<P: Prefix, E>(prefix: P) -> LengthData<P, E> {
    LengthData { length: Length { prefix, error: PhantomData } }
}

/// The parser of [`prefix`].
#[derive(Debug, Clone)]
pub struct Length<P, E> {
    prefix: P,
    error: PhantomData<fn() -> E>,
}

/// The parser of [`length_data`].
#[derive(Debug, Clone)]
pub struct LengthData<P, E> {
    length: Length<P, E>,
}

impl<'a, P: Prefix, E: ParseError<&'a [u8]>> Parser<&'a [u8]> for Length<P, E> {
    type Output = u64;
    type Error = E;

    #[inline]
    fn process<OM: OutputMode>(
        &mut self,
        input: &'a [u8],
    ) -> PResult<OM, &'a [u8], u64, Self::Error> {
        match self.prefix.read(input) {
            Ok(Scan::Whole { value, size }) => {
                Ok((input.get(size..).unwrap_or_default(), OM::Output::bind(|| value)))
            }
            Ok(Scan::Short { missing }) => Err(short::<OM, E>(input, missing.get())),
            Err(fault) => {
                let at = usize::try_from(fault.at).unwrap_or(usize::MAX).min(input.len());
                let kind = match fault.error() {
                    Some(length::Error::NotADigit(_)) => ErrorKind::Digit,
                    Some(length::Error::Overflow) => ErrorKind::TooLarge,
                    _ => ErrorKind::Verify,
                };
                Err(error::<OM, E>(&input[at..], kind))
            }
        }
    }
}

impl<'a, P: Prefix, E: ParseError<&'a [u8]>> Parser<&'a [u8]> for LengthData<P, E> {
    type Output = &'a [u8];
    type Error = E;

    #[inline]
    fn process<OM: OutputMode>(
        &mut self,
        input: &'a [u8],
    ) -> PResult<OM, &'a [u8], &'a [u8], Self::Error> {
        // The length itself is needed in any mode.
        type Emitting<OM> =
            ::nom::OutputM<::nom::Emit, <OM as OutputMode>::Error, <OM as OutputMode>::Incomplete>;
        let (behind, length) = self.length.process::<Emitting<OM>>(input)?;
        let Ok(length) = usize::try_from(length) else {
            return Err(error::<OM, E>(input, ErrorKind::TooLarge));
        };
        match behind.split_at_checked(length) {
            Some((data, behind)) => Ok((behind, OM::Output::bind(|| data))),
            None => Err(short::<OM, E>(behind, length - behind.len())),
        }
    }
}

type Failed<OM, E> = Err<E, <<OM as OutputMode>::Error as Mode>::Output<E>>;

fn short<'a, OM: OutputMode, E: ParseError<&'a [u8]>>(
    input: &'a [u8],
    missing: usize,
) -> Failed<OM, E> {
    if OM::Incomplete::is_streaming() {
        Err::Incomplete(Needed::new(missing))
    } else {
        error::<OM, E>(input, ErrorKind::Eof)
    }
}

fn error<'a, OM: OutputMode, E: ParseError<&'a [u8]>>(
    input: &'a [u8],
    kind: ErrorKind,
) -> Failed<OM, E> {
    Err::Error(OM::Error::bind(|| E::from_error_kind(input, kind)))
}
