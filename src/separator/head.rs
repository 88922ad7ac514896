//! Heads: lines up to an empty one.

use core::convert::Infallible;
use core::ops::Range;

use super::{Separator, Until, near::near, sealed, without};
use crate::{Fault, Record};

/// Makes a stage of heads, which end at the first empty line: CRLF CRLF, or CRLF in front of
/// everything else.
///
/// The item is the whole head with the empty line, as head parsers expect it. A head of no lines is
/// the empty line alone, such as empty trailers (RFC 9112 §7.1.2). The default limit is 16 KiB,
/// without the empty line. A bare LF is content, unless [`bare_lf`](Until::bare_lf) makes it end a
/// line too.
///
/// ```
/// use segue::{Buffer, Output, Step, separator};
///
/// let mut stage = separator::head();
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"GET / HTTP/1.1\r\nhost: a\r\n"[..]);
/// assert!(matches!(buffer.step(&mut stage, false, &mut output)?, Step::Need(need) if need.claim == 2));
/// buffer.extend(b"\r\n\x81\x02hi");
/// let Step::Item(head) = buffer.step(&mut stage, false, &mut output)? else { unreachable!() };
/// assert_eq!(head.into_slice(), b"GET / HTTP/1.1\r\nhost: a\r\n\r\n");
/// assert_eq!(buffer.as_slice(), b"\x81\x02hi");
/// # Ok::<_, segue::Fault<std::convert::Infallible>>(())
/// ```
pub const fn head() -> Head {
    let separator = EmptyLine { bare_lf: false, line: 0 };
    Until::new(separator).max(Head::MAX_HEAD).keep_terminator()
}

/// The stage of [`head()`].
pub type Head = Until<EmptyLine>;

/// The separator of [`Head`].
#[derive(Debug, Clone)]
pub struct EmptyLine {
    bare_lf: bool,
    /// The offset of the line at which the search stopped, from the front of the input. It wraps,
    /// since the line may have begun in a part that was passed over.
    line: usize,
}

impl Until<EmptyLine> {
    /// The default of the longest head, in bytes: 16 KiB, as in Node.js; most servers accept 8 KiB.
    pub const MAX_HEAD: usize = 16 * 1024;

    /// Lets LF alone end a line. RFC 9112 §2.2 allows that to a recipient, with the risk that
    /// somebody on the way reads it otherwise.
    #[must_use]
    pub const fn bare_lf(mut self) -> Self {
        self.separator.bare_lf = true;
        self
    }
}

impl EmptyLine {
    /// Returns the length of the line ending at `lf`, including it; `None` if `lf` is content.
    #[inline]
    fn ending(&self, input: &[u8], lf: usize) -> Option<usize> {
        let cr = input.get(lf.wrapping_sub(1)) == Some(&b'\r');
        (cr || self.bare_lf).then_some(1 + usize::from(cr))
    }
}

impl sealed::Sealed for EmptyLine {}

impl Separator for EmptyLine {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    #[inline]
    fn find(
        &mut self,
        input: &[u8],
        mut searched: usize,
        _: bool,
    ) -> Result<Option<Range<usize>>, Fault<Infallible>> {
        while let Some(unsearched) = input.get(searched..)
            && let Some(at) = near(b'\n', unsearched)
        {
            searched += at + 1;
            if let Some(ending) = self.ending(input, searched - 1) {
                if searched.wrapping_sub(self.line) == ending {
                    return Ok(Some(searched - ending..searched));
                }
                self.line = searched;
            }
        }
        Ok(None)
    }

    fn begun(&self, input: &[u8]) -> usize {
        // The CR in front tells which LF ends a line, so a CR is never passed over.
        usize::from(input.last() == Some(&b'\r'))
    }

    fn missing(&self, input: &[u8]) -> usize {
        let cr = usize::from(input.last() == Some(&b'\r'));
        let fewest = if self.bare_lf { 1 } else { 2 };
        match input.len().wrapping_sub(self.line) {
            0 => fewest,
            1 if cr == 1 => 1,
            // The rest of this line's ending, and an empty line.
            _ if self.bare_lf => 2,
            _ => 4 - cr,
        }
    }

    #[inline]
    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Record<'a> {
        without(record, content, keep)
    }

    #[inline]
    fn begin(&mut self) {
        self.line = 0;
    }

    fn pass(&mut self, count: usize) {
        self.line = self.line.wrapping_sub(count);
    }
}
