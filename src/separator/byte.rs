//! Records that end at a byte.

use core::convert::Infallible;
use core::ops::Range;

use super::{Separator, Until, Written, near::near, sealed, without};
use crate::{Fault, Record};

/// Makes a stage of records that end at the byte `separator`.
///
/// The item is the content without it; see [`Until`] for limits and options.
///
/// ```
/// use segue::{Buffer, Need, Output, Step, separator};
///
/// let mut stage = separator::byte(b'\0');
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"one\0tw"[..]);
/// let Step::Item(record) = buffer.step(&mut stage, false, &mut output)? else { unreachable!() };
/// assert_eq!(record.into_slice(), b"one");
/// assert!(matches!(buffer.step(&mut stage, false, &mut output)?, Step::Need(Need::ONE)));
/// # Ok::<_, segue::Fault<std::convert::Infallible>>(())
/// ```
pub const fn byte(separator: u8) -> Until<Byte> {
    Until::new(Byte { byte: separator })
}

/// The separator of [`byte()`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Byte {
    byte: u8,
}

impl sealed::Sealed for Byte {}

impl Separator for Byte {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    #[inline(always)]
    fn find(
        &mut self,
        input: &[u8],
        searched: usize,
        _: bool,
    ) -> Result<Option<Range<usize>>, Fault<Infallible>> {
        let Some(unsearched) = input.get(searched..) else { return Ok(None) };
        Ok(near(self.byte, unsearched).map(|at| searched + at..searched + at + 1))
    }

    const AHEAD: bool = true;

    #[inline(always)]
    fn last_byte(&self) -> u8 {
        self.byte
    }

    #[inline(always)]
    fn ended(&self, input: &[u8], last: usize) -> Option<Range<usize>> {
        let _ = input;
        Some(last..last + 1)
    }

    #[inline]
    fn begun(&self, _: &[u8]) -> usize {
        0
    }

    #[inline]
    fn missing(&self, _: &[u8]) -> usize {
        1
    }

    #[inline]
    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Record<'a> {
        without(record, content, keep)
    }
}

impl Written for Byte {
    #[inline]
    fn written(&self) -> &[u8] {
        core::slice::from_ref(&self.byte)
    }

    #[inline]
    fn clash(&self, content: &[u8]) -> Option<usize> {
        near(self.byte, content)
    }
}
