//! yamux as a segue stage: many streams over one connection, with no I/O and no clock.
//!
//! A [`Session`] reads frames as they come, with any cuts, and reports [events](segue::mux::Event).
//! It queues its own frames when it is asked to [speak](segue::Decode::speak). It is a [`Carrier`]
//! of streams, each a [`Buffer`](segue::Buffer) and an [`Output`](segue::Output), so any segue
//! stage runs on one.
//!
//! | reads | writes | refuses | limits |
//! |---|---|---|---|
//! | frames of both ends, data in pieces as it comes | data by turns, credit as the consumer releases it | violations of the rules, by [`Error`] | [`Limits`], each with its reason |
//!
//! Standard: the [specification of yamux](https://github.com/hashicorp/yamux/blob/master/spec.md).
//!
//! ```
//! use segue::{Buffer, Decode, Moment, Output, Say, Step};
//! use segue::mux::{Carrier, Direction, Ending, Event, Opens};
//! use segue_yamux::Session;
//!
//! // A client opens a stream and says hello. It need not wait to be let in.
//! let mut client = Session::client();
//! let id = client.open(Direction::Both).expect("the first of 256");
//! let stream = client.stream(id).expect("it was just opened");
//! stream.output.expect("it is not finished").put(b"hello");
//! client.finish(id);
//! let mut wire = Output::new();
//! client.speak(&mut Say::new(&mut wire, 32 * 1024, &mut Moment::unknown()))?;
//! client.let_go(id);
//!
//! // The server finds it.
//! let mut server = Session::server();
//! let (mut input, mut answers) = (Buffer::from(&wire.to_vec()[..]), Output::new());
//! assert_eq!(input.step(&mut server, false, &mut answers)?, Step::Item(Event::Opened(id)));
//! assert_eq!(input.step(&mut server, false, &mut answers)?, Step::Item(Event::Readable(id)));
//! let stream = server.stream(id).expect("nobody let go of it");
//! let input = stream.input.expect("both sides send");
//! assert_eq!((input.as_slice(), stream.ending), (&b"hello"[..], Ending::Ended));
//! input.consume(5);
//! server.release_credit(id, 5); // only now may the client send as much again
//! server.let_go(id);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The words used here are those of segue's [vocabulary](segue::vocabulary).
//!
//! [`Carrier`]: segue::mux::Carrier
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
mod header;
mod limits;
mod role;
mod session;

pub use error::{Error, GoAway};
pub use limits::Limits;
pub use role::{Role, StreamId};
pub use session::Session;

/// Compiles the listings of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
