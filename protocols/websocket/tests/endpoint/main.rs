//! Endpoints: one suite stamped on the three drivers, then what only polled ones have.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

#[path = "../../../../tests/support/counting.rs"]
mod counting;

mod blocking;
mod chat;
mod closing;
mod errors;
mod held_open;
mod keeping;
mod many;
mod parting;
mod polled;
mod raw;
mod sizes;
mod suite;
mod two_tasks;
