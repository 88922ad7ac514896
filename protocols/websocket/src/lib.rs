//! WebSocket (RFC 6455) as segue stages: no I/O, no clock, first frames never lost.
//!
//! A `WebSocket` reads and sends messages and does its own I/O: see [`endpoint`].
//!
//! ```
//! # #[cfg(feature = "tokio-time")]
//! use segue_websocket::{CloseCode, endpoint::Error, tokio::WebSocket};
//!
//! # #[cfg(feature = "tokio-time")]
//! async fn echo(io: tokio::net::TcpStream) -> Result<(), Error> {
//!     let mut socket = WebSocket::accept(io).await?;
//!     while let Some(message) = socket.next().await? {
//!         if message.is_data() {
//!             socket.queue(&message).await?; // leaves before the next wait
//!         }
//!     }
//!     socket.close(CloseCode::NORMAL).await
//! }
//! ```
//!
//! It is made of these stages:
//!
//! [`ServerHandshake`] and [`ClientHandshake`] open a connection; bytes that the peer sent behind
//! its HTTP head stay in the buffer. [`Messages`] reads whole messages and answers pings and the
//! close frame, [`Pieces`] does so without holding a message whole, [`Frames`] reads frame by
//! frame, [`Writer`] writes. A [`Tunnel`] carries any bytes as a layer. [`server`] and [`client`]
//! make a reader and a writer that share their state; [`Accepted::halves`] and
//! [`Connected::halves`] also use what the handshake agreed on.
//!
//! What an application needs of the toolkit is exported here as well, so that this crate is its only
//! dependency: timers, [`Handoff`], and [`segue`] itself.
//!
//! | feature | what |
//! |---|---|
//! | `std` (default) | blocking endpoints, random keys |
//! | `tokio`, `futures` | endpoints over `AsyncRead` and `AsyncWrite` of tokio and of futures-io |
//! | `tokio-time` | `close` over tokio, bounded by its clock |
//! | `tokio-net` | `tokio-time`, and `tokio::WebSocket::connect_to`: a URL by tokio's `TcpStream` |
//! | `http` | [`ServerHandshake`] answers requests of the `http` crate |
//! | `hyper`, `axum` | WebSockets on connections of hyper, and an extractor for axum: see [`endpoint`] |
//! | `deflate` | permessage-deflate (RFC 7692): both handshakes negotiate it |
//! | `laws` | what the law suite needs to see of these stages |
//!
//! A whole upgrade, in memory. The client sends its first message without waiting for the server's
//! answer:
//!
//! ```
//! use segue::{Buffer, Encode, Exchange, Output, Progress, Step};
//! use segue_websocket::{ClientHandshake, Message, Outgoing, ServerHandshake};
//!
//! // The client sends its request and, glued to it, a message.
//! let mut handshake = ClientHandshake::new("example.org", "/echo");
//! let (mut client_input, mut client_output) = (Buffer::new(), Output::new());
//! handshake.advance(&mut client_input, false, &mut client_output)?;
//! let (mut from_server, mut to_server) = segue_websocket::client();
//! to_server.encode(Outgoing::Text("hello"), &mut client_output)?;
//!
//! // The server gets all of it at once, takes its part, and leaves the rest to the next stage.
//! let mut input = Buffer::from(&client_output.to_vec()[..]);
//! let mut output = Output::new();
//! let Progress::Done(accepted) =
//!     ServerHandshake::new().advance(&mut input, false, &mut output)?
//! else {
//!     panic!("the request is whole")
//! };
//! assert_eq!(accepted.target, "/echo");
//! let (mut from_client, mut to_client) = segue_websocket::server();
//! let mut answers = Output::new();
//! while let Step::Item(message) = input.step(&mut from_client, false, &mut answers)? {
//!     to_client.encode(message, &mut output)?;
//! }
//!
//! // The client in turn finds the echo behind the answer to its request.
//! client_input.extend(&output.to_vec());
//! let progress = handshake.advance(&mut client_input, false, &mut client_output)?;
//! assert!(matches!(progress, Progress::Done(_)));
//! let item = client_input.step(&mut from_server, false, &mut client_output)?;
//! assert_eq!(item, Step::Item(Message::Text("hello")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The words used here are those of segue's [vocabulary](segue::vocabulary).
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Allowed in `mask::wide` alone.
#![deny(unsafe_code)]

extern crate alloc;

mod close;
mod closing;
mod controls;
#[cfg_attr(not(feature = "deflate"), path = "deflate/absent.rs")]
mod deflate;
pub mod endpoint;
mod error;
mod frames;
mod halves;
mod handshake;
mod header;
mod limits;
mod mask;
mod messages;
#[cfg(feature = "laws")]
mod observe;
mod opcode;
mod pieces;
mod prepared;
mod role;
mod tunnel;
mod utf8;
mod writer;

/// The type of owned payloads.
pub use bytes::Bytes;
pub use close::{Close, CloseCode, CloseFrame};
#[cfg(feature = "deflate")]
pub use deflate::{Agreed, Deflate};
#[cfg(feature = "futures")]
pub use endpoint::futures;
#[cfg(feature = "std")]
pub use endpoint::sync;
#[cfg(feature = "tokio")]
pub use endpoint::tokio;
pub use endpoint::{Beat, KeepAlive, OwnedMessage};
pub use error::Error;
pub use frames::{Frame, Frames};
#[cfg(feature = "std")]
pub use halves::client;
pub use halves::server;
pub use handshake::{
    Acceptance, Accepted, Answer, ClientHandshake, Connected, Refusal, RequestError, ResponseError,
    ServerHandshake, accept_key,
};
pub use limits::Limits;
pub use mask::{MaskKeys, mask};
pub use messages::{Message, Messages, Reply};
pub use opcode::Opcode;
pub use pieces::{Part, Piece, Pieces};
pub use prepared::Prepared;
pub use role::Role;
/// The toolkit that this crate is made of.
pub use segue;
pub use segue::Handoff;
#[cfg(feature = "async-io")]
pub use segue::driver::futures::AsyncIoTimer;
#[cfg(feature = "tokio-time")]
pub use segue::driver::tokio::TokioTimer;
#[cfg(feature = "std")]
pub use segue::driver::{
    Deadlines, SocketTimer, Timeouts, Timer, TimerFor,
    sync::{CloseWrite, SocketClock},
};
pub use segue_http1 as http1;
pub use tunnel::{Tunnel, TunnelError};
pub use writer::{Fragment, Outgoing, WriteError, Writer};

/// The listings of the README are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
