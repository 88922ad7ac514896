//! Keys of Initial packets, which anybody can derive (RFC 9001 §5.2, RFC 9369 §3.3.1).

use ring::hkdf;

use super::{
    Secret, Suite,
    ring::{RingKeys, expand_by},
};
use crate::Version;

/// The keys of the Initial packets of both ends.
#[derive(Debug)]
pub struct InitialKeys {
    /// The keys for packets of the client.
    pub client: RingKeys,
    /// The keys for packets of the server.
    pub server: RingKeys,
}

/// Derives the keys of Initial packets from the destination connection id of the client's first
/// Initial packet, or, after a Retry packet, of the first that answers it. None if the version is
/// unknown.
///
/// ```
/// use segue_quic::{Version, protect};
///
/// assert!(protect::initial(Version::V1, b"\x83\x94\xc8\xf0\x3e\x51\x57\x08").is_some());
/// assert!(protect::initial(Version(0xff00_001d), b"\x83\x94\xc8\xf0").is_none());
/// ```
#[must_use]
pub fn initial(version: Version, destination: &[u8]) -> Option<InitialKeys> {
    let [client, server] = initial_secrets(version, destination)?;
    Some(InitialKeys { client: client.keys(version)?, server: server.keys(version)? })
}

/// The secrets that [`initial`] makes its keys of: the client's and the server's.
#[must_use]
pub fn initial_secrets(version: Version, destination: &[u8]) -> Option<[Secret; 2]> {
    let salt = match version {
        Version::V1 => &SALT_V1,
        Version::V2 => &SALT_V2,
        _ => return None,
    };
    initial_secrets_by(salt, destination)
}

/// The secrets of Initial packets by a salt of your own: for tools that read drafts of QUIC, whose
/// packets look like those of version 1 and differ by their salt (RFC 9001 §5.2).
///
/// ```
/// use segue_quic::{Version, protect::{initial_secrets, initial_secrets_by}};
///
/// // draft-ietf-quic-tls-29 §5.2
/// let salt = [
///     0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0,
///     0x43, 0x90, 0xa8, 0x99,
/// ];
/// let [client, _server] = initial_secrets_by(&salt, b"8 random").unwrap();
/// assert_ne!(Some(client), initial_secrets(Version::V1, b"8 random").map(|[client, _]| client));
/// let keys = client.keys(Version::V1).expect("the labels are those of version 1");
/// # let _ = keys;
/// ```
#[must_use]
pub fn initial_secrets_by(salt: &[u8; 20], destination: &[u8]) -> Option<[Secret; 2]> {
    let common = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(destination);
    let secret = |label| {
        let mut bytes = [0; 32];
        expand_by(&common, label, &mut bytes)?;
        Secret::new(Suite::Aes128Gcm, &bytes)
    };
    Some([secret("client in")?, secret("server in")?])
}

/// RFC 9001 §5.2.
const SALT_V1: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad,
    0xcc, 0xbb, 0x7f, 0x0a,
];

/// RFC 9369 §3.3.1.
const SALT_V2: [u8; 20] = [
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb,
    0xf9, 0xbd, 0x2e, 0xd9,
];
