//! A stage that reads.

use super::{Fault, Framing, Output, Record};

/// A stage of a protocol that reads: it delimits records, then parses them.
///
/// A stage does no I/O, knows no clock and owns no input. Whoever drives it holds the bytes and
/// goes through this loop, which [`Buffer::step`](crate::Buffer::step) and every connection of
/// this crate is made of:
///
/// 1. show [`frame`](Self::frame) all that is buffered;
/// 2. on [`Framing::Record`], consume that many bytes and give them to [`parse`](Self::parse), whose
///    result is the item; on [`Framing::Absorb`], consume them and give them to
///    [`absorb`](Self::absorb); on [`Framing::Need`], read more, or, at the end of the stream,
///    report truncation; on [`Framing::Done`], leave what is buffered to the next stage;
/// 3. start again, unless a [`fatal`](Fault::fatal) fault came up.
///
/// # Contract
/// - `frame` may remember how far it has looked, so that no byte is looked at twice, but commits
///   to nothing: the same input gets the same answer, and more input never takes one back.
/// - Only `parse` and `absorb` move the stage on, by exactly one record.
/// - After a record was consumed, `frame` is shown what follows it; before that, the input only
///   ever grows at its end.
/// - Faults count their offset from the front of what was shown.
///
/// The law suite (feature `laws`) checks all this for any stage in a line.
///
/// # Made of other stages
/// A stage that asks another one's `frame` owes it the record: to its `parse` (or `absorb`, if that
/// is what it announced), also where it tells its own driver to absorb what the other calls a
/// record. The other one remembers where the record in front ends, and would look for it in the
/// next one. What a record decides is set before the inner item is made, or in `absorb`: the item
/// borrows the stage it comes from for as long as it lives, so nothing can be changed behind it.
/// The book writes such a stage, in [its chapter on
/// RESP](https://github.com/segue-rs/segue/blob/main/book/src/stages-of-stages.md).
///
/// # Example
/// A record is a length in one byte, then that many bytes; the item is the text in it.
///
/// ```
/// use segue::{Buffer, Decode, Fault, Framing, Output, Record, Step};
///
/// struct Text;
///
/// impl Decode for Text {
///     type Item<'a> = &'a str;
///     type Error = core::str::Utf8Error;
///
///     fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
///         let Some(&length) = input.first() else {
///             return Ok(if eof { Framing::Done } else { Framing::need(1) });
///         };
///         let whole = 1 + usize::from(length);
///         Ok(if input.len() < whole { Framing::need(whole - input.len()) } else { Framing::Record(whole) })
///     }
///
///     fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<&'a str, Fault<Self::Error>> {
///         record.advance(1);
///         core::str::from_utf8(record.into_slice())
///             .map_err(|error| Fault::new(error).at(1 + error.valid_up_to() as u64).recoverable())
///     }
/// }
///
/// # fn main() -> Result<(), Fault<core::str::Utf8Error>> {
/// let mut buffer = Buffer::from(&b"\x03one\x03tw"[..]);
/// let (mut stage, mut output) = (Text, Output::new());
/// assert_eq!(buffer.step(&mut stage, false, &mut output)?, Step::Item("one"));
/// assert!(matches!(buffer.step(&mut stage, false, &mut output)?, Step::Need(_)));
/// buffer.extend(b"o");
/// assert_eq!(buffer.step(&mut stage, false, &mut output)?, Step::Item("two"));
/// # Ok(()) }
/// ```
pub trait Decode {
    /// What one record becomes. It may borrow the buffer and scratch space of the stage.
    type Item<'a>
    where
        Self: 'a;
    /// How the bytes of a peer can break the rules of this stage.
    type Error;

    /// Says how long the record in front of `input` is, or what it takes to know.
    ///
    /// `eof` says that nothing will follow `input`. A stage for which that is a proper end answers
    /// [`Framing::Done`]; answering [`Framing::Need`] all the same means that the stream is truncated.
    ///
    /// # Errors
    /// Faults of `frame` are fatal, since where the next record starts is not known any more.
    /// Drivers treat one as such even if it says otherwise, and a stage that asks another stage's
    /// `frame` makes its faults [`fatal`](Fault::fatal()).
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>>;

    /// Takes a record of [`Framing::Absorb`], and may queue an answer to it.
    ///
    /// # Errors
    /// When the record breaks the rules of the stage.
    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        let _ = (record, answers);
        Ok(())
    }

    /// Makes a record of [`Framing::Record`] an item.
    ///
    /// # Errors
    /// When the record breaks the rules of the stage; a fault that is not fatal lets the stage go
    /// on with the next record.
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>>;

    /// How many bytes the stage holds that it took from its input and made no item of, and how
    /// many that it has queued and nobody has sent.
    ///
    /// Most stages hold none and leave this as it is: what they have not consumed is in the buffer
    /// of whoever drives them. A stage with a buffer or an output of its own, as
    /// [`Nested`](crate::combine::Nested) is, counts what is in them. A connection with a residue
    /// is not [handed off](crate::Edge) by accident, since the bytes would be lost with the stage.
    ///
    /// A stage made of other stages adds up theirs.
    fn residue(&self) -> (usize, usize) {
        (0, 0)
    }
}

impl<D: Decode + ?Sized> Decode for &mut D {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        (**self).frame(input, eof)
    }

    #[inline]
    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        (**self).absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        (**self).parse(record)
    }

    #[inline]
    fn residue(&self) -> (usize, usize) {
        (**self).residue()
    }
}

/// The stage that is over before it begins: what a connection holds between two stages, and while
/// an [`Exchange`](crate::Exchange) runs.
impl Decode for () {
    type Item<'a> = core::convert::Infallible;
    type Error = core::convert::Infallible;

    fn frame(&mut self, _: &[u8], _: bool) -> Result<Framing, Fault<Self::Error>> {
        Ok(Framing::Done)
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        // `frame` never announces a record.
        Err(Fault::from_cause(super::Cause::Contract))
    }
}
