//! Which packets are for whom, and how small a datagram may be (RFC 9000 §14, §17.2).

use super::{header::Header, kind::PacketKind};
use crate::{Discard, Version};

/// How many bytes a datagram has at least that carries an Initial packet of a client, or one of a
/// server that asks for an acknowledgment (RFC 9000 §14.1).
///
/// Whoever builds one pads it, or puts more packets into it.
pub const MIN_INITIAL_DATAGRAM: usize = 1200;

/// How many bytes the connection id has at least that a client makes up for its first Initial packet
/// (RFC 9000 §7.2).
pub const MIN_INITIAL_DESTINATION: usize = 8;

impl Header<'_> {
    /// Whether a server may take such a packet, out of a datagram of `datagram` bytes.
    ///
    /// # Errors
    /// Where no client sends such, or the datagram is too small for an Initial packet.
    pub fn check_for_server(&self, datagram: usize) -> Result<(), Discard> {
        match self.kind() {
            PacketKind::Initial if datagram < MIN_INITIAL_DATAGRAM => {
                Err(Discard::DatagramTooSmall)
            }
            PacketKind::Retry | PacketKind::VersionNegotiation => Err(Discard::WrongDirection),
            _ => Ok(()),
        }
    }

    /// Whether a client may take such a packet.
    ///
    /// # Errors
    /// Where no server sends such; where a server's Initial packet has a token (§17.2.2), or its
    /// Retry packet none (§17.2.5.2).
    pub fn check_for_client(&self) -> Result<(), Discard> {
        match self {
            Self::Initial { token, .. } if !token.is_empty() => Err(Discard::ServerToken),
            Self::Retry { token: [], .. } => Err(Discard::NoToken),
            Self::ZeroRtt { .. } => Err(Discard::WrongDirection),
            _ => Ok(()),
        }
    }
}

/// Whether a server answers a packet that belongs to none of its connections with the list of the
/// versions that it speaks (§6.1): it names another one, and its datagram of `datagram` bytes is as
/// large as that of a first packet has to be.
///
/// ```
/// use segue_quic::{Header, Version, wants_negotiation};
///
/// let (header, _) = Header::read(b"\xc0\x1a\x2a\x3a\x4a\x00\x00", 0).unwrap();
/// assert!(wants_negotiation(&header, 1200, &Version::KNOWN));
/// assert!(!wants_negotiation(&header, 1199, &Version::KNOWN));
/// ```
#[must_use]
pub fn wants_negotiation(header: &Header<'_>, datagram: usize, spoken: &[Version]) -> bool {
    // A list is never answered by a list, nor a short header, which names no version.
    !matches!(header, Header::VersionNegotiation { .. } | Header::OneRtt { .. })
        && header.version().is_some_and(|version| !spoken.contains(&version))
        && datagram >= MIN_INITIAL_DATAGRAM
}
