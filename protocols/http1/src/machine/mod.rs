//! The state of a connection: one table of transitions, from which the diagram in the book is
//! drawn.
//!
//! A connection has two sides, from the client and from the server, and each end keeps the state of
//! both. Reading and writing are the same events seen from the two ends, so
//! [`server`](mod@crate::server) and [`client`](mod@crate::client) share the table. The two halves
//! of an end share the state: it is one word that the stage and its writer both hold.
//!
//! Requests may run ahead of their answers. The number of those that are owed one, and the facts
//! about each that delimit its answer, are kept beside the two states, and decide where the table
//! asks [`When`].

mod offered;
mod ring;
mod shared;
mod table;
mod word;

pub(crate) use offered::Offered;
pub(crate) use ring::Ring;
pub use shared::Answered;
pub(crate) use shared::Shared;
pub use table::{EventKind, Side, State, TRANSITIONS, Transition, When, diagram};
pub(crate) use word::{Event, Kind, Word};
