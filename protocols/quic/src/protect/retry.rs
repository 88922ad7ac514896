//! The integrity tag of Retry packets (RFC 9001 §5.8, RFC 9369 §3.3.3).

use alloc::vec::Vec;

use super::{PacketKey, Suite, TAG, ring::RingPacketKey};
use crate::Version;

/// Returns the tag of a Retry packet. None if the version is unknown, or the id is too long.
///
/// `original` is the destination connection id of the Initial packet that is answered, `retry` the
/// packet up to its tag. The key is public: the tag only shows that the sender has seen the
/// client's packet, and that nothing was damaged.
///
/// It allocates the length of both, once for a connection.
///
/// ```
/// use segue_quic::{Header, Version, protect::{retry_is_authentic, retry_tag}};
///
/// let (version, original) = (Version::V1, &b"8 random"[..]);
/// let retry = Header::Retry {
///     version,
///     destination: b"client",
///     source: b"server",
///     token: b"come again",
///     tag: [0; 16],
/// };
/// let mut room = [0; 1200];
/// let length = retry.write(&mut room)?;
/// let computed = retry_tag(version, original, &room[..length - 16]).expect("it is known");
/// room[length - 16..length].copy_from_slice(&computed);
/// assert!(retry_is_authentic(version, original, &room[..length]));
/// # Ok::<(), segue_quic::BuildError>(())
/// ```
#[must_use]
pub fn retry_tag(version: Version, original: &[u8], retry: &[u8]) -> Option<[u8; TAG]> {
    let (key, nonce) = match version {
        Version::V1 => (&KEY_V1, NONCE_V1),
        Version::V2 => (&KEY_V2, NONCE_V2),
        _ => return None,
    };
    let mut pseudo = Vec::with_capacity(1 + original.len() + retry.len());
    pseudo.push(u8::try_from(original.len()).ok()?);
    pseudo.extend_from_slice(original);
    pseudo.extend_from_slice(retry);
    // Number 0 leaves the nonce as it is.
    RingPacketKey::new(Suite::Aes128Gcm, key, nonce)?.seal(0, &pseudo, &mut []).ok()
}

/// Returns true if a Retry packet answers the Initial packet that a client sent to `original`, and
/// came through undamaged. Drop it otherwise (RFC 9000 §17.2.5.2).
///
/// `packet` is the whole packet, tag included.
#[must_use]
pub fn retry_is_authentic(version: Version, original: &[u8], packet: &[u8]) -> bool {
    packet
        .split_last_chunk::<TAG>()
        .is_some_and(|(retry, tag)| retry_tag(version, original, retry).as_ref() == Some(tag))
}

/// RFC 9001 §5.8.
const KEY_V1: [u8; 16] = [
    0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54, 0xe3, 0x68, 0xc8, 0x4e,
];
const NONCE_V1: [u8; 12] = [0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb];

/// RFC 9369 §3.3.3.
const KEY_V2: [u8; 16] = [
    0x8f, 0xb4, 0xb0, 0x1b, 0x56, 0xac, 0x48, 0xe2, 0x60, 0xfb, 0xcb, 0xce, 0xad, 0x7c, 0xcc, 0x92,
];
const NONCE_V2: [u8; 12] = [0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c, 0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a];
