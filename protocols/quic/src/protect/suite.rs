//! Cipher suites, and the limits on their use (RFC 9001 §5.3, §6.6).

use core::fmt;

/// A TLS 1.3 cipher suite for packet protection (RFC 9001 §5.3).
///
/// ```
/// use segue_quic::protect::Suite;
///
/// assert_eq!(Suite::try_from(0x1303), Ok(Suite::ChaCha20Poly1305)); // as in a ServerHello
/// assert!(Suite::try_from(0x1305).is_err()); // AES_128_CCM_8 is not for QUIC
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Suite {
    /// `TLS_AES_128_GCM_SHA256`, which also protects all Initial packets.
    Aes128Gcm,
    /// `TLS_AES_256_GCM_SHA384`.
    Aes256Gcm,
    /// `TLS_CHACHA20_POLY1305_SHA256`.
    ChaCha20Poly1305,
}

impl Suite {
    /// All suites.
    pub const ALL: [Self; 3] = [Self::Aes128Gcm, Self::Aes256Gcm, Self::ChaCha20Poly1305];

    /// Returns the code in TLS (RFC 8446 §B.4).
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Aes128Gcm => 0x1301,
            Self::Aes256Gcm => 0x1302,
            Self::ChaCha20Poly1305 => 0x1303,
        }
    }

    /// Returns the size of a secret in bytes: that of the suite's hash.
    #[must_use]
    pub const fn secret_size(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::ChaCha20Poly1305 => 32,
            Self::Aes256Gcm => 48,
        }
    }

    /// Returns the size of a key in bytes.
    #[must_use]
    pub const fn key_size(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }

    /// Returns the limits on the use of a key.
    #[must_use]
    pub const fn limits(self) -> Limits {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => Limits::GCM,
            Self::ChaCha20Poly1305 => Limits::CHACHA20_POLY1305,
        }
    }
}

/// The error for a cipher suite that QUIC does not use, or that is unknown here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSuite(pub u16);

impl fmt::Display for UnknownSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cipher suite {:#06x} is not known for QUIC (RFC 9001 §5.3)", self.0)
    }
}

impl core::error::Error for UnknownSuite {}

impl TryFrom<u16> for Suite {
    type Error = UnknownSuite;

    fn try_from(code: u16) -> Result<Self, UnknownSuite> {
        Self::ALL.into_iter().find(|suite| suite.code() == code).ok_or(UnknownSuite(code))
    }
}

/// Limits on the use of an AEAD, within which an attacker gains nothing (RFC 9001 §6.6).
///
/// The owner of the connection counts the packets; only [`KeyPhases`](super::KeyPhases), which
/// holds the keys, counts by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most packets protected with one key: update the keys before that.
    pub confidentiality: u64,
    /// The most packets of one connection that are not authentic, over all of its keys: then close
    /// it with `AEAD_LIMIT_REACHED`.
    pub integrity: u64,
}

impl Limits {
    /// The limits of AES-128-GCM and AES-256-GCM,
    pub const GCM: Self = Self { confidentiality: 1 << 23, integrity: 1 << 52 };

    /// The limits of ChaCha20-Poly1305, which could protect more packets than there are packet
    /// numbers.
    pub const CHACHA20_POLY1305: Self = Self { confidentiality: u64::MAX, integrity: 1 << 36 };
}
