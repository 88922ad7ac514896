//! QUIC (RFC 9000): what is on the wire.

mod packets;
mod varints;

pub use packets::{headers, protect, unprotect};
pub use varints::varints;
