//! The direction of packets, and the least size of datagrams (RFC 9000 §14, §17.2).

use super::{header::Header, kind::PacketKind};
use crate::{Discard, Role, Version};

/// The least size of a datagram with an Initial packet of a client, or with one of a server that
/// asks for an acknowledgement, in bytes (RFC 9000 §14.1).
///
/// Pad the datagram, or put more packets into it.
pub const MIN_INITIAL_DATAGRAM: usize = 1200;

/// The least length of the connection id that a client makes up for its first Initial packet, in
/// bytes (RFC 9000 §7.2).
pub const MIN_INITIAL_DESTINATION: usize = 8;

impl Header<'_> {
    /// Checks that a server may accept such a packet out of a datagram of `datagram` bytes.
    ///
    /// # Errors
    /// If no client sends such a packet, or the datagram is too small for an Initial packet.
    pub fn check_for_server(&self, datagram: usize) -> Result<(), Discard> {
        match self.kind() {
            kind if !kind.may_be_sent_by(Role::Client) => Err(Discard::WrongDirection),
            PacketKind::Initial if datagram < MIN_INITIAL_DATAGRAM => {
                Err(Discard::DatagramTooSmall)
            }
            _ => Ok(()),
        }
    }

    /// Checks that a server may begin a connection with such a packet, as
    /// [`check_for_server`](Self::check_for_server) does for all. The client has made the
    /// destination up, and somebody who can guess it can forge what the server says (RFC 9000 §7.2).
    ///
    /// Use the other method for a packet that answers a Retry, whose destination the server chose.
    ///
    /// ```
    /// use segue_quic::{Discard, Header, Version};
    ///
    /// let to = |destination| Header::Initial { version: Version::V1, destination, source: b"", token: b"" };
    /// assert_eq!(to(b"8 random").check_first_for_server(1200), Ok(()));
    /// assert_eq!(to(b"7 known").check_first_for_server(1200), Err(Discard::ShortDestination(7)));
    /// ```
    ///
    /// # Errors
    /// As [`check_for_server`](Self::check_for_server); if the destination of an Initial packet has
    /// less than [`MIN_INITIAL_DESTINATION`] bytes.
    pub fn check_first_for_server(&self, datagram: usize) -> Result<(), Discard> {
        self.check_for_server(datagram)?;
        match (self, u8::try_from(self.destination().len())) {
            (Self::Initial { .. }, Ok(length)) if usize::from(length) < MIN_INITIAL_DESTINATION => {
                Err(Discard::ShortDestination(length))
            }
            _ => Ok(()),
        }
    }

    /// Checks that a client may accept such a packet.
    ///
    /// # Errors
    /// If no server sends such a packet, if a server's Initial packet has a token (§17.2.2), or its
    /// Retry packet none (§17.2.5.2).
    pub fn check_for_client(&self) -> Result<(), Discard> {
        match self {
            Self::Initial { token, .. } if !token.is_empty() => Err(Discard::ServerToken),
            Self::Retry { token: [], .. } => Err(Discard::NoToken),
            _ if !self.kind().may_be_sent_by(Role::Server) => Err(Discard::WrongDirection),
            _ => Ok(()),
        }
    }
}

/// Returns true if a server answers a packet of no known connection with the list of its versions
/// (§6.1): the packet names another version, and its datagram of `datagram` bytes is as large as
/// that of a first packet has to be.
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
