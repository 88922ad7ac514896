//! The answer of a stage to "where does the next record end?".

use core::num::NonZeroUsize;

/// The answer of [`Decode::frame`](crate::Decode::frame).
///
/// Nothing has been consumed when it is given, and the same input gets the same answer again (law
/// L10).
///
/// Not `non_exhaustive`: every driver and wrapper of a stage must act on every answer, and an arm
/// for unknown ones could only be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// An item of this many bytes is in front. 0 is legal: an end that has no bytes of its own, or
    /// an item still owed from bytes consumed before.
    Record(usize),
    /// This many bytes in front are to be consumed and yield no item: padding, chunk lines,
    /// fragments, pings that the stage answers. 0 is legal, as for a record: a step of the stage
    /// that no bytes belong to. Drivers allow a bounded number of either.
    Absorb(usize),
    /// The input is the beginning of a record or of several; the stage needs more to tell its
    /// length.
    Need(Need),
    /// The stage is done. What follows in the input belongs to the next one.
    Done,
}

impl Framing {
    /// Returns a [`Framing::Need`] of `missing` bytes, all of which belong to this stage.
    ///
    /// A `missing` of 0 counts as 1, since a stage that needs nothing gives another answer.
    #[must_use]
    pub const fn need(missing: usize) -> Self {
        Self::Need(Need::exactly(missing))
    }
}

/// The bytes a stage lacks to go on.
///
/// Both numbers are promises (law L3), and read policies depend on them: `at_least` saves useless
/// wake-ups, and `claim` is how far a driver may read without taking bytes of the next protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Need {
    /// With fewer more bytes than this, nothing completes: a lower bound, never an over-estimate.
    pub at_least: NonZeroUsize,
    /// This many more bytes belong to this stage for certain, so reading up to here cannot
    /// over-read.
    ///
    /// 0 if the stage only looks ahead ([`Choice`](crate::combine::Choice)), [`usize::MAX`] if it
    /// runs to the end of the stream.
    pub claim: usize,
}

impl Need {
    /// At least one more byte, which belongs to this stage: the promise of a stage that searches
    /// for a separator.
    pub const ONE: Self = Self::exactly(1);

    /// At least one more byte, which may belong to the next stage: the promise of a stage that
    /// looks ahead.
    pub const LOOK: Self = Self { at_least: NonZeroUsize::MIN, claim: 0 };

    /// Makes a need of at least `at_least` more bytes, which may belong to the next stage.
    #[must_use]
    pub const fn look(at_least: NonZeroUsize) -> Self {
        Self { at_least, claim: 0 }
    }

    /// Makes a need of `missing` more bytes, all of which belong to this stage. 0 counts as 1.
    #[must_use]
    pub const fn exactly(missing: usize) -> Self {
        let at_least = match NonZeroUsize::new(missing) {
            Some(missing) => missing,
            None => NonZeroUsize::MIN,
        };
        Self { at_least, claim: at_least.get() }
    }

    /// Makes a need of at least `at_least` more bytes. Everything up to the end of the stream
    /// belongs to this stage.
    #[must_use]
    pub const fn to_the_end(at_least: usize) -> Self {
        Self { at_least: Self::exactly(at_least).at_least, claim: usize::MAX }
    }

    /// Sets the claim, in bytes.
    #[must_use]
    pub const fn claiming(self, claim: usize) -> Self {
        Self { at_least: self.at_least, claim }
    }
}

/// The result of one question to a stage over a [`Buffer`](crate::Buffer).
///
/// Not `non_exhaustive`, as [`Framing`] is not: a caller must act on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<T> {
    /// An item, in the order of the stream.
    Item(T),
    /// The stage needs more than is buffered.
    Need(Need),
    /// The stage is done; what is still buffered belongs to the next one.
    Done,
}
