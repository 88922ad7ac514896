use alloc::collections::BTreeMap;
use core::{fmt, ops::Range};

/// A set of integers, kept as ranges that neither touch nor overlap: for packet numbers that have
/// come, or bytes that were acknowledged or lost.
///
/// The work for a range grows with the logarithm of the number of ranges, and with the number that
/// it swallows. Each gap adds a range. If a peer chooses the numbers, they must be bounded by what
/// was sent to it, or set a [limit](Self::with_max).
///
/// ```
/// use segue_quic::RangeSet;
///
/// let mut packets = RangeSet::new();
/// packets.insert(0..3);
/// packets.insert(5..6);
/// assert_eq!(packets.insert(2..5), 2); // 3 and 4 are new
/// assert!(packets.iter().eq([0..6]));
/// assert_eq!(packets.remove(1..2), 1);
/// assert!(packets.iter().rev().eq([2..6, 0..1])); // as an ACK frame tells them
/// assert!(packets.missing(0..9).eq([1..2, 6..9]));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RangeSet {
    /// The end of each range by its start.
    ranges: BTreeMap<u64, u64>,
    limit: usize,
}

impl RangeSet {
    /// Creates an empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_max(usize::MAX)
    }

    /// Creates an empty set of at most `limit` ranges: beyond that, the lowest is dropped.
    #[must_use]
    pub const fn with_max(limit: usize) -> Self {
        Self { ranges: BTreeMap::new(), limit }
    }

    /// Adds all of `range`. Returns the number of new integers.
    pub fn insert(&mut self, range: Range<u64>) -> u64 {
        let Range { mut start, mut end } = range;
        if start >= end {
            return 0;
        }
        let mut new = end - start;
        if let Some((&before, before_end)) = self.ranges.range_mut(..=start).next_back()
            && *before_end >= start
        {
            if *before_end >= end {
                return 0;
            }
            new -= *before_end - start;
            start = before;
        }
        // Those that begin inside, or right behind.
        while let Some((&other, &other_end)) = self.ranges.range(start + 1..=end).next() {
            new -= other_end.min(end) - other;
            end = end.max(other_end);
            self.ranges.remove(&other);
        }
        self.ranges.insert(start, end);
        if self.ranges.len() > self.limit {
            self.ranges.pop_first();
        }
        new
    }

    /// Removes all of `range`. Returns the number of removed integers.
    pub fn remove(&mut self, range: Range<u64>) -> u64 {
        let Range { start, end } = range;
        if start >= end {
            return 0;
        }
        let mut gone = 0;
        let mut behind = None;
        if let Some((_, before_end)) = self.ranges.range_mut(..start).next_back()
            && *before_end > start
        {
            gone += (*before_end).min(end) - start;
            if *before_end > end {
                behind = Some(*before_end);
            }
            *before_end = start;
        }
        while let Some((&other, &other_end)) = self.ranges.range(start..end).next() {
            gone += other_end.min(end) - other;
            if other_end > end {
                behind = Some(other_end);
            }
            self.ranges.remove(&other);
        }
        if let Some(behind) = behind {
            self.ranges.insert(end, behind);
        }
        gone
    }

    /// Returns true if `value` is in the set.
    #[must_use]
    pub fn contains(&self, value: u64) -> bool {
        self.ranges.range(..=value).next_back().is_some_and(|(_, &end)| end > value)
    }

    /// Iterates over the ranges, the lowest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Range<u64>> + ExactSizeIterator {
        self.ranges.iter().map(|(&start, &end)| start..end)
    }

    /// Returns the parts of `range` that are not in the set, the lowest first.
    pub fn missing(&self, range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
        let Range { start, end } = range;
        let before = self.ranges.range(..=start).next_back().map_or(start, |(_, &end)| end);
        let inside = self.ranges.range(start.saturating_add(1)..end.max(start.saturating_add(1)));
        let inside = inside.map(|(&start, &end)| start..end);
        let mut from = before.max(start);
        inside
            .chain(core::iter::once(end..end))
            .map(move |range| {
                let missing = from..range.start;
                from = from.max(range.end);
                missing
            })
            .filter(|missing| missing.start < missing.end)
    }

    /// Returns the lowest range.
    #[must_use]
    pub fn first(&self) -> Option<Range<u64>> {
        self.ranges.first_key_value().map(|(&start, &end)| start..end)
    }

    /// Returns the highest range.
    #[must_use]
    pub fn last(&self) -> Option<Range<u64>> {
        self.ranges.last_key_value().map(|(&start, &end)| start..end)
    }

    /// Returns the number of ranges.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Returns true if the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.ranges.clear();
    }
}

impl Default for RangeSet {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the ranges: `{0..1, 2..6}`.
impl fmt::Debug for RangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
