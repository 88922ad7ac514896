//! What a nom parser has to say against its input.

use ::nom::error::ErrorKind;
use core::{convert::Infallible, fmt};

use crate::Fault;

/// Why a nom parser does not make an item of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error<E = Infallible> {
    /// The error of the stage that delimits.
    Stage(E),
    /// The parser refuses the bytes.
    Rejected(ErrorKind),
    /// The record is longer than what the parser takes of it.
    Trailing,
    /// The record is shorter than what the parser needs.
    Incomplete,
    /// The parser takes a record as long as more comes behind it, and does not take the same
    /// record alone: it looks further ahead than it consumes. That is a mistake in the grammar
    /// and not in the input.
    LooksAhead,
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(error) => error.fmt(f),
            Self::Rejected(kind) => write!(f, "the parser refuses it in {}", kind.description()),
            Self::Trailing => f.write_str("the record goes on behind what is parsed"),
            Self::Incomplete => f.write_str("the record ends inside of what is parsed"),
            Self::LooksAhead => f.write_str("the parser needs to see what is behind the record"),
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

/// An error of a nom parser over bytes that can say what was wrong and where.
///
/// It is there for nom's own errors; implement it for yours, to have parsers with them as stages.
pub trait Located {
    /// What was wrong.
    fn kind(&self) -> ErrorKind;

    /// Where in `input`, which the parser was given, it was: an offset in bytes. `None` where that
    /// is not known.
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

/// The error that says nothing: it counts as a failure at the front of the input.
impl Located for () {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Fail
    }

    fn at(&self, _: &[u8]) -> Option<usize> {
        None
    }
}

/// Where `place` begins in `input`, of which it is a part. It need not go up to the end of it: a
/// parser within a parser may have been given one line of many.
fn offset(input: &[u8], place: &[u8]) -> Option<usize> {
    let at = place.as_ptr().addr().checked_sub(input.as_ptr().addr());
    at.filter(|&at| at <= input.len())
}

/// The fault for an error that a parser found in `input`.
pub(super) fn rejected<E>(error: &impl Located, input: &[u8]) -> Fault<Error<E>> {
    let at = error.at(input).unwrap_or(0);
    Fault::new(Error::Rejected(error.kind())).at(at as u64)
}
