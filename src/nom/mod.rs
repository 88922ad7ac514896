//! nom parsers as stages, and segue's prefixes as nom parsers.
//!
//! | result | input | function |
//! |---|---|---|
//! | items | records that another stage delimits | [`body`]: the parser sees whole records only |
//! | items | a streaming parser that finds the end of a record itself | [`streaming`], or [`lending`] if items borrow |
//! | a length | a [`Prefix`](crate::length::Prefix) | [`prefix`], [`length_data`] |
//!
//! First delimit, then parse: use `body` wherever a length or a separator tells the end of a
//! record. A streaming parser starts from the front each time more has come; [`streaming`] says at
//! what cost.
//!
//! A parser must work for every lifetime of its input, as a function does:
//! `fn head(input: &[u8]) -> IResult<&[u8], Head<'_>>`. A parser made by nom's combinators has the
//! lifetime of its first use, so wrap it in such a function.

mod body;
mod error;
mod prefix;
mod streaming;

pub use body::{Body, body};
pub use error::{Error, Located};
pub use prefix::{Length, LengthData, length_data, prefix};
pub use streaming::{Lending, Streaming, lending, streaming};
