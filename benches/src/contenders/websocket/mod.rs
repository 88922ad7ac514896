//! WebSocket frames and messages (RFC 6455), read, written and masked.
//!
//! Peers are fed in the way that they are made for: those that decode a `BytesMut` get one, which
//! is filled outside of the time; those that own a transport read from one in memory, and copy
//! from it within the time. Both roles of segue are there for them to be held against: the stage,
//! and a connection over the same transport.
//!
//! The contenders agree in some points and differ in others:
//! - Payloads are binary, so that nobody checks UTF-8.
//! - Who decodes unmasks in place or in a buffer of its own, and shows the payload. The floor and
//!   segue lend it, sockudo-ws and yawc make it a `Bytes` over what they were given, the others copy
//!   it out of the transport within the time, as the segue connection does.
//! - The floor keeps fewer rules than anybody else: see [`by_hand`].
//! - Who masks takes keys that cannot be foreseen (RFC 6455 §10.3): all peers from `rand`'s
//!   generator, segue from the hash of the standard library. Only the floor's keys can be.
//! - Who sends flushes once a batch, into a transport that drops what it gets. The floor, the
//!   segue writer, sockudo-ws and yawc end with the bytes in a buffer.

pub mod by_hand;
mod decode;
mod encode;
mod handshake;
mod mask;
mod memory;

pub use decode::decode;
pub use encode::encode;
pub use handshake::handshake;
pub use mask::{Mask, mask, masks};

/// The longest message that anybody takes, in bytes. All have a limit, and none reaches it.
const MAX: usize = 64 << 20;
