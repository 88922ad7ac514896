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

impl<E: core::error::Error + 'static> core::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Stage(error) => Some(error),
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

    /// How many bytes of the input were left where it was; `None` where that is not known.
    fn left(&self) -> Option<usize>;
}

impl Located for ::nom::error::Error<&[u8]> {
    fn kind(&self) -> ErrorKind {
        self.code
    }

    fn left(&self) -> Option<usize> {
        Some(self.input.len())
    }
}

impl Located for (&[u8], ErrorKind) {
    fn kind(&self) -> ErrorKind {
        self.1
    }

    fn left(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The error that says nothing: it counts as a failure at the front of the input.
impl Located for () {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Fail
    }

    fn left(&self) -> Option<usize> {
        None
    }
}

/// The fault for an error that a parser found in an input of `length` bytes.
pub(super) fn rejected<E>(error: &impl Located, length: usize) -> Fault<Error<E>> {
    let at = error.left().map_or(0, |left| length.saturating_sub(left));
    Fault::new(Error::Rejected(error.kind())).at(at as u64)
}
