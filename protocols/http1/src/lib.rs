//! HTTP/1.1 (RFC 9112) as segue stages: no I/O, no clock, heads lent from the buffer.
//!
//! | | reads | writes |
//! |---|---|---|
//! | server | [`server::Reader`]: [`RequestEvent`]s | [`server::Writer`]: heads, pieces, ends, or [`Whole`] answers |
//! | client | [`client::Reader`]: [`ResponseEvent`]s | [`client::Writer`]: the same for requests |
//!
//! [`server()`] and [`client()`] make both halves of an end. They run under any of segue's drivers,
//! or in a loop of your own. A server that answers every request with a greeting and keeps
//! connections:
//!
//! ```
//! # #[cfg(feature = "std")] fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use segue::driver::{Error, Turn, sync::Connection};
//! use segue_http1::{RequestEvent, ResponseParts, Whole};
//! use std::net::{TcpListener, TcpStream};
//! use std::time::SystemTime;
//!
//! fn serve(socket: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
//!     let (requests, mut writer) = segue_http1::server();
//!     let mut connection = Connection::new(socket, requests);
//!     while !writer.is_done() {
//!         match connection.turn() {
//!             Ok(Some(Turn { item: RequestEvent::End, mut output })) => {
//!                 let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
//!                 writer.set_time(now); // so that the answer has a Date
//!                 let head = ResponseParts::new(200, [("Content-Type", "text/plain")]);
//!                 output.queue(&mut writer, Whole::new(head, &b"hello\n"[..]))?;
//!             }
//!             Ok(Some(_)) => {} // heads and bodies, which this server does not care for
//!             Ok(None) => break,
//!             Err(Error::Fault(fault)) => {
//!                 connection.queue(&mut writer, &fault)?; // 400, or what else is due
//!                 break;
//!             }
//!             Err(error) => return Err(error.into()),
//!         }
//!     }
//!     connection.close(64 * 1024)?; // so that the last answer arrives
//!     Ok(())
//! }
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let address = listener.local_addr()?;
//! # let asking = std::thread::spawn(move || -> std::io::Result<String> {
//! #     use std::io::{Read, Write};
//! #     let mut socket = TcpStream::connect(address)?;
//! #     socket.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\n\r\n")?;
//! #     let mut answers = String::new();
//! #     socket.read_to_string(&mut answers)?;
//! #     Ok(answers)
//! # });
//! serve(listener.accept()?.0)?;
//! # assert_eq!(asking.join().unwrap()?.matches("hello\n").count(), 2);
//! # Ok(())
//! # }
//! # #[cfg(feature = "std")] run().unwrap();
//! ```
//!
//! Single stages do less: [`RequestDecoder`] and [`ResponseDecoder`] read one head and are done;
//! [`HeadEncoder`] writes heads. [`Request::body`] and [`Response::body`] return the framing of the
//! body that follows, and refuse a head that two parsers could understand differently; [`Body`]
//! reads it. [`Relaxed`] accepts the habits of old servers, switch by switch.
//!
//! A request that asks for an upgrade, with the first bytes of the new protocol right behind it:
//!
//! ```
//! use segue::{Buffer, Output, Step};
//! use segue_http1::{RequestDecoder, encode_response};
//!
//! let mut received = Buffer::from(
//!     &b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello"[..],
//! );
//! let (mut head, mut output) = (RequestDecoder::new(), Output::new());
//! let Step::Item(request) = received.step(&mut head, false, &mut output)? else { panic!() };
//! assert!(request.headers().contains_token("connection", "upgrade"));
//! encode_response(&mut output, 101, [("Connection", "Upgrade"), ("Upgrade", "echo")])?;
//!
//! assert_eq!(received.as_slice(), b"hello"); // for the next stage
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The words used here are those of segue's [vocabulary](segue::vocabulary).
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Allowed in three modules: `block::avx2`, `block::sse2` and `text::sse2`.
#![deny(unsafe_code)]

extern crate alloc;

mod announce;
mod block;
mod body;
mod chunk_line;
mod chunked;
pub mod client;
mod encode;
mod error;
mod events;
mod forward;
mod framing;
mod halves;
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
pub mod server;
mod spans;
mod stage;
mod text;
mod version;
mod write_error;

pub use body::{Body, BodyPart};
pub use chunked::ChunkedBody;
pub use encode::{
    EncodeError, HeadEncoder, HeaderLine, NO_HEADERS, RequestParts, ResponseParts, encode_request,
    encode_response,
};
pub use error::Error;
pub use events::{RequestEvent, ResponseEvent};
pub use framing::BodyLength;
pub use halves::{client, server};
pub use limits::Limits;
pub use machine::Answered;
pub use relaxed::Relaxed;
pub use request::{Request, RequestDecoder};
pub use response::{Response, ResponseDecoder};
pub use sending::{End, ForwardedTrailers, Payload, Refusal, Trailers, Whole};
pub use version::Version;
pub use write_error::WriteError;

pub use segue_http::{Field, Fields, Target, reason};

/// The listings of the README are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
