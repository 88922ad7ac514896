//! nom parsers for the content of records.

use ::nom::{Err, Parser};

use super::{Error, Located, error::rejected};
use crate::combine::{Skim, Skimmed, forward::forward};
use crate::{Decode, Fault, Framing, Output, Record, Say};

/// Parses each record of `stage` by `parser`, which must take all of it.
///
/// The parser is only given whole records, and run in nom's complete mode if it leaves the mode
/// open. A streaming parser works as well: a record that is too short for it is a fault
/// ([`Error::Incomplete`], at the end of the record) and not a reason to wait; one that is too long
/// is a fault as well ([`Error::Trailing`], at the first byte too many). After these, and after
/// what the parser itself refuses, the stage can go on with the next record.
///
/// Items may borrow from the record.
///
/// ```
/// use nom::{IResult, Parser, bytes::complete::tag, number::complete::be_u16};
/// use segue::{Buffer, Output, Step, length};
///
/// /// A name and a port: `host:` and two bytes.
/// fn address(input: &[u8]) -> IResult<&[u8], (&[u8], u16)> {
///     let (input, host) = nom::bytes::complete::take_until(&b":"[..])(input)?;
///     let (input, (_, port)) = (tag(&b":"[..]), be_u16).parse(input)?;
///     Ok((input, (host, port)))
/// }
///
/// let mut stage = segue::nom::body(length::u8(), address);
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"\x07home:\x1f\x90\x04a:\0P\x05b:\0P!\x03c:"[..]);
/// let mut step = || buffer.step(&mut stage, false, &mut output).map(|step| match step {
///     Step::Item((host, port)) => format!("{} {port}", host.escape_ascii()),
///     _ => String::from("more"),
/// });
/// assert_eq!(step().unwrap(), "home 8080");
/// assert_eq!(step().unwrap(), "a 80");
/// // One byte too many: named by its offset in the stream.
/// let fault = step().unwrap_err();
/// assert_eq!(fault.to_string(), "at byte 18: the record is longer than what the parser takes");
/// assert!(!fault.fatal);
/// // A partial record waits, whatever the parser would say.
/// assert_eq!(step().unwrap(), "more");
/// ```
#[must_use]
pub fn body<D, F>(stage: D, parser: F) -> Body<D, F>
where
    D: for<'a> Decode<Item<'a> = Record<'a>> + 'static,
    F: for<'a> Parser<&'a [u8], Error: Located>,
{
    Body { stage, parser }
}

/// The stage of [`body`].
#[derive(Debug, Clone)]
pub struct Body<D, F> {
    stage: D,
    parser: F,
}

impl<D, F> Body<D, F> {
    /// Returns the stage that delimits.
    pub fn into_inner(self) -> D {
        self.stage
    }
}

impl<D, F> Decode for Body<D, F>
where
    D: for<'a> Decode<Item<'a> = Record<'a>> + 'static,
    F: for<'a> Parser<&'a [u8], Error: Located>,
{
    type Item<'a>
        = <F as Parser<&'a [u8]>>::Output
    where
        Self: 'a;
    type Error = Error<D::Error>;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        self.stage.frame(input, eof).map_err(|fault| fault.map(Error::Stage).fatal())
    }

    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        self.stage.absorb(record, answers).map_err(|fault| fault.map(Error::Stage))
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        let (front, whole) = (record.as_ptr().addr(), record.len());
        let body = self.stage.parse(record).map_err(|fault| fault.map(Error::Stage))?;
        let body = body.into_slice();
        // The bytes that the stage took off the front; none if it moved the record elsewhere.
        let header = body.as_ptr().addr().wrapping_sub(front);
        let header = if header <= whole { header as u64 } else { 0 };
        let fault = |fault: Fault<Self::Error>| fault.moved(header).recoverable();
        match self.parser.parse_complete(body) {
            Ok(([], item)) => Ok(item),
            Ok((rest, _)) => {
                let parsed = body.len().saturating_sub(rest.len());
                Err(fault(Fault::new(Error::Trailing).at(parsed as u64)))
            }
            Err(Err::Incomplete(_)) => {
                Err(fault(Fault::new(Error::Incomplete).at(body.len() as u64)))
            }
            Err(Err::Error(error) | Err::Failure(error)) => Err(fault(rejected(&error, body))),
        }
    }

    #[inline]
    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
        self.stage.speak(say).map_err(|fault| fault.map(Error::Stage).fatal())
    }

    forward!(D, stage, but speak);
}

impl<D, F> Skim for Body<D, F>
where
    D: for<'a> Skim<Item<'a> = Record<'a>> + 'static,
    F: for<'a> Parser<&'a [u8], Error: Located>,
{
    #[inline]
    fn skim(&mut self, input: &[u8], eof: bool, max: usize) -> Result<Skimmed, Fault<Self::Error>> {
        self.stage.skim(input, eof, max).map_err(|fault| fault.map(Error::Stage))
    }

    fn pass(&mut self, skimmed: Skimmed) {
        self.stage.pass(skimmed);
    }
}
