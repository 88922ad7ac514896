//! Where the headers of a head are: scratch space of the stage that reads it.

use alloc::vec::Vec;
use core::ops::Range;

/// Where one header is, in bytes from the front of its head.
///
/// Two words, so that it stays in registers until it is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    name: u64,
    value: u64,
}

impl Span {
    const EMPTY: Self = Self { name: 0, value: 0 };

    #[inline(always)]
    pub(crate) fn new(name: usize, name_end: usize, value: usize, value_end: usize) -> Self {
        Self { name: pack(name, name_end), value: pack(value, value_end) }
    }

    /// Where the value begins.
    pub(crate) fn at(self) -> usize {
        unpack(self.value).start
    }

    #[inline]
    pub(crate) fn name(self, head: &[u8]) -> &[u8] {
        &head[unpack(self.name)]
    }

    #[inline]
    pub(crate) fn value(self, head: &[u8]) -> &[u8] {
        &head[unpack(self.value)]
    }
}

/// No head is longer than [`Limits::MOST_HEAD`](crate::Limits::MOST_HEAD), so that a place in it
/// takes half a word.
#[inline(always)]
fn pack(start: usize, end: usize) -> u64 {
    start as u64 | (end as u64) << 32
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "these are the halves")]
fn unpack(packed: u64) -> Range<usize> {
    packed as u32 as usize..(packed >> 32) as usize
}

/// The spans of a head: without an allocation up to `N` of them.
#[derive(Debug, Clone)]
pub(crate) struct Spans<const N: usize> {
    inline: [Span; N],
    count: usize,
    /// All of them, once they are more than `inline` has room for.
    more: Vec<Span>,
}

impl<const N: usize> Spans<N> {
    pub(crate) const fn new() -> Self {
        Self { inline: [Span::EMPTY; N], count: 0, more: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.count = 0;
        self.more.clear();
    }

    #[inline]
    pub(crate) fn push(&mut self, span: Span) {
        if let Some(place) = self.inline.get_mut(self.count) {
            *place = span;
        } else {
            self.spill(span);
        }
        self.count += 1;
    }

    #[cold]
    fn spill(&mut self, span: Span) {
        if self.count == N {
            self.more.extend_from_slice(&self.inline);
        }
        self.more.push(span);
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Span] {
        if self.count <= N { &self.inline[..self.count] } else { &self.more }
    }
}
