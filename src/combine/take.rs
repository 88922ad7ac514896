//! A fixed number of records.

use super::forward::{accessors, forward};
use crate::{Decode, Fault, Framing, Output, Record};

/// A stage that is done after a number of records.
///
/// Records that become faults count as well; what is absorbed does not. On partial input it acts as
/// the wrapped stage does. If that is done too early, at the end of the stream or elsewhere, the
/// fault is [`Truncated`](crate::Cause::Truncated) at its end. Made by
/// [`DecodeExt::take`](crate::DecodeExt::take).
///
/// ```
/// use segue::{Buffer, Cause, DecodeExt, Output, Step, length};
///
/// let mut stage = length::u8().take(2);
/// let mut buffer = Buffer::from(&b"\x01a\x01"[..]);
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"b\x01c");
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done)));
/// assert_eq!(buffer.as_slice(), b"\x01c");
///
/// let mut buffer = Buffer::from(&b"\x01a"[..]);
/// let mut stage = length::u8().take(2);
/// assert!(matches!(buffer.step(&mut stage, true, &mut output), Ok(Step::Item(_))));
/// let fault = buffer.step(&mut stage, true, &mut output).unwrap_err();
/// assert_eq!((fault.cause, fault.at), (Cause::Truncated, 2));
/// ```
#[derive(Debug, Clone)]
pub struct Take<D> {
    stage: D,
    left: u64,
}

impl<D> Take<D> {
    /// Takes `count` records of `stage`.
    pub const fn new(stage: D, count: u64) -> Self {
        Self { stage, left: count }
    }

    /// Returns the number of records still to come.
    pub const fn left(&self) -> u64 {
        self.left
    }
}

accessors!(Take<D>);

impl<D: Decode> Decode for Take<D> {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<D::Error>> {
        if self.left == 0 {
            return Ok(Framing::Done);
        }
        match self.stage.frame(input, eof).map_err(Fault::fatal)? {
            Framing::Done => Err(Fault::truncated(0)),
            frame => Ok(frame),
        }
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<D::Error>> {
        self.stage.absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<D::Item<'a>, Fault<D::Error>> {
        self.left = self.left.saturating_sub(1);
        self.stage.parse(record)
    }

    forward!(D, stage);
}
