//! Netstrings.

use core::num::NonZeroUsize;

use super::{Decimal, Error, Prefixed};
use crate::combine::{Skim, Skimmed};
use crate::{Decode, Fault, Framing, Record};

/// Makes a stage of netstrings: a length in decimal digits, a colon, that many bytes, a comma.
///
/// ```
/// use segue::{Buffer, Output, Step, length};
///
/// let mut stage = length::netstring();
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"5:hello,5:wor"[..]);
/// let Step::Item(record) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(record, b"hello");
/// let Step::Need(need) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(need.claim, 3); // with the comma
/// buffer.extend(b"ld;");
/// let fault = buffer.step(&mut stage, false, &mut output).unwrap_err();
/// assert_eq!(fault.to_string(), "at byte 15: 0x3b in place of the comma that ends a record");
/// ```
#[must_use]
pub fn netstring() -> Netstring {
    Netstring { prefixed: Prefixed::new(Decimal) }
}

/// The stage of [`netstring`]; items are the bytes between colon and comma.
///
/// # Errors
/// All are fatal: those of [`Decimal`] and of [`Prefixed`], and [`Error::NoComma`] at the byte that
/// should be a comma.
#[derive(Debug, Clone)]
pub struct Netstring {
    pub(super) prefixed: Prefixed<Decimal>,
}

impl Netstring {
    /// Refuses netstrings with more than `bytes` bytes between colon and comma. The default is
    /// [`Prefixed::MAX`].
    #[must_use]
    pub fn max(self, bytes: usize) -> Self {
        Self { prefixed: self.prefixed.max(bytes) }
    }
}

impl Decode for Netstring {
    type Item<'a> = Record<'a>;
    type Error = Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        let frame = self.prefixed.frame_with(input, eof, self.prefixed.max, 1)?;
        if let Framing::Record(whole) = frame {
            comma(&input[..whole])?;
        }
        Ok(frame)
    }

    #[inline]
    fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<Record<'a>, Fault<Error>> {
        record.truncate(record.len().saturating_sub(1));
        self.prefixed.parse(record)
    }
}

impl Skim for Netstring {
    fn skim(&mut self, input: &[u8], eof: bool, max: usize) -> Result<Skimmed, Fault<Error>> {
        let skimmed = self.prefixed.skim_with(input, eof, max, 1)?;
        match skimmed {
            Skimmed::Framing(Framing::Record(length)) => comma(&input[..length])?,
            // Bytes in front of a wrong one may have been passed over before it came. So they
            // always are: what is left behind the fault must not depend on the cuts.
            Skimmed::End { length, content } => {
                if let Err(fault) = comma(&input[..length]) {
                    return match NonZeroUsize::new(length.saturating_sub(1)) {
                        Some(length) => Ok(Skimmed::Part { length, content }),
                        None => Err(fault),
                    };
                }
            }
            _ => {}
        }
        Ok(skimmed)
    }

    fn pass(&mut self, skimmed: Skimmed) {
        self.prefixed.passing.pass(skimmed);
    }
}

/// Checks that a record, or the last part of one, ends in a comma.
#[inline]
fn comma(record: &[u8]) -> Result<(), Fault<Error>> {
    match record.last() {
        Some(&byte) if byte != b',' => {
            Err(Fault::new(Error::NoComma(byte)).at(record.len() as u64 - 1))
        }
        _ => Ok(()),
    }
}
