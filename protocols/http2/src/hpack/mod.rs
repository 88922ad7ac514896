//! HPACK: the compression of fields (RFC 7541), without I/O.
//!
//! Each direction of a connection has one [`Encoder`] at the one end and one [`Decoder`] at the
//! other. Both remember the same fields in a table, whose size the reading end bounds.
//!
//! | | |
//! |---|---|
//! | reads | whole blocks, into an [`Arena`](segue_http::Arena) that lends [`Fields`](segue_http::Fields) |
//! | refuses | integers of more than four bytes, indices of nothing, wrong Huffman code, sizes of the table that are too large, late or missing: [`BlockError`] |
//! | limits | the table, and the fields of a block by those of the arena; memory follows what was received, never an announced length |

mod decoder;
mod encoder;
mod error;
mod huffman;
mod indexed;
mod integer;
mod static_table;
mod table;

pub use decoder::{Decoded, Decoder};
pub use encoder::Encoder;
pub use error::{BlockError, BlockErrorKind, EncodeError};
