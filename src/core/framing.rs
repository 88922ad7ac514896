//! What a stage answers when it is asked where the next record ends.

use core::num::NonZeroUsize;

/// The answer of [`Decode::frame`](crate::Decode::frame).
///
/// It is only an answer: nothing has been consumed when it is given, and asking again with the
/// same input gives the same one (law L10).
///
/// Not `non_exhaustive`: whoever drives a stage, or wraps one, has to act upon every answer, and an
/// arm for those to come could only be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// An item of this many bytes is in front. 0 is legal: an end that has no bytes of its own,
    /// or an item that is still owed from bytes already consumed.
    Record(usize),
    /// This many bytes in front are to be consumed and yield no item: padding, chunk lines,
    /// fragments, pings that are answered without the caller. 0 is legal, as it is for a record: a
    /// step of the stage that no bytes belong to. Drivers let through only so many of either.
    Absorb(usize),
    /// The input is a proper prefix of something; more is needed to say of what length.
    Need(Need),
    /// This stage is over. What follows in the input belongs to the next one.
    Done,
}

impl Framing {
    /// [`Framing::Need`] of `missing` bytes, all of which belong to this stage.
    ///
    /// A `missing` of 0 counts as 1: a stage that needs nothing has something else to answer.
    #[must_use]
    pub const fn need(missing: usize) -> Self {
        Self::Need(Need::exactly(missing))
    }
}

/// What a stage must be given before it can go on.
///
/// The two numbers are promises (law L3), and reading policies are built on them: `at_least`
/// spares a caller useless wake-ups, `claim` tells one how far it may read without taking bytes
/// that the next protocol should have had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Need {
    /// With fewer more bytes than this, nothing completes: a lower bound, never an over-estimate.
    pub at_least: NonZeroUsize,
    /// This many more bytes surely belong to this stage, so reading up to here cannot over-read.
    ///
    /// 0 where the stage only looks ahead ([`Choice`](crate::combine::Choice)), [`usize::MAX`]
    /// where it runs to the end of the stream.
    pub claim: usize,
}

impl Need {
    /// At least one more byte, which belongs to this stage. What a separator can promise.
    pub const ONE: Self = Self::exactly(1);

    /// At least one more byte, which may belong to whoever comes next. What a look-ahead can
    /// promise.
    pub const LOOK: Self = Self { at_least: NonZeroUsize::MIN, claim: 0 };

    /// At least `at_least` more bytes, which may belong to whoever comes next.
    #[must_use]
    pub const fn look(at_least: NonZeroUsize) -> Self {
        Self { at_least, claim: 0 }
    }

    /// `missing` more bytes, all of which belong to this stage. A `missing` of 0 counts as 1.
    #[must_use]
    pub const fn exactly(missing: usize) -> Self {
        let at_least = match NonZeroUsize::new(missing) {
            Some(missing) => missing,
            None => NonZeroUsize::MIN,
        };
        Self { at_least, claim: at_least.get() }
    }

    /// At least `at_least` more bytes, and everything up to the end of the stream is this stage's.
    #[must_use]
    pub const fn to_the_end(at_least: usize) -> Self {
        Self { at_least: Self::exactly(at_least).at_least, claim: usize::MAX }
    }

    /// The same need, with a claim of `claim` bytes.
    #[must_use]
    pub const fn claiming(self, claim: usize) -> Self {
        Self { at_least: self.at_least, claim }
    }
}

/// Where a stage stands after it was pulled once over a [`Buffer`](crate::Buffer).
///
/// Not `non_exhaustive`, as [`Framing`] is not: a caller has to act upon each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<T> {
    /// An item, in the order of the stream.
    Item(T),
    /// Nothing more can be had from what is buffered.
    Need(Need),
    /// The stage is over; what is still buffered belongs to the next one.
    Done,
}
