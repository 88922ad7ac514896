//! Datagrams in and out: over a blocking or non-blocking `UdpSocket`, and over tokio's.
//!
//! | over | driver | feature |
//! |---|---|---|
//! | [`std::net::UdpSocket`] | [`sync::Datagrams`] | `std` |
//! | tokio's `UdpSocket` | `tokio::Datagrams` | `tokio-net` |
//!
//! Both are [`Datagrams`] over another [`Socket`]. A [`DatagramTurn`] sends what is queued, and gives a batch
//! of datagrams, to be unprotected in place, with the queue to answer on. What happens to single
//! datagrams, such as that one is too large for the path, is a [`Notice`] and ends nothing.
//!
//! No clock is read: a deadline is the caller's, kept by its [`Timer`](segue::driver::Timer).
//!
//! Left out: ECN marks and segmentation offload (`UDP_SEGMENT`, `UDP_GRO`). Both take control
//! messages, which neither the standard library nor tokio passes on; a [`Socket`] of one's own that
//! has them can be driven all the same.
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
