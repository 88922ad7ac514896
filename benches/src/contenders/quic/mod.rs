//! QUIC (RFC 9000): what is on the wire.

mod varints;

pub use varints::varints;
