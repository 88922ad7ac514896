//! Streaming nom parsers as stages.

use ::nom::{Check, Emit, Err, Needed, OutputM, Parser, Streaming as InPart};
use core::{fmt, num::NonZeroUsize};

use super::{Error, Located, error::rejected};
use crate::{Cause, Decode, Fault, Framing, Need, Record};

/// Makes a stage of records whose end a streaming `parser` finds, with owned items.
///
/// The parser runs over what is buffered, and its output is the item. It must be a *streaming*
/// parser: as long as more bytes could change its answer, it answers `Incomplete`. A parser made of
/// nom's `complete` functions mistakes the end of a read for the end of the record.
///
/// The stage is done if the stream ends between two records. A parser that is still incomplete
/// there is truncated; one that looks for the end of its record in the bytes behind it, as `digit1`
/// does, does not accept the end of the stream as such an end. Refusals are fatal, at the byte that
/// the parser names, since the start of the next record is not known. A parser that takes no byte
/// is refused as [`Cause::NoProgress`].
///
/// # Cost
/// A nom parser keeps nothing from one run to the next, so it starts from the front each time more
/// has come. A record of `n` bytes that comes in `k` reads is looked at `k` times; byte by byte
/// that makes `n * n / 2` bytes. [`max`](Streaming::max) bounds `n`, and with it the work for each
/// received byte: half of `max` at worst, so work is linear in the stream whatever a peer does.
/// Waiting for more than the next byte would be cheaper, but wrong: it may complete a record whose
/// sender waits for the answer.
///
/// nom's [`Needed`] says how much to wait for, but few parsers get it right in all their branches,
/// and one that asks for too much hangs at the end of a conversation. It is ignored unless
/// [`trust_needed`](Streaming::trust_needed) declares it exact. Without it the stage cannot tell
/// the bytes of the record from those behind it, and claims none ([`Need::claim`]).
///
/// ```
/// use nom::{IResult, Parser, bytes::streaming::{tag, take_until}, sequence::terminated};
/// use segue::{Buffer, Output, Step};
///
/// fn line(input: &[u8]) -> IResult<&[u8], String> {
///     terminated(take_until(&b"\r\n"[..]), tag(&b"\r\n"[..]))
///         .map(|line| String::from_utf8_lossy(line).into_owned())
///         .parse(input)
/// }
///
/// let mut stage = segue::nom::streaming(line).max(512);
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"EHLO x\r\nQU"[..]);
/// assert_eq!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item("EHLO x".into())));
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"IT\r\n");
/// assert_eq!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item("QUIT".into())));
/// ```
#[must_use]
pub fn streaming<F, T>(parser: F) -> Streaming<F, T>
where
    F: for<'a> Parser<&'a [u8], Output = T, Error: Located>,
{
    Streaming { parser, terms: Terms::default(), found: None }
}

/// Makes a stage as [`streaming`] does, with items that borrow from the record.
///
/// The same holds for truncation, refusals and cost. Items cannot be kept until the record is lent,
/// so the parser runs once more over exactly the whole record. It must not look further ahead than
/// it consumes: a parser that takes digits up to another character finds the record alone
/// incomplete, which is refused as [`Error::LooksAhead`].
///
/// ```
/// use nom::{IResult, Parser, bytes::streaming::take, number::streaming::u8};
/// use segue::{Buffer, Output, Step};
///
/// fn pair(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
///     (u8, take(2_usize)).parse(input)
/// }
///
/// let mut stage = segue::nom::lending(pair);
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"\x01ab\x02c"[..]);
/// assert_eq!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item((1, &b"ab"[..]))));
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// ```
#[must_use]
pub fn lending<F>(parser: F) -> Lending<F>
where
    F: for<'a> Parser<&'a [u8], Error: Located>,
{
    Lending { parser, terms: Terms::default(), found: None }
}

/// The stage of [`streaming`].
#[derive(Clone)]
pub struct Streaming<F, T> {
    parser: F,
    terms: Terms,
    /// The item and length of the record found in front. More input does not change it.
    found: Option<(NonZeroUsize, T)>,
}

/// The stage of [`lending`].
#[derive(Clone)]
pub struct Lending<F> {
    parser: F,
    terms: Terms,
    found: Option<NonZeroUsize>,
}

/// The default limit of both stages, in bytes. Heads and commands are shorter; longer records have
/// a length, and are better read by it.
const MAX: usize = 8 * 1024;

macro_rules! settings {
    () => {
        /// Refuses records longer than `bytes` bytes, counting what the parser looks at behind
        /// them, as [`Cause::TooLong`] at the first byte too many. The default is 8 KiB.
        #[must_use]
        pub fn max(mut self, bytes: usize) -> Self {
            self.terms.max = bytes;
            self
        }

        /// Declares the parser's [`Needed`] exact: with fewer more bytes nothing is complete, and
        /// all of them belong to the record.
        ///
        /// The parser is then not run before they are there, they are claimed ([`Need::claim`]),
        /// and a record whose need passes [`max`](Self::max) is refused at once. A parser that asks
        /// for more than it takes makes the stage wait for bytes that never come: a `tag` behind an
        /// alternative of shorter ones is enough for that.
        #[must_use]
        pub fn trust_needed(mut self) -> Self {
            self.terms.trusting = true;
            self
        }
    };
}

impl<F, T> Streaming<F, T> {
    settings!();
}

impl<F> Lending<F> {
    settings!();
}

impl<F, T> Decode for Streaming<F, T>
where
    F: for<'a> Parser<&'a [u8], Output = T, Error: Located>,
{
    type Item<'a>
        = T
    where
        Self: 'a;
    type Error = Error;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if let Some((length, _)) = self.found {
            return Ok(Framing::Record(length.get()));
        }
        if let Some(frame) = self.terms.before_a_run(input, eof) {
            return Ok(frame);
        }
        let shown = self.terms.shown(input);
        match self.parser.process::<OutputM<Emit, Emit, InPart>>(shown) {
            Ok((rest, value)) => {
                let length = consumed(shown, rest)?;
                self.found = Some((length, value));
                Ok(Framing::Record(length.get()))
            }
            Err(error) => self.terms.after_a_run(shown, error),
        }
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<T, Fault<Error>> {
        self.terms.next_run = 0;
        match self.found.take() {
            Some((_, value)) => Ok(value),
            None => Err(Fault::from_cause(Cause::Contract)),
        }
    }
}

impl<F> Decode for Lending<F>
where
    F: for<'a> Parser<&'a [u8], Error: Located>,
{
    type Item<'a>
        = <F as Parser<&'a [u8]>>::Output
    where
        Self: 'a;
    type Error = Error;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if let Some(length) = self.found {
            return Ok(Framing::Record(length.get()));
        }
        if let Some(frame) = self.terms.before_a_run(input, eof) {
            return Ok(frame);
        }
        let shown = self.terms.shown(input);
        match self.parser.process::<OutputM<Check, Emit, InPart>>(shown) {
            Ok((rest, ())) => {
                let length = consumed(shown, rest)?;
                self.found = Some(length);
                Ok(Framing::Record(length.get()))
            }
            Err(error) => self.terms.after_a_run(shown, error),
        }
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Error>> {
        self.terms.next_run = 0;
        self.found = None;
        let record = record.into_slice();
        match self.parser.parse(record) {
            Ok(([], item)) => Ok(item),
            _ => Err(Fault::new(Error::LooksAhead).at(record.len() as u64)),
        }
    }
}

/// The conditions for a run of the parser.
#[derive(Debug, Clone)]
struct Terms {
    max: usize,
    trusting: bool,
    /// The length of input up to which the parser would repeat its last answer.
    next_run: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self { max: MAX, trusting: false, next_run: 0 }
    }
}

impl Terms {
    /// Returns the answer, if it is known without a run.
    fn before_a_run(&self, input: &[u8], eof: bool) -> Option<Framing> {
        if input.is_empty() && eof {
            return Some(Framing::Done);
        }
        let missing = self.next_run.max(1).saturating_sub(input.len());
        (missing > 0).then(|| self.need(missing))
    }

    /// Returns the input up to the limit, so that the outcome does not depend on how much has come.
    fn shown<'i>(&self, input: &'i [u8]) -> &'i [u8] {
        &input[..input.len().min(self.max)]
    }

    fn after_a_run<E: Located>(
        &mut self,
        shown: &[u8],
        error: Err<E>,
    ) -> Result<Framing, Fault<Error>> {
        let missing = match error {
            Err::Error(error) | Err::Failure(error) => return Err(rejected(&error, shown)),
            Err::Incomplete(Needed::Size(missing)) if self.trusting => missing.get(),
            Err::Incomplete(_) => 1,
        };
        let next_run = shown.len().saturating_add(missing);
        if next_run > self.max {
            return Err(Fault::too_long(self.max as u64));
        }
        self.next_run = next_run;
        Ok(self.need(missing))
    }

    fn need(&self, missing: usize) -> Framing {
        let need = Need::exactly(missing);
        Framing::Need(if self.trusting { need } else { need.claiming(0) })
    }
}

/// Returns the length of the part of `shown` that was taken.
fn consumed(shown: &[u8], rest: &[u8]) -> Result<NonZeroUsize, Fault<Error>> {
    NonZeroUsize::new(shown.len().saturating_sub(rest.len()))
        .ok_or(Fault::from_cause(Cause::NoProgress))
}

impl<F, T> fmt::Debug for Streaming<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("terms", &self.terms).finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for Lending<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lending").field("terms", &self.terms).finish_non_exhaustive()
    }
}
