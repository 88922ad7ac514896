//! Traces: exact ranges, the same over each driver, and what they look like.
#![allow(clippy::unwrap_used, reason = "a scene is a test, though it may not be marked as one")]

mod drivers;
mod exact;
#[path = "../support/holding.rs"]
mod holding;
mod laws;
mod layers;
mod protocol;
mod shown;
