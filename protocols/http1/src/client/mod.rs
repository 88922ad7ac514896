//! The two halves of a client's end of a connection.

mod reader;
mod writer;

pub use reader::Reader;
pub use writer::{GoodFor, Writer};
