//! TLS as a layer between a transport and any stage of segue, by rustls.
//!
//! | | |
//! |---|---|
//! | reads and writes | TLS 1.3 and 1.2, as client and server: [`client`] and [`server`] are exchanges whose output is the layer [`Tls`] |
//! | looks at | the ClientHello before anything is decided, by [`Hello`]; records and their headers, without keys, by [`Records`] |
//! | refuses | all that rustls refuses, bytes that are no TLS, a wire that ends without `close_notify`, floods of records without data |
//! | limits | [`Limits`], each with its reason |
//!
//! A server that echoes lines, for one blocking connection; under tokio or futures-io the same calls
//! are awaited:
//!
//! ```no_run
//! # #[cfg(feature = "rustls")] mod run {
//! use segue::{driver::sync::{Connection, SocketClock}, separator};
//! use std::{net::TcpStream, sync::Arc};
//!
//! fn serve(
//!     socket: TcpStream,
//!     config: Arc<rustls::ServerConfig>,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut connection = Connection::new(socket, ());
//!     let mut handshake = segue_tls::server(config)?;
//!     let tls = connection.exchange_by(&mut handshake, &mut SocketClock::new())?;
//!
//!     let mut connection = connection.layered(tls).begin(separator::line());
//!     while let Some(mut turn) = connection.turn()? {
//!         turn.output.queue(&mut separator::line(), &turn.item[..])?;
//!     }
//!     connection.close(64 * 1024)?; // says close_notify
//!     Ok(())
//! }
//! # }
//! ```
//!
//! Without the feature `rustls` the crate is `no_std` and has no dependency but segue: what reads
//! ClientHellos and records is for routers by name, and for tools that look into captures.
//!
//! The words used here are those of segue's [vocabulary](segue::vocabulary).
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod client_hello;
mod error;
#[cfg(feature = "rustls")]
mod handshake;
mod hello;
mod limits;
#[cfg(feature = "laws")]
mod observe;
mod reader;
mod record;
#[cfg(feature = "rustls")]
mod session;
#[cfg(feature = "rustls")]
mod tls;

pub use client_hello::ClientHello;
pub use error::Error;
pub use hello::{Hello, ReceivedHello};
pub use limits::Limits;
pub use record::{ContentType, RecordHeader, Records, WireRecord};

#[cfg(feature = "rustls")]
pub use handshake::{Handshake, client, server};
#[cfg(feature = "rustls")]
pub use tls::{OnCut, Tls};

/// The listings of the README are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
