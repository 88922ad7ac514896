//! Streaming nom parsers as stages.

use ::nom::{Check, Emit, Err, Needed, OutputM, Parser, Streaming as InPart};
use core::{fmt, num::NonZeroUsize};

use super::{Error, Located, error::rejected};
use crate::{Cause, Decode, Fault, Framing, Need, Record};

/// Records that a streaming `parser` finds the end of itself, as items that own what they say.
///
/// The parser is run over what is buffered, and its output is the item. It must be a *streaming*
/// parser: as long as more bytes could change its answer, it answers `Incomplete`. One made of
/// nom's `complete` functions takes the end of a read for the end of the record.
///
/// The stage is over where the stream ends between two records. A parser that is still incomplete
/// there is truncated; one that looks for the end of its record in what comes behind it, as
/// `digit1` does, does not see the end of the stream as such an end. Refusals are fatal, at the
/// byte that the parser names: where the next record starts is unknown. A parser that takes no
/// byte is refused as [`Cause::NoProgress`].
///
/// # What it costs
/// A nom parser keeps nothing from one run to the next, so each time when more has come it starts
/// from the front. A record of `n` bytes that comes in `k` reads is looked at `k` times, and byte
/// by byte that makes `n * n / 2` bytes. [`max`](Streaming::max) bounds `n`, and with it the work
/// for each received byte: half of `max` at worst, so work is linear in the stream whatever a peer
/// does. To wait for more than the next byte would be cheaper, and wrong: a record may be complete
/// with it, and its sender be waiting for the answer.
///
/// nom's [`Needed`] would tell for how much to wait, but few parsers get it right through all
/// their branches, and one that asks for too much hangs at the end of a conversation. So it is
/// left alone, unless [`trust_needed`](Streaming::trust_needed) says that it is exact. Without it
/// the stage cannot tell the bytes of the record from those behind it, and claims none
/// ([`Need::claim`]).
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

/// As [`streaming`], with items that borrow from the record.
///
/// What is told there of truncation, refusals and cost holds here too. Since items cannot be kept
/// until the record is lent, the parser is run once more over the whole record, and only that. So
/// it must not look further ahead than it consumes: one that takes digits up to something that is
/// not one finds the record alone incomplete, which is refused as [`Error::LooksAhead`].
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
    /// The record that was found in front, and how long it is. More input does not change it.
    found: Option<(NonZeroUsize, T)>,
}

/// The stage of [`lending`].
#[derive(Clone)]
pub struct Lending<F> {
    parser: F,
    terms: Terms,
    found: Option<NonZeroUsize>,
}

/// The limit of both stages unless another is set: 8 KiB, in bytes. A head or a command is
/// shorter; what is longer has a length, and is better read by it.
const MAX: usize = 8 * 1024;

macro_rules! settings {
    () => {
        /// Refuses records longer than `bytes` bytes, counting what the parser looks at behind
        /// them, as [`Cause::TooLong`] at the first byte too many. Unless set it is 8 KiB.
        #[must_use]
        pub fn max(mut self, bytes: usize) -> Self {
            self.terms.max = bytes;
            self
        }

        /// Takes the parser's [`Needed`] for exact: with fewer more bytes than that nothing is
        /// complete, and all of them are the record's.
        ///
        /// The parser is then not run before they are there, they are claimed
        /// ([`Need::claim`]), and a record whose need passes [`max`](Self::max) is refused at
        /// once. If the parser asks for more than it takes, the stage waits for bytes that never
        /// come: a `tag` behind an alternative of shorter ones is enough for that.
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

/// When a parser is run.
#[derive(Debug, Clone)]
struct Terms {
    max: usize,
    trusting: bool,
    /// With less input than this, the parser would say again what it has said.
    next_run: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self { max: MAX, trusting: false, next_run: 0 }
    }
}

impl Terms {
    /// The answer, if it is known without a run.
    fn before_a_run(&self, input: &[u8], eof: bool) -> Option<Framing> {
        if input.is_empty() && eof {
            return Some(Framing::Done);
        }
        let missing = self.next_run.max(1).saturating_sub(input.len());
        (missing > 0).then(|| self.need(missing))
    }

    /// The parser never sees more than a record may have, so its verdict does not depend on how
    /// much has come.
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

/// How much of `shown` was taken.
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
