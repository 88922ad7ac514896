//! Endpoints: WebSockets without protocol details.
//!
//! `WebSocket::accept` and `connect` open one, `next` returns messages, `queue` answers them,
//! `close` closes. Queued messages leave before the endpoint waits for the peer, and the answers to
//! a batch of messages leave in one write. Use `send` for a message that must leave at once, before
//! the task does anything else than ask for the next message. There is an endpoint for each driver:
//! [`sync`] for blocking and non-blocking `std::io`, [`mod@tokio`], and [`futures`] for futures-io,
//! each behind the feature of its name (`std` for the first). Connecting to a URL over tokio is
//! behind `tokio-net`, since not every target of tokio has sockets. A polled `close` is behind
//! `tokio-time` and `async-io`, which bring a clock; without them use `close_by`, which takes a
//! timer, or `close_unbounded`.
//!
//! They are made of a segue connection, [`Messages`](crate::Messages) and a
//! [`Writer`](crate::Writer), through public interfaces only. To control more, use these, and make
//! an endpoint of them later by `WebSocket::new`.
//!
//! An endpoint holds each message whole. To receive longer ones, take the halves that
//! [`Accepted::pieces`](crate::Accepted::pieces) and
//! [`Connected::pieces`](crate::Connected::pieces) return, on a connection of the same driver. To
//! send longer ones, send [`Fragment`](crate::Fragment)s as they come.

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "std")]
pub mod blocking;
#[cfg(any(feature = "tokio-time", feature = "async-io"))]
mod clocked;
#[cfg(any(feature = "tokio", feature = "futures"))]
mod constructors;
#[cfg(feature = "std")]
mod engine;
#[cfg(feature = "std")]
mod error;
#[cfg(feature = "futures")]
pub mod futures;
#[cfg(any(feature = "tokio", feature = "futures"))]
mod halves;
#[cfg(feature = "hyper")]
pub mod hyper;
mod keep_alive;
#[cfg(feature = "std")]
mod keeping;
mod message;
#[cfg(feature = "std")]
mod over_socket;
#[cfg(feature = "std")]
mod parting;
#[cfg(any(feature = "tokio", feature = "futures"))]
mod polled;
#[cfg(feature = "std")]
pub mod sync;
#[cfg(feature = "std")]
mod sync_halves;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(feature = "std")]
mod url;

#[cfg(feature = "std")]
pub use engine::{MessageOutput, MessageTurn};
#[cfg(feature = "std")]
pub use error::Error;
#[cfg(any(feature = "tokio", feature = "futures"))]
pub use halves::{Receiver, Sender};
pub use keep_alive::{Beat, KeepAlive};
pub use message::OwnedMessage;
#[cfg(any(feature = "tokio", feature = "futures"))]
pub use polled::WebSocket;
#[cfg(feature = "std")]
pub use url::UrlError;
