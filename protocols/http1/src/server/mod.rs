//! The two halves of a server's end of a connection.

mod plan;
mod reader;
mod writer;

pub use reader::Reader;
pub use writer::Writer;
