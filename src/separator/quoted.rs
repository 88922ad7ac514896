//! Records in which a separator may be quoted.

use core::convert::Infallible;
use core::ops::Range;
use memchr::{memchr, memchr2};

use super::{Separator, Until, sealed, without};
use crate::{Fault, Record};

/// Makes a stage of records that end at the byte `separator`, except between two bytes `quote`.
///
/// Quotes open and close wherever they stand, so a doubled one within quotes, which is how CSV
/// writes a quote (RFC 4180 §2), leaves them open. The item is the content as it came, quotes
/// included: a record may have several fields, and a parser of them has to look at the quotes
/// anyway. See [`Until`] for limits and options. An end of the stream within quotes is the same as
/// elsewhere in a record.
///
/// ```
/// use segue::{Buffer, Output, Step, separator};
///
/// let mut stage = separator::quoted(b'\n', b'"');
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"1,\"two\nlines\"\n2,\"a \"\"quote\n"[..]);
/// let Step::Item(row) = buffer.step(&mut stage, false, &mut output)? else { unreachable!() };
/// assert_eq!(row.into_slice(), b"1,\"two\nlines\"");
/// assert!(matches!(buffer.step(&mut stage, false, &mut output)?, Step::Need(_)));
/// # Ok::<_, segue::Fault<std::convert::Infallible>>(())
/// ```
///
/// # Panics
/// If `separator` and `quote` are the same.
pub const fn quoted(separator: u8, quote: u8) -> Until<Quoted> {
    assert!(separator != quote, "separator and quote must differ");
    Until::new(Quoted { separator, quote, open: false })
}

/// The separator of [`quoted()`].
#[derive(Debug, Clone)]
pub struct Quoted {
    separator: u8,
    quote: u8,
    /// True if quotes are open where the search stopped.
    open: bool,
}

impl sealed::Sealed for Quoted {}

impl Separator for Quoted {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    fn find(
        &mut self,
        input: &[u8],
        mut searched: usize,
        _: bool,
    ) -> Result<Option<Range<usize>>, Fault<Infallible>> {
        while let Some(unsearched) = input.get(searched..) {
            let next = if self.open {
                memchr(self.quote, unsearched)
            } else {
                memchr2(self.separator, self.quote, unsearched)
            };
            let Some(at) = next.map(|at| searched + at) else { break };
            if !self.open && input[at] == self.separator {
                return Ok(Some(at..at + 1));
            }
            self.open = !self.open;
            searched = at + 1;
        }
        Ok(None)
    }

    #[inline]
    fn begun(&self, _: &[u8]) -> usize {
        0
    }

    #[inline]
    fn missing(&self, _: &[u8]) -> usize {
        1 + usize::from(self.open)
    }

    #[inline]
    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Record<'a> {
        without(record, content, keep)
    }

    #[inline]
    fn begin(&mut self) {
        self.open = false;
    }
}
