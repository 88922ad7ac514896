//! How a length is read and written.

use core::{fmt, num::NonZeroUsize, ops::Deref};

use super::Error;
use crate::Fault;

/// A way to write a length in front of what is that long.
///
/// The ones of this module are zero-sized and public for use by themselves:
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
/// An implementation must read all that it writes, and answer the same for the same bytes
/// whatever follows them.
pub trait Prefix {
    /// The fewest bytes that a prefix takes. At least 1.
    const MIN_SIZE: usize;
    /// The most bytes that a prefix takes. The same as the fewest where all are of one size,
    /// which makes for a faster stage. At most [`PrefixBytes::CAPACITY`].
    const MAX_SIZE: usize;
    /// The greatest length that can be written.
    const MAX_VALUE: u64;

    /// Reads the prefix in front of `input`, which may hold more or less than that.
    ///
    /// # Errors
    /// When the bytes break the rules of the prefix, with the offset of the byte that does.
    fn read(&self, input: &[u8]) -> Result<Scan, Fault<Error>>;

    /// The prefix for a length of `value`, or none where it cannot be written.
    fn write(&self, value: u64) -> Option<PrefixBytes>;
}

/// What [`Prefix::read`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// A whole prefix.
    Whole {
        /// The length that it says.
        value: u64,
        /// How many bytes it takes itself.
        size: usize,
    },
    /// The beginning of one.
    Short {
        /// With fewer more bytes than this, it neither is complete nor known to be malformed.
        missing: NonZeroUsize,
    },
}

impl Scan {
    /// [`Scan::Short`] by `missing` bytes; 0 counts as 1.
    #[inline]
    #[must_use]
    pub const fn short(missing: usize) -> Self {
        match NonZeroUsize::new(missing) {
            Some(missing) => Self::Short { missing },
            None => Self::Short { missing: NonZeroUsize::MIN },
        }
    }
}

/// A prefix as [`Prefix::write`] makes it: a few bytes that own themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PrefixBytes {
    bytes: [u8; Self::CAPACITY],
    length: u8,
}

impl PrefixBytes {
    /// The most bytes it holds: 20 digits and a colon are the longest prefix there is.
    pub const CAPACITY: usize = 24;

    /// These bytes, or none if there are more than [`CAPACITY`](Self::CAPACITY).
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
