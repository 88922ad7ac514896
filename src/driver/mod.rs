//! Connections: one engine, driven by blocking I/O, tokio and futures-io.

#[cfg(feature = "codec")]
pub mod codec;
mod connection;
mod constructors;
mod error;
#[cfg(feature = "codec")]
mod from_tokio;
#[cfg(feature = "futures")]
pub mod futures;
mod leading;
mod options;
#[cfg(any(feature = "tokio", feature = "futures"))]
mod poll;
mod pool;
mod read;
mod shares;
#[cfg(any(feature = "tokio", feature = "futures"))]
mod split;
mod split_sync;
pub mod sync;
mod timer;
#[cfg(feature = "tokio")]
pub mod tokio;
mod transport;
mod write;

pub use connection::{Answer, Connection, Turn, TurnResult};
pub use error::{Error, Refused, SendError};
pub use leading::Leading;
pub use options::{Options, ReadPolicy};
#[cfg(any(feature = "tokio", feature = "futures"))]
pub use poll::{PollPeek, PollTransport};
#[cfg(any(feature = "tokio", feature = "futures"))]
pub use split::Half;
pub use split_sync::BlockingHalf;
pub use timer::{SocketTimer, Timeouts, Timer};
pub use transport::Transport;
