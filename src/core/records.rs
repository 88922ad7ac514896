//! Many records at the cost of a loop over a slice.

use core::mem;

use super::{Budget, Cause, Decode, Fault, Frame, Output, Record, Step};

/// The records of a stage that are buffered, lent one after the other.
///
/// Made by [`Buffer::records`](crate::Buffer::records). It is not an `Iterator`, since items borrow
/// the stage and the buffer: call [`next`](Self::next) in a `while let`.
///
/// ```
/// use segue::{Buffer, Output, Step, length};
///
/// let mut buffer = Buffer::from(&b"\x00\x02hi\x00\x05there\x00"[..]);
/// let mut stage = length::u16_be();
/// let mut output = Output::new();
/// let mut seen = Vec::new();
/// let mut records = buffer.records(&mut stage, false, &mut output);
/// while let Step::Item(record) = records.next().unwrap() {
///     seen.push(record.to_vec());
/// }
/// assert_eq!(seen, [b"hi".to_vec(), b"there".to_vec()]);
/// assert_eq!(buffer.as_slice(), b"\x00"); // the beginning of the next
/// ```
pub struct Records<'b, D> {
    stage: &'b mut D,
    rest: &'b mut [u8],
    /// The buffer's front, moved on with every record: a loan that ends early loses nothing.
    start: &'b mut usize,
    base: u64,
    eof: bool,
    answers: &'b mut Output,
    budget: Budget,
    /// Where `start` was when the budget was last told of what had been consumed.
    paid: usize,
}

impl<'b, D: Decode> Records<'b, D> {
    #[inline]
    pub(super) fn new(
        stage: &'b mut D,
        rest: &'b mut [u8],
        start: &'b mut usize,
        base: u64,
        eof: bool,
        answers: &'b mut Output,
    ) -> Self {
        let (budget, paid) = (Budget::new(), *start);
        Self { stage, rest, start, base, eof, answers, budget, paid }
    }

    /// The next item, or what it takes to have one.
    ///
    /// # Errors
    /// As [`Buffer::step`](crate::Buffer::step).
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "items borrow; no Iterator can lend")]
    pub fn next(&mut self) -> Result<Step<D::Item<'_>>, Fault<D::Error>> {
        loop {
            let length = match self.stage.frame(self.rest, self.eof) {
                Ok(Frame::Record(length)) => length,
                Ok(Frame::Absorb(length)) => {
                    self.absorb(length.get())?;
                    continue;
                }
                Ok(Frame::Need(need)) if !self.eof => return Ok(Step::Need(need)),
                Ok(Frame::Need(_)) => return Err(self.truncated()),
                Ok(Frame::Done) => return Ok(Step::Done),
                Err(fault) => return Err(moved(fault, self.position())),
            };
            if length == 0 {
                self.spend()?;
            }
            let position = self.position();
            let Some(record) = take(&mut self.rest, self.start, length) else {
                return Err(self.overrun());
            };
            return match self.stage.parse(record) {
                Ok(item) => Ok(Step::Item(item)),
                Err(fault) => Err(moved(fault, position)),
            };
        }
    }

    /// The offset in the stream of the front of what is left.
    #[inline]
    fn position(&self) -> u64 {
        self.base.wrapping_add(*self.start as u64)
    }

    #[inline]
    fn absorb(&mut self, length: usize) -> Result<(), Fault<D::Error>> {
        let position = self.position();
        let Some(record) = take(&mut self.rest, self.start, length) else {
            return Err(self.overrun());
        };
        self.stage.absorb(record, self.answers).map_err(|fault| moved(fault, position))
    }

    /// Pays for a record of no bytes with the bytes that have been consumed.
    #[inline(never)]
    fn spend(&mut self) -> Result<(), Fault<D::Error>> {
        let consumed = *self.start - self.paid;
        if consumed > 0 {
            self.budget.spend(consumed)?;
            self.paid = *self.start;
        }
        self.budget.spend(0).map_err(|fault| moved(fault, self.position()))
    }

    #[cold]
    #[inline(never)]
    fn truncated(&self) -> Fault<D::Error> {
        Fault::truncated(self.position().saturating_add(self.rest.len() as u64))
    }

    #[cold]
    #[inline(never)]
    fn overrun(&self) -> Fault<D::Error> {
        moved(Fault::from_cause(Cause::Contract), self.position())
    }
}

/// A fault is made and moved out of line: where its small fields are written in a loop, an item
/// that shares their place in a `Result` is taken apart into bytes and put together again.
#[cold]
#[inline(never)]
fn moved<E>(fault: Fault<E>, by: u64) -> Fault<E> {
    fault.moved(by)
}

/// Consumes `length` bytes, if there are as many.
#[inline]
fn take<'b>(rest: &mut &'b mut [u8], start: &mut usize, length: usize) -> Option<Record<'b>> {
    if length > rest.len() {
        return None;
    }
    let (front, behind) = mem::take(rest).split_at_mut(length);
    *rest = behind;
    *start += length;
    Some(Record::from(front))
}
