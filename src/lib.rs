//! A toolkit for protocols made of smaller ones.
//!
//! A *stage* reads one miniprotocol: it says where the next record ends, and turns it into an item.
//! It does no I/O and knows no clock. A [`Buffer`] belongs to a connection and is lent to one stage
//! after the other, so bytes that one reads too far are there for the next.
//!
//! ```
//! use segue::{Buffer, DecodeExt, Output, Step, length, separator};
//!
//! // A line, then length-prefixed records: all of it came in one read.
//! let mut buffer = Buffer::from(&b"HELLO 2\r\n\x00\x03one\x00\x03two"[..]);
//! let mut answers = Output::new();
//!
//! let mut greeting = separator::line().max(64).take(1);
//! assert!(matches!(buffer.step(&mut greeting, false, &mut answers)?,
//!     Step::Item(line) if line == b"HELLO 2"));
//! assert!(matches!(buffer.step(&mut greeting, false, &mut answers)?, Step::Done));
//!
//! let mut records = length::u16_be().max(1024);
//! assert!(matches!(buffer.step(&mut records, false, &mut answers)?,
//!     Step::Item(record) if record == b"one"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - To **write a stage**, implement [`Decode`]; for its sending side implement [`Encode`], and for
//!   a handshake [`Exchange`]. [`length`], [`separator`] and [`combine`] have parts for them.
//! - To **drive** a stage, give a transport to a [`Connection`](driver::Connection): blocking,
//!   tokio or futures-io. In a loop of your own, give the bytes to an [`Inlet`], a connection
//!   without I/O.
//! - To **multiplex**, use the parts of [`mux`]: windows, credit, a table of streams, a scheduler.
//! - To **leave**, call [`hand_off`](driver::Connection::hand_off): a [`Handoff`] carries the bytes
//!   that were not consumed.
//! - To **check** a stage, use `laws` (a feature), which cuts its input everywhere.
//! - To **look at** one at work, use `trace` (a feature), which records which part took which bytes.
//!
//! The [vocabulary] lists the words that these pages use, one meaning each.
//!
//! Features: `std` (default; the blocking driver), `tokio`, `tokio-net` (its sockets), `tokio-time`
//! (a timer, and `close` bounded by it), `futures`, `async-io` (a timer and sockets for smol and
//! other executors), `stream` (a connection as a `Stream` and `Sink`), `codec` (tokio-util), `nom`,
//! `laws`, `trace`. Without features it is `no_std` with `alloc`, on targets with compare-and-swap:
//! thumbv7m and up, not thumbv6m.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Allowed in two small modules of `separator`, which compare many bytes at once.
#![deny(unsafe_code)]

extern crate alloc;

mod core;

#[doc(hidden)]
pub use crate::core::Ahead;
pub use crate::core::{
    Buffer, Cause, Content, Decode, Edge, Encode, EncodeWith, Exchange, Fault, Framing, Handoff,
    Inlet, Layer, Mark, Moment, Need, Output, Progress, Pull, Pulled, Ready, Record, Records, Say,
    Step, Tail, encode_with,
};

pub mod combine;
pub use combine::DecodeExt;
#[cfg(feature = "std")]
pub mod driver;
#[cfg(feature = "laws")]
pub mod laws;
pub mod length;
pub mod mux;
#[cfg(feature = "nom")]
pub mod nom;
pub mod separator;
#[cfg(feature = "trace")]
pub mod trace;

#[doc = include_str!("vocabulary.md")]
pub mod vocabulary {}

/// The listings of the README are compiled; `tests/readme` runs them.
#[cfg(all(doctest, feature = "tokio-time", feature = "laws"))]
#[doc = include_str!("../README.md")]
mod readme {}
