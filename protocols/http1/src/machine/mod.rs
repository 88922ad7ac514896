//! The state of a connection: one table of transitions, which the diagram in the book is drawn
//! from.
//!
//! A connection has two sides, what the client says and what the server says, and each end of it
//! keeps the state of both. Reading and writing are the same events seen from the two ends, so
//! [`server`](mod@crate::server) and [`client`](mod@crate::client) share the table, and so do the halves
//! of each: the state is one word that a stage and its writer both hold.
//!
//! Requests may run ahead of their answers. How many of them are owed one, and what has to be
//! known of each to delimit its answer, is kept beside the two states, and decides where the
//! table asks [`When`].

mod shared;
mod table;
mod word;

pub(crate) use shared::Shared;
pub use table::{EventKind, Side, State, TRANSITIONS, Transition, When, diagram};
pub(crate) use word::{Event, Kind, Word};
