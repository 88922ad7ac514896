//! The PROXY protocol as stages: a proxy says in front of a connection whose it is.
//!
//! Sections (§) are those of the specification that HAProxy keeps, `proxy-protocol.txt`.
//!
//! | | |
//! |---|---|
//! | reads and writes | versions 1 and 2, by [`ProxyHeader`]: a stage with one item, and an encoder |
//! | chooses | who may send a header, by [`OptionalHeader`] and the rule [`Presence`] |
//! | knows | LOCAL and PROXY; TCP, UDP and UNIX sockets; all registered [`Tlv`]s with those of TLS; CRC32c, checked and computed |
//! | refuses | what the specification says receivers must, a TLV of a known type that is there twice, values that are not of their type |
//! | limits | 107 bytes for version 1, [`Limits`] for version 2, refused by what is announced |
//!
//! A server whose lines come through a proxy; under tokio or futures-io the calls are awaited:
//!
//! ```no_run
//! # #[cfg(feature = "std")] mod run {
//! use segue::{driver::{Deadlines, sync::{Connection, SocketClock}}, separator};
//! use segue_proxy::ProxyHeader;
//! use std::{net::TcpStream, time::Duration};
//!
//! fn serve(socket: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
//!     let own = socket.peer_addr()?;
//!     let mut clock = SocketClock::new();
//!     let wait = Duration::from_secs(5);
//!     let deadlines = Deadlines::new().idle(wait).record(wait);
//!     let mut connection = Connection::new(socket, ProxyHeader::new()).with_deadlines(deadlines);
//!     let Some(turn) = connection.turn_by(&mut clock)? else { return Ok(()) };
//!     let client = turn.item.source().unwrap_or(own);
//!
//!     let mut connection = connection.follow(|_| separator::line())?;
//!     while let Some(turn) = connection.turn_by(&mut clock)? {
//!         println!("{client}: {} bytes", turn.item.len());
//!     }
//!     Ok(())
//! }
//! # }
//! ```
//!
//! The crate is `no_std` with `alloc`, does no I/O and knows no clock. The words used here are those
//! of segue's [vocabulary](segue::vocabulary).
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod crc32c;
mod endpoints;
mod error;
mod header;
mod limits;
#[cfg(feature = "laws")]
mod observe;
mod presence;
mod ssl;
mod stage;
mod tlv;
mod v1;
mod v2;

pub use endpoints::{Endpoints, Transport, UnixAddress};
pub use error::{Error, WriteError};
pub use header::{Header, Version};
pub use limits::Limits;
pub use presence::{OptionalHeader, Presence, look};
pub use ssl::{Ssl, SslTlv};
pub use stage::ProxyHeader;
pub use tlv::{Tlv, Tlvs};

/// The listings of the README are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
