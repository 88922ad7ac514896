//! Packets, the content of datagrams (RFC 9000 §12, §17).
//!
//! A received packet goes through three types: [`Packet`] as it was received, [`Unmasked`] when its
//! header can be read, [`Unprotected`] when its frames can. [`PacketBuilder`] makes packets to
//! send.

mod builder;
mod error;
mod header;
mod kind;
mod layout;
mod number;
mod protected;
mod reset;
mod rules;
mod versions;

pub use builder::PacketBuilder;
pub use error::BuildError;
pub use header::Header;
pub(crate) use header::{no_destination, short};
pub use kind::PacketKind;
pub(crate) use kind::{FIXED, LONG};
pub(crate) use layout::{Extent, read};
pub use layout::{Layout, MAX_DATAGRAM};
pub use number::PacketNumber;
pub use protected::{Packet, Unmasked, UnprotectError, Unprotected};
pub use reset::StatelessResetToken;
pub use rules::{MIN_INITIAL_DATAGRAM, MIN_INITIAL_DESTINATION, wants_negotiation};
pub use versions::Versions;
