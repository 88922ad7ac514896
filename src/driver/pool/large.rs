//! Large storage that no connection of a thread uses now.
//!
//! Memory from the system costs a page fault for each of its pages, several times the cost of
//! receiving as many bytes. So storage that has grown for a long message is kept for the next one,
//! of any connection of the thread, and not by the connection, which holds nothing while it is
//! idle. The connection remembers how much it has needed last.
//!
//! The storage kept has a bound, and there is no clock: each request for storage that does not need
//! it counts, and [`PASSED`] in a row halve it. So one burst of long messages does not cost memory
//! for long.

use bytes::BytesMut;
use std::ops::Range;

use crate::core::reclaim;

/// The large storage of a thread.
#[derive(Debug)]
pub(super) struct Large {
    kept: Vec<BytesMut>,
    /// The number of requests in a row that did not need it.
    passed: u8,
}

/// The most bytes kept: storage to receive a frame of 16 MiB, which doubling may have made twice as
/// long, and to send one.
pub(super) const MOST: usize = 64 << 20;

/// The most pieces of storage kept.
const PIECES: usize = 8;

/// The number of requests in a row after which unneeded storage is halved.
const PASSED: u8 = 16;

impl Large {
    pub(super) const fn new() -> Self {
        Self { kept: Vec::new(), passed: 0 }
    }

    /// Returns the number of bytes kept.
    fn held(&self) -> usize {
        self.kept.iter().map(BytesMut::capacity).sum()
    }

    /// Takes the shortest storage whose length is within `sizes`, with nothing of it initialised.
    pub(super) fn take(&mut self, sizes: Range<usize>) -> Option<BytesMut> {
        let fits = |(_, storage): &(usize, &BytesMut)| sizes.contains(&storage.capacity());
        let kept = self.kept.iter().enumerate().filter(fits);
        let shortest = kept.min_by_key(|(_, storage)| storage.capacity()).map(|(at, _)| at);
        let at = shortest.or_else(|| {
            // Others may have had a part of it and be done.
            let mut kept = self.kept.iter_mut();
            kept.position(|storage| {
                reclaim(storage, sizes.start) && sizes.contains(&storage.capacity())
            })
        })?;
        Some(self.kept.swap_remove(at))
    }

    /// Keeps storage of which `needed` bytes were in use at a time, and drops the shortest if that
    /// makes too much. Storage much longer than was needed counts as not needed.
    pub(super) fn keep(&mut self, storage: BytesMut, needed: usize) {
        if storage.capacity() > MOST {
            return;
        }
        let was_needed = needed >= storage.capacity() / 4;
        self.kept.push(storage);
        while self.kept.len() > PIECES || self.held() > MOST {
            let sizes = self.kept.iter().map(BytesMut::capacity).enumerate();
            let Some((shortest, _)) = sizes.min_by_key(|(_, size)| *size) else { return };
            self.kept.swap_remove(shortest);
        }
        if was_needed {
            self.passed = 0;
        } else {
            self.pass();
        }
    }

    /// Notes a request that did not need large storage, or could have done without.
    #[inline]
    pub(super) fn pass(&mut self) {
        if !self.kept.is_empty() {
            self.count_pass();
        }
    }

    fn count_pass(&mut self) {
        self.passed += 1;
        if self.passed < PASSED {
            return;
        }
        self.passed = 0;
        let half = self.held() / 2;
        while self.held() > half {
            let sizes = self.kept.iter().map(BytesMut::capacity).enumerate();
            let Some((longest, _)) = sizes.max_by_key(|(_, size)| *size) else { return };
            self.kept.swap_remove(longest);
        }
        if self.kept.is_empty() {
            self.kept = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn storage(size: usize) -> BytesMut {
        BytesMut::with_capacity(size)
    }

    fn kept(sizes: &[usize]) -> Large {
        let mut large = Large::new();
        sizes.iter().for_each(|&size| large.keep(storage(size), size));
        large
    }

    #[test]
    fn what_is_taken_is_the_shortest_that_is_long_enough() {
        let mut large = kept(&[4 * MIB, MIB, 2 * MIB]);
        assert!(large.take(5 * MIB..usize::MAX).is_none());
        assert!(large.take(3 * MIB..4 * MIB).is_none());
        for (size, expected) in [(MIB + 1, 2 * MIB), (1, MIB), (1, 4 * MIB)] {
            assert_eq!(large.take(size..usize::MAX).map(|taken| taken.capacity()), Some(expected));
        }
        assert!(large.take(1..usize::MAX).is_none());
    }

    #[test]
    fn no_more_is_kept_than_the_bound() {
        let mut large = Large::new();
        for round in 0..100 {
            for size in [MIB / 4, MOST, MOST + 1, 3 * MIB, MOST / 2, 5] {
                large.keep(storage(size), size);
                assert!(large.held() <= MOST && large.kept.len() <= PIECES, "{round}: {large:?}");
            }
        }
        assert!(large.held() >= MOST / 2);
    }

    #[test]
    fn what_is_not_needed_is_halved_and_in_the_end_gone() {
        let mut large = kept(&[8 * MIB, 4 * MIB, 2 * MIB, MIB]);
        let mut held = large.held();
        for _ in 0..4 {
            for _ in 1..PASSED {
                large.pass();
                assert_eq!(large.held(), held);
            }
            large.pass();
            assert!(large.held() <= held / 2);
            held = large.held();
        }
        assert_eq!((held, large.kept.capacity()), (0, 0));
    }

    #[test]
    fn what_is_needed_now_and_then_stays() {
        let mut large = kept(&[8 * MIB]);
        for _ in 0..100 {
            (1..PASSED).for_each(|_| large.pass());
            let Some(taken) = large.take(MIB..usize::MAX) else { panic!("it is gone") };
            large.keep(taken, 2 * MIB);
        }
    }

    #[test]
    fn storage_that_is_far_too_long_is_given_up() {
        let mut large = kept(&[32 * MIB]);
        for _ in 0..PASSED {
            let Some(taken) = large.take(MIB..usize::MAX) else { panic!("it is gone early") };
            large.keep(taken, MIB);
        }
        assert_eq!(large.held(), 0);
    }
}
