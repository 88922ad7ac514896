//! Forms of a length on the wire.

use core::{fmt, num::NonZeroUsize, ops::Deref};

use super::Error;
use crate::Fault;

/// A form in which a length is written in front of a payload.
///
/// The prefixes of this module are zero-sized and can be used by themselves:
///
/// ```
/// use segue::length::{Prefix, QuicVarint, Scan};
///
/// // RFC 9000 §A.1
/// let complete = QuicVarint.read(&[0x7b, 0xbd, 0xff]).unwrap();
/// assert_eq!(complete, Scan::Whole { value: 15293, size: 2 });
/// assert_eq!(QuicVarint.read(&[0x7b]).unwrap(), Scan::short(1));
/// assert_eq!(&QuicVarint.write(15293).unwrap()[..], [0x7b, 0xbd]);
/// assert_eq!(QuicVarint.write(1 << 62), None);
/// ```
///
/// An implementation must read everything it writes, and give the same answer for the same bytes
/// whatever follows them.
pub trait Prefix {
    /// The fewest bytes that a prefix takes, at least 1.
    const MIN_SIZE: usize;
    /// The most bytes that a prefix takes, at most [`PrefixBytes::CAPACITY`]. The stage is faster
    /// if this equals [`MIN_SIZE`](Self::MIN_SIZE).
    const MAX_SIZE: usize;
    /// The greatest length that can be written.
    const MAX_VALUE: u64;

    /// Reads the prefix in front of `input`, which may hold more or less than the prefix.
    ///
    /// # Errors
    /// When the bytes break the rules of the prefix, at the offset of the first wrong byte.
    fn read(&self, input: &[u8]) -> Result<Scan, Fault<Error>>;

    /// Returns the prefix for a length of `value`, or `None` if it cannot be written.
    fn write(&self, value: u64) -> Option<PrefixBytes>;
}

/// The result of [`Prefix::read`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// A whole prefix.
    Whole {
        /// The length that it announces.
        value: u64,
        /// The number of bytes of the prefix itself.
        size: usize,
    },
    /// The beginning of a prefix.
    Short {
        /// With fewer more bytes than this, it is neither complete nor known to be malformed.
        missing: NonZeroUsize,
    },
}

impl Scan {
    /// Returns [`Scan::Short`] by `missing` bytes; 0 counts as 1.
    #[inline]
    #[must_use]
    pub const fn short(missing: usize) -> Self {
        match NonZeroUsize::new(missing) {
            Some(missing) => Self::Short { missing },
            None => Self::Short { missing: NonZeroUsize::MIN },
        }
    }
}

/// The bytes of a prefix, as [`Prefix::write`] returns them, stored in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PrefixBytes {
    bytes: [u8; Self::CAPACITY],
    length: u8,
}

impl PrefixBytes {
    /// The most bytes it holds. The longest prefix has 20 digits and a colon.
    pub const CAPACITY: usize = 24;

    /// Copies `prefix`. `None` if it has more than [`CAPACITY`](Self::CAPACITY) bytes.
    #[inline]
    #[must_use]
    pub fn new(prefix: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::CAPACITY];
        bytes.get_mut(..prefix.len())?.copy_from_slice(prefix);
        #[expect(clippy::cast_possible_truncation, reason = "not longer than CAPACITY")]
        Some(Self { bytes, length: prefix.len() as u8 })
    }
}

impl Deref for PrefixBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl fmt::Debug for PrefixBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&**self).finish()
    }
}
