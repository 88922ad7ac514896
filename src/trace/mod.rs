//! A trace of a protocol at work: the bytes of each of its parts.
//!
//! A [`Recorder`] wraps the parts of a connection: stages, handshakes, writers, layers. A wrapped
//! part is used as before, over any driver, and everything that passes through it becomes an
//! [`Event`]: bytes that it [took](What::Took) or [queued](What::Queued), what it
//! [needed](What::Needs), what [crossed over](What::Followed) from the part before it. A
//! [`Recording`] is everything recorded so far: a table by its `Display`, JSON, an SVG picture, or an
//! HTML page without anything external.
//!
//! ```
//! use segue::{driver::sync::Connection, length, separator, trace::Recorder, DecodeExt};
//! use std::io::Cursor;
//!
//! # struct Io(Cursor<&'static [u8]>);
//! # impl std::io::Read for Io {
//! #     fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> { self.0.read(into) }
//! # }
//! # impl std::io::Write for Io {
//! #     fn write(&mut self, from: &[u8]) -> std::io::Result<usize> { Ok(from.len()) }
//! #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
//! # }
//! # let socket = Io(Cursor::new(&b"HELLO\n\x03one\x03two"[..]));
//! let recorder = Recorder::new();
//! let greeting = recorder.trace("greeting", separator::line().max(64).take(1));
//! let mut connection = Connection::new(socket, greeting);
//! while connection.turn()?.is_some() {}
//! let mut connection = connection.follow(|_| recorder.trace("records", length::u8()))?;
//! while connection.turn()?.is_some() {}
//!
//! let table = recorder.recording().to_string();
//! assert!(table.contains("greeting  took 0..6 (6 bytes), an item"));
//! assert!(table.contains("records   follows greeting at 6, 8 bytes crossed"));
//! assert!(table.contains("records   took 6..10 (4 bytes), an item"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it costs
//! A part that is not wrapped is the same code as without this module: no driver and no stage asks
//! whether there is a recorder. A wrapped part takes a lock for each call. A recorder that is
//! [off](Recorder::off) leaves a comparison for each call of a wrapped part.
//!
//! Memory is bounded: a [number](Recorder::with_events) of events is kept, and the rest only
//! counted. The sums of each part are exact however many there are. Payload is not kept unless
//! [asked for](Recorder::with_payload). Times come from the clock of the standard library, which
//! `wasm32-unknown-unknown` lacks.
//!
//! # What it does not see
//! - A part that is not wrapped. Its bytes are a gap between the ranges of those that are.
//! - Faults that a driver makes of a need, such as a truncated stream. The last need tells as much.
//! - The bytes that a [`Layer`](crate::Layer) takes in its last call. It may lend bytes of its input,
//!   so its position is looked at when it is next asked.
//! - Where bytes stand in the outgoing stream of a [split](crate::driver::Connection::split)
//!   connection. Each half counts what it queues by itself.

mod carrier;
mod decode;
mod encode;
mod escape;
mod exchange;
mod html;
mod json;
mod lane;
mod layer;
mod recorder;
mod recording;
mod svg;
mod table;
mod traced;

pub use recorder::Recorder;
pub use recording::{Event, Lane, Made, Recording, What, Why};
pub use traced::Traced;
