//! Which packets have come.

use core::ops::RangeInclusive;

use crate::RangeSet;

/// The packet numbers that have come in one packet number space: what an ACK frame is made of, and
/// how packets that come again are known (RFC 9000 §13.2, §12.3).
///
/// Only so many ranges are remembered. Where losses make more, the lowest go, and everything below
/// them counts as having come: a packet that is that late is dropped, for its sender to send again.
///
/// ```
/// use segue_quic::ReceivedPackets;
///
/// let mut packets = ReceivedPackets::new();
/// for number in [0, 1, 4, 2, 7] {
///     assert!(packets.receive(number));
/// }
/// assert!(!packets.receive(4)); // it came before
/// assert!(packets.ranges().eq([7..=7, 4..=4, 0..=2]));
///
/// // An ACK frame with 4 for its largest number was acknowledged: what it told need not be told
/// // again.
/// packets.told(4);
/// assert!(packets.ranges().eq([7..=7]));
/// assert!(!packets.receive(3)); // later than can be known
/// ```
#[derive(Debug, Clone)]
pub struct ReceivedPackets {
    numbers: RangeSet,
    /// Below this all have come, or count as such.
    floor: u64,
    limit: usize,
}

impl ReceivedPackets {
    /// How many ranges are remembered unless another limit is set: 64. Told in an ACK frame they
    /// take some 130 bytes, which leaves room in any packet, and a sender has to lose packets at 64
    /// places within a round trip before one is sent again for nothing.
    pub const MAX: usize = 64;

    /// Of which none has come.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_max(Self::MAX)
    }

    /// The same, with at most `limit` ranges remembered, and one at least.
    #[must_use]
    pub const fn with_max(limit: usize) -> Self {
        let limit = if limit == 0 { 1 } else { limit };
        Self { numbers: RangeSet::new(), floor: 0, limit }
    }

    /// Notes packet `number`. False if it came before, or counts as such: it is to be dropped.
    ///
    /// A packet counts once it was unprotected; numbers above 2^62 - 1 are not on the wire.
    pub fn receive(&mut self, number: u64) -> bool {
        let new = number >= self.floor
            && number < u64::MAX
            && self.numbers.insert(number..number + 1) == 1;
        if self.numbers.len() > self.limit
            && let Some(lowest) = self.numbers.first()
        {
            self.forget_below(lowest.end);
        }
        new
    }

    /// Whether packet `number` came, or counts as such.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        number < self.floor || self.numbers.contains(number)
    }

    /// The ranges to be told in an ACK frame, the highest first (RFC 9000 §19.3).
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = RangeInclusive<u64>> {
        self.numbers.iter().rev().map(|range| range.start..=range.end - 1)
    }

    /// The highest number that came.
    #[must_use]
    pub fn largest(&self) -> Option<u64> {
        match self.numbers.last() {
            Some(range) => Some(range.end - 1),
            None => self.floor.checked_sub(1),
        }
    }

    /// An ACK frame whose largest number is `largest` was acknowledged by the peer: those up to it
    /// are not told again (RFC 9000 §13.2.4).
    pub fn told(&mut self, largest: u64) {
        // What has not come is not behind it.
        let largest = self.largest().map_or(0, |most| most.min(largest).saturating_add(1));
        self.forget_below(largest);
    }

    fn forget_below(&mut self, floor: u64) {
        if floor > self.floor {
            self.numbers.remove(self.floor..floor);
            self.floor = floor;
        }
    }
}

impl Default for ReceivedPackets {
    fn default() -> Self {
        Self::new()
    }
}
