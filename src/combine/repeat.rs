//! Stages that start again.

use core::fmt;

use super::forward::{accessors, forward};
use crate::{Decode, Fault, Framing, Output, Record, core::Budget};

/// A stage that is made anew whenever it is done.
///
/// It is done at the end of the stream, if that comes before the first byte of a new round;
/// otherwise the stage of the round decides whether the stream may end there. On partial and on
/// complete input it acts as that stage does. A stage that is done again and again without
/// consuming anything would never end: that is [`NoProgress`](crate::Cause::NoProgress).
///
/// Made by [`repeat`].
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, combine::repeat, length};
///
/// // Pairs: a record with a 16-bit length, then one with an 8-bit length, again and again.
/// let mut pairs = repeat(|| length::u16_be().take(1).then(|_| Ok(length::u8().take(1))));
/// let mut buffer = Buffer::from(&b"\x00\x01a\x01b\x00\x01c"[..]);
/// let mut output = Output::new();
/// for _ in 0..3 {
///     assert!(matches!(buffer.step(&mut pairs, false, &mut output), Ok(Step::Item(_))));
/// }
/// assert!(matches!(buffer.step(&mut pairs, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"\x01d");
/// assert!(matches!(buffer.step(&mut pairs, true, &mut output), Ok(Step::Item(_))));
/// assert!(matches!(buffer.step(&mut pairs, true, &mut output), Ok(Step::Done)));
/// ```
#[derive(Clone)]
pub struct Repeat<D, F> {
    stage: D,
    make: F,
    /// Nothing was asked for in this round, so the stream may end here.
    fresh: bool,
    /// The account for rounds without a byte; each byte adds to it.
    budget: Budget,
}

/// Repeats the stage that `make` makes. See [`Repeat`].
pub fn repeat<D: Decode, F: FnMut() -> D>(mut make: F) -> Repeat<D, F> {
    Repeat { stage: make(), make, fresh: true, budget: Budget::new() }
}

impl<D, F> Repeat<D, F> {
    #[inline]
    fn consume(&mut self, record: &Record<'_>) {
        self.fresh = false;
        if !record.is_empty() {
            self.budget = Budget::new();
        }
    }
}

accessors!(Repeat<D, F>, "stage of this round");

impl<D: Decode, F: FnMut() -> D> Decode for Repeat<D, F> {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<D::Error>> {
        loop {
            if self.fresh && eof && input.is_empty() {
                return Ok(Framing::Done);
            }
            match self.stage.frame(input, eof).map_err(Fault::fatal)? {
                // A stage that is done stays so, so the next round may begin here: a second
                // question gets the same answer.
                Framing::Done => {
                    self.budget.spend(0)?;
                    self.stage = (self.make)();
                    self.fresh = true;
                }
                frame => return Ok(frame),
            }
        }
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<D::Error>> {
        self.consume(&record);
        self.stage.absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<D::Item<'a>, Fault<D::Error>> {
        self.consume(&record);
        self.stage.parse(record)
    }

    forward!(D, stage);
}

impl<D: fmt::Debug, F> fmt::Debug for Repeat<D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repeat").field("stage", &self.stage).finish_non_exhaustive()
    }
}
