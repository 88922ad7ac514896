//! Laws that every incremental parser keeps, checked against every cut of its input.
//!
//! A network cuts a stream where it likes, and a parser that was written against whole messages
//! loses, doubles or invents data when it does. No crash tells of it. This crate drives a parser
//! over the same stream cut everywhere, and holds what comes out against one read of the whole. It
//! asks no knowledge of the protocol, only the parser and a valid message or two:
//!
//! ```
//! use segue_laws::{Law, adapt, parser};
//!
//! /// A length in one byte, and that much text: a parser over a slice, as nom and httparse are.
//! fn text(input: &[u8]) -> Result<Option<(String, usize)>, std::str::Utf8Error> {
//!     let Some((&length, rest)) = input.split_first() else { return Ok(None) };
//!     // Taken for granted by a reader that has only ever seen whole packets.
//!     let text = &rest[..rest.len().min(length.into())];
//!     Ok(Some((std::str::from_utf8(text)?.to_owned(), 1 + text.len())))
//! }
//!
//! let verdicts = parser("text", || adapt::slice(text))
//!     .accepts([&b"\x03one\x05three"[..]])
//!     .verdicts();
//! let defect = verdicts.violation(Law::L1).expect("it takes a part for the whole");
//! assert_eq!((defect.input(), defect.cuts()), (&b"\x03a"[..], &[1][..]));
//! ```
//!
//! In a test, [`Subject::check`] panics with a report of what it found. What is found is made small:
//! the shortest stream, and as few cuts as show it. The same is found each time.
//!
//! | law | what it says | how it is looked at |
//! |---|---|---|
//! | L1 | cuts do not matter | whole, byte by byte, every single cut, many cuts; long streams at powers of two and in reads as buffers have them |
//! | L2 | nothing is lost | what was consumed and what is left is the stream; what follows an end, or a [broken record](Subject::recovers) |
//! | L3 | a need is honest | nothing completes before what the parser said it [needs](Subject::needs_are_honest) |
//! | L4 | memory is bounded | the peak of what is held, by a [counting allocator](Counting): announced lengths, long streams, the [limit](Subject::limit) |
//! | L5 | no panic, no endless loop | all runs; a poller that sees lost wake-ups |
//! | L6 | what is encoded decodes to the same | [`Subject::encodes_again`] |
//! | L7 | two parsers of one protocol agree | [`Subject::agrees_with`] |
//! | L8 | work is linear | bytes that arrive late cost what early ones do, on streams up to 200 kB |
//! | L9 | a truncated stream is an error | every prefix, brought in several ways |
//! | L10 | asking again changes nothing | all is asked twice |
//!
//! [`adapt`] has an adapter for most shapes of parsers. To count memory (L4), a line makes
//! [`Counting`] the allocator of the test; without it the verdict on L4 says that nothing was
//! looked at. A fuzz target is a [line](fuzz_target), and so is a [property test](Subject::on).
//! [`command`] makes a program of a subject, which replays a folder of streams.
//!
//! A law may be none for a parser: [`Subject::exempt`] takes the reason, and the verdict gives it.
//!
//! # Features
//!
//! `tokio` and `futures` for parsers over an `AsyncRead`, `tokio-util` and `asynchronous-codec` for
//! decoders of those, `segue` for stages of that toolkit. None is on by default.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

pub mod adapt;
pub mod command;
mod cuts;
mod differ;
mod escaped;
mod examine;
mod fuzz_target;
mod law;
mod long;
mod memory;
mod number;
mod parser;
mod questions;
mod quiet;
pub mod report;
mod run;
mod shrink;
mod stretch;
mod subject;
mod tokens;
mod verdict;
mod work;

pub use differ::Symptom;
pub use law::Law;
pub use memory::Counting;
pub use parser::{Answer, Parser};
pub use run::{Ending, Said, Seen};
pub use subject::{Subject, parser};
pub use verdict::{Defect, Origin, Verdict, Verdicts};
