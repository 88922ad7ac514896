//! The suite over tokio.

pub(crate) use segue::driver::tokio::Connection;

/// True if everything is sent before each read, and not only before waiting.
pub(crate) const FLUSH_FIRST: bool = false;

/// True if a short read counts as having taken everything there was.
pub(crate) const SHORT_IS_ALL: bool = false;

#[path = "suite/mod.rs"]
pub(crate) mod suite;

#[path = "polled.rs"]
mod polled;
