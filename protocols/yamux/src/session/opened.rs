//! The ids of the peer's streams that were ever opened.

use alloc::vec::Vec;
use core::ops::Range;

/// The set of the peer's streams that were ever opened, by number: 0 for the first id of its side,
/// 1 for the next, and so on.
///
/// Peers open streams in order, or nearly: some choose an id before they announce it. So the set is
/// the highest number and the gaps below it, which are few. If a peer leaves many gaps, the
/// earliest are dropped: their streams count as opened, and cannot be opened any more.
#[derive(Debug, Default)]
pub(super) struct OpenedIds {
    /// The first number that was never opened, like all behind it.
    end: u32,
    /// The numbers that were left out, in order.
    gaps: Vec<Range<u32>>,
}

impl OpenedIds {
    /// The most gaps that are remembered. A peer that counts in steps of two makes one a stream; one
    /// whose tasks announce their streams in any order has about as many as tasks.
    const GAPS: usize = 64;

    pub(super) fn contains(&self, number: u32) -> bool {
        number < self.end && self.gap(number).is_err()
    }

    /// Adds a stream. Returns false if it was opened before.
    pub(super) fn insert(&mut self, number: u32) -> bool {
        if number >= self.end {
            if number > self.end {
                self.add(self.gaps.len(), self.end..number);
            }
            self.end = number + 1;
            return true;
        }
        let Ok(at) = self.gap(number) else { return false };
        let gap = self.gaps[at].clone();
        match (gap.start == number, gap.end == number + 1) {
            (true, true) => drop(self.gaps.remove(at)),
            (true, false) => self.gaps[at].start += 1,
            (false, true) => self.gaps[at].end -= 1,
            (false, false) => {
                self.gaps[at].end = number;
                self.add(at + 1, number + 1..gap.end);
            }
        }
        true
    }

    fn add(&mut self, at: usize, gap: Range<u32>) {
        self.gaps.insert(at, gap);
        if self.gaps.len() > Self::GAPS {
            self.gaps.remove(0);
        }
    }

    /// The index of the gap that it is in.
    fn gap(&self, number: u32) -> Result<usize, usize> {
        self.gaps.binary_search_by(|gap| {
            if gap.end <= number {
                core::cmp::Ordering::Less
            } else if gap.start > number {
                core::cmp::Ordering::Greater
            } else {
                core::cmp::Ordering::Equal
            }
        })
    }

    pub(super) fn held(&self) -> usize {
        self.gaps.capacity() * size_of::<Range<u32>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_set() {
        let mut state = 1_u64;
        let mut random = move |below: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u32::try_from((state >> 33) % u64::from(below)).expect("it is below")
        };
        for _ in 0..100 {
            let (mut opened, mut set) = (OpenedIds::default(), BTreeSet::new());
            for _ in 0..300 {
                let number = random(120);
                assert_eq!(opened.insert(number), set.insert(number));
                let number = random(130);
                assert_eq!(opened.contains(number), set.contains(&number));
            }
        }
    }

    #[test]
    fn many_gaps_lose_the_earliest() {
        let mut opened = OpenedIds::default();
        (0..10_000).for_each(|number| assert!(opened.insert(number * 2 + 1)));
        assert_eq!(opened.gaps.len(), OpenedIds::GAPS);
        assert!(!opened.insert(0) && !opened.insert(10));
        assert!(opened.insert(19_998));
        assert!(opened.insert(u32::MAX - 1));
    }
}
