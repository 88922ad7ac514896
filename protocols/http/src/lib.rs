//! The parts that HTTP/1, HTTP/2 and HTTP/3 share (RFC 9110), without I/O: one form of fields and
//! heads for all three.
//!
//! | | |
//! |---|---|
//! | [`Fields`], [`Field`], [`Line`] | fields, lent from the buffer or the arena that they are in |
//! | [`Arena`] | fields with their memory: HPACK and QPACK decode into it |
//! | [`Known`] | names with a number, so that lookups compare a byte |
//! | [`Tokens`], [`Elements`] | lists, without and with quotes |
//! | [`RequestHead`], [`ResponseHead`], [`RequestBuf`] | heads in the words of no version, lent and kept |
//! | [`RequestShape`], [`ResponseShape`] | heads that were checked, without the fields that they lend from |
//! | [`Authority`], [`Target`], [`Length`], [`Date`], [`mod@method`], [`reason`] | the parts of heads, read strictly |
//! | [`Malformed`] | the rule that a head breaks, its place, and the status to answer |
//!
//! A head that a decoder fills, that is looked into, and that is sent on:
//!
//! ```
//! use segue_http::{Arena, Known};
//!
//! let mut arena = Arena::new();
//! arena.push(b"Host", b"example.org", 0)?;
//! arena.push(b"Connection", b"close, X-Trace", 0)?;
//! arena.push(b"X-Trace", b"1", 0)?;
//! arena.push(b"Accept", b"*/*", 0)?;
//! arena.mark_hop_by_hop();
//!
//! let fields = arena.fields();
//! assert!(fields.contains_token("connection", "close"));
//! let on: Vec<_> = fields.iter().map(|field| field.name_text()).collect();
//! assert_eq!(on, ["Host", "Accept"]); // RFC 9110 §7.6.1
//! # Ok::<(), segue_http::Full>(())
//! ```
//!
//! The crate knows nothing of segue; the crates of the versions do.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod arena;
mod authority;
// For the versions of HTTP, which look bytes up in the same table.
#[doc(hidden)]
pub mod class;
mod date;
mod fields;
mod head;
#[cfg(feature = "http")]
mod http_types;
mod known;
mod length;
mod limits;
mod line;
mod list;
mod malformed;
pub mod method;
mod request_buf;
mod shape;
mod status;
mod target;

pub use arena::{Arena, Full, LineWriter};
pub use authority::{Authority, NotAuthority};
pub use class::{is_name, is_token, is_value, trim};
pub use date::Date;
pub use fields::{Field, Fields};
pub use head::{RequestHead, ResponseHead, check_trailers};
pub use known::Known;
pub use length::{BadLength, Length, content_length, may_be_trailer};
pub use limits::Limits;
pub use line::Line;
pub use list::{Elements, Tokens};
pub use malformed::{Malformed, Place, Rule};
pub use request_buf::RequestBuf;
pub use shape::{RequestShape, ResponseShape};
pub use status::reason;
pub use target::{Target, is_path, is_scheme};

/// The listings of the README are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
