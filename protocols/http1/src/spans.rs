//! Where the headers of a head are: scratch space of the stage that reads it.

use alloc::vec::Vec;

/// Where one header is, in bytes from the front of its head.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    name: u32,
    name_end: u32,
    value: u32,
    value_end: u32,
}

impl Span {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "no head is longer than Limits::MOST_HEAD")]
    pub(crate) fn new(name: usize, name_end: usize, value: usize, value_end: usize) -> Self {
        Self {
            name: name as u32,
            name_end: name_end as u32,
            value: value as u32,
            value_end: value_end as u32,
        }
    }

    /// Where the value begins.
    pub(crate) fn at(self) -> usize {
        self.value as usize
    }

    #[inline]
    pub(crate) fn name(self, head: &[u8]) -> &[u8] {
        &head[self.name as usize..self.name_end as usize]
    }

    #[inline]
    pub(crate) fn value(self, head: &[u8]) -> &[u8] {
        &head[self.value as usize..self.value_end as usize]
    }
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
        const EMPTY: Span = Span { name: 0, name_end: 0, value: 0, value_end: 0 };
        Self { inline: [EMPTY; N], count: 0, more: Vec::new() }
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
