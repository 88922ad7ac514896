//! One suite of tests, stamped on the three drivers.
//!
//! The modules under `suite` are written once and compiled three times: `sync`, `tokio` and
//! `futures` each say what a `Connection` is and what it is to wait for it, and take the suite in.
//! The transport is a [`script`], which gives, takes, blocks and fails as it is told and writes
//! down what was asked of it. Every test of the suite runs once with futures that are waited for
//! and once with futures that are dropped whenever they are pending, and made anew.
#![expect(clippy::duplicate_mod, reason = "that is how the suite is stamped")]
#![allow(clippy::unwrap_used, reason = "a scene is a test, though it may not be marked as one")]

// In front of the drivers that use its macros; `sync` has its own.
#[macro_use]
mod polled_macros;

mod clock;
mod deadlines;
mod endless;
mod executor;
#[path = "../combine/expanders.rs"]
mod expanders;
mod expanding;
mod framed;
mod futures;
mod hangs;
mod inlet;
mod knock;
mod leading;
#[cfg(unix)]
mod lies;
mod lingering;
mod log;
mod odd_transports;
mod pipe;
mod properties;
mod real_clocks;
mod script;
mod script_io;
mod sizes;
mod sockets;
mod speaker;
mod stream;
mod sync;
mod talk;
mod threads;
mod tokio;
