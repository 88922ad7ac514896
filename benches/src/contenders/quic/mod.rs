//! QUIC (RFC 9000): what is on the wire.

mod frames;
mod packets;
mod streams;
mod varints;

pub use frames::{Payloads, frames};
pub use packets::{headers, protect, unprotect};
pub use streams::{ORDERS, Order, reassembly, stream};
pub use varints::varints;
