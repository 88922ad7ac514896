//! Many records at the cost of a loop over a slice.

use core::mem;

use super::{Budget, Decode, Fault, Frame, Output, Record, Step};

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
        Self { stage, rest, start, base, eof, answers, budget: Budget::new() }
    }

    /// The next item, or what it takes to have one.
    ///
    /// # Errors
    /// As [`Buffer::step`](crate::Buffer::step).
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "items borrow; no Iterator can lend")]
    pub fn next(&mut self) -> Result<Step<D::Item<'_>>, Fault<D::Error>> {
        loop {
            let position = self.base.wrapping_add(*self.start as u64);
            let moved = |fault: Fault<D::Error>| fault.moved(position);
            match self.stage.frame(self.rest, self.eof).map_err(moved)? {
                Frame::Record(length) => {
                    Budget::within(length, self.rest.len()).map_err(moved)?;
                    self.budget.spend(length).map_err(moved)?;
                    let record = take(&mut self.rest, self.start, length);
                    return self.stage.parse(record).map(Step::Item).map_err(moved);
                }
                Frame::Absorb(length) => {
                    Budget::within(length.get(), self.rest.len()).map_err(moved)?;
                    self.budget.spend(length.get()).map_err(moved)?;
                    let record = take(&mut self.rest, self.start, length.get());
                    self.stage.absorb(record, self.answers).map_err(moved)?;
                }
                Frame::Need(_) if self.eof => {
                    return Err(Fault::truncated(position + self.rest.len() as u64));
                }
                Frame::Need(need) => return Ok(Step::Need(need)),
                Frame::Done => return Ok(Step::Done),
            }
        }
    }
}

#[inline]
fn take<'b>(rest: &mut &'b mut [u8], start: &mut usize, length: usize) -> Record<'b> {
    let (front, behind) = mem::take(rest).split_at_mut(length);
    *rest = behind;
    *start += length;
    Record::from(front)
}
