//! What a proxy says of its TLS session with a client (§2.2.6).

use alloc::{borrow::Cow, vec::Vec};
use core::{fmt, str};

use segue::Fault;

use crate::{
    Error, WriteError,
    tlv::{HEADER, Raw, RawTlv, Seen, append, ascii},
};

/// The client's TLS session with the proxy.
///
/// ```
/// use segue_proxy::{Ssl, SslTlv};
///
/// let ssl = Ssl::new(Ssl::TLS | Ssl::CERTIFICATE_NOW, 0)
///     .with(SslTlv::Version("TLSv1.3"))?
///     .with(SslTlv::CommonName("example.com"))?;
/// assert!(ssl.is_verified());
/// assert_eq!(ssl.common_name(), Some("example.com"));
/// # Ok::<(), segue_proxy::WriteError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Ssl<'a> {
    client: u8,
    verify: u32,
    /// Well formed, as the TLVs of a header are.
    tlvs: Cow<'a, [u8]>,
}

/// One TLV of a TLS session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SslTlv<'a> {
    /// The version, such as `TLSv1.3`, in ASCII.
    Version(&'a str),
    /// The common name of the client's certificate.
    CommonName(&'a str),
    /// The name of the cipher suite, in ASCII.
    Cipher(&'a str),
    /// The algorithm that the proxy's certificate is signed with, in ASCII.
    SigAlg(&'a str),
    /// The algorithm and length of the key of the proxy's certificate, in ASCII.
    KeyAlg(&'a str),
    /// The group of the key exchange, in ASCII.
    Group(&'a str),
    /// The algorithm by which the proxy has signed its handshake, in ASCII.
    SigScheme(&'a str),
    /// The client's certificate, in DER.
    ClientCert(&'a [u8]),
    /// A type that the specification does not know.
    Unknown {
        /// The type.
        kind: u8,
        /// The value.
        value: &'a [u8],
    },
}

impl<'a> Ssl<'a> {
    /// The client speaks TLS with the proxy.
    pub const TLS: u8 = 0x01;
    /// The client has shown a certificate on this connection.
    pub const CERTIFICATE_NOW: u8 = 0x02;
    /// The client has shown a certificate in this session, perhaps on an earlier connection.
    pub const CERTIFICATE_BEFORE: u8 = 0x04;

    /// Makes the value of these bits and this result of the verification, without TLVs. The result
    /// is 0 if a certificate was verified.
    #[must_use]
    pub const fn new(client: u8, verify: u32) -> Self {
        Self { client, verify, tlvs: Cow::Borrowed(&[]) }
    }

    /// Adds a TLV behind those that are there.
    ///
    /// # Errors
    /// Those of [`Tlvs::push`](crate::Tlvs::push).
    pub fn with(mut self, tlv: SslTlv<'_>) -> Result<Self, WriteError> {
        let kind = tlv.kind();
        if SslTlv::read(kind, tlv.value()) != Ok(tlv) {
            return Err(WriteError::TlvValue(kind));
        }
        if SINGLE.contains(&kind) && self.iter().any(|other| other.kind() == kind) {
            return Err(WriteError::TlvTwice(kind));
        }
        append(&mut self.tlvs, kind, tlv.value())?;
        Ok(self)
    }

    /// Returns the bits, of which three are assigned.
    #[must_use]
    pub const fn client(&self) -> u8 {
        self.client
    }

    /// Returns the result of the verification. Proxies send 0 for clients without a certificate as
    /// well: ask [`is_verified`](Self::is_verified).
    #[must_use]
    pub const fn verify(&self) -> u32 {
        self.verify
    }

    /// Returns true if the client speaks TLS with the proxy.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.client & Self::TLS != 0
    }

    /// Returns true if the client has shown a certificate, on this connection or before in its
    /// session, and the proxy has verified it.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        self.client & (Self::CERTIFICATE_NOW | Self::CERTIFICATE_BEFORE) != 0 && self.verify == 0
    }

    /// Returns the TLVs in their order.
    pub fn iter(&self) -> impl Iterator<Item = SslTlv<'_>> + Clone {
        Raw::new(&self.tlvs).filter_map(|raw| {
            let RawTlv { kind, value, .. } = raw.ok()?;
            SslTlv::read(kind, value).ok()
        })
    }

    /// Returns the version of TLS.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.text(VERSION)
    }

    /// Returns the common name of the client's certificate. It is proven only if the certificate
    /// [is verified](Self::is_verified).
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.text(COMMON_NAME)
    }

    /// Returns the name of the cipher suite.
    #[must_use]
    pub fn cipher(&self) -> Option<&str> {
        self.text(CIPHER)
    }

    /// Returns the client's certificate, in DER. It is proven only if it
    /// [is verified](Self::is_verified).
    #[must_use]
    pub fn client_cert(&self) -> Option<&[u8]> {
        self.value(CLIENT_CERT)
    }

    /// Returns the value of the first TLV of this type.
    #[must_use]
    pub fn value(&self, kind: u8) -> Option<&[u8]> {
        let mut all = Raw::new(&self.tlvs).flatten();
        all.find(|raw| raw.kind == kind).map(|raw| raw.value)
    }

    fn text(&self, kind: u8) -> Option<&str> {
        self.value(kind).and_then(|value| str::from_utf8(value).ok())
    }

    /// Reads the value of a TLV. A fault counts from its front.
    pub(crate) fn read(value: &'a [u8]) -> Result<Self, Fault<Error>> {
        let Some((&[client, a, b, c, d], tlvs)) = value.split_first_chunk() else {
            return Err(Fault::new(Error::TlvValue(SSL)).at(value.len() as u64));
        };
        let mut seen = Seen::default();
        let from_front = |fault: Fault<Error>| fault.moved(5);
        for raw in Raw::new(tlvs) {
            let RawTlv { at, kind, value } = raw.map_err(from_front)?;
            if seen.has(kind, &SINGLE) {
                return Err(from_front(Fault::new(Error::TlvTwice(kind)).at(at)));
            }
            SslTlv::read(kind, value).map_err(|bad| {
                let fault = Fault::new(Error::TlvValue(kind)).at(at + HEADER + bad as u64);
                from_front(fault)
            })?;
        }
        let verify = u32::from_be_bytes([a, b, c, d]);
        Ok(Self { client, verify, tlvs: Cow::Borrowed(tlvs) })
    }

    pub(crate) fn write(&self, value: &mut Vec<u8>) {
        value.push(self.client);
        value.extend_from_slice(&self.verify.to_be_bytes());
        value.extend_from_slice(&self.tlvs);
    }
}

/// Shows neither names nor the certificate.
impl fmt::Debug for Ssl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ssl")
            .field("version", &self.version())
            .field("cipher", &self.cipher())
            .field("is_verified", &self.is_verified())
            .finish_non_exhaustive()
    }
}

impl<'a> SslTlv<'a> {
    /// Returns the type.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Version(_) => VERSION,
            Self::CommonName(_) => COMMON_NAME,
            Self::Cipher(_) => CIPHER,
            Self::SigAlg(_) => SIG_ALG,
            Self::KeyAlg(_) => KEY_ALG,
            Self::Group(_) => GROUP,
            Self::SigScheme(_) => SIG_SCHEME,
            Self::ClientCert(_) => CLIENT_CERT,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// Returns the bytes of the value.
    #[must_use]
    pub const fn value(&self) -> &'a [u8] {
        match self {
            Self::Version(text)
            | Self::CommonName(text)
            | Self::Cipher(text)
            | Self::SigAlg(text)
            | Self::KeyAlg(text)
            | Self::Group(text)
            | Self::SigScheme(text) => text.as_bytes(),
            Self::ClientCert(value) | Self::Unknown { value, .. } => value,
        }
    }

    /// Reads a value, or returns the offset of the first byte that is wrong.
    fn read(kind: u8, value: &'a [u8]) -> Result<Self, usize> {
        Ok(match kind {
            VERSION => Self::Version(ascii(value)?),
            COMMON_NAME => {
                Self::CommonName(str::from_utf8(value).map_err(|error| error.valid_up_to())?)
            }
            CIPHER => Self::Cipher(ascii(value)?),
            SIG_ALG => Self::SigAlg(ascii(value)?),
            KEY_ALG => Self::KeyAlg(ascii(value)?),
            GROUP => Self::Group(ascii(value)?),
            SIG_SCHEME => Self::SigScheme(ascii(value)?),
            CLIENT_CERT => Self::ClientCert(value),
            kind => Self::Unknown { kind, value },
        })
    }
}

const SSL: u8 = 0x20;
const VERSION: u8 = 0x21;
const COMMON_NAME: u8 = 0x22;
const CIPHER: u8 = 0x23;
const SIG_ALG: u8 = 0x24;
const KEY_ALG: u8 = 0x25;
const GROUP: u8 = 0x26;
const SIG_SCHEME: u8 = 0x27;
const CLIENT_CERT: u8 = 0x28;

/// The types of which two would leave it open which one holds.
const SINGLE: [u8; 8] =
    [VERSION, COMMON_NAME, CIPHER, SIG_ALG, KEY_ALG, GROUP, SIG_SCHEME, CLIENT_CERT];
