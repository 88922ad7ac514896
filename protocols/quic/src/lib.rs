//! QUIC framing as segue stages: datagrams, packets, frames and streams, without a stack.
//!
//! The sockets, the clock and the state of a connection stay with the caller.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod connection_id;
mod datagram;
mod discard;
mod error;
pub mod frame;
mod keylog;
#[cfg(feature = "laws")]
mod observe;
mod packet;
pub mod protect;
mod range_set;
mod received;
mod sink;
pub mod stream;
pub mod tls;
pub mod transport_parameters;
#[cfg(feature = "std")]
pub mod udp;
mod varint;
mod version;

pub use connection_id::{AnyConnectionId, ConnectionId, DestinationLength};
pub use datagram::{Coalesced, Datagram};
pub use discard::Discard;
pub use error::{ErrorCode, TransportError};
pub use keylog::{KeyLog, KeyLogEntry, KeyLogError, KeyLogLabel, key_log};
pub use packet::{
    BuildError, Header, Layout, MAX_DATAGRAM, MIN_INITIAL_DATAGRAM, MIN_INITIAL_DESTINATION,
    Opened, Packet, PacketBuilder, PacketKind, PacketNumber, StatelessResetToken, Unmasked,
    UnprotectError, Versions, wants_negotiation,
};
pub use range_set::RangeSet;
pub use received::ReceivedPackets;
pub use sink::Sink;
#[cfg(feature = "nom")]
pub use varint::varint;
pub use varint::{Encoded, TooLarge, VarInt, VarIntIter, VarInts, Width};
pub use version::Version;
