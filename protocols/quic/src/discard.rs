use core::fmt;

/// The reason why a packet is dropped silently.
///
/// None of these closes a connection: anybody on the path can send such packets, or damage one, and
/// must gain nothing by it (RFC 9000 §5.2, RFC 9001 §5.2). A violation that only a peer with the
/// keys can commit is a [`TransportError`](crate::TransportError) instead, and the two never mix.
///
/// An endpoint counts those that are [`Unauthentic`](Self::Unauthentic), and stops using the
/// connection at the [`integrity`](crate::protect::Limits::integrity) limit of its AEAD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discard {
    /// The fixed bit is 0 without an agreement on that (RFC 9287).
    FixedBit,
    /// A connection id of this many bytes, where the version has at most 20.
    ConnectionIdTooLong(u8),
    /// No connection id of this endpoint is in front of a packet with a short header.
    UnknownDestination,
    /// The packet is for another connection id than the first one of its datagram.
    AnotherDestination,
    /// The client's first Initial packet is for a connection id of this many bytes, where at least
    /// 8 are needed.
    ShortDestination(u8),
    /// A Version Negotiation packet that lists no versions, or a part of one.
    VersionList,
    /// The packet ends before the sample that its header is protected by.
    TooShort,
    /// The packet is of a kind that carries nothing protected: Retry, Version Negotiation, or one
    /// of a version that is not known.
    NotProtected,
    /// The AEAD or the integrity tag of a Retry packet fails: no peer has sent this.
    Unauthentic,
    /// There is no key for it, not yet or not any more. It may be kept until there is.
    NoKey,
    /// An Initial packet in a datagram of less than 1200 bytes.
    DatagramTooSmall,
    /// A server never sends this kind of packet, or a client never does.
    WrongDirection,
    /// An Initial packet of a server with a token in it.
    ServerToken,
    /// A Retry packet without a token.
    NoToken,
    /// A case that this crate has ruled out before: a bug in it, and not of the packet.
    Unreachable,
}

impl Discard {
    /// Returns the section of the standard: `RFC 9000 §17.2`; empty for
    /// [`Unreachable`](Self::Unreachable).
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::FixedBit | Self::ConnectionIdTooLong(_) => "RFC 9000 §17.2",
            Self::UnknownDestination => "RFC 9000 §5.2",
            Self::AnotherDestination => "RFC 9000 §12.2",
            Self::ShortDestination(_) => "RFC 9000 §7.2",
            Self::VersionList => "RFC 8999 §6",
            Self::TooShort => "RFC 9001 §5.4.2",
            Self::NotProtected => "RFC 9000 §12.1",
            Self::Unauthentic => "RFC 9001 §5.2",
            Self::NoKey => "RFC 9001 §5.7",
            Self::DatagramTooSmall => "RFC 9000 §14.1",
            Self::WrongDirection => "RFC 9000 §17.2",
            Self::ServerToken => "RFC 9000 §17.2.2",
            Self::NoToken => "RFC 9000 §17.2.5.2",
            Self::Unreachable => "",
        }
    }
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FixedBit => f.write_str("the fixed bit is 0")?,
            Self::ConnectionIdTooLong(length) => {
                write!(f, "a connection id of {length} bytes where at most 20 are allowed")?;
            }
            Self::UnknownDestination => {
                f.write_str("no connection id of this endpoint is there")?;
            }
            Self::AnotherDestination => {
                f.write_str("it is for another connection id than the first of its datagram")?;
            }
            Self::ShortDestination(length) => {
                write!(f, "a first connection id of {length} bytes where at least 8 are needed")?;
            }
            Self::VersionList => f.write_str("the list of versions is empty or cut off")?,
            Self::TooShort => f.write_str("the packet is too short for a sample")?,
            Self::NotProtected => f.write_str("a packet of this kind is not protected")?,
            Self::Unauthentic => f.write_str("the packet is not authentic")?,
            Self::NoKey => f.write_str("there is no key for it")?,
            Self::DatagramTooSmall => {
                f.write_str("an Initial packet in a datagram of less than 1200 bytes")?;
            }
            Self::WrongDirection => f.write_str("its sender may not send packets of this kind")?,
            Self::ServerToken => f.write_str("an Initial packet of a server with a token")?,
            Self::NoToken => f.write_str("a Retry packet without a token")?,
            Self::Unreachable => return f.write_str("a bug in segue-quic: an impossible case"),
        }
        write!(f, " ({})", self.section())
    }
}

impl core::error::Error for Discard {}
