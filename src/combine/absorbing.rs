//! Records left out without an item.

use core::fmt;

use super::forward::{accessors, forward};
use crate::{Decode, Fault, Framing, Output, Record};

/// A stage of which some records are consumed and yield no item: comments, keep-alives.
///
/// The function sees a whole record as it is on the wire, header included, and decides whether to
/// leave it out. The wrapped stage still parses what is left out, and its faults come through. On
/// partial input it acts as the wrapped stage does, since the function is asked about whole records
/// only. A record of no bytes always yields its item. If a stage consumes a record in parts, as
/// [`SkipOversize`](super::SkipOversize) does with one that is too long, the function sees only the
/// last part, which depends on the reads: use it on stages that take records whole. Made by
/// [`DecodeExt::absorbing`](crate::DecodeExt::absorbing).
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, length};
///
/// // A record of length 0 keeps the connection alive.
/// let mut stage = length::u8().absorbing(|record| record == [0]);
/// let mut buffer = Buffer::from(&b"\x00\x00\x02h"[..]);
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"i");
/// let Ok(Step::Item(record)) = buffer.step(&mut stage, false, &mut output) else { panic!() };
/// assert_eq!(record, b"hi");
/// ```
#[derive(Clone)]
pub struct Absorbing<D, P> {
    stage: D,
    leave_out: P,
    /// True if the last frame announced an item of the wrapped stage that is left out.
    left_out: bool,
}

impl<D: Decode, P> Absorbing<D, P> {
    /// Wraps `stage` and leaves out the records for which `leave_out` returns true.
    pub const fn new(stage: D, leave_out: P) -> Self {
        const { assert!(D::WIRE, "the records of this stage are not bytes of its stream") };
        Self { stage, leave_out, left_out: false }
    }
}

accessors!(Absorbing<D, P>);

impl<D: Decode, P: Fn(&[u8]) -> bool> Decode for Absorbing<D, P> {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<D::Error>> {
        let frame = self.stage.frame(input, eof).map_err(Fault::fatal)?;
        self.left_out = match frame {
            // A record longer than what was shown is left to the driver, which finds it out.
            Framing::Record(length) if length > 0 => {
                input.get(..length).is_some_and(|record| (self.leave_out)(record))
            }
            _ => false,
        };
        match frame {
            Framing::Record(length) if self.left_out => Ok(Framing::Absorb(length)),
            frame => Ok(frame),
        }
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<D::Error>> {
        if self.left_out {
            self.stage.parse(record).map(drop)
        } else {
            self.stage.absorb(record, answers)
        }
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<D::Item<'a>, Fault<D::Error>> {
        self.stage.parse(record)
    }

    forward!(D, stage);
}

impl<D: fmt::Debug, P> fmt::Debug for Absorbing<D, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Absorbing").field("stage", &self.stage).finish_non_exhaustive()
    }
}
