//! Cipher suites, and what they may be used for at most (RFC 9001 §5.3, §6.6).

use core::fmt;

/// A cipher suite of TLS 1.3 that packets are protected by (RFC 9001 §5.3).
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
    /// `TLS_AES_128_GCM_SHA256`; that of all Initial packets, too.
    Aes128Gcm,
    /// `TLS_AES_256_GCM_SHA384`.
    Aes256Gcm,
    /// `TLS_CHACHA20_POLY1305_SHA256`.
    ChaCha20Poly1305,
}

impl Suite {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Aes128Gcm, Self::Aes256Gcm, Self::ChaCha20Poly1305];

    /// Its code in TLS (RFC 8446 §B.4).
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Aes128Gcm => 0x1301,
            Self::Aes256Gcm => 0x1302,
            Self::ChaCha20Poly1305 => 0x1303,
        }
    }

    /// How many bytes a secret has: as many as its hash gives.
    #[must_use]
    pub const fn secret_size(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::ChaCha20Poly1305 => 32,
            Self::Aes256Gcm => 48,
        }
    }

    /// How many bytes a key has.
    #[must_use]
    pub const fn key_size(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }

    /// How much a key may be used.
    #[must_use]
    pub const fn limits(self) -> Limits {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => Limits::GCM,
            Self::ChaCha20Poly1305 => Limits::CHACHA20_POLY1305,
        }
    }
}

/// The error where a cipher suite is none that QUIC packets are protected by, or none that is known
/// here.
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

/// How much use of an AEAD leaves an attacker without an advantage (RFC 9001 §6.6).
///
/// Whoever holds the connection counts; nothing here does but
/// [`KeyPhases`](super::KeyPhases), for whom it holds the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So many packets may be protected with one key: before that, keys are to be updated.
    pub confidentiality: u64,
    /// So many packets may fail to be authentic in one connection, over all of its keys; after that,
    /// it is to be closed with `AEAD_LIMIT_REACHED`.
    pub integrity: u64,
}

impl Limits {
    /// Those of AES-128-GCM and AES-256-GCM, with packets of any size (§B.1).
    pub const GCM: Self = Self { confidentiality: 1 << 23, integrity: 1 << 52 };

    /// Those of ChaCha20-Poly1305: there are not as many packet numbers as it could protect.
    pub const CHACHA20_POLY1305: Self = Self { confidentiality: u64::MAX, integrity: 1 << 36 };
}
