//! The names of the laws.

use std::fmt;

/// A law, or one of the two statements that an author makes about a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Law {
    /// The places where the stream is cut change neither items nor errors nor what is left over.
    L1,
    /// The bytes that were consumed and those left over are the stream. Those behind a parser that
    /// is over are left alone, and those behind a broken record are read as if they stood alone.
    L2,
    /// Fewer bytes than the parser says it needs complete nothing.
    L3,
    /// Memory is bounded by what was received, or by the limit; an announced length allocates
    /// nothing.
    L4,
    /// No panic, no endless loop, no wait that nothing ends.
    L5,
    /// An encoded item decodes to the same.
    L6,
    /// Two parsers of one protocol say the same of the same bytes.
    L7,
    /// Work is linear in the length of the stream.
    L8,
    /// A truncated stream is an error.
    L9,
    /// Asking again with the same input gives the same answer.
    L10,
    /// A stream that the author called valid was not accepted.
    Accepts,
    /// A stream that the author called broken was accepted.
    Refuses,
}

impl Law {
    /// Every law, and the two statements.
    pub const ALL: [Self; 12] = [
        Self::L1,
        Self::L2,
        Self::L3,
        Self::L4,
        Self::L5,
        Self::L6,
        Self::L7,
        Self::L8,
        Self::L9,
        Self::L10,
        Self::Accepts,
        Self::Refuses,
    ];

    /// Returns the short name, such as `L1`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
            Self::L4 => "L4",
            Self::L5 => "L5",
            Self::L6 => "L6",
            Self::L7 => "L7",
            Self::L8 => "L8",
            Self::L9 => "L9",
            Self::L10 => "L10",
            Self::Accepts => "Accepts",
            Self::Refuses => "Refuses",
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::L1 => "law L1 (cuts do not matter)",
            Self::L2 => "law L2 (nothing is lost)",
            Self::L3 => "law L3 (a need is honest)",
            Self::L4 => "law L4 (memory is bounded)",
            Self::L5 => "law L5 (no panic, no endless loop)",
            Self::L6 => "law L6 (what is encoded decodes to the same)",
            Self::L7 => "law L7 (two parsers agree)",
            Self::L8 => "law L8 (work is linear)",
            Self::L9 => "law L9 (a truncated stream is an error)",
            Self::L10 => "law L10 (asking again changes nothing)",
            Self::Accepts => "the statement that a valid stream is accepted",
            Self::Refuses => "the statement that a broken stream is refused",
        })
    }
}
