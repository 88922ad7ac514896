use core::ops::RangeInclusive;

use crate::RangeSet;

/// The packet numbers received in one packet number space, from which ACK frames are made and
/// duplicates are recognised (RFC 9000 §13.2, §12.3).
///
/// The number of ranges is limited. If losses make more, the lowest are dropped, and everything
/// below them counts as received: a packet that is so late is dropped, and its sender sends it
/// again.
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
    /// All numbers below this count as received.
    floor: u64,
    limit: usize,
}

impl ReceivedPackets {
    /// The number of ranges remembered by default: 64. In an ACK frame they take some 130 bytes,
    /// which fits in any packet, and a sender has to lose packets at 64 places within a round trip
    /// before one is sent again for nothing.
    pub const MAX: usize = 64;

    /// Creates an empty record.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_max(Self::MAX)
    }

    /// Creates an empty record of at most `limit` ranges, at least one.
    #[must_use]
    pub const fn with_max(limit: usize) -> Self {
        let limit = if limit == 0 { 1 } else { limit };
        Self { numbers: RangeSet::new(), floor: 0, limit }
    }

    /// Notes packet `number`. Returns false if it came before, or counts as received: then drop the
    /// packet.
    ///
    /// Note a packet once it is unprotected; numbers above 2^62 - 1 are not on the wire.
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

    /// Returns true if packet `number` came, or counts as received.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        number < self.floor || self.numbers.contains(number)
    }

    /// Iterates over the ranges for an ACK frame,
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = RangeInclusive<u64>> {
        self.numbers.iter().rev().map(|range| range.start..=range.end - 1)
    }

    /// Returns the highest number that came.
    #[must_use]
    pub fn largest(&self) -> Option<u64> {
        match self.numbers.last() {
            Some(range) => Some(range.end - 1),
            None => self.floor.checked_sub(1),
        }
    }

    /// Notes that the peer acknowledged an ACK frame with the largest number `largest`: the numbers
    /// up to it are not sent again (RFC 9000 §13.2.4).
    pub fn told(&mut self, largest: u64) {
        // Numbers that have not come are not passed.
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
