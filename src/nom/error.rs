//! Errors of nom parsers.

use ::nom::error::ErrorKind;
use core::{convert::Infallible, fmt};

use crate::Fault;

/// The reason that a nom parser makes no item of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error<E = Infallible> {
    /// The error of the stage that delimits.
    Stage(E),
    /// The parser refuses the bytes.
    Rejected(ErrorKind),
    /// The record is longer than the part that the parser takes.
    Trailing,
    /// The record is shorter than the parser needs.
    Incomplete,
    /// The parser takes a record if more comes behind it, and does not take the same record alone:
    /// it looks further ahead than it consumes. A mistake in the grammar, not in the input.
    LooksAhead,
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(error) => error.fmt(f),
            Self::Rejected(kind) => write!(f, "refused by the nom parser {}", kind.description()),
            Self::Trailing => f.write_str("the record is longer than what the parser takes"),
            Self::Incomplete => f.write_str("the record is shorter than the parser needs"),
            Self::LooksAhead => f.write_str("the parser looks at bytes behind the record"),
        }
    }
}

impl<E: core::error::Error> core::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Stage(error) => error.source(),
            _ => None,
        }
    }
}

/// An error of a nom parser over bytes, with its kind and place.
///
/// nom's own errors implement it; implement it for yours to use their parsers as stages.
pub trait Located {
    /// Returns the kind of the error.
    fn kind(&self) -> ErrorKind;

    /// Returns the offset in bytes of the error in `input`, which the parser was given. `None` if
    /// it is not known.
    fn at(&self, input: &[u8]) -> Option<usize>;
}

impl Located for ::nom::error::Error<&[u8]> {
    fn kind(&self) -> ErrorKind {
        self.code
    }

    fn at(&self, input: &[u8]) -> Option<usize> {
        offset(input, self.input)
    }
}

impl Located for (&[u8], ErrorKind) {
    fn kind(&self) -> ErrorKind {
        self.1
    }

    fn at(&self, input: &[u8]) -> Option<usize> {
        offset(input, self.0)
    }
}

/// The error without content: it counts as a failure at the front of the input.
impl Located for () {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Fail
    }

    fn at(&self, _: &[u8]) -> Option<usize> {
        None
    }
}

/// Returns the offset of `place` in `input`, of which it is a part. It need not reach to the end: a
/// parser within a parser may have been given one line of many.
fn offset(input: &[u8], place: &[u8]) -> Option<usize> {
    let at = place.as_ptr().addr().checked_sub(input.as_ptr().addr());
    at.filter(|&at| at <= input.len())
}

/// Makes the fault for an error that a parser found in `input`.
pub(super) fn rejected<E>(error: &impl Located, input: &[u8]) -> Fault<Error<E>> {
    let at = error.at(input).unwrap_or(0);
    Fault::new(Error::Rejected(error.kind())).at(at as u64)
}
