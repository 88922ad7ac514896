//! The packet numbers that an ACK acknowledges (RFC 9000 §19.3.1).

use core::ops::RangeInclusive;

use crate::VarInt;

/// The packet numbers of an [`Ack`](super::Ack), as ranges, the largest first.
///
/// It reads them off the payload that they lie in, and holds nothing.
#[derive(Debug, Clone)]
pub struct AckRanges<'a> {
    /// The end of the next range; for later ranges, the start of the one before.
    place: u64,
    begun: bool,
    source: Source<'a>,
}

/// The source of the ranges.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    /// A payload, whose ranges have been checked.
    Payload {
        /// The First ACK Range.
        first: VarInt,
        /// The number of ranges still to come.
        count: VarInt,
        /// A gap and a length for each of them.
        bytes: &'a [u8],
    },
    /// Memory: descending, with a gap between them.
    List(&'a [RangeInclusive<u64>]),
}

impl<'a> Source<'a> {
    /// These ranges, unless one of them is empty or beyond what can be sent.
    pub(super) fn list(ranges: &'a [RangeInclusive<u64>]) -> Option<Self> {
        let fit =
            |range: &RangeInclusive<u64>| !range.is_empty() && *range.end() <= VarInt::MAX.value();
        ranges.iter().all(fit).then_some(Self::List(ranges))
    }

    /// Returns the number of ranges besides the first.
    pub(super) fn further(&self) -> u64 {
        match self {
            Self::Payload { count, .. } => count.value(),
            Self::List(ranges) => ranges.len().saturating_sub(1) as u64,
        }
    }

    /// Drops all but the first and `further` of the others.
    pub(super) fn keep(&mut self, further: usize) {
        match self {
            Self::Payload { count, .. } => {
                *count = (*count).min(VarInt::try_from(further).unwrap_or(VarInt::MAX));
            }
            Self::List(ranges) => *ranges = &ranges[..ranges.len().min(1 + further)],
        }
    }
}

impl<'a> AckRanges<'a> {
    pub(super) const fn new(largest: VarInt, source: Source<'a>) -> Self {
        Self { place: largest.value(), begun: false, source }
    }
}

impl Iterator for AckRanges<'_> {
    type Item = RangeInclusive<u64>;

    #[inline]
    fn next(&mut self) -> Option<RangeInclusive<u64>> {
        let begun = core::mem::replace(&mut self.begun, true);
        let (end, length) = match &mut self.source {
            Source::List(ranges) => {
                let (next, behind) = ranges.split_first()?;
                *ranges = behind;
                return Some(next.clone());
            }
            Source::Payload { first, .. } if !begun => (self.place, first.value()),
            Source::Payload { count, bytes, .. } => {
                *count = VarInt::new(count.value().checked_sub(1)?)?;
                let (gap, length) = (VarInt::take(bytes)?, VarInt::take(bytes)?);
                (self.place.checked_sub(gap.value() + 2)?, length.value())
            }
        };
        self.place = end.checked_sub(length)?;
        Some(self.place..=end)
    }
}

impl core::iter::FusedIterator for AckRanges<'_> {}

/// The encoded form of `ranges`: the first range, then a gap and a range by turns.
pub(super) fn fields(ranges: AckRanges<'_>) -> impl Iterator<Item = VarInt> + use<'_> {
    let mut place = None;
    let fields = ranges.flat_map(move |range| {
        let (smallest, largest) = range.into_inner();
        let gap = place.map(|place: u64| place.saturating_sub(largest).saturating_sub(2));
        place = Some(smallest);
        [gap, Some(largest - smallest)].into_iter().flatten()
    });
    // Numbers are of 62 bits, and so is what lies between them.
    fields.map(|field| VarInt::new(field).unwrap_or(VarInt::MAX))
}
