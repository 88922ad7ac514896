//! HTTP/2 (RFC 9113) as parts without I/O and without a clock.
//!
//! - [`hpack`] compresses fields (RFC 7541).
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod hpack;

/// Compiles the listings of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
