//! QUIC framing as segue stages: datagrams, packets, frames and streams, without a stack.
//!
//! The caller keeps the sockets, the clock and the state of the connection. Each layer can be used
//! by itself:
//!
//! - **Datagrams**: [`Coalesced`] splits one into its packets in place, [`Datagram`] does so as a
//!   stage; `udp` sends and receives them.
//! - **Packets**: a [`Packet`] is [unmasked](Packet::unmask) and then [opened](Unmasked::open), by the
//!   keys of [`protect`]; a [`PacketBuilder`] makes one. [`Header`] reads and writes all kinds.
//! - **Frames**: [`frame::Payload`] iterates over those of a packet, [`frame::Builder`] fills one.
//! - **Streams**: [`stream`] puts their data in order, for any segue stage to read. `quinn` turns
//!   the streams of a quinn-proto connection into a carrier, with a stage on each.
//! - [`transport_parameters`], [`VarInt`]; [`KeyLog`] and [`tls`] for programs that read captures,
//!   as the example `dissect` does.
//!
//! From a datagram to a handshake message, and back:
//!
//! ```
//! # #[cfg(feature = "ring")] {
//! use segue::{Output, Step};
//! use segue_quic::{
//!     Coalesced, Header, MIN_INITIAL_DATAGRAM, PacketBuilder, PacketNumber, Version,
//!     frame::{Frame, Payload},
//!     protect,
//!     stream::CryptoStream,
//!     tls::HandshakeMessages,
//! };
//!
//! let (version, destination) = (Version::V1, &b"8 random"[..]);
//! let keys = protect::initial(version, destination).expect("the version is known");
//!
//! // A client's first packet, with a CRYPTO frame in it, in a datagram that is large enough.
//! let mut datagram = [0; MIN_INITIAL_DATAGRAM];
//! let header = Header::Initial { version, destination, source: b"me", token: b"" };
//! let number = PacketNumber::new(0, None).expect("0 is a number");
//! let mut packet = PacketBuilder::new(&mut datagram, &header, number)?;
//! packet.put(b"\x06\x00\x06\x01\x00\x00\x02hi")?;
//! packet.pad_to(MIN_INITIAL_DATAGRAM);
//! packet.finish(&keys.client)?;
//!
//! // The server's end, where all this is undone in place.
//! let mut handshake = CryptoStream::new();
//! for packet in Coalesced::new(&mut datagram, 8) {
//!     let opened = packet?.unprotect(&keys.client, None)?;
//!     let kind = opened.kind();
//!     for frame in Payload::new(opened.into_payload(), kind) {
//!         if let Frame::Crypto(crypto) = frame? {
//!             handshake.receive(crypto.offset.value(), crypto.data)?;
//!         }
//!     }
//! }
//! let mut messages = HandshakeMessages::new();
//! let Step::Item(message) = handshake.step(&mut messages, &mut Output::new())? else {
//!     panic!("it is whole")
//! };
//! assert_eq!((message.name(), message.body), (Some("ClientHello"), &b"hi"[..]));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The words used here are those of segue's [vocabulary](segue::vocabulary).
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
#[cfg(feature = "quinn")]
pub mod quinn;
mod range_set;
mod received;
mod role;
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
    Packet, PacketBuilder, PacketKind, PacketNumber, StatelessResetToken, Unmasked, UnprotectError,
    Unprotected, Versions, wants_negotiation,
};
pub use range_set::RangeSet;
pub use received::ReceivedPackets;
pub use role::Role;
pub use sink::Sink;
#[cfg(feature = "nom")]
pub use varint::varint;
pub use varint::{Encoded, TooLarge, VarInt, VarIntIter, VarInts, Width};
pub use version::Version;

/// The listings of the README are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
