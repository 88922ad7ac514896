//! The part that all stages with a separator share.

use core::num::NonZeroUsize;
use core::ops::Range;

use super::{Separator, marks};
use crate::combine::{Skim, Skimmed};
use crate::{Ahead, Decode, Fault, Framing, Need, Output, Record};

/// A stage of records that end at a separator `S`.
///
/// Made by [`line()`](super::line()), [`byte()`](super::byte()), [`bytes()`](super::bytes()) and
/// the other functions of this module, which document what is special to each.
///
/// - A record is its content and the separator behind it; the item is the content.
/// - The first separator in the stream counts, even if it overlaps itself: `aab` is found in
///   `aaab`.
/// - An end of the stream right behind a separator ends the stage. Anywhere else it truncates a
///   record, unless [`last_unterminated`](Self::last_unterminated) is set.
/// - No byte is searched twice, except for a possible beginning of a separator at the very end of
///   the input.
#[derive(Debug, Clone)]
pub struct Until<S> {
    pub(super) separator: S,
    pub(super) max: usize,
    pub(super) keep: bool,
    last: bool,
    pub(super) skip_empty: bool,
    /// The number of lengths that content of an item may have: from 0 or 1 up to `max`. So one
    /// comparison decides.
    lengths: usize,
    /// True if the front of the input lies inside a record that is too long.
    inside: bool,
    /// No separator ends within this many bytes at the front of the input.
    searched: usize,
    /// The length of the content of the record that `frame` has found.
    pub(super) content: usize,
}

impl<S: Separator> Until<S> {
    /// The default of the longest content of a record, in bytes.
    ///
    /// RFC 9112 §3 asks for request lines of at least 8000 octets, more than other line-based
    /// protocols do, and a connection can afford to hold as much.
    pub const MAX: usize = 8 * 1024;

    pub(super) const fn new(separator: S) -> Self {
        Self {
            separator,
            max: Self::MAX,
            keep: false,
            last: false,
            skip_empty: false,
            lengths: Self::MAX + 1,
            inside: false,
            searched: 0,
            content: 0,
        }
    }

    /// Exchanges the separator.
    pub(super) const fn with<T: Separator>(self, separator: T) -> Until<T>
    where
        S: Copy,
    {
        let Self { max, keep, last, skip_empty, lengths, inside, searched, content, .. } = self;
        Until { separator, max, keep, last, skip_empty, lengths, inside, searched, content }
    }

    /// Sets the longest content of a record in bytes, without the separator. A longer record is
    /// [`Cause::TooLong`](crate::Cause::TooLong) at its first byte too many, whether its separator
    /// has come or not. To go on behind it, use [`skip_oversize`](crate::combine::skip_oversize).
    ///
    /// The `limit` of a law suite is that of a whole record: this, and the separator.
    #[must_use]
    pub const fn max(mut self, bytes: usize) -> Self {
        self.max = bytes;
        self.settled()
    }

    /// Leaves the separator at the end of the item.
    #[must_use]
    pub const fn keep_terminator(mut self) -> Self {
        self.keep = true;
        self
    }

    /// Accepts bytes between the last separator and the end of the stream as a record, if there are
    /// any. Such a record cannot be told from one that was cut off.
    #[must_use]
    pub const fn last_unterminated(mut self) -> Self {
        self.last = true;
        self
    }

    /// Passes over records without content: empty lines, or empty heads. A server should do so with
    /// empty lines in front of a request (RFC 9112 §2.2).
    #[must_use]
    pub const fn skip_empty(mut self) -> Self {
        self.skip_empty = true;
        self.settled()
    }

    /// Computes the fields that follow from the options.
    const fn settled(mut self) -> Self {
        self.lengths = if self.skip_empty { self.max } else { self.max.saturating_add(1) };
        self
    }

    /// Returns the answer if `input` has no separator in it.
    fn unfinished(&mut self, input: &[u8], eof: bool, max: usize) -> Skimmed {
        self.searched = input.len();
        if eof && input.is_empty() && !self.inside {
            return Skimmed::Framing(Framing::Done);
        }
        if eof && self.last {
            self.content = input.len();
            return self.finished(input.len()..input.len(), max);
        }
        let content = input.len() - self.separator.begun(input);
        if let Some(length) = NonZeroUsize::new(content)
            && (content > max || self.inside)
        {
            return Skimmed::Part { length, content };
        }
        let claim = self.separator.missing(input).max(1);
        // The next bytes may also be the end of the stream, break a rule, or make the record too
        // long.
        let soon = self.last || self.inside || S::STRICT;
        let room = if soon { 0 } else { max.saturating_sub(input.len()) };
        let need = Need::exactly(claim.min(room.saturating_add(1)));
        Skimmed::Framing(Framing::Need(need.claiming(claim)))
    }

    /// Returns the answer if `separator` ends the record.
    fn finished(&self, separator: Range<usize>, max: usize) -> Skimmed {
        if separator.start > max || self.inside {
            Skimmed::End { length: separator.end, content: separator.start }
        } else {
            Skimmed::Framing(if separator.start == 0 && self.skip_empty {
                Framing::Absorb(separator.end)
            } else {
                Framing::Record(separator.end)
            })
        }
    }

    /// Returns the answer of `frame` if `separator` ends the record.
    #[inline(always)]
    fn found(&mut self, separator: Range<usize>) -> Result<Framing, Fault<S::Error>> {
        let Range { start, end } = separator;
        self.content = start;
        if start.wrapping_sub(usize::from(self.skip_empty)) < self.lengths {
            Ok(Framing::Record(end))
        } else {
            self.no_item(start..end)
        }
    }

    /// Returns the answer of `frame` if `separator` ends content that is too long or to be skipped.
    #[cold]
    #[inline(never)]
    fn no_item(&self, separator: Range<usize>) -> Result<Framing, Fault<S::Error>> {
        match self.finished(separator, self.max) {
            Skimmed::Framing(frame) => Ok(frame),
            Skimmed::Part { .. } | Skimmed::End { .. } => Err(self.too_long()),
        }
    }

    /// Handles a fault in a record that is too long: the bytes in front of it are passed over
    /// first, as they would be if the bytes came one by one.
    #[cold]
    fn before(&self, fault: Fault<S::Error>, max: usize) -> Result<Skimmed, Fault<S::Error>> {
        let content = usize::try_from(fault.at).unwrap_or(usize::MAX);
        match NonZeroUsize::new(content) {
            Some(length) if content > max || self.inside => Ok(Skimmed::Part { length, content }),
            _ => Err(fault),
        }
    }

    /// Does what `frame` does if the next byte that could end a record is content, which is rare.
    #[cold]
    #[inline(never)]
    fn frame_alone(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<S::Error>> {
        self.frame(input, eof)
    }

    #[cold]
    fn incomplete(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<S::Error>> {
        match self.unfinished(input, eof, self.max) {
            Skimmed::Framing(frame) => Ok(frame),
            Skimmed::Part { .. } | Skimmed::End { .. } => Err(self.too_long()),
        }
    }

    #[cold]
    #[inline(never)]
    fn too_long(&self) -> Fault<S::Error> {
        Fault::too_long(self.max as u64)
    }

    /// Only the first violation counts: the bytes behind the limit would not be seen if the bytes
    /// came one by one.
    #[cold]
    #[inline(never)]
    fn first(&self, fault: Fault<S::Error>) -> Fault<S::Error> {
        if fault.at > self.max as u64 { self.too_long() } else { fault }
    }

    /// Prepares for the next record.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.searched = 0;
        self.separator.begin();
    }
}

impl<S: Separator> Decode for Until<S> {
    type Item<'a>
        = S::Item<'a>
    where
        Self: 'a;
    type Error = S::Error;

    // Always in line, with the search in it: if the answer of a call came through memory, the next
    // search would wait for it.
    #[inline(always)]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        match self.separator.find(input, self.searched, eof && self.last) {
            Ok(Some(separator)) => {
                self.searched = separator.end - 1;
                self.found(separator)
            }
            Ok(None) => self.incomplete(input, eof),
            Err(fault) => Err(self.first(fault)),
        }
    }

    const AHEAD: bool = S::AHEAD && marks::WORTH;

    #[inline(always)]
    fn frame_ahead(
        &mut self,
        whole: &[u8],
        eof: bool,
        ahead: &mut Ahead,
    ) -> Result<Framing, Fault<Self::Error>> {
        let front = ahead.front;
        let input = &whole[front..];
        let last = marks::next(self.separator.last_byte(), whole, front + self.searched, ahead);
        let Some(last) = last else { return self.incomplete(input, eof) };
        match self.separator.ended(input, last.wrapping_sub(front)) {
            Some(separator) => self.found(separator),
            None => {
                ahead.forget();
                self.frame_alone(input, eof)
            }
        }
    }

    fn absorb(&mut self, _: Record<'_>, _: &mut Output) -> Result<(), Fault<Self::Error>> {
        self.begin();
        Ok(())
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        self.begin();
        Ok(self.separator.item(record, self.content, self.keep))
    }
}

impl<S: Separator> Skim for Until<S> {
    #[inline]
    fn skim(&mut self, input: &[u8], eof: bool, max: usize) -> Result<Skimmed, Fault<Self::Error>> {
        let whole = eof && self.last;
        match self.separator.find(input, self.searched, whole) {
            Ok(Some(separator)) => {
                self.searched = separator.end - 1;
                self.content = separator.start;
                Ok(self.finished(separator, max))
            }
            Ok(None) => Ok(self.unfinished(input, eof, max)),
            Err(fault) => self.before(fault, max),
        }
    }

    fn pass(&mut self, skimmed: Skimmed) {
        if let Skimmed::Part { length, .. } = skimmed {
            self.inside = true;
            self.searched = self.searched.saturating_sub(length.get());
            self.separator.pass(length.get());
        } else {
            self.inside = false;
            self.begin();
        }
    }
}
