//! Transport parameters, which each end declares in the handshake (RFC 9000 §7.4, §18).
//!
//! They are sent in a TLS extension: [`Parameters`] reads them one by one, [`TransportParameters`]
//! interprets all of them. Unknown ones, including grease, are kept.
//!
//! ```
//! use segue_quic::{Role, transport_parameters::TransportParameters};
//!
//! let sent = b"\x01\x04\x80\x00\x75\x30\x0f\x03cid\x1b\x02??"; // 27 is reserved, and means nothing
//! let read = TransportParameters::decode(sent, Role::Client)?;
//! assert_eq!(read.max_idle_timeout.value(), 30_000);
//! assert_eq!(read.initial_source.as_deref(), Some(&b"cid"[..]));
//! assert_eq!(read.max_udp_payload_size.value(), 65_527); // by default
//! assert_eq!(read.unknown[0].1, b"??");
//!
//! let mut again = Vec::new();
//! read.encode(Role::Client, &mut again)?;
//! assert_eq!(again, sent);
//! # Ok::<(), segue_quic::TransportError>(())
//! ```

mod encode;
mod entries;
mod ids;
mod preferred_address;
mod read;
mod remembered;
mod version_information;

use alloc::vec::Vec;

pub use entries::{Parameter, Parameters};
pub use ids::ConnectionIds;
pub use preferred_address::PreferredAddress;
pub use version_information::{ClientVersions, VersionInformation};

use crate::{ConnectionId, ErrorCode, StatelessResetToken, TransportError, VarInt};

/// The parameters that one end declares in the handshake (RFC 9000 §18.2).
///
/// A field that was not sent has its default. The limits bind the receiver of the parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportParameters {
    /// The connection id that the client's first Initial was sent to. Of servers only.
    pub original_destination: Option<ConnectionId>,
    /// The milliseconds of silence after which the connection is over; 0 for never.
    pub max_idle_timeout: VarInt,
    /// The last bytes of a stateless reset of this connection. Of servers only.
    pub stateless_reset_token: Option<StatelessResetToken>,
    /// The longest accepted UDP payload in bytes: at least 1200.
    pub max_udp_payload_size: VarInt,
    /// The most that may be sent on all streams together at first, in bytes.
    pub initial_max_data: VarInt,
    /// The most that may be sent at first on a stream both ways that the sender of this opens, in
    /// bytes.
    pub initial_max_stream_data_bidi_local: VarInt,
    /// The most that may be sent at first on a stream both ways that the receiver of this opens, in
    /// bytes.
    pub initial_max_stream_data_bidi_remote: VarInt,
    /// The most that may be sent at first on a stream one way, in bytes.
    pub initial_max_stream_data_uni: VarInt,
    /// The number of streams both ways that may be opened at first: at most 2^60.
    pub initial_max_streams_bidi: VarInt,
    /// The number of streams one way that may be opened at first: at most 2^60.
    pub initial_max_streams_uni: VarInt,
    /// The exponent of the power of two that divides the delay in ACK frames: at most 20.
    pub ack_delay_exponent: u8,
    /// The time in milliseconds that acknowledgements are held back at most: less than 2^14.
    pub max_ack_delay: u16,
    /// Only the addresses of the handshake may be used.
    pub disable_active_migration: bool,
    /// The address at which the server would rather be reached. Of servers only.
    pub preferred_address: Option<PreferredAddress>,
    /// The number of connection ids that are stored: at least 2.
    pub active_connection_id_limit: VarInt,
    /// The source connection id of the sender's first Initial.
    pub initial_source: Option<ConnectionId>,
    /// The source connection id of the server's Retry, if there was one. Of servers only.
    pub retry_source: Option<ConnectionId>,
    /// The longest accepted DATAGRAM frame in bytes; 0 for none (RFC 9221 §3).
    pub max_datagram_frame_size: VarInt,
    /// The fixed bit of packets may have either value (RFC 9287).
    pub grease_quic_bit: bool,
    /// The versions that the sender speaks (RFC 9368).
    pub version_information: Option<VersionInformation>,
    /// RESET_STREAM_AT frames may be sent to the sender (draft-ietf-quic-reliable-stream-reset §3).
    pub reset_stream_at: bool,
    /// The least time in microseconds by which the sender can hold back acknowledgements, if it
    /// takes ACK_FREQUENCY frames (draft-ietf-quic-ack-frequency §3). At most `max_ack_delay`.
    pub min_ack_delay: Option<VarInt>,
    /// The sender's part in TIMESTAMP frames, if any: 1 to 3 (draft-huitema-quic-ts §2.1). 1 stands
    /// for receiving, 2 for sending, 3 for both.
    pub enable_timestamp: Option<u8>,
    /// All other parameters, including grease, in their order.
    pub unknown: Vec<(VarInt, Vec<u8>)>,
}

impl TransportParameters {
    /// Returns the defaults, which an end declares by sending no parameters.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            original_destination: None,
            max_idle_timeout: VarInt::ZERO,
            stateless_reset_token: None,
            max_udp_payload_size: MAX_UDP_PAYLOAD_SIZE,
            initial_max_data: VarInt::ZERO,
            initial_max_stream_data_bidi_local: VarInt::ZERO,
            initial_max_stream_data_bidi_remote: VarInt::ZERO,
            initial_max_stream_data_uni: VarInt::ZERO,
            initial_max_streams_bidi: VarInt::ZERO,
            initial_max_streams_uni: VarInt::ZERO,
            ack_delay_exponent: ACK_DELAY_EXPONENT,
            max_ack_delay: MAX_ACK_DELAY,
            disable_active_migration: false,
            preferred_address: None,
            active_connection_id_limit: ACTIVE_CONNECTION_ID_LIMIT,
            initial_source: None,
            retry_source: None,
            max_datagram_frame_size: VarInt::ZERO,
            grease_quic_bit: false,
            version_information: None,
            reset_stream_at: false,
            min_ack_delay: None,
            enable_timestamp: None,
            unknown: Vec::new(),
        }
    }

    /// Returns true if the parameter `id` is reserved to exercise that unknown ones are ignored
    /// (RFC 9000 §18.1).
    ///
    /// ```
    /// use segue_quic::{VarInt, transport_parameters::TransportParameters};
    ///
    /// assert!(TransportParameters::is_reserved(VarInt::from(27_u8)));
    /// assert!(!TransportParameters::is_reserved(VarInt::from(1_u8)));
    /// ```
    #[must_use]
    pub const fn is_reserved(id: VarInt) -> bool {
        id.value() >= 27 && (id.value() - 27).is_multiple_of(31)
    }
}

impl Default for TransportParameters {
    fn default() -> Self {
        Self::new()
    }
}

/// The names of the parameters that are known, by their ids.
macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident = $id:literal;)*) => {
        pub(in crate::transport_parameters) mod id {
            $($(#[doc = $doc])* #[allow(non_upper_case_globals)]
            pub(in crate::transport_parameters) const $name: u64 = $id;)*
        }

        impl TransportParameters {
            /// Returns the name of the parameter `id` in its standard, if it is known.
            ///
            /// ```
            /// use segue_quic::{VarInt, transport_parameters::TransportParameters};
            ///
            /// let name = TransportParameters::name(VarInt::from(0x0e_u8));
            /// assert_eq!(name, Some("active_connection_id_limit"));
            /// ```
            #[must_use]
            pub const fn name(id: VarInt) -> Option<&'static str> {
                match id.value() {
                    $($id => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

ids! {
    original_destination_connection_id = 0x00;
    max_idle_timeout = 0x01;
    stateless_reset_token = 0x02;
    max_udp_payload_size = 0x03;
    initial_max_data = 0x04;
    initial_max_stream_data_bidi_local = 0x05;
    initial_max_stream_data_bidi_remote = 0x06;
    initial_max_stream_data_uni = 0x07;
    initial_max_streams_bidi = 0x08;
    initial_max_streams_uni = 0x09;
    ack_delay_exponent = 0x0a;
    max_ack_delay = 0x0b;
    disable_active_migration = 0x0c;
    preferred_address = 0x0d;
    active_connection_id_limit = 0x0e;
    initial_source_connection_id = 0x0f;
    retry_source_connection_id = 0x10;
    version_information = 0x11;
    reset_stream_at = 0x1d;
    max_datagram_frame_size = 0x20;
    grease_quic_bit = 0x2ab2;
    enable_timestamp = 0x7158;
    min_ack_delay = 0xff04_de1b;
}

/// The longest payload of UDP.
const MAX_UDP_PAYLOAD_SIZE: VarInt = VarInt::from_u32(65_527);
const ACK_DELAY_EXPONENT: u8 = 3;
const MAX_ACK_DELAY: u16 = 25;
const ACTIVE_CONNECTION_ID_LIMIT: VarInt = VarInt::from_u32(2);

/// The error for a violation of these rules.
const fn wrong(reason: &'static str, section: &'static str) -> TransportError {
    TransportError::new(ErrorCode::TRANSPORT_PARAMETER_ERROR, reason, section)
}
