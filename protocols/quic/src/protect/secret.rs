//! Secrets, and the derivation of keys (RFC 9001 §5.1).

use core::fmt;

use super::{
    Keys, Suite,
    ring::{RingHeaderKey, RingKeys, RingPacketKey, expand},
};
use crate::Version;

/// A traffic secret of one direction, of the handshake or of one key phase, from TLS or from a key
/// log.
///
/// ```
/// use segue_quic::{Version, protect::{Secret, Suite}};
///
/// let secret = Secret::new(Suite::ChaCha20Poly1305, &[7; 32]).unwrap();
/// let keys = secret.keys(Version::V1).unwrap();
/// let after_an_update = secret.next(Version::V1).unwrap().packet_key(Version::V1).unwrap();
/// # let _ = (keys, after_an_update);
/// assert!(Secret::new(Suite::Aes256Gcm, &[7; 32]).is_none());
/// assert!(secret.keys(Version(0xff00_001d)).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    suite: Suite,
    bytes: [u8; Self::MAX],
}

impl Secret {
    /// The most bytes a secret has.
    const MAX: usize = 48;

    /// Creates a secret of these bytes; none if the suite's secrets have another length.
    #[must_use]
    pub fn new(suite: Suite, secret: &[u8]) -> Option<Self> {
        if secret.len() != suite.secret_size() {
            return None;
        }
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..secret.len())?.copy_from_slice(secret);
        Some(Self { suite, bytes })
    }

    /// Returns the suite that the secret is for.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.suite.secret_size()]
    }

    /// Derives the keys for headers and payloads; none if the version is unknown.
    #[must_use]
    pub fn keys(&self, version: Version) -> Option<RingKeys> {
        let mut key = [0; 32];
        let key = key.get_mut(..self.suite.key_size())?;
        expand(self, Labels::of(version)?.header_key, key)?;
        let header = RingHeaderKey::new(self.suite, key)?;
        Some(Keys { header, packet: self.packet_key(version)? })
    }

    /// Derives the key for payloads only, which an update changes; none if the version is unknown.
    #[must_use]
    pub fn packet_key(&self, version: Version) -> Option<RingPacketKey> {
        let labels = Labels::of(version)?;
        let (mut key, mut iv) = ([0; 32], [0; 12]);
        let key = key.get_mut(..self.suite.key_size())?;
        expand(self, labels.key, key)?;
        expand(self, labels.iv, &mut iv)?;
        RingPacketKey::new(self.suite, key, iv)
    }

    /// Derives the secret after a key update (§6.1); none if the version is unknown.
    #[must_use]
    pub fn next(&self, version: Version) -> Option<Self> {
        let mut next = Self { suite: self.suite, bytes: [0; Self::MAX] };
        let bytes = next.bytes.get_mut(..self.suite.secret_size())?;
        expand(self, Labels::of(version)?.update, bytes)?;
        Some(next)
    }
}

/// Does not show it.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("suite", &self.suite).finish_non_exhaustive()
    }
}

/// The labels of what is derived from a secret (RFC 9001 §5.1, §6.1; RFC 9369 §3.3.2).
struct Labels {
    key: &'static str,
    iv: &'static str,
    header_key: &'static str,
    update: &'static str,
}

impl Labels {
    const fn of(version: Version) -> Option<Self> {
        match version {
            Version::V1 => Some(Self {
                key: "quic key",
                iv: "quic iv",
                header_key: "quic hp",
                update: "quic ku",
            }),
            Version::V2 => Some(Self {
                key: "quicv2 key",
                iv: "quicv2 iv",
                header_key: "quicv2 hp",
                update: "quicv2 ku",
            }),
            _ => None,
        }
    }
}
