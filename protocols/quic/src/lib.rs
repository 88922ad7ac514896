//! QUIC framing as segue stages: datagrams, packets, frames and streams, without a stack.
//!
//! The sockets, the clock and the state of a connection stay with the caller.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
#[cfg(feature = "laws")]
mod observe;
mod sink;
pub mod stream;
mod varint;

pub use error::{ErrorCode, TransportError};
pub use sink::Sink;
#[cfg(feature = "nom")]
pub use varint::varint;
pub use varint::{Encoded, TooLarge, VarInt, VarInts, Width};
