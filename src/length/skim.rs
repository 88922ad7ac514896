//! Records that are too long, passed over by their length.

use core::num::NonZeroUsize;

use super::{Error, Prefix, Prefixed, Scan};
use crate::combine::{Skim, Skimmed};
use crate::{Cause, Fault, Framing, Need};

/// The state of the stage in a record that is too long. Counts are of bytes on the wire, up to the
/// end of the record and its trailer.
#[derive(Debug, Clone, Default)]
pub(super) struct Passing {
    /// The rest of the record that the stage is inside; 0 between records.
    left: u64,
    /// The rest when the stage was last asked: `left` becomes this less what is passed.
    asked: u64,
}

impl Passing {
    pub(super) fn pass(&mut self, skimmed: Skimmed) {
        self.left = match skimmed {
            Skimmed::Framing(_) | Skimmed::End { .. } => 0,
            Skimmed::Part { length, .. } => self.asked.saturating_sub(length.get() as u64),
        };
    }
}

impl<P: Prefix> Prefixed<P> {
    /// Does what `Skim::skim` does, for records with `trailer` bytes more behind the rest, which
    /// are not content.
    #[inline]
    pub(super) fn skim_with(
        &mut self,
        input: &[u8],
        eof: bool,
        max: usize,
        trailer: usize,
    ) -> Result<Skimmed, Fault<Error>> {
        if self.passing.left > 0 {
            return Ok(self.pass_over(input, 0, self.passing.left, trailer));
        }
        match self.frame_with(input, eof, max.min(Self::CEILING), trailer) {
            Ok(frame) => Ok(Skimmed::Framing(frame)),
            Err(fault) if fault.cause == Cause::TooLong => {
                let (header, rest) = self.announced(input)?;
                let whole = rest.checked_add((header + trailer) as u64);
                let whole = whole.ok_or(Fault::new(Error::Overflow).at(fault.at))?;
                Ok(self.pass_over(input, header, whole, trailer))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Passes over the buffered part of a record of which `left` bytes are left, including `header`
    /// bytes in front and `trailer` bytes at the end that are not content.
    #[cold]
    fn pass_over(&mut self, input: &[u8], header: usize, left: u64, trailer: usize) -> Skimmed {
        self.passing.asked = left;
        match usize::try_from(left) {
            Ok(length) if length <= input.len() => {
                Skimmed::End { length, content: length.saturating_sub(header + trailer) }
            }
            left_in_memory => match NonZeroUsize::new(input.len()) {
                // The header is there in full, and so are `header` bytes of the input.
                Some(length) => {
                    let content = left.saturating_sub((header + trailer) as u64);
                    let content = usize::try_from(content).unwrap_or(usize::MAX);
                    Skimmed::Part { length, content: content.min(length.get() - header) }
                }
                None => {
                    let left = left_in_memory.unwrap_or(usize::MAX);
                    Skimmed::Framing(Framing::Need(Need::ONE.claiming(left)))
                }
            },
        }
    }

    /// Returns the sizes of the header and the rest of a record whose header is complete, however
    /// long it is.
    fn announced(&self, input: &[u8]) -> Result<(usize, u64), Fault<Error>> {
        let field = input.get(self.offset..).unwrap_or_default();
        match self.prefix.read(field)? {
            Scan::Whole { value, size } => {
                let rest = value.checked_add_signed(self.extra(size));
                let rest = rest.ok_or(Fault::new(Error::Overflow).at(self.offset as u64))?;
                Ok((self.offset + size, rest))
            }
            Scan::Short { .. } => Err(Fault::from_cause(Cause::Contract)),
        }
    }
}

/// Counts the bytes behind the header as content; the limit of [`max`](Prefixed::max) does not
/// apply.
impl<P: Prefix> Skim for Prefixed<P> {
    #[inline]
    fn skim(&mut self, input: &[u8], eof: bool, max: usize) -> Result<Skimmed, Fault<Error>> {
        self.skim_with(input, eof, max, 0)
    }

    fn pass(&mut self, skimmed: Skimmed) {
        self.passing.pass(skimmed);
    }
}
