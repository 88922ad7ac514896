//! Streams: their bytes in order, on both sides, and the credit that bounds them (RFC 9000 §2-4).
//!
//! [`ReceiveStream`] takes STREAM frames as they come, and any stage that reads a stream of bytes
//! reads their data. [`SendStream`] takes bytes, cuts them into pieces that fit in a packet, sends
//! lost ones again, and releases acknowledged ones. [`CryptoStream`] does the former for the CRYPTO
//! frames of a handshake, and a [`SendQueue`] the latter. A [`Window`] is what this endpoint allows
//! its peer, a [`Credit`] what the peer allows it: for a stream, for all streams of a connection
//! ([`ConnectionWindow`]), and for their number.
//!
//! [`Streams`] holds all of them by their ids: a [`Carrier`](segue::mux::Carrier), on whose streams
//! [`Mux`](segue::mux::Mux) runs stages.
//!
//! Nothing here knows packets or a clock: the owner of a connection reports received frames, and
//! acknowledged and lost ones.
//!
//! ```
//! use segue::{Output, Step, length};
//! use segue_quic::stream::{ConnectionWindow, ReceiveStream};
//!
//! let mut connection = ConnectionWindow::new(1 << 20); // of all streams together
//! let mut stream = ReceiveStream::new(64 * 1024, &connection);
//! let (mut stage, mut answers) = (length::u16_be(), Output::new());
//!
//! // The second of two STREAM frames overtakes the first: there is nothing to read yet.
//! stream.receive(4, b"lo", true, &mut connection)?;
//! assert!(matches!(stream.step(&mut stage, &mut answers)?, Step::Need(_)));
//! stream.receive(0, b"\x00\x04ho", false, &mut connection)?;
//! assert!(matches!(stream.step(&mut stage, &mut answers)?, Step::Item(item) if item == b"holo"));
//! assert!(matches!(stream.step(&mut stage, &mut answers)?, Step::Done));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Window`]: segue::mux::Window
//! [`Credit`]: segue::mux::Credit

mod connection_window;
mod crypto;
mod error;
mod id;
mod pages;
mod pool;
mod queue;
mod reassembly;
mod receive;
mod send;
mod send_state;
mod streams;
pub(crate) mod told;

pub use connection_window::ConnectionWindow;
pub use crypto::CryptoStream;
pub use error::{ReadError, StreamError};
pub use id::StreamId;
pub use queue::{Piece, SendQueue};
pub use reassembly::Reassembler;
pub use receive::ReceiveStream;
pub use segue::mux::Direction;
pub use send::{SendError, SendStream, Sent, StreamPiece, WrongStream};
pub use streams::{Carried, LimitError, Limits, Streams};
