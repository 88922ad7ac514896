//! The types of frames, the packets that may carry them, and their effect on acknowledgements (RFC
//! 9000 §12.4).

use core::fmt;

use super::input::{CUT_OFF, LONG_TYPE};
use crate::{PacketKind, Role, TransportError, VarInt};

macro_rules! types {
    ($($(#[doc = $doc:literal])* $name:ident = $from:literal $(..= $to:literal)?;)*) => {
        impl FrameType {
            $($(#[doc = $doc])* pub const $name: Self = Self(VarInt::from_u32($from));)*

            /// Returns the name in the standard or in its draft, without regard to the bits that describe the
            /// encoding; none if it is unknown.
            ///
            /// ```
            /// use segue_quic::{VarInt, frame::FrameType};
            ///
            /// assert_eq!(FrameType::from(VarInt::from(0x0f_u8)).name(), Some("STREAM"));
            /// assert_eq!(FrameType::from(VarInt::from(0x40_u8)).name(), None);
            /// ```
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0.value() {
                    $($from $(..= $to)? => Some(stringify!($name)),)*
                    0x1f => Some("IMMEDIATE_ACK"),
                    0x24 => Some("RESET_STREAM_AT"),
                    0xaf => Some("ACK_FREQUENCY"),
                    0x02f5 => Some("TIMESTAMP"),
                    _ => None,
                }
            }
        }

        /// One bit for each type that is known.
        const KNOWN: u64 = 0 $(| span($from, types!(@last $from $($to)?)))*;
    };
    (@last $from:literal) => { $from };
    (@last $from:literal $to:literal) => { $to };
}

/// The type of a frame, with the bits that describe its encoding.
///
/// Unknown types are kept as they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameType(VarInt);

types! {
    /// Bytes of no meaning (RFC 9000 §19.1).
    PADDING = 0x00;
    /// A request for an acknowledgement (§19.2).
    PING = 0x01;
    /// The packets that have been received (§19.3); 0x03 with ECN counts.
    ACK = 0x02..=0x03;
    /// The sender gives a stream up (§19.4).
    RESET_STREAM = 0x04;
    /// The receiver gives a stream up (§19.5).
    STOP_SENDING = 0x05;
    /// Data of the TLS handshake (§19.6).
    CRYPTO = 0x06;
    /// A token for the next connection (§19.7).
    NEW_TOKEN = 0x07;
    /// Data of a stream (§19.8); with an offset (0x04), a length (0x02), the end (0x01).
    STREAM = 0x08..=0x0f;
    /// More may be sent in all (§19.9).
    MAX_DATA = 0x10;
    /// More may be sent on a stream (§19.10).
    MAX_STREAM_DATA = 0x11;
    /// More streams may be opened (§19.11); 0x13 for those that go one way.
    MAX_STREAMS = 0x12..=0x13;
    /// More would be sent if it was allowed (§19.12).
    DATA_BLOCKED = 0x14;
    /// More would be sent on a stream if it was allowed (§19.13).
    STREAM_DATA_BLOCKED = 0x15;
    /// Another stream would be opened if it was allowed (§19.14); 0x17 for one that goes one way.
    STREAMS_BLOCKED = 0x16..=0x17;
    /// Another connection id to send to (§19.15).
    NEW_CONNECTION_ID = 0x18;
    /// A connection id will not be sent to any more (§19.16).
    RETIRE_CONNECTION_ID = 0x19;
    /// A challenge to a path (§19.17).
    PATH_CHALLENGE = 0x1a;
    /// The answer to a challenge (§19.18).
    PATH_RESPONSE = 0x1b;
    /// The connection is over (§19.19); 0x1d by the application.
    CONNECTION_CLOSE = 0x1c..=0x1d;
    /// The server has confirmed the handshake (§19.20).
    HANDSHAKE_DONE = 0x1e;
    /// Data that is not retransmitted (RFC 9221 §4); 0x31 with a length.
    DATAGRAM = 0x30..=0x31;
}

impl FrameType {
    /// A request for an acknowledgement at once (draft-ietf-quic-ack-frequency-14 §5).
    pub const IMMEDIATE_ACK: Self = Self(VarInt::from_u32(0x1f));

    /// The sender gives a stream up but for its beginning (draft-ietf-quic-reliable-stream-reset-09
    /// §4).
    pub const RESET_STREAM_AT: Self = Self(VarInt::from_u32(0x24));

    /// How to acknowledge (draft-ietf-quic-ack-frequency-14 §4).
    pub const ACK_FREQUENCY: Self = Self(VarInt::from_u32(0xaf));

    /// The time at which the packet was sent (draft-huitema-quic-ts-08 §2.3).
    pub const TIMESTAMP: Self = Self(VarInt::from_u32(0x02f5));

    /// Returns the type as it is sent.
    #[must_use]
    pub const fn value(self) -> VarInt {
        self.0
    }

    /// A type that is known and fits a byte.
    pub(super) const fn of(value: u8) -> Self {
        Self(VarInt::from_u32(value as u32))
    }

    /// Returns true if the type is in the table of the standard. Any other ends the connection
    /// (`FRAME_ENCODING_ERROR`), unless both ends have agreed on it.
    #[must_use]
    pub const fn is_known(self) -> bool {
        self.is_in(KNOWN)
    }

    /// Returns true if it is of a [draft](super::Drafts) that is known here.
    #[must_use]
    pub const fn is_draft(self) -> bool {
        matches!(
            self,
            Self::IMMEDIATE_ACK | Self::RESET_STREAM_AT | Self::ACK_FREQUENCY | Self::TIMESTAMP
        )
    }

    /// Returns true if packets of this kind may carry it (RFC 9000 §12.4, table 3; §12.5), if it is
    /// of a draft, once that was agreed on. No packet may carry an unknown type.
    ///
    /// ```
    /// use segue_quic::{PacketKind, frame::FrameType};
    ///
    /// assert!(FrameType::CRYPTO.is_allowed_in(PacketKind::Initial));
    /// assert!(!FrameType::STREAM.is_allowed_in(PacketKind::Initial));
    /// assert!(!FrameType::ACK.is_allowed_in(PacketKind::ZeroRtt));
    /// ```
    #[must_use]
    pub const fn is_allowed_in(self, packet: PacketKind) -> bool {
        match self {
            Self::RESET_STREAM_AT => matches!(packet, PacketKind::ZeroRtt | PacketKind::OneRtt),
            _ if self.is_draft() => matches!(packet, PacketKind::OneRtt),
            _ => self.is_in(allowed(packet)),
        }
    }

    /// Returns true if `role` may send it: only servers send NEW_TOKEN and HANDSHAKE_DONE (RFC 9000
    /// §19.7, §19.20).
    ///
    /// ```
    /// use segue_quic::{Role, frame::FrameType};
    ///
    /// assert!(FrameType::HANDSHAKE_DONE.may_be_sent_by(Role::Server));
    /// assert!(!FrameType::HANDSHAKE_DONE.may_be_sent_by(Role::Client));
    /// ```
    #[must_use]
    pub const fn may_be_sent_by(self, role: Role) -> bool {
        matches!(role, Role::Server) || !self.is_of_servers()
    }

    pub(super) const fn is_of_servers(self) -> bool {
        self.is_in(OF_SERVERS)
    }

    /// Returns true if a packet with such a frame is to be acknowledged soon (RFC 9000 §13.2.1).
    #[must_use]
    pub const fn is_ack_eliciting(self) -> bool {
        let silent = span(0x00, 0x00) | span(0x02, 0x03) | span(0x1c, 0x1d);
        !self.is_in(silent) && !matches!(self, Self::TIMESTAMP)
    }

    /// Returns true if a packet with such a frame counts as in flight, and so for congestion
    /// control (RFC 9000 §12.4, table 3): all but ACK and TIMESTAMP.
    #[must_use]
    pub const fn is_congestion_controlled(self) -> bool {
        !self.is_in(span(0x02, 0x03)) && !matches!(self, Self::TIMESTAMP)
    }

    /// Returns true if packets with no other frames than this probe a path (RFC 9000 §9.1).
    #[must_use]
    pub const fn is_probing(self) -> bool {
        self.is_in(span(0x00, 0x00) | span(0x18, 0x18) | span(0x1a, 0x1b))
    }

    /// Returns true if the content is under flow control (RFC 9000 §4).
    #[must_use]
    pub const fn is_flow_controlled(self) -> bool {
        self.is_in(span(0x08, 0x0f))
    }

    const fn is_in(self, set: u64) -> bool {
        is_in(self.0.value(), set)
    }

    /// The type in front of `payload`, whatever it is, and its size.
    pub(super) fn decode(payload: &[u8]) -> Result<(Self, usize), TransportError> {
        match VarInt::decode(payload) {
            None => Err(CUT_OFF.error(VarInt::ZERO)),
            Some((kind, size)) if kind.size() < size => Err(LONG_TYPE.error(kind)),
            Some((kind, size)) => Ok((Self(kind), size)),
        }
    }
}

/// The types that packets of this kind may carry, a bit each.
pub(super) const fn allowed(packet: PacketKind) -> u64 {
    match packet {
        PacketKind::Initial | PacketKind::Handshake => {
            span(0x00, 0x03) | span(0x06, 0x06) | span(0x1c, 0x1c)
        }
        PacketKind::ZeroRtt => {
            let never = span(0x02, 0x03)
                | span(0x06, 0x07)
                | span(0x19, 0x19)
                | span(0x1b, 0x1b)
                | span(0x1e, 0x1e);
            KNOWN & !never
        }
        PacketKind::OneRtt => KNOWN,
        _ => 0,
    }
}

/// The types that clients do not send.
pub(super) const OF_SERVERS: u64 = span(0x07, 0x07) | span(0x1e, 0x1e);

#[inline(always)]
pub(super) const fn is_in(kind: u64, set: u64) -> bool {
    kind < 64 && set >> kind & 1 != 0
}

/// A bit for each type of these.
const fn span(from: u32, to: u32) -> u64 {
    (u64::MAX >> (63 - (to - from))) << from
}

impl From<VarInt> for FrameType {
    fn from(value: VarInt) -> Self {
        Self(value)
    }
}

/// `STREAM`, or `0x40` if it is not known.
impl fmt::Display for FrameType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#04x}", self.0),
        }
    }
}

impl fmt::Debug for FrameType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
