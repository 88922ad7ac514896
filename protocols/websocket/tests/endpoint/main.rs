//! Endpoints: one suite stamped on the three drivers, then what only polled ones have.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is to panic")]

mod raw;
mod suite;
