//! Policies for the answers of an inner stage.

use core::{fmt, marker::PhantomData};

use crate::{Cause, Encode, Fault, Output};

/// The way that answers of the inner stage of a [`Nested`](super::Nested) take: [`Silent`],
/// [`Kept`] or [`Carried`]. Only types of this crate implement it.
pub trait Answers: sealed::Sealed {
    /// The error of the whole: that of the inner stage, unless an encoder may fail as well.
    type Error<I>;

    #[doc(hidden)]
    fn inner<I>(error: I) -> Self::Error<I>;

    /// Returns the number of bytes of data that the inner stage may add by itself while the outer
    /// output has `room`.
    #[doc(hidden)]
    fn room(room: usize, answers: &Output) -> usize;

    /// Passes on what waits in `answers`, of which `before` bytes did already.
    #[doc(hidden)]
    fn settle<I>(
        &mut self,
        before: usize,
        answers: &mut Output,
        into: &mut Output,
    ) -> Result<(), Fault<Self::Error<I>>>;
}

/// No answers: if the inner stage answers all the same, the fault is [`Cause::Unsent`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Silent;

/// Answers that wait for the caller, by
/// [`Nested::keeping_answers`](super::Nested::keeping_answers).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept;

/// Answers that leave through an encoder of the outer protocol, by
/// [`Nested::answering`](super::Nested::answering).
pub struct Carried<E, X> {
    encoder: E,
    max: usize,
    /// The encoder's error, the same for slices of all lifetimes.
    error: PhantomData<fn() -> X>,
}

impl<E, X> Carried<E, X> {
    pub(super) fn new(encoder: E, max: usize) -> Self {
        Self { encoder, max: max.max(1), error: PhantomData }
    }

    /// Returns the encoder.
    pub const fn encoder(&self) -> &E {
        &self.encoder
    }

    /// Returns the encoder as a value.
    pub fn into_encoder(self) -> E {
        self.encoder
    }
}

/// The error of a [`Nested`](super::Nested) whose answers leave through an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InnerError<I, X> {
    /// The inner stage refuses its input.
    Stage(I),
    /// The encoder refuses a piece of an answer: a mistake in how the stage was made, not of the
    /// peer.
    Answer(X),
}

impl Answers for Silent {
    type Error<I> = I;

    #[inline]
    fn inner<I>(error: I) -> I {
        error
    }

    fn room(room: usize, _: &Output) -> usize {
        room
    }

    #[inline]
    fn settle<I>(
        &mut self,
        _: usize,
        answers: &mut Output,
        _: &mut Output,
    ) -> Result<(), Fault<I>> {
        if answers.is_empty() { Ok(()) } else { Err(Fault::from_cause(Cause::Unsent)) }
    }
}

impl Answers for Kept {
    type Error<I> = I;

    #[inline]
    fn inner<I>(error: I) -> I {
        error
    }

    fn room(room: usize, answers: &Output) -> usize {
        room.min(answers.high_water().saturating_sub(answers.len()))
    }

    /// One answer may pass the mark, whatever its length: only a caller that takes none out is at
    /// fault.
    #[inline]
    fn settle<I>(
        &mut self,
        before: usize,
        answers: &mut Output,
        _: &mut Output,
    ) -> Result<(), Fault<I>> {
        if answers.len() > before && before >= answers.high_water() {
            return Err(Fault::from_cause(Cause::Unsent));
        }
        Ok(())
    }
}

impl<E, X> Answers for Carried<E, X>
where
    E: for<'a> Encode<&'a [u8], Error = X>,
{
    type Error<I> = InnerError<I, X>;

    #[inline]
    fn inner<I>(error: I) -> InnerError<I, X> {
        InnerError::Stage(error)
    }

    fn room(room: usize, _: &Output) -> usize {
        room
    }

    fn settle<I>(
        &mut self,
        _: usize,
        answers: &mut Output,
        into: &mut Output,
    ) -> Result<(), Fault<InnerError<I, X>>> {
        loop {
            let length = {
                let Some(piece) = answers.chunks().next() else { return Ok(()) };
                let piece = &piece[..piece.len().min(self.max)];
                into.try_encode(&mut self.encoder, piece)
                    .map_err(|error| Fault::new(InnerError::Answer(error)))?;
                piece.len()
            };
            answers.advance(length);
        }
    }
}

impl<E: fmt::Debug, X> fmt::Debug for Carried<E, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { encoder, max, .. } = self;
        f.debug_struct("Carried").field("encoder", encoder).field("max", max).finish()
    }
}

impl<I: fmt::Display, X> fmt::Display for InnerError<I, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(error) => error.fmt(f),
            Self::Answer(_) => f.write_str(
                "the encoder refuses a piece of an inner stage's answer: give `answering` a length \
                 that its records can have",
            ),
        }
    }
}

/// Prints the stage's own error as well, so the source is that error's source.
impl<I, X> core::error::Error for InnerError<I, X>
where
    I: core::error::Error,
    X: core::error::Error + 'static,
{
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Stage(error) => error.source(),
            Self::Answer(error) => Some(error),
        }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Silent {}
    impl Sealed for super::Kept {}
    impl<E, X> Sealed for super::Carried<E, X> {}
}
