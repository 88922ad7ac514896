//! Endpoints: WebSockets for people who want no protocol details.
//!
//! `WebSocket::accept` and `connect` open one, `next` gives messages, `queue` answers them, `close`
//! closes. What is queued leaves before the endpoint waits for the peer, and the answers to a batch of
//! messages leave in one write; `send` what must leave at once, before the task does anything other
//! than ask for the next message. There is one for each driver: [`sync`] for blocking (and non-blocking) `std::io`,
//! [`mod@tokio`], and [`futures`] for futures-io, each behind the feature of its name (`std` for
//! the first). Connecting to a URL by tokio is behind `tokio-net`, since not every target of tokio
//! has sockets. A polled `close` is behind `tokio-time` and `async-io`, which bring a clock; without
//! them there are `close_by`, which takes a timer, and `close_unbounded`.
//!
//! They are made of a connection of segue's, [`Messages`](crate::Messages) and a
//! [`Writer`](crate::Writer), and nothing that is not there for everybody: who wants to decide more
//! takes these, and may still make an endpoint of them by `WebSocket::new`.
//!
//! An endpoint holds each message whole. Who receives such as are too long for that takes the
//! halves that [`Accepted::pieces`](crate::Accepted::pieces) and
//! [`Connected::pieces`](crate::Connected::pieces) give, on a connection of the same driver; who sends
//! such feeds [`Fragment`](crate::Fragment)s as they come.

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
mod keep_alive;
#[cfg(feature = "std")]
mod keeping;
mod message;
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
