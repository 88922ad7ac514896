//! Where the headers of a head are: scratch space of the stage that reads it.

use alloc::vec::Vec;

/// Where one header is, in bytes from the front of its head.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) name: u32,
    pub(crate) name_end: u32,
    pub(crate) value: u32,
    pub(crate) value_end: u32,
}

impl Span {
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

/// The spans of a head: without an allocation up to [`Spans::INLINE`] of them.
#[derive(Debug, Clone)]
pub(crate) struct Spans {
    inline: [Span; Spans::INLINE],
    count: usize,
    /// All of them, once they are more than `inline` has room for.
    more: Vec<Span>,
}

impl Spans {
    /// What browsers send is 10 to 25 headers; 32 of them take half a kilobyte.
    const INLINE: usize = 32;

    pub(crate) const fn new() -> Self {
        const EMPTY: Span = Span { name: 0, name_end: 0, value: 0, value_end: 0 };
        Self { inline: [EMPTY; Self::INLINE], count: 0, more: Vec::new() }
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
        if self.count == Self::INLINE {
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
        if self.count <= Self::INLINE { &self.inline[..self.count] } else { &self.more }
    }
}
