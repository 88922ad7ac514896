//! Connections: one engine, driven by blocking I/O, tokio and futures-io.
//!
//! | transport | `Connection` | features |
//! |---|---|---|
//! | [`Read`](std::io::Read) and [`Write`](std::io::Write), blocking or not | [`sync::Connection`] | `std` |
//! | tokio's `AsyncRead` and `AsyncWrite` | `tokio::Connection` | `tokio` |
//! | futures-io's `AsyncRead` and `AsyncWrite` | `futures::Connection` | `futures` |
//! | tokio-util's `Framed`, which drives a `codec::Codec` by itself | none | `codec` |
//!
//! For code that takes a `Stream` and a `Sink`, a polled connection is both as a
//! `stream::StreamSink` (feature `stream`).
//!
//! Each is [`Connection`] over another transport, and its page has the methods: those that wait are
//! under the headings *Blocking* and *Polled*, the others are the same for all.
//!
//! - Items are lent: a [`Turn`] has the item and a [`TurnOutput`] to answer it on. Drop both to go
//!   on reading.
//! - [`Options`] bound how far a connection reads and how much it holds. To give a socket away with
//!   nothing read too far, set a [`ReadPolicy`].
//! - By `split`, two tasks or threads take a half each. In a struct the type of a half is
//!   `Connection<Half<tokio::Tokio<T>>, S>`, or [`HalfConnection`]`<`[`sync::Std`]`<T>, S>`; the
//!   second half has `()` for its stage.
//! - Methods that end in `_by` enforce [`Deadlines`], and those of a handshake, with a [`Timer`]: a
//!   [`sync::SocketClock`] or [`SocketTimer`], a `tokio::TokioTimer` (feature `tokio-time`), a
//!   `futures::AsyncIoTimer` (feature `async-io`), or your own.
//! - `close` waits no longer than [`Options::linger`]. It exists if the transport has a clock:
//!   sockets with [`Timeouts`], and polled transports with these two features.
//! - After a hand-off, go on with another connection (`from_handoff`), or with a plain reader and
//!   writer: [`Leading`].

mod before;
#[cfg(feature = "codec")]
mod bounded;
mod byte_stream;
mod calls;
#[cfg(any(feature = "tokio-time", feature = "async-io"))]
mod clocked;
#[cfg(feature = "codec")]
pub mod codec;
mod connection;
mod deadlines;
mod divide;
mod engine;
mod error;
#[cfg(feature = "codec")]
mod from_tokio;
#[cfg(feature = "futures")]
pub mod futures;
mod layer_state;
mod layered;
mod layers;
mod leading;
mod leaf;
mod locks;
mod mode;
mod options;
mod poll;
mod pool;
mod read;
mod shares;
mod short;
mod speak;
mod split;
mod split_sync;
#[cfg(all(feature = "stream", any(feature = "tokio", feature = "futures")))]
pub mod stream;
pub mod streams;
pub mod sync;
mod tasks;
mod timed;
mod timer;
#[cfg(feature = "tokio")]
pub mod tokio;
mod transport;
mod turn;
mod write;

pub use before::BeforeFirst;
pub use byte_stream::ByteStream;
#[cfg(any(feature = "tokio-time", feature = "async-io"))]
pub use clocked::Clocked;
pub use connection::Connection;
pub use deadlines::{Deadlines, Late};
pub use divide::{Divide, Over, Stack};
pub use error::{Error, Refused, SendError, is_again, layer_fault};
pub use layered::Layered;
pub use leading::Leading;
pub use mode::Mode;
pub use options::{Options, ReadPolicy};
pub use poll::{PollPeek, PollTransport};
pub use split::Half;
pub use split_sync::{BlockingHalf, HalfConnection};
pub use timer::{SocketTimer, Timeouts, Timer, TimerFor};
pub use transport::{EndOf, HasLeaf, IntoIo, Leaf, Passed, Transport};
pub use turn::{Turn, TurnOutput, TurnResult};
