//! Drafts of QUIC whose packets look like those of version 1.

use std::{collections::BTreeMap, str::FromStr};

use segue_quic::{
    Role, Version,
    protect::{PacketKey, SealRefused, Secret, TAG, Unauthentic, initial_secrets_by},
};

/// The salts of Initial keys, by the version.
#[derive(Debug, Clone)]
pub(crate) struct Salts(BTreeMap<u32, [u8; 20]>);

/// A version with its salt, as an argument: `ff00001d=afbfec28..`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Salt {
    version: u32,
    salt: [u8; 20],
}

impl Default for Salts {
    /// Those of draft-ietf-quic-tls-23 to -34, §5.2.
    fn default() -> Self {
        let salts = [(23..=28, SALT_23), (29..=32, SALT_29), (33..=34, SALT_33)];
        let versions = |(drafts, salt): (std::ops::RangeInclusive<u32>, _)| {
            drafts.map(move |draft| (0xff00_0000 + draft, salt))
        };
        Self(salts.into_iter().flat_map(versions).collect())
    }
}

impl Salts {
    pub(crate) fn insert(&mut self, Salt { version, salt }: Salt) {
        self.0.insert(version, salt);
    }

    /// Has the packet in front of `datagram` look like one of version 1, if it is of a version with
    /// a salt. Returns the version.
    pub(crate) fn disguise(&self, datagram: &mut [u8]) -> Option<Version> {
        let &mut [first, ref mut version @ ..] = datagram else { return None };
        let version = version.first_chunk_mut::<4>()?;
        let known = Version::from(*version);
        if first & 0x80 == 0 || !self.0.contains_key(&known.0) {
            return None;
        }
        *version = Version::V1.to_bytes();
        Some(known)
    }

    /// The secret of Initial packets of `sender`.
    pub(crate) fn initial(&self, version: Version, sender: Role, id: &[u8]) -> Option<Secret> {
        let [client, server] = match self.0.get(&version.0) {
            Some(salt) => initial_secrets_by(salt, id)?,
            None => segue_quic::protect::initial_secrets(version, id)?,
        };
        Some(if sender == Role::Client { client } else { server })
    }
}

impl FromStr for Salt {
    type Err = String;

    fn from_str(argument: &str) -> Result<Self, String> {
        let (version, digits) = argument.split_once('=').ok_or("it is not VERSION=SALT")?;
        let version = version.trim_start_matches("0x");
        let version = u32::from_str_radix(version, 16).map_err(|error| error.to_string())?;
        let mut salt = [0; 20];
        if digits.len() != 40 || !digits.is_ascii() {
            return Err("a salt has 40 hexadecimal digits".to_owned());
        }
        for (byte, at) in salt.iter_mut().zip((0..).step_by(2)) {
            let digits = &digits[at..at + 2];
            *byte = u8::from_str_radix(digits, 16).map_err(|error| error.to_string())?;
        }
        Ok(Self { version, salt })
    }
}

/// A key for packets that are disguised: the header that it authenticates has the real version.
pub(crate) struct Disguised<'k, K> {
    pub(crate) key: &'k K,
    pub(crate) version: Version,
}

impl<K> Disguised<'_, K> {
    /// The header with the real version, if it is long enough to have one.
    fn header(&self, header: &[u8]) -> Vec<u8> {
        let mut header = header.to_vec();
        if let Some(version) = header.get_mut(1..5) {
            version.copy_from_slice(&self.version.to_bytes());
        }
        header
    }
}

impl<K: PacketKey> PacketKey for Disguised<'_, K> {
    fn open(&self, number: u64, header: &[u8], payload: &mut [u8]) -> Result<(), Unauthentic> {
        self.key.open(number, &self.header(header), payload)
    }

    fn seal(
        &self,
        number: u64,
        header: &[u8],
        payload: &mut [u8],
    ) -> Result<[u8; TAG], SealRefused> {
        self.key.seal(number, &self.header(header), payload)
    }

    fn limits(&self) -> segue_quic::protect::Limits {
        self.key.limits()
    }
}

/// draft-ietf-quic-tls-23 to -28.
const SALT_23: [u8; 20] = [
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65,
    0xbe, 0xf9, 0xf5, 0x02,
];

/// draft-ietf-quic-tls-29 to -32.
const SALT_29: [u8; 20] = [
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0,
    0x43, 0x90, 0xa8, 0x99,
];

/// draft-ietf-quic-tls-33 and -34, and version 1.
const SALT_33: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad,
    0xcc, 0xbb, 0x7f, 0x0a,
];
