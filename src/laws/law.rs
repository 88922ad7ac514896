//! The names of the laws.

use std::fmt;

/// A law of this toolkit, or one of the two statements that an author makes about an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Law {
    /// Where the stream is cut changes neither items nor faults nor what is left over.
    L1,
    /// What is consumed and what is left over is the input, and the latter stays as it was.
    L2,
    /// Fewer bytes than needed complete nothing, and claimed bytes belong to the stage.
    L3,
    /// What must be held at once stays within the limit.
    L4,
    /// No panic, no endless loop, no record longer than what was shown, and no fault of `frame`
    /// after which the stage would go on: it would be asked the same again.
    L5,
    /// What is encoded decodes to the same.
    L6,
    /// Two stages say the same of the same bytes.
    L7,
    /// Work is linear in the length of the input.
    L8,
    /// A truncated stream is a fault.
    L9,
    /// Asking again with the same input gives the same answer.
    L10,
    /// What a stage says without having been asked changes nothing of what it reads, and stops
    /// without room.
    L11,
    /// Two ends of a layer: what one seals the other opens, however the wire is cut; a wire that is
    /// truncated is a fault; answers are bounded.
    L12,
    /// Credit follows the consumer, every stream makes progress, and a fault ends its stream alone.
    L13,
    /// A stream that the author called well-formed was not accepted.
    Accepts,
    /// A stream that the author called broken was accepted.
    Refuses,
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
            Self::L7 => "law L7 (two readers agree)",
            Self::L8 => "law L8 (work is linear)",
            Self::L9 => "law L9 (a truncated stream is a fault)",
            Self::L10 => "law L10 (asking again changes nothing)",
            Self::L11 => "law L11 (speaking changes nothing)",
            Self::L12 => {
                "law L12 (a layer opens what was sealed, and never takes a cut for an end)"
            }
            Self::L13 => "law L13 (credit follows the consumer, streams do not hold each other up)",
            Self::Accepts => "the statement that a well-formed stream is accepted",
            Self::Refuses => "the statement that a broken stream is refused",
        })
    }
}
