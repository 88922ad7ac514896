//! segue: protocols made of smaller ones.
//!
//! A stage ([`Decode`], [`Encode`], [`Exchange`]) does no I/O and knows no clock. The [`Buffer`]
//! belongs to the connection and never to a stage, so what one stage reads too far is there for
//! the next.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod core;

pub use crate::core::{
    Buffer, Cause, Decode, Edge, Encode, Exchange, Fault, Frame, Handoff, Mark, Need, Output,
    Progress, Record, Records, Step,
};

pub mod combine;
pub use combine::DecodeExt;
#[cfg(feature = "std")]
pub mod driver;
#[cfg(feature = "laws")]
pub mod laws;
pub mod length;
#[cfg(feature = "nom")]
pub mod nom;
pub mod separator;

/// The listings of the README are compiled and run.
#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../README.md")]
mod readme {}
