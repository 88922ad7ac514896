//! The list in a Version Negotiation packet (RFC 8999 §6).

use core::fmt;

use crate::Version;

/// The list of versions of a server, in its order.
///
/// ```
/// use segue_quic::{Version, Versions};
///
/// let versions = Versions::new(&[0x6b, 0x33, 0x43, 0xcf, 0, 0, 0, 1]).unwrap();
/// assert!(versions.iter().eq([Version::V2, Version::V1]));
/// assert_eq!(Versions::new(&[]), None);
/// assert_eq!(Versions::new(&[0, 0, 0]), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Versions<'a> {
    list: &'a [u8],
}

impl<'a> Versions<'a> {
    /// Reads the list in these bytes, four for each version; none if
    #[must_use]
    pub const fn new(list: &'a [u8]) -> Option<Self> {
        if list.is_empty() || !list.len().is_multiple_of(4) { None } else { Some(Self { list }) }
    }

    /// Iterates over the versions.
    pub fn iter(&self) -> impl Iterator<Item = Version> + 'a {
        self.list.as_chunks().0.iter().map(|&bytes| Version::from(bytes))
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_slice(&self) -> &'a [u8] {
        self.list
    }
}

impl fmt::Debug for Versions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
