//! Records that end at any of several separators.

use alloc::boxed::Box;
use core::cmp::Reverse;
use core::convert::Infallible;
use core::ops::Range;
use memchr::{memchr, memchr2, memchr3, memmem};

use super::{Separator, Until, byte_string, sealed, without};
use crate::{Fault, Record};

/// Makes a stage of records that end at any of the bytes `separators`.
///
/// The item has the separator that was found; see [`Until`] for limits and options. Up to three
/// bytes are searched for with vectors, more one byte at a time.
///
/// ```
/// use segue::{Buffer, Output, Step, separator};
///
/// let mut stage = separator::any_of([b';', b'\n']);
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"a = 1;b = 2\nc"[..]);
/// let mut records = buffer.records(&mut stage, false, &mut output);
/// let mut seen = Vec::new();
/// while let Step::Item(record) = records.next()? {
///     seen.push((record.content.to_vec(), record.by.unwrap()));
/// }
/// assert_eq!(seen, [(b"a = 1".to_vec(), b';'), (b"b = 2".to_vec(), b'\n')]);
/// # Ok::<_, segue::Fault<std::convert::Infallible>>(())
/// ```
pub fn any_of<const N: usize>(separators: [u8; N]) -> Until<AnyByte> {
    const { assert!(N > 0, "at least one separator is needed") };
    Until::new(AnyByte { bytes: ByteSet::new(separators) })
}

/// Makes a stage of records that end at any of the byte strings `separators`.
///
/// The item has the number of the separator that was found, counted from 0 in the order given; see
/// [`Until`] for limits and options.
///
/// The separator that is complete first ends the record, and of those complete at the same byte the
/// longest: with `\n` and `\r\n`, `a\r\nb` ends at the second. So the last byte of a separator
/// decides, whatever follows it. A rule by which `ab` won over `a` would have to look one byte
/// further, at a byte that may belong to another protocol or never come.
///
/// ```
/// use segue::{Buffer, Output, Step, separator};
///
/// let mut stage = separator::any_of_strings(["\n", "\r\n", "--"]);
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"one--two\r\nthree\nfo"[..]);
/// let mut records = buffer.records(&mut stage, false, &mut output);
/// let mut seen = Vec::new();
/// while let Step::Item(record) = records.next()? {
///     seen.push((record.content.to_vec(), record.by.unwrap()));
/// }
/// assert_eq!(seen, [(b"one".to_vec(), 2), (b"two".to_vec(), 1), (b"three".to_vec(), 0)]);
/// # Ok::<_, segue::Fault<std::convert::Infallible>>(())
/// ```
///
/// # Panics
/// If there is no separator, or an empty one, or one that could never end a record because another
/// is complete before it or is the same, as `ab` after `a`.
pub fn any_of_strings<I>(separators: I) -> Until<AnyString>
where
    I: IntoIterator<Item: AsRef<[u8]>>,
{
    let strings: Box<[Box<[u8]>]> =
        separators.into_iter().map(|separator| Box::from(separator.as_ref())).collect();
    assert!(!strings.is_empty(), "at least one separator is needed");
    let mut order: Box<[usize]> = (0..strings.len()).collect();
    order.sort_by_key(|&index| Reverse(strings[index].len()));
    for (index, string) in strings.iter().enumerate() {
        let Some((_, front)) = string.split_last() else { panic!("a separator must not be empty") };
        for (other, shorter) in strings.iter().enumerate() {
            assert!(
                index == other || (string != shorter && memmem::find(front, shorter).is_none()),
                "separator {index} never ends a record, since {other} is complete before it"
            );
        }
    }
    let lasts = ByteSet::new(strings.iter().filter_map(|string| string.last().copied()));
    Until::new(AnyString { strings, order, lasts })
}

/// The separators of [`any_of()`].
#[derive(Debug, Clone)]
pub struct AnyByte {
    bytes: ByteSet,
}

/// The separators of [`any_of_strings()`].
#[derive(Debug, Clone)]
pub struct AnyString {
    strings: Box<[Box<[u8]>]>,
    /// The indices of `strings`, the longest first.
    order: Box<[usize]>,
    /// The last bytes of all strings.
    lasts: ByteSet,
}

/// A record and the separator that ended it: a byte, or the number of a byte string.
#[derive(Debug)]
pub struct Terminated<'a, B> {
    /// The content.
    pub content: Record<'a>,
    /// The separator behind it; `None` if the end of the stream ended the record.
    pub by: Option<B>,
}

impl sealed::Sealed for AnyByte {}

impl Separator for AnyByte {
    type Item<'a> = Terminated<'a, u8>;
    type Error = Infallible;

    #[inline]
    fn find(
        &mut self,
        input: &[u8],
        searched: usize,
        _: bool,
    ) -> Result<Option<Range<usize>>, Fault<Infallible>> {
        let Some(unsearched) = input.get(searched..) else { return Ok(None) };
        Ok(self.bytes.find(unsearched).map(|at| searched + at..searched + at + 1))
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
    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Terminated<'a, u8> {
        let by = record.get(content).copied();
        Terminated { content: without(record, content, keep), by }
    }
}

impl sealed::Sealed for AnyString {}

impl Separator for AnyString {
    type Item<'a> = Terminated<'a, usize>;
    type Error = Infallible;

    fn find(
        &mut self,
        input: &[u8],
        mut searched: usize,
        _: bool,
    ) -> Result<Option<Range<usize>>, Fault<Infallible>> {
        while let Some(unsearched) = input.get(searched..)
            && let Some(last) = self.lasts.find(unsearched)
        {
            searched += last + 1;
            let front = &input[..searched];
            let longest = |&&index: &&usize| front.ends_with(&self.strings[index]);
            if let Some(&index) = self.order.iter().find(longest) {
                return Ok(Some(searched - self.strings[index].len()..searched));
            }
        }
        Ok(None)
    }

    fn begun(&self, input: &[u8]) -> usize {
        let begun = self.strings.iter().map(|string| byte_string::begun(string, input));
        begun.max().unwrap_or(0)
    }

    fn missing(&self, input: &[u8]) -> usize {
        let missing =
            self.strings.iter().map(|string| string.len() - byte_string::begun(string, input));
        missing.min().unwrap_or(1)
    }

    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Terminated<'a, usize> {
        let separator = record.get(content..).unwrap_or_default();
        let by = self.strings.iter().position(|string| **string == *separator);
        Terminated { content: without(record, content, keep), by }
    }
}

/// A set of bytes to search for.
#[derive(Debug, Clone)]
enum ByteSet {
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    /// True for each byte in the set.
    Many(Box<[bool; 256]>),
}

impl ByteSet {
    fn new(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut has = [false; 256];
        for byte in bytes {
            has[usize::from(byte)] = true;
        }
        let mut all = (0..=u8::MAX).filter(|&byte| has[usize::from(byte)]);
        match (all.next(), all.next(), all.next(), all.next()) {
            (Some(a), None, ..) => Self::One(a),
            (Some(a), Some(b), None, _) => Self::Two(a, b),
            (Some(a), Some(b), Some(c), None) => Self::Three(a, b, c),
            _ => Self::Many(Box::new(has)),
        }
    }

    #[inline]
    fn find(&self, input: &[u8]) -> Option<usize> {
        match self {
            Self::One(a) => memchr(*a, input),
            Self::Two(a, b) => memchr2(*a, *b, input),
            Self::Three(a, b, c) => memchr3(*a, *b, *c, input),
            Self::Many(has) => input.iter().position(|&byte| has[usize::from(byte)]),
        }
    }
}

#[cfg(feature = "laws")]
impl<B: crate::laws::Observe> crate::laws::Observe for Terminated<'_, B> {
    fn observe(&self, log: &mut crate::laws::Log) {
        self.content.observe(log);
        self.by.observe(log);
    }
}
