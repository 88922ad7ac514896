//! Keys as rustls gives them.

use alloc::boxed::Box;

use rustls::quic;

use super::{HeaderKey, Keys, Limits, PacketKey, SAMPLE, SealRefused, TAG, Unauthentic};

/// Both keys of one direction, as a `rustls::quic` connection gives them.
///
/// ```
/// # fn what_rustls_gives(keys: rustls::quic::Keys) {
/// use segue_quic::protect::RustlsKeys;
///
/// let to_read = RustlsKeys::from(keys.remote);
/// let to_write = RustlsKeys::from(keys.local);
/// # let _ = (to_read, to_write);
/// # }
/// ```
pub type RustlsKeys = Keys<Box<dyn quic::HeaderProtectionKey>, Box<dyn quic::PacketKey>>;

impl From<quic::DirectionalKeys> for RustlsKeys {
    fn from(keys: quic::DirectionalKeys) -> Self {
        Self { header: keys.header, packet: keys.packet }
    }
}

impl HeaderKey for dyn quic::HeaderProtectionKey {
    /// Computes the mask by masking zeros: rustls does not give the mask itself.
    #[inline]
    fn mask(&self, sample: &[u8; SAMPLE]) -> Option<[u8; 5]> {
        // A short header with a number of four bytes: the most that is ever masked.
        let (mut first, mut number) = (FOUR_BYTES, [0; 4]);
        self.encrypt_in_place(sample, &mut first, &mut number).ok()?;
        let [a, b, c, d] = number;
        Some([first ^ FOUR_BYTES, a, b, c, d])
    }
}

impl PacketKey for dyn quic::PacketKey {
    #[inline]
    fn open(&self, number: u64, header: &[u8], payload: &mut [u8]) -> Result<(), Unauthentic> {
        self.decrypt_in_place(number, header, payload).map(|_| ()).map_err(|_| Unauthentic)
    }

    #[inline]
    fn seal(
        &self,
        number: u64,
        header: &[u8],
        payload: &mut [u8],
    ) -> Result<[u8; TAG], SealRefused> {
        let tag = self.encrypt_in_place(number, header, payload);
        tag.ok().and_then(|tag| tag.as_ref().try_into().ok()).ok_or(SealRefused)
    }

    fn limits(&self) -> Limits {
        Limits { confidentiality: self.confidentiality_limit(), integrity: self.integrity_limit() }
    }
}

/// The first byte of a short header whose packet number takes four bytes (RFC 9000 §17.3.1).
const FOUR_BYTES: u8 = 0x03;
