//! The places of the headers in a head: scratch space of the stage that reads it.

use alloc::vec::Vec;
use core::ops::Range;

/// The place of one header, in bytes from the front of its head.
pub(crate) use segue_http::Line as Span;

/// The place of a header whose name and value are at these offsets. No head is longer than
/// [`Limits::MAX_HEAD`](crate::Limits::MAX_HEAD), and whether its names are too long for places is
/// found out by [`fits`].
#[inline(always)]
pub(crate) fn span(name: usize, name_end: usize, value: usize, value_end: usize) -> Span {
    Span::fitting(name, name_end - name, value, value_end - value)
}

/// Returns true if no name is longer than a place can tell: behind each comes its colon.
#[cold]
pub(crate) fn fits(head: &[u8], spans: &[Span]) -> bool {
    let behind = |span: &Span| head.get(span.name_at() + span.name_len());
    spans.iter().all(|span| matches!(behind(span), Some(b':' | b' ' | b'\t')))
}

/// The same header with `more` of a value behind its own.
fn folded(span: Span, more: Range<usize>) -> Span {
    let (name, at) = (span.name_at(), span.value_at());
    let value = at..at + span.value_len();
    // A value of which nothing was in the line of its name begins in this one.
    let start = if value.is_empty() { more.start } else { value.start };
    let end = if more.is_empty() { value.end } else { more.end };
    self::span(name, name + span.name_len(), start.min(end), end)
}

/// Puts spaces in place of the line ends in the value and of the whitespace around them.
pub(crate) fn unfold(span: Span, head: &mut [u8]) {
    let value = &mut head[span.value_at()..span.value_at() + span.value_len()];
    if memchr::memchr(b'\n', value).is_none() {
        return;
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    for blanks in value.chunk_by_mut(|one, other| is_blank(one) && is_blank(other)) {
        if blanks.contains(&b'\n') {
            blanks.fill(b' ');
        }
    }
}

/// No head is longer than [`Limits::MAX_HEAD`](crate::Limits::MAX_HEAD), so that a place in it
/// takes half a word.
#[inline(always)]
pub(crate) fn pack(start: usize, end: usize) -> u64 {
    start as u64 | (end as u64) << 32
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "these are the halves")]
pub(crate) fn unpack(packed: u64) -> Range<usize> {
    packed as u32 as usize..(packed >> 32) as usize
}

const EMPTY: Span = Span::new(0, 0, 0, 0);

/// The spans of a head: without an allocation up to `N` of them.
#[derive(Debug, Clone)]
pub(crate) struct Spans<const N: usize> {
    inline: [Span; N],
    count: usize,
    /// All of them, once they are more than `inline` has room for, and free places behind them.
    more: Vec<Span>,
}

impl<const N: usize> Spans<N> {
    pub(crate) const fn new() -> Self {
        Self { inline: [EMPTY; N], count: 0, more: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.count = 0;
        self.more.clear();
    }

    /// The places for the next headers, as far as there is memory and the total stays within
    /// `most`.
    #[inline]
    pub(crate) fn free(&mut self, most: usize) -> &mut [Span] {
        let places =
            if self.more.is_empty() { &mut self.inline[..] } else { self.more.as_mut_slice() };
        let most = most.min(places.len());
        places.get_mut(self.count..most).unwrap_or_default()
    }

    /// Takes the first `count` of the free places as filled.
    #[inline]
    pub(crate) fn add(&mut self, count: usize) {
        self.count += count;
    }

    /// Makes memory for some more, at most for as many as there are.
    #[cold]
    pub(crate) fn grow(&mut self) {
        if self.more.is_empty() {
            self.more.extend_from_slice(&self.inline);
        }
        let more = self.count.max(4);
        self.more.resize(self.count + more, EMPTY);
    }

    pub(crate) fn push(&mut self, span: Span) {
        if self.free(usize::MAX).is_empty() {
            self.grow();
        }
        if let Some(place) = self.free(usize::MAX).first_mut() {
            *place = span;
            self.count += 1;
        }
    }

    /// The last span goes on with `more` of a value.
    pub(crate) fn fold(&mut self, more: Range<usize>) {
        let spans = if self.more.is_empty() { &mut self.inline[..] } else { &mut self.more };
        if let Some(span) = spans[..self.count].last_mut() {
            *span = folded(*span, more);
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Span] {
        let spans = if self.more.is_empty() { &self.inline[..] } else { &self.more };
        &spans[..self.count]
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [Span] {
        let spans = if self.more.is_empty() { &mut self.inline[..] } else { &mut self.more[..] };
        &mut spans[..self.count]
    }
}
