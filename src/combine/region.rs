//! Stages confined to a number of bytes.

use super::forward::{accessors, forward};
use crate::{Decode, Fault, Framing, Need, Output, Record, core::Budget};

/// A stage confined to the next `length` bytes, and done at their end, whatever the wrapped stage
/// does.
///
/// The wrapped stage is never shown a byte beyond, so it cannot read what belongs to the next
/// stage: the end of the region is the end of its stream. If it stops early, the rest of the region
/// is skipped in the pieces in which it arrives. If it needs more than the region has, the fault is
/// [`Truncated`](crate::Cause::Truncated) at the end of the region, however the bytes arrived.
///
/// On partial input it needs what the wrapped stage needs, but no more than the rest of the region,
/// all of which it claims: reading to the end of the region takes no byte from the next stage. A
/// stream that ends inside the region is truncated, even if the wrapped stage could end there. Made
/// by [`DecodeExt::region`](crate::DecodeExt::region).
///
/// ```
/// use segue::{Buffer, Cause, DecodeExt, Output, Step, length};
///
/// let mut stage = length::u8().take(1).region(5);
/// let mut buffer = Buffer::from(&b"\x02hi+"[..]);
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
/// let Ok(Step::Need(need)) = buffer.step(&mut stage, false, &mut output) else { panic!() };
/// assert_eq!(need.claim, 1);
/// buffer.extend(b"+next");
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done)));
/// assert_eq!(buffer.as_slice(), b"next");
///
/// // A record that does not fit is not read past the end of its region.
/// let mut stage = length::u8().region(3);
/// let mut buffer = Buffer::from(&b"\x09hinext"[..]);
/// let fault = buffer.step(&mut stage, false, &mut output).unwrap_err();
/// assert_eq!((fault.cause, fault.at), (Cause::Truncated, 3));
/// ```
#[derive(Debug, Clone)]
pub struct Region<D> {
    stage: D,
    left: u64,
    /// The wrapped stage is done, and the rest is skipped.
    stopped: bool,
}

impl<D> Region<D> {
    /// Confines `stage` to the next `length` bytes.
    pub const fn new(stage: D, length: u64) -> Self {
        Self { stage, left: length, stopped: false }
    }

    /// Returns the number of bytes of the region that were not consumed.
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Returns the part of `input` that lies in the region.
    #[inline]
    fn inside<'i>(&self, input: &'i [u8]) -> &'i [u8] {
        match usize::try_from(self.left) {
            Ok(left) if left < input.len() => &input[..left],
            _ => input,
        }
    }

    /// Returns the number of bytes of the region behind the `shown` ones; more than a `usize` can
    /// hold counts as endless.
    #[inline]
    fn behind(&self, shown: &[u8]) -> usize {
        usize::try_from(self.left - shown.len() as u64).unwrap_or(usize::MAX)
    }

    #[inline]
    fn consume(&mut self, record: &Record<'_>) {
        self.left = self.left.saturating_sub(record.len() as u64);
    }
}

accessors!(Region<D>);

impl<D: Decode> Decode for Region<D> {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], _eof: bool) -> Result<Framing, Fault<D::Error>> {
        let shown = self.inside(input);
        let behind = self.behind(shown);
        if !self.stopped {
            match self.stage.frame(shown, behind == 0).map_err(Fault::fatal)? {
                Framing::Record(length) => {
                    Budget::within(length, shown.len())?;
                    return Ok(Framing::Record(length));
                }
                Framing::Absorb(length) => {
                    Budget::within(length, shown.len())?;
                    return Ok(Framing::Absorb(length));
                }
                Framing::Need(_) if behind == 0 => return Err(Fault::truncated(self.left)),
                Framing::Need(need) => return Ok(clipped(need, behind)),
                Framing::Done => self.stopped = true,
            }
        }
        Ok(match (shown.len(), behind) {
            (0, 0) => Framing::Done,
            (0, behind) => Framing::Need(Need::ONE.claiming(behind)),
            (length, _) => Framing::Absorb(length),
        })
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<D::Error>> {
        self.consume(&record);
        if self.stopped {
            return Ok(());
        }
        self.stage.absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<D::Item<'a>, Fault<D::Error>> {
        self.consume(&record);
        self.stage.parse(record)
    }

    forward!(D, stage);
}

/// Cuts a need to the end of the region, where the answer changes. All bytes before it belong to
/// the region.
#[inline]
fn clipped(need: Need, behind: usize) -> Framing {
    let at_least = need.at_least.get().min(behind);
    Framing::Need(Need::exactly(at_least).claiming(behind))
}
