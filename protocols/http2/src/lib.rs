//! HTTP/2 (RFC 9113) as parts without I/O and without a clock.
//!
//! - [`hpack`] compresses fields (RFC 7541).
//! - [`frame`] has the frames, and the stage that delimits them.
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
