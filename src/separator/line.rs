//! Lines.

use core::fmt;
use core::ops::Range;
use memchr::{memchr, memchr2};

use super::{Separator, Until, sealed, without};
use crate::{Fault, Record};

/// Lines that end in LF or in CRLF, each as it comes.
///
/// The item is the line without its ending; see [`Until`] for limits and options.
///
/// | | a line ends at | content, unless [`strict`](Until::strict) |
/// |---|---|---|
/// | `line()` | LF, with the CR in front of it if there is one | a CR in front of anything but LF |
/// | `line().`[`lf()`](Until::lf) | LF | every CR |
/// | `line().`[`crlf()`](Until::crlf) | CRLF | a CR in front of anything but LF, an LF behind anything but CR |
///
/// Of `\r\r\n` the first CR is content and the line ends in CRLF. A CR at the very end of the
/// stream is in front of nothing and therefore content too.
///
/// ```
/// use segue::{Buffer, Need, Output, Step, separator};
///
/// let mut stage = separator::line();
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"one\ntwo\r\nthr"[..]);
/// let mut lines = buffer.records(&mut stage, false, &mut output);
/// let mut seen = Vec::new();
/// while let Step::Item(line) = lines.next()? {
///     seen.push(line.to_vec());
/// }
/// assert_eq!(seen, [b"one", b"two"]);
/// assert!(matches!(lines.next()?, Step::Need(Need::ONE)));
/// # Ok::<_, segue::Fault<separator::LineError>>(())
/// ```
pub const fn line() -> Line {
    Until::new(LineEnd { ends: Ends::Either, strict: false })
}

/// The stage of [`line`].
pub type Line = Until<LineEnd>;

/// The separator of [`line`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineEnd {
    ends: Ends,
    strict: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Either,
    Lf,
    Crlf,
}

/// A CR or LF that is no line's ending, in a stage that is [`strict`](Until::strict). The fault is
/// at that byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineError {
    /// A CR that is not part of a line's ending.
    StrayCr,
    /// An LF without a CR in front of it, where lines end in CRLF.
    BareLf,
}

impl Until<LineEnd> {
    /// Only LF ends a line, and CR is content.
    #[must_use]
    pub const fn lf(mut self) -> Self {
        self.separator.ends = Ends::Lf;
        self
    }

    /// Only CRLF ends a line. A bare LF is content: whoever hands it on to somebody who takes it
    /// for a line's ending should refuse it, by [`strict`](Self::strict).
    #[must_use]
    pub const fn crlf(mut self) -> Self {
        self.separator.ends = Ends::Crlf;
        self
    }

    /// Refuses CR and LF as content, by a fatal [`LineError`].
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.separator.strict = true;
        self
    }
}

impl LineEnd {
    /// The line's ending of which the last byte, an LF, is at `lf`; none if it is content.
    #[inline]
    fn at(self, input: &[u8], lf: usize) -> Option<Range<usize>> {
        let cr = lf > 0 && input[lf - 1] == b'\r';
        match self.ends {
            Ends::Either => Some(lf - usize::from(cr)..lf + 1),
            Ends::Lf => Some(lf..lf + 1),
            Ends::Crlf => cr.then(|| lf - 1..lf + 1),
        }
    }

    fn find_strictly(
        self,
        input: &[u8],
        searched: usize,
        whole: bool,
    ) -> Result<Option<Range<usize>>, Fault<LineError>> {
        // A CR that was at the end of the input has not been judged yet.
        let from = searched.saturating_sub(1);
        let unsearched = input.get(from..).unwrap_or_default();
        let Some(at) = memchr2(b'\r', b'\n', unsearched).map(|at| from + at) else {
            return Ok(None);
        };
        match (self.ends, input[at], input.get(at + 1)) {
            (Ends::Crlf, b'\n', _) => Err(Fault::new(LineError::BareLf).at(at as u64)),
            (_, b'\n', _) => Ok(Some(at..at + 1)),
            (Ends::Either | Ends::Crlf, _, Some(b'\n')) => Ok(Some(at..at + 2)),
            (Ends::Either | Ends::Crlf, _, None) if !whole => Ok(None),
            _ => Err(Fault::new(LineError::StrayCr).at(at as u64)),
        }
    }
}

impl sealed::Sealed for LineEnd {}

impl Separator for LineEnd {
    type Item<'a> = Record<'a>;
    type Error = LineError;

    #[inline]
    fn find(
        &mut self,
        input: &[u8],
        mut searched: usize,
        whole: bool,
    ) -> Result<Option<Range<usize>>, Fault<LineError>> {
        if self.strict {
            return self.find_strictly(input, searched, whole);
        }
        while let Some(at) = memchr(b'\n', input.get(searched..).unwrap_or_default()) {
            if let Some(found) = self.at(input, searched + at) {
                return Ok(Some(found));
            }
            searched += at + 1;
        }
        Ok(None)
    }

    #[inline]
    fn begun(&self, input: &[u8]) -> usize {
        usize::from(self.ends != Ends::Lf && input.last() == Some(&b'\r'))
    }

    #[inline]
    fn missing(&self, input: &[u8]) -> usize {
        // A strict stage finds fault with a single byte.
        if self.ends == Ends::Crlf && !self.strict { 2 - self.begun(input) } else { 1 }
    }

    #[inline]
    fn item<'a>(&self, record: Record<'a>, keep: bool) -> Record<'a> {
        let line = record.as_slice();
        let ending = match line.len().checked_sub(1) {
            Some(last) if line[last] == b'\n' => self.at(line, last).map_or(0, |found| found.len()),
            _ => 0,
        };
        without(record, ending, keep)
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StrayCr => "a CR that ends no line",
            Self::BareLf => "an LF without a CR in front of it",
        })
    }
}

impl core::error::Error for LineError {}
