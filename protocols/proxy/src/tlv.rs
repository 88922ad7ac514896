//! What a header of version 2 says beside the addresses: types, lengths and values (§2.2).

use alloc::{borrow::Cow, vec::Vec};
use core::{fmt, ops::RangeInclusive, str};

use segue::Fault;

use crate::{Error, Ssl, WriteError};

/// One TLV of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tlv<'a> {
    /// The protocol that was agreed on by ALPN, such as `h2` (§2.2.1).
    Alpn(&'a [u8]),
    /// The name of the server that the client wants, as in SNI (§2.2.2). A client has chosen it.
    Authority(&'a str),
    /// The checksum of the header (§2.2.3). One that was received has been checked; for one to be
    /// written any value will do, since the encoder computes it.
    Crc32c(u32),
    /// Padding (§2.2.4).
    Noop(&'a [u8]),
    /// Up to 128 bytes that name the connection across several proxies (§2.2.5).
    UniqueId(&'a [u8]),
    /// The client's TLS session with the proxy (§2.2.6).
    Ssl(Ssl<'a>),
    /// The name of the network namespace, in ASCII (§2.2.7).
    NetNs(&'a str),
    /// A type that the specification does not know, or leaves to applications (§2.2.8).
    Unknown {
        /// The type.
        kind: u8,
        /// The value.
        value: &'a [u8],
    },
}

impl<'a> Tlv<'a> {
    /// The types for applications, which the specification will never use (§2.2.8).
    pub const CUSTOM: RangeInclusive<u8> = 0xE0..=0xEF;
    /// The types for experiments, which are not for production (§2.2.8).
    pub const EXPERIMENT: RangeInclusive<u8> = 0xF0..=0xF7;
    /// The most bytes of a unique id (§2.2.5).
    pub const MAX_UNIQUE_ID: usize = 128;

    /// Returns the type.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Alpn(_) => ALPN,
            Self::Authority(_) => AUTHORITY,
            Self::Crc32c(_) => CRC32C,
            Self::Noop(_) => NOOP,
            Self::UniqueId(_) => UNIQUE_ID,
            Self::Ssl(_) => SSL,
            Self::NetNs(_) => NETNS,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// Reads a value. A fault counts from its front.
    fn read(kind: u8, value: &'a [u8]) -> Result<Self, Fault<Error>> {
        let bad = |at: usize| Fault::new(Error::TlvValue(kind)).at(at as u64);
        Ok(match kind {
            ALPN => Self::Alpn(value),
            AUTHORITY => {
                let text = str::from_utf8(value).map_err(|error| bad(error.valid_up_to()))?;
                Self::Authority(text)
            }
            CRC32C => {
                let sum = value.try_into().map_err(|_| bad(value.len().min(4)))?;
                Self::Crc32c(u32::from_be_bytes(sum))
            }
            NOOP => Self::Noop(value),
            UNIQUE_ID if value.len() > Self::MAX_UNIQUE_ID => {
                return Err(bad(Self::MAX_UNIQUE_ID));
            }
            UNIQUE_ID => Self::UniqueId(value),
            SSL => Self::Ssl(Ssl::read(value)?),
            NETNS => Self::NetNs(ascii(value).map_err(bad)?),
            kind => Self::Unknown { kind, value },
        })
    }

    fn write(&self, value: &mut Vec<u8>) {
        match self {
            Self::Alpn(bytes) | Self::Noop(bytes) | Self::UniqueId(bytes) => {
                value.extend_from_slice(bytes);
            }
            Self::Authority(text) | Self::NetNs(text) => value.extend_from_slice(text.as_bytes()),
            Self::Crc32c(sum) => value.extend_from_slice(&sum.to_be_bytes()),
            Self::Ssl(ssl) => ssl.write(value),
            Self::Unknown { value: bytes, .. } => value.extend_from_slice(bytes),
        }
    }
}

/// All TLVs of a header, in their order: lent from the reader's buffer, or owned.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tlvs<'a> {
    /// Well formed: each value is what its type demands, none is there twice that must not be.
    bytes: Cow<'a, [u8]>,
}

impl<'a> Tlvs<'a> {
    /// Makes a list without TLVs.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Cow::Borrowed(&[]) }
    }

    /// Reads a list that ends where `bytes` do. A fault counts from their front.
    ///
    /// # Errors
    /// [`Error::Tlv`], [`Error::TlvValue`] and [`Error::TlvTwice`].
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Fault<Error>> {
        let mut seen = Seen::default();
        for raw in Raw::new(bytes) {
            let RawTlv { at, kind, value } = raw?;
            if seen.has(kind, &SINGLE) {
                return Err(Fault::new(Error::TlvTwice(kind)).at(at));
            }
            Tlv::read(kind, value).map_err(|fault| fault.moved(at + HEADER))?;
        }
        Ok(Self { bytes: Cow::Borrowed(bytes) })
    }

    /// Adds a TLV behind the others.
    ///
    /// # Errors
    /// [`WriteError::TlvValue`] for a value that the type does not allow, [`WriteError::TlvTwice`]
    /// for a known type that is there already, [`WriteError::TooLong`] for more than 65,535 bytes.
    pub fn push(&mut self, tlv: Tlv<'_>) -> Result<(), WriteError> {
        let kind = tlv.kind();
        let mut value = Vec::new();
        tlv.write(&mut value);
        let again = Tlv::read(kind, &value).map_err(|_| WriteError::TlvValue(kind))?;
        if again != tlv {
            return Err(WriteError::TlvValue(kind));
        }
        if SINGLE.contains(&kind) && self.iter().any(|other| other.kind() == kind) {
            return Err(WriteError::TlvTwice(kind));
        }
        append(&mut self.bytes, kind, &value)
    }

    /// Returns the TLVs in their order.
    pub fn iter(&self) -> impl Iterator<Item = Tlv<'_>> + Clone {
        Raw::new(&self.bytes).filter_map(|raw| {
            let RawTlv { kind, value, .. } = raw.ok()?;
            Tlv::read(kind, value).ok()
        })
    }

    /// Returns the protocol that was agreed on by ALPN.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.value(ALPN)
    }

    /// Returns the name of the server that the client wants.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.value(AUTHORITY).and_then(|value| str::from_utf8(value).ok())
    }

    /// Returns the bytes that name the connection.
    #[must_use]
    pub fn unique_id(&self) -> Option<&[u8]> {
        self.value(UNIQUE_ID)
    }

    /// Returns what the proxy says of the client's TLS session.
    #[must_use]
    pub fn ssl(&self) -> Option<Ssl<'_>> {
        self.value(SSL).and_then(|value| Ssl::read(value).ok())
    }

    /// Returns the value of the first TLV of this type.
    #[must_use]
    pub fn value(&self, kind: u8) -> Option<&[u8]> {
        let mut all = Raw::new(&self.bytes).flatten();
        all.find(|raw| raw.kind == kind).map(|raw| raw.value)
    }

    /// Returns true if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the TLVs as a value that outlives the buffer.
    #[must_use]
    pub fn into_owned(self) -> Tlvs<'static> {
        Tlvs { bytes: Cow::Owned(self.bytes.into_owned()) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the offset of the checksum's four bytes.
    pub(crate) fn checksum_at(&self) -> Option<usize> {
        let raw = Raw::new(&self.bytes).flatten().find(|raw| raw.kind == CRC32C)?;
        usize::try_from(raw.at + HEADER).ok()
    }
}

/// Shows the types and not the values, which may be certificates and names.
impl fmt::Debug for Tlvs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(Raw::new(&self.bytes).flatten().map(|raw| raw.kind)).finish()
    }
}

/// Appends a TLV to a list.
pub(crate) fn append(list: &mut Cow<'_, [u8]>, kind: u8, value: &[u8]) -> Result<(), WriteError> {
    let length = u16::try_from(value.len()).map_err(|_| WriteError::TooLong)?;
    let whole = list.len() + 3 + value.len();
    u16::try_from(whole).map_err(|_| WriteError::TooLong)?;
    let list = list.to_mut();
    list.push(kind);
    list.extend_from_slice(&length.to_be_bytes());
    list.extend_from_slice(value);
    Ok(())
}

/// Types, lengths and values whose values nobody has looked at.
#[derive(Clone)]
pub(crate) struct Raw<'a> {
    rest: &'a [u8],
    at: u64,
}

/// One of them, with the offset of its type.
pub(crate) struct RawTlv<'a> {
    pub(crate) at: u64,
    pub(crate) kind: u8,
    pub(crate) value: &'a [u8],
}

impl<'a> Raw<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }
}

impl<'a> Iterator for Raw<'a> {
    type Item = Result<RawTlv<'a>, Fault<Error>>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest;
        let (at, end) = (self.at, self.at + rest.len() as u64);
        if rest.is_empty() {
            return None;
        }
        let value = match *rest {
            [_, high, low, ref rest @ ..] => {
                rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))
            }
            _ => None,
        };
        let Some((value, rest_behind)) = value else {
            self.rest = &[];
            return Some(Err(Fault::new(Error::Tlv).at(end)));
        };
        self.rest = rest_behind;
        self.at += HEADER + value.len() as u64;
        Some(Ok(RawTlv { at, kind: rest[0], value }))
    }
}

/// The types that were seen, of those of which there must be one.
#[derive(Default)]
pub(crate) struct Seen(u8);

impl Seen {
    /// Marks a type. Returns true if it was marked before.
    pub(crate) fn has(&mut self, kind: u8, single: &[u8]) -> bool {
        let Some(place) = single.iter().position(|other| *other == kind) else { return false };
        let bit = 1 << place;
        let was = self.0 & bit != 0;
        self.0 |= bit;
        was
    }
}

/// Returns the text, or the offset of the first byte that is not ASCII.
pub(crate) fn ascii(value: &[u8]) -> Result<&str, usize> {
    match value.iter().position(|byte| !byte.is_ascii()) {
        Some(bad) => Err(bad),
        None => str::from_utf8(value).map_err(|error| error.valid_up_to()),
    }
}

/// The bytes of a type and a length.
pub(crate) const HEADER: u64 = 3;

const ALPN: u8 = 0x01;
const AUTHORITY: u8 = 0x02;
const CRC32C: u8 = 0x03;
const NOOP: u8 = 0x04;
const UNIQUE_ID: u8 = 0x05;
const SSL: u8 = 0x20;
const NETNS: u8 = 0x30;

/// The types of which two would leave it open which one holds.
const SINGLE: [u8; 6] = [ALPN, AUTHORITY, CRC32C, UNIQUE_ID, SSL, NETNS];
