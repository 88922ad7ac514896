//! Kinds of packets, and their bits (RFC 9000 §17.2, RFC 9369 §3.2).

use core::fmt;

use crate::{Role, Version};

/// The kind of a packet (RFC 9000 §12.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PacketKind {
    /// The first CRYPTO frames of both ends (§17.2.2).
    Initial,
    /// Early data of a client, before it has heard anything (§17.2.3).
    ZeroRtt,
    /// The rest of the handshake (§17.2.4).
    Handshake,
    /// A server's demand that the client prove its address (§17.2.5). Not protected.
    Retry,
    /// Everything after the handshake: the packet with a short header (§17.3.1).
    OneRtt,
    /// The list of versions that a server speaks (§17.2.1). Not protected.
    VersionNegotiation,
    /// A packet with a long header of an unknown version: only the invariants can be read (RFC 8999
    /// §5.1).
    Unknown,
}

impl PacketKind {
    /// Returns true if it has a Length field, so that another packet may follow it in the datagram
    /// (RFC 9000 §12.2).
    #[must_use]
    pub const fn has_length(self) -> bool {
        matches!(self, Self::Initial | Self::ZeroRtt | Self::Handshake)
    }

    /// Returns true if it carries frames, protected by keys (RFC 9001 §5).
    #[must_use]
    pub const fn is_protected(self) -> bool {
        self.has_length() || matches!(self, Self::OneRtt)
    }

    /// Returns true if `role` sends packets of this kind: only clients send early data, only servers
    /// Retry and Version Negotiation (RFC 9000 §17.2). Of an unknown version it is not known.
    ///
    /// ```
    /// use segue_quic::{PacketKind, Role};
    ///
    /// assert!(PacketKind::ZeroRtt.may_be_sent_by(Role::Client));
    /// assert!(!PacketKind::Retry.may_be_sent_by(Role::Client));
    /// ```
    #[must_use]
    pub const fn may_be_sent_by(self, role: Role) -> bool {
        match self {
            Self::ZeroRtt => matches!(role, Role::Client),
            Self::Retry | Self::VersionNegotiation => matches!(role, Role::Server),
            Self::Initial | Self::Handshake | Self::OneRtt | Self::Unknown => true,
        }
    }

    /// The kind that is this as a number.
    #[inline]
    pub(super) const fn of_code(code: u8) -> Self {
        match code {
            0 => Self::Initial,
            1 => Self::ZeroRtt,
            2 => Self::Handshake,
            3 => Self::Retry,
            4 => Self::OneRtt,
            5 => Self::VersionNegotiation,
            _ => Self::Unknown,
        }
    }

    /// The kind that the type bits of a long header of a known version say.
    #[inline]
    pub(crate) const fn of_long(first: u8, version: Version) -> Self {
        // Version 2 has the types of version 1, each one further on.
        let types = (first & TYPE) >> 4;
        match if matches!(version, Version::V2) { types.wrapping_sub(1) & 3 } else { types } {
            0 => Self::Initial,
            1 => Self::ZeroRtt,
            2 => Self::Handshake,
            _ => Self::Retry,
        }
    }

    /// The type bits of a long header of a known version; none where there are none.
    pub(crate) const fn type_bits(self, version: Version) -> Option<u8> {
        let types = match self {
            Self::Initial => 0,
            Self::ZeroRtt => 1,
            Self::Handshake => 2,
            Self::Retry => 3,
            Self::OneRtt | Self::VersionNegotiation | Self::Unknown => return None,
        };
        match version {
            Version::V1 => Some(types << 4),
            Version::V2 => Some(((types + 1) & 3) << 4),
            _ => None,
        }
    }
}

/// `Initial`, `0-RTT`, `1-RTT`.
impl fmt::Display for PacketKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initial => "Initial",
            Self::ZeroRtt => "0-RTT",
            Self::Handshake => "Handshake",
            Self::Retry => "Retry",
            Self::OneRtt => "1-RTT",
            Self::VersionNegotiation => "Version Negotiation",
            Self::Unknown => "unknown version",
        })
    }
}

/// A long header (RFC 8999 §5.1).
pub(crate) const LONG: u8 = 0x80;
/// Always 1, unless a peer agreed to have it greased (RFC 9000 §17.2, RFC 9287).
pub(crate) const FIXED: u8 = 0x40;
/// The type of a long header (RFC 9000 §17.2).
pub(crate) const TYPE: u8 = 0x30;
/// The spin bit of a short header (RFC 9000 §17.4).
pub(crate) const SPIN: u8 = 0x20;
/// The key phase of a short header (RFC 9001 §6).
pub(crate) const KEY_PHASE: u8 = 0x04;
/// The size of the packet number in bytes, less one (RFC 9000 §17.2).
pub(crate) const NUMBER_SIZE: u8 = 0x03;

/// The reserved bits, under header protection: these of a long and those of a short header
/// (RFC 9000 §17.2, §17.3.1).
pub(crate) const fn reserved(first: u8) -> u8 {
    if first & LONG != 0 { 0x0c } else { 0x18 }
}

/// The bits of the first byte that header protection covers (RFC 9001 §5.4.1).
pub(crate) const fn masked(first: u8) -> u8 {
    if first & LONG != 0 { 0x0f } else { 0x1f }
}
