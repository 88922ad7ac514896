//! nom parsers as stages, and our prefixes as nom parsers.
//!
//! | to be had | of | with |
//! |---|---|---|
//! | items | records that another stage delimits | [`body`]: the parser sees whole records only |
//! | items | a streaming parser that finds the end of a record itself | [`streaming`], or [`lending`] if items borrow |
//! | a length | one of our [`Prefix`](crate::length::Prefix)es | [`prefix`], [`length_data`] |
//!
//! First delimit, then parse: wherever a length or a separator says how long a record is, `body`
//! is the better bargain. A streaming parser starts from the front each time when more has come;
//! what that may cost is told at [`streaming`].
//!
//! Parsers are taken for every lifetime of their input, which functions are: `fn head(input:
//! &[u8]) -> IResult<&[u8], Head<'_>>`. A parser made by nom's combinators has the lifetime of its
//! first use, so it is to be wrapped in such a function.

mod body;
mod error;
mod prefix;
mod streaming;

pub use body::{Body, body};
pub use error::{Error, Located};
pub use prefix::{Length, LengthData, length_data, prefix};
pub use streaming::{Lending, Streaming, lending, streaming};
