//! Datagrams in and out: over a blocking or non-blocking `UdpSocket`, and over tokio's.
//!
//! | over | driver | feature |
//! |---|---|---|
//! | [`std::net::UdpSocket`] | [`sync::Datagrams`] | `std` |
//! | tokio's `UdpSocket` | `tokio::Datagrams` | `tokio-net` |
//!
//! Both are [`Datagrams`], each over its own [`Socket`]. A turn sends queued datagrams and returns
//! a batch of received ones as a [`DatagramTurn`], to be unprotected in place, with the queue for
//! answers. Events of single datagrams, such as one that is too large for the path, are [`Notice`]s
//! and not fatal.
//!
//! No clock is read: deadlines are the caller's, kept by its [`Timer`](segue::driver::Timer).
//!
//! ECN marks and segmentation offload (`UDP_SEGMENT`, `UDP_GRO`) are left out. Both need control
//! messages, which neither the standard library nor tokio passes on; a [`Socket`] of your own may
//! use them.
//!
//! ```
//! use segue_quic::udp::sync::Datagrams;
//! use std::net::UdpSocket;
//!
//! let client = UdpSocket::bind("127.0.0.1:0")?;
//! let mut server = Datagrams::new(UdpSocket::bind("127.0.0.1:0")?);
//! client.connect(server.socket().local_addr()?)?;
//! client.send(b"ping")?;
//!
//! let turn = server.turn()?;
//! for datagram in turn.datagrams {
//!     assert_eq!(datagram.bytes, b"ping");
//!     turn.outgoing.put(b"pong", Some(datagram.from));
//! }
//! server.flush()?;
//! let mut answer = [0; 9];
//! assert_eq!(client.recv(&mut answer)?, 4);
//! # Ok::<(), std::io::Error>(())
//! ```

mod datagrams;
mod incoming;
mod notice;
mod options;
mod outgoing;
mod socket;
pub mod sync;
#[cfg(feature = "tokio-net")]
pub mod tokio;

pub use datagrams::{DatagramTurn, Datagrams};
pub use incoming::{Batch, Received};
pub use notice::Notice;
pub use options::Options;
pub use outgoing::Outgoing;
pub use socket::Socket;
