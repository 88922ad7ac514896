//! Versions of QUIC (RFC 8999 §5.4, RFC 9000 §15).

use core::fmt;

/// A version of QUIC, as in a long header.
///
/// Any 32 bits can be represented. Of unknown versions only the invariants of RFC 8999 are used.
///
/// ```
/// use segue_quic::Version;
///
/// assert_eq!(Version::V2.to_string(), "QUICv2");
/// assert!(Version::V1.is_known() && !Version(0xff00_001d).is_known());
/// assert!(Version::reserved(0x1234_5678).is_reserved());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32);

impl Version {
    /// The value in place of a version in a Version Negotiation packet (RFC 8999 §6).
    pub const NEGOTIATION: Self = Self(0);

    /// QUIC version 1 (RFC 9000).
    pub const V1: Self = Self(1);

    /// QUIC version 2 (RFC 9369): version 1 with other numbers in many places, so that middleboxes
    /// do not get used to those of version 1.
    pub const V2: Self = Self(0x6b33_43cf);

    /// The versions whose packets this crate fully supports, the preferred one first.
    pub const KNOWN: [Self; 2] = [Self::V1, Self::V2];

    /// Returns true if it is one of [`KNOWN`](Self::KNOWN).
    #[inline]
    #[must_use]
    pub const fn is_known(self) -> bool {
        matches!(self, Self::V1 | Self::V2)
    }

    /// Returns true for `0x?a?a?a?a`, which is reserved to exercise version negotiation and must
    /// never be spoken (RFC 9000 §15).
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        self.0 & 0x0f0f_0f0f == 0x0a0a_0a0a
    }

    /// A reserved version, whose other bits are those of `random`: what an endpoint sends or lists
    /// so that peers do not forget how to negotiate (RFC 9000 §6.3).
    #[must_use]
    pub const fn reserved(random: u32) -> Self {
        Self(random & 0xf0f0_f0f0 | 0x0a0a_0a0a)
    }

    /// Its bytes as they are sent.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl From<[u8; 4]> for Version {
    #[inline]
    fn from(bytes: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(bytes))
    }
}

/// `QUICv1`, `0xff00001d`.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NEGOTIATION => f.write_str("version negotiation"),
            Self::V1 => f.write_str("QUICv1"),
            Self::V2 => f.write_str("QUICv2"),
            Self(other) => write!(f, "{other:#010x}"),
        }
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
