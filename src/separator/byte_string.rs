//! Records that end at a byte string.

use core::convert::Infallible;
use core::ops::Range;
use memchr::memmem::Finder;

use super::{Separator, Until, Written, sealed, without};
use crate::{Fault, Record};

/// Makes a stage of records that end at the byte string `separator`.
///
/// The item is the content without it; see [`Until`] for limits and options. The first occurrence
/// in the stream is the one that counts, wherever reads cut it: a search goes on `separator.len()
/// - 1` bytes in front of where the last one ended.
///
/// ```
/// use segue::{Buffer, Need, Output, Step, separator};
///
/// let mut stage = separator::bytes(b"aab");
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"aaab-aa"[..]);
/// let Step::Item(record) = buffer.step(&mut stage, false, &mut output)? else { unreachable!() };
/// assert_eq!(record.into_slice(), b"a");
/// assert!(matches!(buffer.step(&mut stage, false, &mut output)?, Step::Need(Need::ONE)));
/// buffer.extend(b"c");
/// let step = buffer.step(&mut stage, false, &mut output)?;
/// assert!(matches!(step, Step::Need(need) if need == Need::exactly(3)));
/// # Ok::<_, segue::Fault<std::convert::Infallible>>(())
/// ```
///
/// # Panics
/// If `separator` is empty.
pub fn bytes(separator: &[u8]) -> Until<ByteString> {
    assert!(!separator.is_empty(), "a separator must not be empty");
    Until::new(ByteString { finder: Finder::new(separator).into_owned() })
}

/// The separator of [`bytes()`].
#[derive(Debug, Clone)]
pub struct ByteString {
    finder: Finder<'static>,
}

impl ByteString {
    /// Returns the separator.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.finder.needle()
    }
}

impl sealed::Sealed for ByteString {}

impl Separator for ByteString {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    #[inline]
    fn find(
        &mut self,
        input: &[u8],
        searched: usize,
        _: bool,
    ) -> Result<Option<Range<usize>>, Fault<Infallible>> {
        let length = self.as_slice().len();
        let from = searched.saturating_sub(length - 1);
        let Some(unsearched) = input.get(from..) else { return Ok(None) };
        Ok(self.finder.find(unsearched).map(|at| from + at..from + at + length))
    }

    fn begun(&self, input: &[u8]) -> usize {
        begun(self.as_slice(), input)
    }

    fn missing(&self, input: &[u8]) -> usize {
        self.as_slice().len() - self.begun(input)
    }

    #[inline]
    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Record<'a> {
        without(record, content, keep)
    }
}

impl Written for ByteString {
    #[inline]
    fn written(&self) -> &[u8] {
        self.as_slice()
    }

    fn clash(&self, content: &[u8]) -> Option<usize> {
        self.finder.find(content).or_else(|| {
            // Content `ab` must not be followed by the separator `aba`, or it would end at once.
            let separator = self.as_slice();
            let overlaps = |&part: &usize| {
                let (front, behind) = separator.split_at(part);
                content.ends_with(front) && separator.starts_with(behind)
            };
            let part = (1..separator.len()).rev().find(overlaps)?;
            Some(content.len() - part)
        })
    }
}

/// Returns the length of the longest proper beginning of `separator` at the end of `input`.
pub(super) fn begun(separator: &[u8], input: &[u8]) -> usize {
    let longest = input.len().min(separator.len() - 1);
    (1..=longest).rev().find(|&part| input.ends_with(&separator[..part])).unwrap_or(0)
}
