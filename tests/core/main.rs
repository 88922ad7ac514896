//! The types that everything else is made of, held against plain vectors.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod budget;
mod buffer;
mod fault;
mod handoff;
mod output;
mod record;
