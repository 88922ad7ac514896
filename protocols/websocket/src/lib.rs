//! WebSocket (RFC 6455) as segue stages: no I/O, no clock, first frames never lost.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod close;
mod closing;
mod error;
mod frames;
mod halves;
mod header;
mod mask;
mod messages;
mod opcode;
mod role;
mod utf8;
mod writer;

pub use close::{Close, CloseCode};
pub use error::Error;
pub use frames::{Frame, Frames};
#[cfg(feature = "std")]
pub use halves::client;
pub use halves::server;
pub use mask::{MaskKeys, mask};
pub use messages::{Message, Messages, Reply};
pub use opcode::Opcode;
pub use role::Role;
pub use writer::{Fragment, Outgoing, WriteError, Writer};
