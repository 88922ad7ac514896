//! WebSocket frames and messages (RFC 6455), read, written and masked.
//!
//! Peers are fed in the way that they are made for: those that decode a `BytesMut` get one, which
//! is filled outside of the time; those that own a transport read from one in memory, and copy
//! from it within the time. Both roles of segue are there for them to be held against: the stage,
//! and a connection over the same transport. Payloads are binary, so that nobody checks UTF-8.

pub mod by_hand;
mod decode;
mod encode;
mod mask;
mod memory;

pub use decode::decode;
pub use encode::encode;
pub use mask::{Mask, mask, masks};

/// The longest message that anybody takes, in bytes. All have a limit, and none reaches it.
const MAX: usize = 64 << 20;
