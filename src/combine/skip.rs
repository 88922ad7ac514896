//! Records that are too long, passed over instead of refused.

use core::num::NonZeroUsize;

use super::forward::forward;
use crate::{Cause, Decode, Fault, Framing, Output, Record};

/// Passes over records with more than `max` bytes of content, in memory that does not grow with
/// them, and reports each once at its end.
///
/// The stage defines the content: neither length prefixes nor separators are part of it. `max`
/// replaces the limit of the stage. Whether a record fits, and its reported length, do not depend
/// on the cuts.
///
/// ```
/// use segue::combine::{Measured, skip_oversize};
/// use segue::{Buffer, Output, Step, separator};
///
/// let mut buffer = Buffer::from(&b"short\nmuch too long\nfine\npart of one"[..]);
/// let mut stage = skip_oversize(separator::line(), 8);
/// let mut output = Output::new();
/// let mut seen = Vec::new();
/// while let Step::Item(line) = buffer.step(&mut stage, false, &mut output).unwrap() {
///     seen.push(match line {
///         Measured::Fits(line) => String::from_utf8_lossy(&line).into_owned(),
///         Measured::TooLong { bytes } => format!("({bytes} bytes)"),
///     });
/// }
/// assert_eq!(seen, ["short", "(13 bytes)", "fine"]);
/// // The beginning of the last line is known to be too long, and held no more.
/// assert!(buffer.is_empty());
/// buffer.extend(b"\n");
/// let step = buffer.step(&mut stage, false, &mut output).unwrap();
/// assert!(matches!(step, Step::Item(Measured::TooLong { bytes: 11 })));
/// ```
pub fn skip_oversize<D: Skim>(stage: D, max: usize) -> SkipOversize<D> {
    SkipOversize { stage, max, passed: 0, ahead: Skimmed::Framing(Framing::Done) }
}

/// A stage made by [`skip_oversize`].
#[derive(Debug, Clone)]
pub struct SkipOversize<D> {
    stage: D,
    max: usize,
    /// Bytes of content that were passed over of the record in front, which is too long.
    passed: u64,
    /// The last answer, which tells whose bytes are consumed next.
    ahead: Skimmed,
}

/// An item of [`skip_oversize`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured<T> {
    /// A record that is not longer than the limit.
    Fits(T),
    /// A record that was passed over; it has ended.
    TooLong {
        /// The length of its content in bytes, always more than the limit.
        bytes: u64,
    },
}

/// A stage that can pass over the rest of a record that is too long without holding it.
///
/// [`skip_oversize`] asks [`skim`](Self::skim) in place of [`frame`](Decode::frame). When told of a
/// part of a record that is too long, it consumes the part, calls [`pass`](Self::pass), and asks
/// again, now inside the record, until the record ends. `frame` and [`parse`](Decode::parse) are
/// not called in between.
pub trait Skim: Decode {
    /// Does what [`frame`](Decode::frame) does, for records of up to `max` bytes of content in
    /// place of the stage's own limit, and answers for longer ones instead of failing.
    ///
    /// Report a record as too long as soon as that is certain, and pass over one whose end is
    /// buffered in a single [`Skimmed::End`]. `max` stays the same within a record. As with
    /// `frame`, asking commits to nothing.
    ///
    /// # Errors
    /// Those of `frame`, except [`Cause::TooLong`] for content that can be passed over.
    fn skim(&mut self, input: &[u8], eof: bool, max: usize) -> Result<Skimmed, Fault<Self::Error>>;

    /// Notes that the last answer of [`skim`](Self::skim), a [`Skimmed::Part`] or [`Skimmed::End`],
    /// was consumed. The stage is now inside a record that is too long, or behind it.
    fn pass(&mut self, skimmed: Skimmed);
}

/// The answer of [`Skim::skim`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skimmed {
    /// No record that is too long is in front, or it is not known yet whether it is, or how it goes
    /// on.
    Framing(Framing),
    /// A record that is too long goes on behind these bytes.
    Part {
        /// Bytes to be consumed.
        length: NonZeroUsize,
        /// The number of them that are content.
        content: usize,
    },
    /// A record that is too long ends with these bytes.
    End {
        /// Bytes to be consumed. 0 is legal: the end of the stream may end a record.
        length: usize,
        /// The number of them that are content.
        content: usize,
    },
}

impl<D> SkipOversize<D> {
    /// Returns the wrapped stage.
    pub fn into_inner(self) -> D {
        self.stage
    }
}

impl<D: Skim> Decode for SkipOversize<D> {
    type Item<'a>
        = Measured<D::Item<'a>>
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        self.ahead = self.stage.skim(input, eof, self.max).map_err(Fault::fatal)?;
        Ok(match self.ahead {
            Skimmed::Framing(frame) => frame,
            Skimmed::Part { length, .. } => Framing::Absorb(length.get()),
            Skimmed::End { length, .. } => Framing::Record(length),
        })
    }

    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        match self.ahead {
            Skimmed::Framing(_) => self.stage.absorb(record, answers),
            Skimmed::Part { content, .. } => {
                self.passed += content as u64;
                self.stage.pass(self.ahead);
                Ok(())
            }
            Skimmed::End { .. } => Err(Fault::from_cause(Cause::Contract)),
        }
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        match self.ahead {
            Skimmed::Framing(_) => self.stage.parse(record).map(Measured::Fits),
            Skimmed::End { content, .. } => {
                self.stage.pass(self.ahead);
                let bytes = core::mem::take(&mut self.passed) + content as u64;
                Ok(Measured::TooLong { bytes })
            }
            Skimmed::Part { .. } => Err(Fault::from_cause(Cause::Contract)),
        }
    }

    forward!(D, stage);
}

impl<D: Skim + ?Sized> Skim for &mut D {
    #[inline]
    fn skim(&mut self, input: &[u8], eof: bool, max: usize) -> Result<Skimmed, Fault<Self::Error>> {
        (**self).skim(input, eof, max)
    }

    #[inline]
    fn pass(&mut self, skimmed: Skimmed) {
        (**self).pass(skimmed);
    }
}

#[cfg(feature = "laws")]
impl<T: crate::laws::Observe> crate::laws::Observe for Measured<T> {
    fn observe(&self, log: &mut crate::laws::Log) {
        match self {
            Self::Fits(item) => item.observe(log),
            Self::TooLong { bytes } => log.event(format_args!("too long: {bytes}")),
        }
    }
}
