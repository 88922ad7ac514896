//! One header, read or to be written.

use core::net::SocketAddr;

use crate::{Endpoints, Tlv, Tlvs, WriteError};

/// A header of the PROXY protocol: the ends of the client's connection, and what else the proxy
/// knows of it.
///
/// The reader lends the TLVs from its buffer; [`into_owned`](Self::into_owned) copies them. A header
/// to be written is made by [`v1`](Self::v1) or [`v2`](Self::v2):
///
/// ```
/// use segue::{Encode, Output};
/// use segue_proxy::{Endpoints, Header, ProxyHeader, Tlv};
///
/// let ends = Endpoints::tcp("192.0.2.1:56324".parse()?, "192.0.2.9:443".parse()?);
/// let mut output = Output::new();
/// ProxyHeader::new().encode(Header::v1(ends), &mut output)?;
/// assert_eq!(output.to_vec(), b"PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n");
///
/// let header = Header::v2(ends).with(Tlv::Authority("example.org"))?.with(Tlv::Crc32c(0))?;
/// let mut output = Output::new();
/// ProxyHeader::new().encode(&header, &mut output)?; // computes the checksum
/// assert_eq!(output.len(), 16 + 12 + 3 + 11 + 3 + 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<'a> {
    version: Version,
    endpoints: Endpoints,
    tlvs: Tlvs<'a>,
}

/// The version of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// A line of text (§2.1).
    V1,
    /// A binary header (§2.2).
    V2,
}

impl<'a> Header<'a> {
    /// Makes a header of version 1. It has only TCP, and unspecified ends.
    #[must_use]
    pub const fn v1(endpoints: Endpoints) -> Self {
        Self { version: Version::V1, endpoints, tlvs: Tlvs::new() }
    }

    /// Makes a header of version 2, without TLVs.
    #[must_use]
    pub const fn v2(endpoints: Endpoints) -> Self {
        Self { version: Version::V2, endpoints, tlvs: Tlvs::new() }
    }

    pub(crate) const fn received(endpoints: Endpoints, tlvs: Tlvs<'a>) -> Self {
        Self { version: Version::V2, endpoints, tlvs }
    }

    /// Adds a TLV behind those that are there.
    ///
    /// # Errors
    /// [`WriteError::NotInVersion1`] for a header of version 1, and the errors of [`Tlvs::push`].
    pub fn with(mut self, tlv: Tlv<'_>) -> Result<Self, WriteError> {
        if self.version == Version::V1 {
            return Err(WriteError::NotInVersion1);
        }
        self.tlvs.push(tlv)?;
        Ok(self)
    }

    /// Returns the version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Returns the ends of the client's connection.
    #[must_use]
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Returns the client's address, if it is one of IP: see [`Endpoints::source`].
    #[must_use]
    pub fn source(&self) -> Option<SocketAddr> {
        self.endpoints.source()
    }

    /// Returns the address that the client has connected to, if it is one of IP.
    #[must_use]
    pub fn destination(&self) -> Option<SocketAddr> {
        self.endpoints.destination()
    }

    /// Returns what else the proxy says; nothing in version 1.
    #[must_use]
    pub const fn tlvs(&self) -> &Tlvs<'a> {
        &self.tlvs
    }

    /// Returns the header with TLVs of its own, so that it outlives the buffer.
    #[must_use]
    pub fn into_owned(self) -> Header<'static> {
        let Self { version, endpoints, tlvs } = self;
        Header { version, endpoints, tlvs: tlvs.into_owned() }
    }
}
