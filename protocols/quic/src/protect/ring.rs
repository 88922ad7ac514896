//! Keys made of ring's primitives.

use core::fmt;

use ring::{
    aead::{self, quic::HeaderProtectionKey},
    hkdf,
};

use super::{
    HeaderKey, Keys, Limits, PacketKey, SAMPLE, SealRefused, Secret, Suite, TAG, Unauthentic,
};

/// Both keys of one direction, by ring.
pub type RingKeys = Keys<RingHeaderKey, RingPacketKey>;

/// A key for headers, by ring. A [`Secret`] makes it.
pub struct RingHeaderKey(HeaderProtectionKey);

impl RingHeaderKey {
    /// The key of these bytes; none if they are not as many as the suite has.
    pub(super) fn new(suite: Suite, key: &[u8]) -> Option<Self> {
        let algorithm = match suite {
            Suite::Aes128Gcm => &aead::quic::AES_128,
            Suite::Aes256Gcm => &aead::quic::AES_256,
            Suite::ChaCha20Poly1305 => &aead::quic::CHACHA20,
        };
        HeaderProtectionKey::new(algorithm, key).ok().map(Self)
    }
}

impl HeaderKey for RingHeaderKey {
    #[inline]
    fn mask(&self, sample: &[u8; SAMPLE]) -> Option<[u8; 5]> {
        self.0.new_mask(sample).ok()
    }
}

/// A key for payloads, by ring. A [`Secret`] makes it.
pub struct RingPacketKey {
    suite: Suite,
    key: aead::LessSafeKey,
    iv: [u8; aead::NONCE_LEN],
}

impl RingPacketKey {
    /// The key of these bytes; none if they are not as many as the suite has.
    pub(super) fn new(suite: Suite, key: &[u8], iv: [u8; aead::NONCE_LEN]) -> Option<Self> {
        let algorithm = match suite {
            Suite::Aes128Gcm => &aead::AES_128_GCM,
            Suite::Aes256Gcm => &aead::AES_256_GCM,
            Suite::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
        };
        let key = aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, key).ok()?);
        Some(Self { suite, key, iv })
    }

    /// The number, exclusive-or'd into the end of the IV (RFC 9001 §5.3).
    #[inline]
    fn nonce(&self, number: u64) -> aead::Nonce {
        let mut nonce = self.iv;
        for (byte, number) in nonce[aead::NONCE_LEN - 8..].iter_mut().zip(number.to_be_bytes()) {
            *byte ^= number;
        }
        aead::Nonce::assume_unique_for_key(nonce)
    }
}

impl PacketKey for RingPacketKey {
    #[inline]
    fn open(&self, number: u64, header: &[u8], payload: &mut [u8]) -> Result<(), Unauthentic> {
        let opened = self.key.open_in_place(self.nonce(number), aead::Aad::from(header), payload);
        opened.map(|_| ()).map_err(|_| Unauthentic)
    }

    #[inline]
    fn seal(
        &self,
        number: u64,
        header: &[u8],
        payload: &mut [u8],
    ) -> Result<[u8; TAG], SealRefused> {
        let header = aead::Aad::from(header);
        let tag = self.key.seal_in_place_separate_tag(self.nonce(number), header, payload);
        tag.ok().and_then(|tag| tag.as_ref().try_into().ok()).ok_or(SealRefused)
    }

    fn limits(&self) -> Limits {
        self.suite.limits()
    }
}

/// HKDF-Expand-Label with no context (RFC 8446 §7.1), into `out`.
pub(super) fn expand(secret: &Secret, label: &str, out: &mut [u8]) -> Option<()> {
    let algorithm = match secret.suite() {
        Suite::Aes128Gcm | Suite::ChaCha20Poly1305 => hkdf::HKDF_SHA256,
        Suite::Aes256Gcm => hkdf::HKDF_SHA384,
    };
    expand_by(&hkdf::Prk::new_less_safe(algorithm, secret.as_slice()), label, out)
}

/// Does the same with a key that is made already.
pub(super) fn expand_by(key: &hkdf::Prk, label: &str, out: &mut [u8]) -> Option<()> {
    let length = u16::try_from(out.len()).ok()?.to_be_bytes();
    let label_length = [u8::try_from(PREFIX.len() + label.len()).ok()?];
    let info = [&length[..], &label_length, PREFIX, label.as_bytes(), &[0]];
    key.expand(&info, Length(out.len())).ok()?.fill(out).ok()
}

/// The prefix of all labels of TLS 1.3.
const PREFIX: &[u8] = b"tls13 ";

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Does not show it.
impl fmt::Debug for RingHeaderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingHeaderKey").finish_non_exhaustive()
    }
}

/// Does not show it.
impl fmt::Debug for RingPacketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingPacketKey").field("suite", &self.suite).finish_non_exhaustive()
    }
}
