//! HTTP/1.1 (RFC 9112) as segue stages: no I/O, no clock, heads lent from the buffer.
//!
//! [`RequestHead`] and [`ResponseHead`] read a head each and are done; [`HeadEncoder`] writes
//! them. [`Request::body`] and [`Response::body`] say how the body that follows is delimited, and
//! refuse what two parsers could see differently; [`Body`] reads it.
//!
//! A request that asks for an upgrade, with the first bytes of the new protocol glued to it:
//!
//! ```
//! use segue::{Buffer, Output, Step};
//! use segue_http1::{RequestHead, encode_response};
//!
//! let mut received = Buffer::from(
//!     &b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello"[..],
//! );
//! let (mut head, mut output) = (RequestHead::new(), Output::new());
//! let Step::Item(request) = received.step(&mut head, false, &mut output)? else { panic!() };
//! assert!(request.headers().contains_token("connection", "upgrade"));
//! encode_response(&mut output, 101, [("Connection", "Upgrade"), ("Upgrade", "echo")])?;
//!
//! assert_eq!(received.as_slice(), b"hello"); // for the next stage
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
// Allowed in one module, `block::sse2`.
#![deny(unsafe_code)]

extern crate alloc;

mod announce;
mod block;
mod body;
mod chunk_line;
mod chunked;
mod class;
mod client;
mod client_writer;
mod encode;
mod error;
mod framing;
mod halves;
mod headers;
#[cfg(feature = "http")]
mod http_types;
mod limits;
mod lines;
pub mod machine;
mod named;
#[cfg(feature = "laws")]
mod observe;
mod plain;
mod relaxed;
mod request;
mod response;
mod sending;
mod server;
mod server_writer;
mod spans;
mod stage;
mod status;
mod target;
mod version;
mod write_error;

pub use body::{Body, BodyPart};
pub use chunked::ChunkedBody;
pub use client::{Client, ResponseEvent};
pub use client_writer::ClientWriter;
pub use encode::{
    EncodeError, HeadEncoder, HeaderLine, RequestParts, ResponseParts, encode_request,
    encode_response,
};
pub use error::Error;
pub use framing::BodyLength;
pub use halves::{client, server};
pub use headers::{Header, Headers};
pub use limits::Limits;
pub use relaxed::Relaxed;
pub use request::{Request, RequestHead};
pub use response::{Response, ResponseHead};
pub use sending::{End, Payload, Trailers, Whole};
pub use server::{RequestEvent, Server};
pub use server_writer::ServerWriter;
pub use status::reason;
pub use target::Target;
pub use version::Version;
pub use write_error::WriteError;
