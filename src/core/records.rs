//! Many records at the cost of a loop over a slice.

use core::{fmt, mem};

use super::{
    Ahead, Decode, Fault, Framing, Output, Record, Step,
    asking::{
        endless, framing, is_too_long, moved, overrun, pay, pay_inside, too_long, truncated, within,
    },
    buffer::Loan,
    pull::Death,
};

/// The buffered records of a stage, lent one after the other.
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
    /// The buffered bytes. For a stage that looks ahead these are all bytes of the loan, with
    /// `ahead.front` as their start: the search for the next end does not wait for the last one.
    /// For other stages consumed bytes are cut off, which finds the next record a little sooner.
    bytes: &'b mut [u8],
    ahead: Ahead,
    /// The buffer's front, moved on with every record, so that a loan may end at any time.
    start: &'b mut usize,
    /// The buffer's account of records of no bytes, and the progress of an inner stream that last
    /// paid into it.
    account: (&'b mut u64, &'b mut u64),
    /// The offset in the stream from which `start` counts. It wraps, as the buffer's does.
    base: u64,
    eof: bool,
    /// The longest input the stage is shown, in bytes, and the place to note its death, if there is
    /// one.
    limit: usize,
    death: Option<Death<'b>>,
    answers: &'b mut Output,
}

impl<'b, D: Decode> Records<'b, D> {
    #[inline]
    pub(super) fn new(
        stage: &'b mut D,
        loan: Loan<'b>,
        eof: bool,
        answers: &'b mut Output,
    ) -> Self {
        let Loan { bytes, start, account, position } = loan;
        let base = position.wrapping_sub(*start as u64);
        let (limit, death) = (usize::MAX, None);
        let ahead = Ahead::nothing(*start);
        Self { stage, bytes, ahead, start, account, base, eof, limit, death, answers }
    }

    /// Bounds the length of a record by `limit`, in bytes, and notes a fatal fault in `death`.
    #[inline]
    pub(super) fn within(self, limit: usize, death: Death<'b>) -> Self {
        Self { limit, death: Some(death), ..self }
    }

    /// Returns the offset in the stream of the first byte not consumed. It is computed on demand,
    /// which is seldom, so that no record has to update it.
    #[inline(always)]
    fn position(&self) -> u64 {
        self.base.wrapping_add(*self.start as u64)
    }

    /// Returns the next item, or what the stage needs for one.
    ///
    /// # Errors
    /// As [`Buffer::step`](crate::Buffer::step).
    // Always in line, and nothing out of line is given `self`: only then do its fields stay in
    // registers from one record to the next, which saves a quarter of the cost of a small record.
    #[inline(always)]
    #[expect(clippy::should_implement_trait, reason = "items borrow; no Iterator can lend")]
    pub fn next(&mut self) -> Result<Step<D::Item<'_>>, Fault<D::Error>> {
        loop {
            let front = self.ahead.front;
            let (shown, eof) = within(self.bytes, self.eof, front.saturating_add(self.limit));
            let held = shown.len() - front;
            let answer = if D::AHEAD {
                self.stage.frame_ahead(shown, eof, &mut self.ahead)
            } else {
                self.stage.frame(shown, eof)
            };
            let length = match answer {
                Ok(Framing::Record(length)) => length,
                Ok(Framing::Absorb(length)) => {
                    let position = self.position();
                    if length == 0 {
                        let Some(paid) = self.paid(position) else {
                            self.die();
                            return Err(endless(position));
                        };
                        *self.account.0 = paid;
                    }
                    if length > held {
                        self.die();
                        return Err(overrun(position));
                    }
                    let record = consume::<D>(&mut self.bytes, &mut self.ahead, self.start, length);
                    match self.stage.absorb(record, self.answers) {
                        Ok(()) => continue,
                        Err(fault) => {
                            note(&mut self.death, fault.fatal);
                            return Err(moved(fault, position));
                        }
                    }
                }
                Ok(Framing::Need(need))
                    if is_too_long(self.bytes.len() - front, need, self.limit) =>
                {
                    self.die();
                    return Err(too_long(self.position(), self.limit));
                }
                Ok(Framing::Need(need)) if !eof => return Ok(Step::Need(need)),
                Ok(Framing::Need(_)) => {
                    self.die();
                    return Err(truncated(self.position(), held));
                }
                Ok(Framing::Done) => return Ok(Step::Done),
                Err(fault) => {
                    self.die();
                    return Err(framing(fault, self.position()));
                }
            };
            if length == 0 {
                let position = self.position();
                let Some(paid) = self.paid(position) else {
                    self.die();
                    return Err(endless(position));
                };
                *self.account.0 = paid;
            }
            if length > held {
                self.die();
                return Err(overrun(self.position()));
            }
            // The item may borrow the stage, so nothing else is asked behind it.
            let Self { stage, bytes, ahead, start, base, death, .. } = self;
            let record = consume::<D>(bytes, ahead, start, length);
            return match stage.parse(record) {
                Ok(item) => Ok(Step::Item(item)),
                Err(fault) => {
                    note(death, fault.fatal);
                    Err(moved(fault, base.wrapping_add((**start - length) as u64)))
                }
            };
        }
    }

    /// Notes that the stage is not to be asked again.
    #[inline(always)]
    fn die(&mut self) {
        note(&mut self.death, true);
    }

    /// Returns the account after a record of no bytes, if something pays for it.
    #[inline(always)]
    fn paid(&mut self, position: u64) -> Option<u64> {
        let (paid, inside) = &mut self.account;
        pay(**paid, position).or_else(|| pay_inside(**paid, inside, self.stage.progress()))
    }
}

/// Takes `length` bytes from the front.
#[inline(always)]
fn consume<'a, D: Decode>(
    bytes: &'a mut &mut [u8],
    ahead: &mut Ahead,
    start: &mut usize,
    length: usize,
) -> Record<'a> {
    Record::from(if D::AHEAD {
        let front = ahead.front;
        ahead.front += length;
        // Not `+=`, which the next record would wait for.
        *start = ahead.begun + ahead.front;
        &mut bytes[front..][..length]
    } else {
        *start += length;
        let (front, behind) = mem::take(bytes).split_at_mut(length);
        *bytes = behind;
        front
    })
}

/// Notes in the stage's [`Pull`](crate::Pull), if there is one, that it is dead.
#[inline(always)]
fn note(death: &mut Option<Death<'_>>, fatal: bool) {
    if let Some(death) = death
        && fatal
    {
        death.note();
    }
}

/// Shows the length of the rest and not the payload.
impl<D> fmt::Debug for Records<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("len", &(self.bytes.len() - self.ahead.front))
            .field("eof", &self.eof)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, Cause};

    /// Yields records of the given lengths, whatever the input.
    struct Told(&'static [usize]);

    impl Decode for Told {
        type Item<'a> = usize;
        type Error = core::convert::Infallible;

        fn frame(&mut self, _: &[u8], _: bool) -> Result<Framing, Fault<Self::Error>> {
            Ok(Framing::Record(*self.0.first().unwrap_or(&0)))
        }

        fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<usize, Fault<Self::Error>> {
            self.0 = self.0.get(1..).unwrap_or_default();
            Ok(record.len())
        }
    }

    #[test]
    fn a_stage_that_only_yields_nothing_is_stopped() {
        let mut output = Output::new();
        for consumed in [&[][..], &[2, 0, 3]] {
            let mut buffer = Buffer::from(&b"......"[..]);
            buffer.consume(1);
            let mut stage = Told(consumed);
            let mut records = buffer.records(&mut stage, false, &mut output);
            let bytes: usize = consumed.iter().sum();
            let mut seen = 0;
            let fault = loop {
                match records.next() {
                    Ok(_) => seen += 1,
                    Err(fault) => break fault,
                }
            };
            // Each byte consumed pays for a record of none, also one in front of the records.
            let paid = consumed.iter().filter(|&&length| length > 0).count();
            assert_eq!(seen, 64 + 1 + bytes + paid);
            assert_eq!((fault.cause, fault.at), (Cause::NoProgress, 1 + bytes as u64));
            assert_eq!(buffer.position(), 1 + bytes as u64);
        }
    }

    #[test]
    fn more_than_there_is_cannot_be_announced() {
        let mut buffer = Buffer::from(&b"abc"[..]);
        let (mut stage, mut output) = (Told(&[2, 2]), Output::new());
        let mut records = buffer.records(&mut stage, false, &mut output);
        assert_eq!(records.next(), Ok(Step::Item(2)));
        let fault = records.next().unwrap_err();
        assert_eq!((fault.cause, fault.at), (Cause::Contract, 2));
        assert_eq!(buffer.as_slice(), b"c");
        assert_eq!(buffer.step(&mut stage, false, &mut output).unwrap_err().cause, Cause::Contract);
    }
}
