//! A bound on the length of a record.

use core::num::NonZeroUsize;

use super::forward::{accessors, forward};
use crate::{Decode, Fault, Framing, Need, Output, Record, core::Budget};

/// A stage with a bound on the length of its records, in bytes.
///
/// The wrapped stage is never shown more at a time, so a record that is too long never completes,
/// even if all of it is buffered: the outcome does not depend on how much has arrived. If more is
/// there and the stage still needs input, the fault is [`TooLong`](crate::Cause::TooLong) at the
/// first byte too many. Each piece that is absorbed between items (padding, comments) has the same
/// limit.
///
/// On partial input it needs what the wrapped stage needs, but never waits for more than the first
/// byte too many. It does not refuse a record by an announced length, which it cannot know;
/// [`length`](crate::length) stages take a limit of their own and refuse at the announcement. Made
/// by [`DecodeExt::limit`](crate::DecodeExt::limit).
///
/// ```
/// use segue::{Buffer, Cause, DecodeExt, Output, Step, length};
///
/// let mut stage = length::u8().limit(6); // five bytes of payload, one of length
/// let mut buffer = Buffer::from(&b"\x05hello\x06he"[..]);
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"llo!");
/// let fault = buffer.step(&mut stage, false, &mut output).unwrap_err();
/// assert_eq!((fault.cause, fault.at), (Cause::TooLong, 6 + 6));
/// ```
#[derive(Debug, Clone)]
pub struct Limit<D> {
    stage: D,
    max: usize,
}

impl<D: Decode> Limit<D> {
    /// Wraps `stage`, with records of at most `max` bytes, headers and separators included.
    pub const fn new(stage: D, max: usize) -> Self {
        const { assert!(D::WIRE, "the records of this stage are not bytes of its stream") };
        Self { stage, max }
    }
}

impl<D> Limit<D> {
    /// Wraps any stage: one whose records are not bytes of the stream does not reach the limit by
    /// them.
    pub(super) const fn around(stage: D, max: usize) -> Self {
        Self { stage, max }
    }

    /// Returns the length of the longest record that is let through, in bytes.
    pub const fn max(&self) -> usize {
        self.max
    }

    /// Sets the length of the longest record, in bytes, from the next record on: for example a
    /// larger one after a login. Call it between records only.
    pub fn set_max(&mut self, max: usize) {
        self.max = max;
    }
}

accessors!(Limit<D>);

impl<D: Decode> Decode for Limit<D> {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<D::Error>> {
        let Some(room) = self.max.checked_sub(input.len()) else {
            return match self.stage.frame(&input[..self.max], false).map_err(Fault::fatal)? {
                Framing::Need(_) => Err(Fault::too_long(self.max as u64)),
                frame => within(frame, self.max),
            };
        };
        match self.stage.frame(input, eof).map_err(Fault::fatal)? {
            Framing::Need(need) => Ok(clipped(need, room)),
            frame => within(frame, input.len()),
        }
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<D::Error>> {
        self.stage.absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<D::Item<'a>, Fault<D::Error>> {
        self.stage.parse(record)
    }

    forward!(D, stage);
}

/// Refuses a record longer than what was shown, which would pass the limit.
#[inline]
fn within<E>(frame: Framing, shown: usize) -> Result<Framing, Fault<E>> {
    let length = match frame {
        Framing::Record(length) | Framing::Absorb(length) => length,
        Framing::Need(_) | Framing::Done => 0,
    };
    Budget::within(length, shown).map(|()| frame)
}

/// Cuts a need to the first byte too many, since that byte changes the answer.
#[inline]
fn clipped(need: Need, room: usize) -> Framing {
    let max = NonZeroUsize::MIN.saturating_add(room);
    let at_least = Need::exactly(need.at_least.min(max).get());
    Framing::Need(at_least.claiming(need.claim.min(max.get())))
}
