//! Received data that is out of order, in pages.
//!
//! A stream's bytes are kept where they belong: in the page of their offset, with a bit for each
//! that says whether it is there. So nothing that a peer chooses makes it costly. A byte that is
//! held takes a byte and a bit, however it is cut; a segment takes work for its length and a look
//! at one page for each 2 KiB of it; and since bytes are copied in, a few of them never pin the
//! datagram that they came in.

use alloc::{boxed::Box, collections::BTreeMap};
use core::fmt;

use segue::Buffer;

use super::pool;

/// Bytes of a stream that came before their turn.
#[derive(Default)]
pub(super) struct Pages {
    /// By the offset of their first byte, divided by their length. All but the first hold
    /// something.
    pages: BTreeMap<u64, Box<Page>>,
    /// The number of bytes held.
    held: usize,
    /// A page for the next one who needs it.
    spare: Option<Box<Page>>,
}

impl Pages {
    /// Returns true if nothing is held.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Returns the number of bytes held.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Returns the memory of the pages in bytes.
    pub(super) fn memory(&self) -> usize {
        (self.pages.len() + usize::from(self.spare.is_some())) * size_of::<Page>()
    }

    /// Holds what is missing of `data`, whose first byte is that at `offset`.
    pub(super) fn hold(&mut self, mut offset: u64, mut data: &[u8]) {
        while !data.is_empty() {
            let (number, at) = place(offset);
            let (now, later) = data.split_at(data.len().min(PAGE - at));
            let spare = &mut self.spare;
            let page = self.pages.entry(number).or_insert_with(|| fresh(spare));
            self.held += page.hold(at, now);
            offset += now.len() as u64;
            data = later;
        }
    }

    /// Returns the number of missing bytes from `offset` to the first that is held. Nothing is held
    /// before `offset`.
    pub(super) fn missing(&self, offset: u64) -> u64 {
        let (number, at) = place(offset);
        for (&other, page) in &self.pages {
            let from = if other == number { at } else { 0 };
            let missing = page.run(from, false);
            // Only the page that `offset` is in may have nothing left.
            if from + missing < PAGE {
                return other * PAGE as u64 + (from + missing) as u64 - offset;
            }
        }
        u64::MAX
    }

    /// Moves what is held from `offset` on, up to the first byte that is missing, behind what is in
    /// `buffer`. Gives how much that is.
    pub(super) fn release(&mut self, mut offset: u64, buffer: &mut Buffer) -> u64 {
        let from = offset;
        // Data in order may have passed the end of a page.
        self.forget(offset);
        while let Some(mut first) = self.pages.first_entry() {
            let (number, at) = place(offset);
            if *first.key() != number {
                break;
            }
            let page = first.get_mut();
            let run = page.run(at, true);
            buffer.extend(&page.bytes[at..at + run]);
            self.held -= run;
            offset += run as u64;
            if at + run < PAGE {
                break;
            }
            let page = first.remove();
            self.keep(page);
        }
        self.forget(offset);
        offset - from
    }

    /// Drops the pages that end before `offset`, in which nothing is held any more.
    pub(super) fn forget(&mut self, offset: u64) {
        if self.is_empty() {
            while let Some((_, page)) = self.pages.pop_first() {
                self.keep(page);
            }
            return;
        }
        let (number, _) = place(offset);
        while let Some(first) = self.pages.first_entry()
            && *first.key() < number
        {
            let page = first.remove();
            self.keep(page);
        }
    }

    /// Keeps one page for this stream, and lets others have the one that it kept.
    #[inline]
    fn keep(&mut self, page: Box<Page>) {
        if let Some(other) = self.spare.replace(page) {
            pool::give_back(other);
        }
    }

    /// Drops all that is held, and all memory.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Gives back the page that is kept for the next who needs one.
    pub(super) fn release_memory(&mut self) {
        self.spare = None;
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("held", &self.held).field("pages", &self.pages.len()).finish()
    }
}

/// Some bytes that follow each other in a stream.
pub(super) struct Page {
    /// The start and end of the bytes that are there, as long as none is missing between them: one
    /// segment, or several that adjoin. The bits are unused then.
    whole: Option<(u16, u16)>,
    /// A bit for each byte that is there. The lowest bit of the first word is for the first byte.
    there: [u64; PAGE / 64],
    bytes: [u8; PAGE],
}

impl Page {
    /// Copies what is missing of `data` to `at`; what is there already stays as it is. Gives how
    /// much was missing.
    fn hold(&mut self, at: usize, data: &[u8]) -> usize {
        let (mut from, end, mut new) = (at, at + data.len(), 0);
        if let Some((first, last)) = self.whole() {
            if first == last {
                (self.whole, new) = (run(at, end), data.len());
                self.bytes[at..end].copy_from_slice(data);
                return new;
            }
            if at <= last && end >= first {
                let (before, behind) = (first.saturating_sub(at), end.saturating_sub(last));
                self.bytes[at..at + before].copy_from_slice(&data[..before]);
                self.bytes[end - behind..end].copy_from_slice(&data[data.len() - behind..]);
                self.whole = run(at.min(first), end.max(last));
                return before + behind;
            }
            self.whole = None;
            self.there.fill(0);
            self.mark(first, last);
        }
        loop {
            from += self.run(from, true);
            if from >= end {
                return new;
            }
            let missing = self.run(from, false).min(end - from);
            let part = &data[from - at..from - at + missing];
            self.bytes[from..from + missing].copy_from_slice(part);
            self.mark(from, from + missing);
            from += missing;
            new += missing;
        }
    }

    /// Returns the start and end of the one run, if the bits are unused.
    #[inline]
    fn whole(&self) -> Option<(usize, usize)> {
        self.whole.map(|(first, last)| (first.into(), last.into()))
    }

    /// Returns the number of bytes from `at` on that are there, or are not.
    #[inline]
    fn run(&self, at: usize, there: bool) -> usize {
        if let Some((first, last)) = self.whole() {
            return match (at, there) {
                _ if at < first => {
                    if there {
                        0
                    } else {
                        first - at
                    }
                }
                _ if at < last => {
                    if there {
                        last - at
                    } else {
                        0
                    }
                }
                _ => {
                    if there {
                        0
                    } else {
                        PAGE - at
                    }
                }
            };
        }
        let same = if there { u64::MAX } else { 0 };
        let mut mask = u64::MAX << (at % 64);
        for word in at / 64..self.there.len() {
            let other = (self.there[word] ^ same) & mask;
            if other != 0 {
                return word * 64 + other.trailing_zeros() as usize - at;
            }
            mask = u64::MAX;
        }
        PAGE - at
    }

    /// Says that the bytes from `from` on, before `to`, are there. There is at least one.
    fn mark(&mut self, from: usize, to: usize) {
        let (first, last) = (from / 64, (to - 1) / 64);
        let (head, tail) = (u64::MAX << (from % 64), u64::MAX >> (63 - (to - 1) % 64));
        if first == last {
            self.there[first] |= head & tail;
        } else {
            self.there[first] |= head;
            self.there[first + 1..last].fill(u64::MAX);
            self.there[last] |= tail;
        }
    }
}

/// A run within a page, for [`Page::whole`].
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a page has less than 2^16 bytes")]
fn run(first: usize, last: usize) -> Option<(u16, u16)> {
    Some((first as u16, last as u16))
}

/// A page with nothing in it.
fn fresh(spare: &mut Option<Box<Page>>) -> Box<Page> {
    match spare.take().or_else(pool::lease) {
        Some(mut page) => {
            page.whole = Some((0, 0));
            page
        }
        None => Box::new(Page { whole: Some((0, 0)), there: [0; PAGE / 64], bytes: [0; PAGE] }),
    }
}

/// The number of the page that a byte is in, and where in it.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the rest is less than a page")]
fn place(offset: u64) -> (u64, usize) {
    (offset / PAGE as u64, (offset % PAGE as u64) as usize)
}

/// Bytes of a page: as much as a byte that came alone takes. Less would have a full-sized datagram
/// touch more than two of them.
pub(super) const PAGE: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn runs_end_where_bits_change() {
        let mut page = fresh(&mut None);
        page.whole = None;
        for (from, to) in [(0, 1), (62, 66), (128, 192), (300, 700), (2047, 2048)] {
            page.mark(from, to);
        }
        let mut at = 0;
        let mut ends = Vec::new();
        for there in [true, false].into_iter().cycle() {
            at += page.run(at, there);
            ends.push(at);
            if at == PAGE {
                break;
            }
        }
        assert_eq!(ends, [1, 62, 66, 128, 192, 300, 700, 2047, 2048]);
    }

    #[test]
    fn what_is_there_stays() {
        let mut page = fresh(&mut None);
        assert_eq!(page.hold(10, b"abc"), 3);
        assert_eq!(page.hold(8, b"1234567"), 4);
        assert_eq!(&page.bytes[8..15], b"12abc67");
        assert_eq!(page.hold(8, b"1234567"), 0);
    }

    /// Segments in all orders, adjoining, overlapping or apart: what is known as one run and what is
    /// known by bits says the same of each byte as a look at each byte does.
    #[test]
    fn runs_and_bits_agree_with_one_byte_at_a_time() {
        let segments = [(4, 9), (9, 12), (2, 4), (0, 14), (6, 8), (20, 30), (13, 21), (2040, 2048)];
        for first in 0..segments.len() {
            for step in [1, 3, 5, 7] {
                let mut page = fresh(&mut None);
                let mut expected = [None; PAGE];
                for turn in 0..segments.len() {
                    let (from, to) = segments[(first + turn * step) % segments.len()];
                    let data: Vec<u8> = (from..to)
                        .map(|at| u8::try_from(at % 16 + turn * 16).unwrap_or(0))
                        .collect();
                    let mut new = 0;
                    for (place, &byte) in expected[from..to].iter_mut().zip(&data) {
                        new += usize::from(place.is_none());
                        place.get_or_insert(byte);
                    }
                    assert_eq!(page.hold(from, &data), new, "{first}, {step}: {from}..{to}");
                    for at in (0..40).chain(2030..PAGE) {
                        let there = expected[at].is_some();
                        let run =
                            expected[at..].iter().take_while(|b| b.is_some() == there).count();
                        assert_eq!((page.run(at, there), page.run(at, !there)), (run, 0), "{at}");
                        assert_eq!(expected[at].unwrap_or(page.bytes[at]), page.bytes[at]);
                    }
                }
            }
        }
    }

    #[test]
    fn a_page_that_was_passed_by_is_not_in_the_way() {
        let mut pages = Pages::default();
        let mut buffer = Buffer::new();
        let far = PAGE as u64 + 100;
        pages.hold(10, b"x");
        pages.hold(far, b"y");
        assert_eq!(pages.release(10, &mut buffer), 1);
        assert_eq!((pages.missing(11), pages.release(far, &mut buffer)), (far - 11, 1));
        assert!(pages.is_empty());
    }

    #[test]
    fn memory_goes_when_nothing_is_held() {
        let mut pages = Pages::default();
        let mut buffer = Buffer::new();
        for offset in [1, 5000, 90_000] {
            pages.hold(offset, b"x");
        }
        assert_eq!(pages.memory(), 3 * size_of::<Page>());
        assert_eq!((pages.missing(0), pages.release(1, &mut buffer)), (1, 1));
        assert_eq!(pages.missing(2), 4998);
        assert_eq!(pages.release(5000, &mut buffer), 1);
        assert_eq!(pages.release(90_000, &mut buffer), 1);
        assert_eq!((pages.held(), pages.memory()), (0, size_of::<Page>()));
        pages.release_memory();
        assert_eq!((pages.memory(), pages.missing(90_001)), (0, u64::MAX));
    }
}
