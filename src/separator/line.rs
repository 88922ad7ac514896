//! Lines.

use core::convert::Infallible;
use core::fmt;
use core::ops::Range;
use memchr::{memchr2, memmem};

use super::{Separator, Until, Written, near::near, sealed, without};
use crate::{Fault, Record};

/// Makes a stage of lines, each of which ends in LF or in CRLF.
///
/// The item is the line without its ending; see [`Until`] for limits and options.
///
/// | | a line ends at | content, unless [`strict`](Until::strict) |
/// |---|---|---|
/// | `line()` | LF, with the CR in front of it if there is one | a CR in front of anything but LF |
/// | `line().`[`lf()`](Until::lf) | LF | every CR |
/// | `line().`[`crlf()`](Until::crlf) | CRLF | a CR in front of anything but LF, an LF behind anything but CR |
///
/// In `\r\r\n` the first CR is content and the line ends in CRLF. A CR at the very end of the
/// stream is content too.
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
/// # Ok::<_, segue::Fault<std::convert::Infallible>>(())
/// ```
pub const fn line() -> Line {
    Until::new(LineEnd { ends: Ends::Either })
}

/// The stage of [`line()`].
pub type Line = Until<LineEnd>;

/// The stage of [`line()`] when it is [`strict`](Until::strict).
pub type StrictLine = Until<StrictLineEnd>;

/// The separator of [`Line`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineEnd {
    ends: Ends,
}

/// The separator of [`StrictLine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrictLineEnd {
    ends: Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Either,
    Lf,
    Crlf,
}

/// A CR or LF that ends no line, in a [`StrictLine`]. The fault is at that byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineError {
    /// A CR outside a line ending.
    StrayCr,
    /// An LF without a CR in front of it, if lines end in CRLF.
    BareLf,
}

impl Until<LineEnd> {
    /// Lets only LF end a line; CR is content.
    #[must_use]
    pub const fn lf(mut self) -> Self {
        self.separator.ends = Ends::Lf;
        self
    }

    /// Lets only CRLF end a line. A bare LF is content. Refuse it by [`strict`](Self::strict) if
    /// you pass the line on to a reader that may take it for an ending.
    #[must_use]
    pub const fn crlf(mut self) -> Self {
        self.separator.ends = Ends::Crlf;
        self
    }

    /// Refuses CR and LF as content, by a fatal [`LineError`]. Call it last, except for the options
    /// that all separators share.
    ///
    /// ```
    /// use segue::separator::{self, LineError};
    /// use segue::{Buffer, Output};
    ///
    /// let mut stage = separator::line().crlf().strict();
    /// let mut buffer = Buffer::from(&b"one\ntwo\r\n"[..]);
    /// let fault = buffer.step(&mut stage, false, &mut Output::new()).unwrap_err();
    /// assert_eq!((fault.at, fault.error()), (3, Some(&LineError::BareLf)));
    /// ```
    #[must_use]
    pub const fn strict(self) -> StrictLine {
        let ends = self.separator.ends;
        self.with(StrictLineEnd { ends })
    }
}

impl LineEnd {
    pub(super) const CRLF: Self = Self { ends: Ends::Crlf };
}

impl StrictLineEnd {
    pub(super) const CRLF: Self = Self { ends: Ends::Crlf };
}

impl sealed::Sealed for LineEnd {}

impl Separator for LineEnd {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    #[inline(always)]
    fn find(
        &mut self,
        input: &[u8],
        mut searched: usize,
        _: bool,
    ) -> Result<Option<Range<usize>>, Fault<Infallible>> {
        while let Some(unsearched) = input.get(searched..)
            && let Some(at) = near(b'\n', unsearched)
        {
            let lf = searched + at;
            if let Some(end) = self.ended(input, lf) {
                return Ok(Some(end));
            }
            searched = lf + 1;
        }
        Ok(None)
    }

    const AHEAD: bool = true;

    #[inline(always)]
    fn last_byte(&self) -> u8 {
        b'\n'
    }

    #[inline(always)]
    fn ended(&self, input: &[u8], lf: usize) -> Option<Range<usize>> {
        let cr = input.get(lf.wrapping_sub(1)) == Some(&b'\r');
        match self.ends {
            Ends::Either => Some(lf - usize::from(cr)..lf + 1),
            Ends::Lf => Some(lf..lf + 1),
            Ends::Crlf => cr.then(|| lf - 1..lf + 1),
        }
    }

    #[inline]
    fn begun(&self, input: &[u8]) -> usize {
        self.ends.begun(input)
    }

    #[inline]
    fn missing(&self, input: &[u8]) -> usize {
        self.ends.missing(input)
    }

    #[inline]
    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Record<'a> {
        without(record, content, keep)
    }
}

impl Written for LineEnd {
    #[inline]
    fn written(&self) -> &[u8] {
        self.ends.written()
    }

    #[inline]
    fn clash(&self, content: &[u8]) -> Option<usize> {
        match self.ends {
            Ends::Lf => near(b'\n', content),
            // A CR at the end would become part of the ending.
            Ends::Either => {
                near(b'\n', content).or_else(|| content.ends_with(b"\r").then(|| content.len() - 1))
            }
            Ends::Crlf => memmem::find(content, b"\r\n"),
        }
    }
}

impl sealed::Sealed for StrictLineEnd {}

impl Separator for StrictLineEnd {
    type Item<'a> = Record<'a>;
    type Error = LineError;
    const STRICT: bool = true;

    #[inline]
    fn find(
        &mut self,
        input: &[u8],
        searched: usize,
        whole: bool,
    ) -> Result<Option<Range<usize>>, Fault<LineError>> {
        // A CR at the end of the last input was not judged yet.
        let from = searched.saturating_sub(1);
        let Some(unsearched) = input.get(from..) else { return Ok(None) };
        let Some(at) = memchr2(b'\r', b'\n', unsearched).map(|at| from + at) else {
            return Ok(None);
        };
        if input[at] == b'\n' {
            return if self.ends == Ends::Crlf {
                Err(LineError::BareLf.at(at))
            } else {
                Ok(Some(at..at + 1))
            };
        }
        match input.get(at + 1) {
            Some(b'\n') if self.ends != Ends::Lf => Ok(Some(at..at + 2)),
            None if self.ends != Ends::Lf && !whole => Ok(None),
            _ => Err(LineError::StrayCr.at(at)),
        }
    }

    #[inline]
    fn begun(&self, input: &[u8]) -> usize {
        self.ends.begun(input)
    }

    #[inline]
    fn missing(&self, input: &[u8]) -> usize {
        self.ends.missing(input)
    }

    #[inline]
    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Record<'a> {
        without(record, content, keep)
    }
}

impl Written for StrictLineEnd {
    #[inline]
    fn written(&self) -> &[u8] {
        self.ends.written()
    }

    #[inline]
    fn clash(&self, content: &[u8]) -> Option<usize> {
        memchr2(b'\r', b'\n', content)
    }
}

impl Ends {
    #[inline]
    fn written(self) -> &'static [u8] {
        if self == Self::Crlf { b"\r\n" } else { b"\n" }
    }

    #[inline]
    fn begun(self, input: &[u8]) -> usize {
        usize::from(self != Self::Lf && input.last() == Some(&b'\r'))
    }

    #[inline]
    fn missing(self, input: &[u8]) -> usize {
        if self == Self::Crlf { 2 - self.begun(input) } else { 1 }
    }
}

impl LineError {
    #[cold]
    fn at(self, at: usize) -> Fault<Self> {
        Fault::new(self).at(at as u64)
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
