//! HTTP/2 (RFC 9113) for the toolkit segue, both roles, with no I/O and no clock.
//!
//! - [`Session`] is an end of a connection: a stage that lends [events](Event), each with the
//!   [`Streams`] on which it is answered;
//! - [`frame`] has the frames, and the stage that delimits them;
//! - [`hpack`] compresses fields (RFC 7541).
//!
//! Heads and fields are those of [`segue_http`], so what is read from one version of HTTP can be
//! sent in another.
//!
//! | reads | writes | refuses | limits |
//! |---|---|---|---|
//! | whole heads, content in pieces as it comes | control and heads first, content by turns, credit as the consumer releases it | violations of the rules, by [`Error`] and [`StreamError`] | [`Limits`], each with its reason |
//!
//! ```
//! use segue::{Buffer, Output, Step};
//! use segue_http2::{Limits, Session, What, frame::PREFACE};
//!
//! let mut server = Session::server(Limits::DEFAULT);
//! let (mut input, mut output) = (Buffer::new(), Output::new());
//! input.extend(PREFACE);
//! input.extend(b"\0\0\0\x04\0\0\0\0\0"); // no settings
//! input.extend(b"\0\0\x06\x01\x05\0\0\0\x01\x82\x87\x84\x41\x01a"); // a request
//! let Step::Item(event) = input.step(&mut server, false, &mut output)? else { panic!("it is whole") };
//! let What::Request(head) = event.what else { panic!("it is a request") };
//! assert_eq!((head.method, head.authority, head.path), (&b"GET"[..], &b"a"[..], &b"/"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The words used here are those of segue's [vocabulary](segue::vocabulary).
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
mod error_code;
pub mod frame;
pub mod hpack;
mod limits;
#[cfg(feature = "laws")]
mod observe;
mod put_error;
mod role;
mod session;

pub use error::{Error, Excess, StreamError};
pub use error_code::ErrorCode;
pub use limits::Limits;
pub use put_error::{OpenError, PutError};
pub use role::Role;
pub use session::{Event, Session, Streams, What};

/// Compiles the listings of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
