//! Adapters: each makes a [`Parser`](crate::Parser) of one shape of parser.
//!
//! | the parser | the adapter |
//! |---|---|
//! | a function over a slice: nom, winnow, httparse | [`slice()`], [`consuming`] |
//! | a function over `&mut BytesMut` | [`bytes_mut`], [`buffered`] |
//! | a tokio-util `Decoder` | `decoder` (feature `tokio-util`) |
//! | an asynchronous-codec `Decoder` | `async_decoder` (feature `asynchronous-codec`) |
//! | a `Decoder` of another crate or version | [`codec`] |
//! | a machine that is pushed bytes | [`machine()`], [`calling`] |
//! | a reader over a [`Read`](std::io::Read) or [`BufRead`](std::io::BufRead) | [`blocking`], [`non_blocking`] |
//! | an async function over an `AsyncRead` of tokio or futures-io | `reading` (features `tokio`, `futures`) |
//! | a `Stream` over one, or over chunks | `stream` (feature `futures`) |
//! | anything else that is polled | [`polled`] |
//! | a stage or an exchange of segue | `stage`, `exchange` (feature `segue`) |
//! | anything else | [`Parser`](crate::Parser) |
//!
//! Items are compared by their `Debug`. An item that is an [`Answer`](crate::Answer) is taken as it
//! is: that is how an adapter tells pieces of a payload, which are joined, and the end of the stream.

mod buffered;
mod machine;
mod pipe;
mod polled;
mod reader;
#[cfg(feature = "segue")]
mod segue;
mod slice;

#[cfg(feature = "asynchronous-codec")]
pub use buffered::async_decoder;
#[cfg(feature = "tokio-util")]
pub use buffered::decoder;
pub use buffered::{Buffered, buffered, bytes_mut, codec};
pub use machine::{Calling, Machine, calling, machine};
pub use pipe::Pipe;
#[cfg(any(feature = "tokio", feature = "futures"))]
pub use polled::reading;
#[cfg(feature = "futures")]
pub use polled::stream;
pub use polled::{Polled, polled};
pub use reader::{Reading, Source, blocking, non_blocking};
#[cfg(feature = "segue")]
pub use segue::{Exchanged, Staged, exchange, stage};
pub use slice::{Slice, consuming, slice};
