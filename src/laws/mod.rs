//! Laws that every stage keeps, checked against every cut of its input.
//!
//! A network cuts a stream where it likes, and a stage that was written against whole messages
//! loses, doubles or invents data when it does. No crash tells of it. This module drives a stage
//! over the same stream cut everywhere, and holds what comes out against one read of the whole:
//!
//! ```
//! use segue::laws;
//! # use segue::{Decode, Fault, Framing, Record};
//! # #[derive(Clone)]
//! # struct Text;
//! # impl Decode for Text {
//! #     type Item<'a> = &'a str;
//! #     type Error = core::str::Utf8Error;
//! #     fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
//! #         let Some(&length) = input.first() else {
//! #             return Ok(if eof { Framing::Done } else { Framing::need(1) });
//! #         };
//! #         let whole = 1 + usize::from(length);
//! #         let missing = whole.saturating_sub(input.len());
//! #         Ok(if missing > 0 { Framing::need(missing) } else { Framing::Record(whole) })
//! #     }
//! #     fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<&'a str, Fault<Self::Error>> {
//! #         record.advance(1);
//! #         core::str::from_utf8(record.into_slice()).map_err(|error| Fault::new(error).recoverable())
//! #     }
//! # }
//!
//! // `Text` reads a length in one byte, then that many bytes of UTF-8.
//! laws::stage(|| Text)
//!     .accepts([&b"\x03one\x00\x03two"[..], b""])
//!     .refuses([&b"\x01\xff"[..], b"\x04cut"])
//!     .limit(256)
//!     .check();
//! ```
//!
//! | law | what it says | how it is checked |
//! |---|---|---|
//! | L1 | cuts do not matter | [`stage`]: whole, byte by byte, every single cut, many cuts |
//! | L2 | nothing is lost | positions add up; bytes behind the end stay as they are |
//! | L3 | a need is honest | against every shorter and longer prefix |
//! | L4 | memory is bounded | needs against [`Suite::limit`], [`Suite::too_long`] |
//! | L5 | no panic, no endless loop | all runs; records of no bytes are counted |
//! | L6 | what is encoded decodes to the same | [`round_trip`], [`canonical`] |
//! | L7 | two readers of one protocol agree | [`agree`] |
//! | L8 | work is linear | [`Suite::linear`] |
//! | L9 | a truncated stream is a fault | every prefix of every accepted stream |
//! | L10 | asking again changes nothing | questions are asked twice, and before commitment |
//! | L11 | speaking changes nothing, stops without room, is passed on | runs with and without; [`passes_on`] |
//! | L12 | a layer gives the other end what was put into it, and nothing else | [`layers`]: two ends, every cut |
//! | L13 | credit follows the consumer, streams do not hold each other up | [`carriers`]: two ends |
//!
//! [`exchange`] does the same for a handshake, [`fuzz`] for the arbitrary bytes of a fuzz target.
//! What an item says is compared by way of [`Observe`], since items borrow.
//!
//! A fuzz target, or a property test, is a line:
//!
//! ```
//! fn target(data: &[u8]) {
//!     segue::laws::fuzz(segue::length::u16_be, data);
//! }
//! # target(b"\x00\x02hi\x00");
//! ```
//!
//! A fuzz target is a crate of its own, so the [`Observe`] of the items must not be behind
//! `#[cfg(test)]` alone: put it behind a feature as well.
//!
//! Parsers that were written elsewhere are checked by the crate `segue-laws`, through an adapter.
//!
//! What cannot be seen from outside is not checked: memory that a stage keeps for itself, work
//! that it does in between the questions, and a record whose beginning was absorbed before the
//! stream ended, where no item tells of it.

mod carriers;
mod checks;
mod cuts;
mod drive;
mod exchange;
mod law;
mod layers;
mod linear;
mod mutants;
mod observe;
mod pairs;
mod passing;
mod report;
mod subject;
mod suite;
mod trace;

pub use carriers::{Carriers, Link, Wired, carriers, linked};
pub use law::Law;
pub use layers::{Layers, layers};
pub use observe::{Entry, Log, Observe};
pub use pairs::{agree, canonical, round_trip};
pub use passing::passes_on;
pub use report::Violation;
pub use suite::{Suite, exchange, fuzz, observe, stage};
pub use trace::{End, FaultSeen, Trace};
