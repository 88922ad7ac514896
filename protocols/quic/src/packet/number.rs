use crate::VarInt;

/// A packet number to send: the full number, and how many of its low bytes are sent (RFC 9000
/// §17.1).
///
/// ```
/// use segue_quic::PacketNumber;
///
/// // RFC 9000 §A.2: the peer has acknowledged 0xabe8b3.
/// let number = PacketNumber::new(0xac5c02, Some(0xabe8b3)).unwrap();
/// assert_eq!((number.low(), number.size()), (0x5c02, 2));
/// let number = PacketNumber::new(0xace8fe, Some(0xabe8b3)).unwrap();
/// assert_eq!((number.low(), number.size()), (0xace8fe, 3));
/// // RFC 9000 §A.3: the highest number that came before is 0xa82f30ea.
/// assert_eq!(PacketNumber::recover(0x9b32, 2, Some(0xa82f30ea)), Some(0xa82f9b32));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketNumber {
    full: u64,
    size: u8,
}

impl PacketNumber {
    /// The greatest number: 2^62 - 1. A connection is closed after its use (§12.3).
    pub const MAX: u64 = VarInt::MAX.value();

    /// Encodes the number `full` in the fewest bytes from which the peer can recover it, given the
    /// highest number that it has acknowledged in this space (§A.2).
    ///
    /// None if the peer could not: the number is past [`MAX`](Self::MAX), is not higher than the
    /// acknowledged one, or 2^31 packets are on their way.
    #[must_use]
    pub fn new(full: u64, acknowledged: Option<u64>) -> Option<Self> {
        let unacknowledged = match acknowledged {
            Some(acknowledged) => full.checked_sub(acknowledged)?,
            None => full.checked_add(1)?,
        };
        // Twice as many as are on their way, so that those in front can be told from those behind.
        let size = match unacknowledged {
            0 => return None,
            1..=0x80 => 1,
            0x81..=0x8000 => 2,
            0x8001..=0x0080_0000 => 3,
            0x0080_0001..=0x8000_0000 => 4,
            _ => return None,
        };
        Self::sized(full, size)
    }

    /// Encodes the number `full` in `size` bytes, 1 to 4. None if the size or the number is out of
    /// range.
    #[must_use]
    pub const fn sized(full: u64, size: u8) -> Option<Self> {
        if full <= Self::MAX && size >= 1 && size <= 4 { Some(Self { full, size }) } else { None }
    }

    /// Returns the full number, as it goes into the nonce (RFC 9001 §5.3).
    #[must_use]
    pub const fn full(self) -> u64 {
        self.full
    }

    /// Returns the number of bytes sent, 1 to 4.
    #[must_use]
    pub const fn size(self) -> usize {
        self.size as usize
    }

    /// Returns the low bytes that are sent, as a number.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the low four bytes are what is wanted")]
    pub const fn low(self) -> u32 {
        self.full as u32 & u32::MAX >> (32 - 8 * self.size as u32)
    }

    /// The low bytes that are sent, in front of zeros.
    #[inline]
    pub(crate) const fn to_bytes(self) -> [u8; 4] {
        (self.low() << (32 - 8 * self.size as u32)).to_be_bytes()
    }

    /// Recovers the full number whose low `size` bytes, 1 to 4, are `low`, given the highest
    /// authentic number that was received in this space (§A.3): the result is the one nearest to
    /// its successor. None if no number is sent in `size` bytes, or `low` takes more.
    #[inline]
    #[must_use]
    pub const fn recover(low: u32, size: u8, largest: Option<u64>) -> Option<u64> {
        if size == 0 || size > 4 || low as u64 >= 1 << (8 * size) {
            return None;
        }
        Some(Self::nearest(low, size, largest))
    }

    /// As [`recover`](Self::recover), for a size that is two bits of a header, plus one.
    #[inline]
    pub(super) const fn nearest(low: u32, size: u8, largest: Option<u64>) -> u64 {
        let expected = match largest {
            Some(largest) if largest < Self::MAX => largest + 1,
            Some(_) => Self::MAX,
            None => 0,
        };
        let window = 1_u64 << (8 * if size < 4 { size } else { 4 });
        let half = window / 2;
        let candidate = (expected & !(window - 1)) | (low as u64 & (window - 1));
        if candidate + half <= expected && candidate <= Self::MAX - window {
            candidate + window
        } else if candidate > expected + half && candidate >= window {
            candidate - window
        } else {
            candidate
        }
    }
}
