//! ACK (RFC 9000 §19.3).

use core::ops::RangeInclusive;

use super::{
    AckRanges, FrameType,
    ack_ranges::{self, Source},
    input::{Broken, Input, Rule},
};
use crate::{Sink, VarInt};

/// ACK: the packets that have been received (RFC 9000 §19.3).
///
/// [`ranges`](Self::ranges) iterates over the numbers, the largest first, read from the payload. To
/// send an ACK, make it of [ranges in memory](Self::new).
#[derive(Debug, Clone, Copy)]
pub struct Ack<'a> {
    /// The largest packet number that is acknowledged.
    largest: VarInt,
    /// The time that packet had to wait for this acknowledgement, in microseconds divided by 2 to
    /// the power of the sender's `ack_delay_exponent`.
    pub delay: VarInt,
    ranges: Source<'a>,
    /// The numbers of packets that came with ECN marks, if the sender counts them.
    pub ecn: Option<EcnCounts>,
}

/// An [`Ack`] that was read, without the payload that its ranges lie in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    largest: VarInt,
    delay: VarInt,
    first: VarInt,
    count: VarInt,
    /// The size of the further ranges at the end of the frame, in bytes.
    bytes: usize,
}

impl Kept {
    /// The frame, which is `record`.
    #[inline(always)]
    pub(super) fn of(self, record: &[u8]) -> Ack<'_> {
        let Self { largest, delay, first, count, bytes } = self;
        let bytes = record.len().checked_sub(bytes).and_then(|from| record.get(from..));
        let ranges = Source::Payload { first, count, bytes: bytes.unwrap_or_default() };
        Ack { largest, delay, ranges, ecn: None }
    }
}

/// The numbers of packets received with each mark in this packet number space since the connection
/// began (RFC 9000 §19.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EcnCounts {
    /// Marked ECT(0).
    pub ect0: VarInt,
    /// Marked ECT(1).
    pub ect1: VarInt,
    /// Marked ECN-CE: congestion was experienced.
    pub ce: VarInt,
}

impl<'a> Ack<'a> {
    /// Creates the frame that acknowledges these packets; none if
    ///
    /// ```
    /// use segue_quic::{VarInt, frame::{Ack, Frame}};
    ///
    /// let ack = Ack::new(&[7..=9, 2..=4], VarInt::ZERO, None).unwrap();
    /// let mut payload = Vec::new();
    /// Frame::from(ack).encode(&mut payload).unwrap();
    /// assert_eq!(payload, [0x02, 9, 0, 1, 2, 1, 2]);
    ///
    /// let (Frame::Ack(read), 7) = Frame::decode(&payload).unwrap() else { panic!() };
    /// assert_eq!(read, ack);
    /// assert!(read.ranges().eq([7..=9, 2..=4]));
    /// assert!(Ack::new(&[7..=9, 2..=6], VarInt::ZERO, None).is_none());
    /// ```
    #[must_use]
    pub fn new(
        ranges: &'a [RangeInclusive<u64>],
        delay: VarInt,
        ecn: Option<EcnCounts>,
    ) -> Option<Self> {
        let largest = VarInt::new(*ranges.first()?.end())?;
        let descend = ranges.windows(2).all(|pair| {
            let [newer, older] = pair else { return true };
            older.end().checked_add(1).is_some_and(|next| next < *newer.start())
        });
        let ranges = Source::list(ranges)?;
        descend.then_some(Self { largest, delay, ranges, ecn })
    }

    #[inline(always)]
    pub(super) fn read(input: &mut Input<'a>, kind: u8) -> Result<Self, Broken> {
        let (largest, delay, count) = (input.varint()?, input.varint()?, input.varint()?);
        let first = input.varint()?;
        let all = input.rest();
        // The distance from the largest number down to the smallest. A false count ends with the
        // input: each range takes at least two bytes.
        let mut down = first.value();
        for _ in 0..count.value() {
            let (gap, length) = (input.varint()?, input.varint()?);
            down = down.saturating_add(gap.value() + 2 + length.value());
        }
        if down > largest.value() {
            return Err(NEGATIVE);
        }
        let (bytes, _) = all.split_at(all.len() - input.left());
        let ecn = if kind == WITH_ECN {
            let (ect0, ect1) = (input.varint()?, input.varint()?);
            Some(EcnCounts { ect0, ect1, ce: input.varint()? })
        } else {
            None
        };
        let ranges = Source::Payload { first, count, bytes };
        Ok(Self { largest, delay, ranges, ecn })
    }

    /// The fields of the frame without the payload that it lies in; `None` for a frame with ECN
    /// counts or one that was not read.
    #[inline(always)]
    pub(super) fn kept(&self) -> Option<Kept> {
        match (self.ecn, self.ranges) {
            (None, Source::Payload { first, count, bytes }) => {
                let (largest, delay) = (self.largest, self.delay);
                Some(Kept { largest, delay, first, count, bytes: bytes.len() })
            }
            _ => None,
        }
    }

    /// Returns the largest packet number that it acknowledges.
    #[must_use]
    pub const fn largest(&self) -> VarInt {
        self.largest
    }

    /// Iterates over the packet numbers that it acknowledges, the largest first.
    #[must_use]
    pub const fn ranges(&self) -> AckRanges<'a> {
        AckRanges::new(self.largest, self.ranges)
    }

    /// Returns the encoded size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let ranges: usize = self.fields().map(VarInt::size).sum();
        let ecn = self.ecn.map_or(0, |counts| counts.size());
        1 + self.size_in_front() + ranges + ecn
    }

    /// Returns the frame with as many of the newest ranges as fit in `room` bytes; none if the
    /// newest one does not. The ranges left out were acknowledged before, or will be once they are
    /// the newest.
    ///
    /// ```
    /// use segue_quic::{VarInt, frame::Ack};
    ///
    /// let ack = Ack::new(&[70..=90, 40..=60, 2..=4], VarInt::ZERO, None).unwrap();
    /// assert_eq!(ack.size(), 10);
    /// let fitting = ack.fitting(9).unwrap();
    /// assert_eq!((fitting.size(), fitting.ranges().count()), (8, 2));
    /// assert!(ack.fitting(5).is_none());
    /// ```
    #[must_use]
    pub fn fitting(mut self, room: usize) -> Option<Self> {
        let ecn = self.ecn.map_or(0, |counts| counts.size());
        // The count takes the fewest bytes for what it counts: at most what it takes now.
        let count = VarInt::try_from(self.ranges.further()).ok()?;
        let room =
            room.checked_sub(1 + self.largest.size() + self.delay.size() + count.size() + ecn)?;
        let mut fields = ack_ranges::fields(self.ranges());
        let mut taken = fields.next()?.size();
        if taken > room {
            return None;
        }
        let mut kept = 0;
        while let (Some(gap), Some(length)) = (fields.next(), fields.next()) {
            taken += gap.size() + length.size();
            if taken > room {
                break;
            }
            kept += 1;
        }
        self.ranges.keep(kept);
        Some(self)
    }

    pub(super) const fn frame_type(&self) -> FrameType {
        FrameType::of(if self.ecn.is_some() { WITH_ECN } else { 0x02 })
    }

    pub(super) fn put(&self, sink: &mut impl Sink) {
        self.frame_type().value().put(sink);
        self.largest.put(sink);
        self.delay.put(sink);
        self.count().put(sink);
        self.fields().for_each(|field| field.put(sink));
        if let Some(EcnCounts { ect0, ect1, ce }) = self.ecn {
            [ect0, ect1, ce].iter().for_each(|count| count.put(sink));
        }
    }

    pub(super) const fn check(&self) -> Result<(), Broken> {
        Ok(())
    }

    /// Returns the number of ranges besides the first.
    fn count(&self) -> VarInt {
        VarInt::try_from(self.ranges.further()).unwrap_or(VarInt::MAX)
    }

    /// Returns the size of the fields between the type and the ranges, in bytes.
    fn size_in_front(&self) -> usize {
        self.largest.size() + self.delay.size() + self.count().size()
    }

    /// The first range, then a gap and a range by turns, as they are sent.
    fn fields(&self) -> impl Iterator<Item = VarInt> + use<'a> {
        ack_ranges::fields(self.ranges())
    }
}

impl EcnCounts {
    const fn size(&self) -> usize {
        self.ect0.size() + self.ect1.size() + self.ce.size()
    }
}

/// Frames with the same content are equal, wherever their ranges are.
impl PartialEq for Ack<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.delay, self.ecn) == (other.delay, other.ecn) && self.ranges().eq(other.ranges())
    }
}

impl Eq for Ack<'_> {}

const WITH_ECN: u8 = 0x03;

const NEGATIVE: Broken = &Rule::new("a packet number below 0 is acknowledged", "RFC 9000 §19.3.1");
