//! One of two stages, items or errors.

use core::{convert::Infallible, fmt};

use crate::{Decode, Fault, Framing, Output, Record, Say};

/// One of two: a stage chosen at run time, or the item or error of one.
///
/// `Either<A, B>` of two stages is a stage that acts on partial and on complete input as the one it
/// holds. Its items and errors are [`Either`] again, as are those of every combinator in which two
/// stages meet ([`Then`](super::Then), [`Nested`](super::Nested)): protocols come from different
/// crates and do not know each other's types. If both sides have one type,
/// [`into_inner`](Self::into_inner) unwraps it; [`unify`](Self::unify) converts both into a third.
/// For more than two stages see [`stages!`](crate::stages).
///
/// ```
/// use segue::{Buffer, Decode, Output, Step, combine::Either, length};
///
/// fn framing(wide: bool) -> Either<impl Decode, impl Decode> {
///     if wide { Either::Left(length::u32_be()) } else { Either::Right(length::u16_be()) }
/// }
///
/// let mut stage = framing(false);
/// let mut buffer = Buffer::from(&b"\x00\x02h"[..]);
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"i");
/// assert!(matches!(
///     buffer.step(&mut stage, false, &mut output),
///     Ok(Step::Item(Either::Right(_)))
/// ));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Either<A, B> {
    /// The first of the two.
    Left(A),
    /// The second of the two.
    Right(B),
}

impl<A, B> Either<A, B> {
    /// Returns the first, if it is that.
    pub fn left(self) -> Option<A> {
        match self {
            Self::Left(left) => Some(left),
            Self::Right(_) => None,
        }
    }

    /// Returns the second, if it is that.
    pub fn right(self) -> Option<B> {
        match self {
            Self::Left(_) => None,
            Self::Right(right) => Some(right),
        }
    }

    /// Lends the one it holds.
    pub const fn as_ref(&self) -> Either<&A, &B> {
        match self {
            Self::Left(left) => Either::Left(left),
            Self::Right(right) => Either::Right(right),
        }
    }

    /// Converts the one it holds into a common type.
    ///
    /// ```
    /// use segue::combine::Either;
    ///
    /// let error: Either<&str, String> = Either::Left("no such opcode");
    /// assert_eq!(error.unify::<Box<dyn core::error::Error>>().to_string(), "no such opcode");
    /// ```
    pub fn unify<T>(self) -> T
    where
        A: Into<T>,
        B: Into<T>,
    {
        match self {
            Self::Left(left) => left.into(),
            Self::Right(right) => right.into(),
        }
    }
}

impl<T> Either<T, T> {
    /// Returns the one it holds, if both have one type.
    pub fn into_inner(self) -> T {
        match self {
            Self::Left(inner) | Self::Right(inner) => inner,
        }
    }
}

impl<B> Either<Infallible, B> {
    /// Returns the second, if the first cannot occur.
    pub fn into_right(self) -> B {
        match self {
            Self::Left(never) => match never {},
            Self::Right(right) => right,
        }
    }
}

impl<A> Either<A, Infallible> {
    /// Returns the first, if the second cannot occur.
    pub fn into_left(self) -> A {
        match self {
            Self::Left(left) => left,
            Self::Right(never) => match never {},
        }
    }
}

impl<A: Decode, B: Decode> Decode for Either<A, B> {
    type Item<'a>
        = Either<A::Item<'a>, B::Item<'a>>
    where
        Self: 'a;
    type Error = Either<A::Error, B::Error>;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        match self {
            Self::Left(stage) => stage.frame(input, eof).map_err(left).map_err(Fault::fatal),
            Self::Right(stage) => stage.frame(input, eof).map_err(right).map_err(Fault::fatal),
        }
    }

    #[inline]
    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        match self {
            Self::Left(stage) => stage.absorb(record, answers).map_err(left),
            Self::Right(stage) => stage.absorb(record, answers).map_err(right),
        }
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        match self {
            Self::Left(stage) => stage.parse(record).map(Either::Left).map_err(left),
            Self::Right(stage) => stage.parse(record).map(Either::Right).map_err(right),
        }
    }

    const WIRE: bool = A::WIRE && B::WIRE;

    #[inline]
    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
        match self {
            Self::Left(stage) => stage.speak(say).map_err(left).map_err(Fault::fatal),
            Self::Right(stage) => stage.speak(say).map_err(right).map_err(Fault::fatal),
        }
    }

    #[inline]
    fn progress(&self) -> u64 {
        match self {
            Self::Left(stage) => stage.progress(),
            Self::Right(stage) => stage.progress(),
        }
    }

    #[inline]
    fn residue(&self) -> (usize, usize) {
        match self {
            Self::Left(stage) => stage.residue(),
            Self::Right(stage) => stage.residue(),
        }
    }
}

/// The bytes of either, so that an outer stage of [`Nested`](super::Nested) may itself be a
/// composition.
impl<A: AsRef<[u8]>, B: AsRef<[u8]>> AsRef<[u8]> for Either<A, B> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Left(left) => left.as_ref(),
            Self::Right(right) => right.as_ref(),
        }
    }
}

impl<A: fmt::Display, B: fmt::Display> fmt::Display for Either<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left(left) => left.fmt(f),
            Self::Right(right) => right.fmt(f),
        }
    }
}

impl<A: core::error::Error, B: core::error::Error> core::error::Error for Either<A, B> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Left(left) => left.source(),
            Self::Right(right) => right.source(),
        }
    }
}

/// Makes a fault of the first of two stages.
#[inline]
pub(super) fn left<A, B>(fault: Fault<A>) -> Fault<Either<A, B>> {
    fault.map(Either::Left)
}

/// Makes a fault of the second of two stages.
#[inline]
pub(super) fn right<A, B>(fault: Fault<B>) -> Fault<Either<A, B>> {
    fault.map(Either::Right)
}

/// Observes the one it holds. Only the item itself can say which of the two it is: an extra event
/// would come between the pieces of one payload.
#[cfg(feature = "laws")]
impl<A: crate::laws::Observe, B: crate::laws::Observe> crate::laws::Observe for Either<A, B> {
    fn observe(&self, log: &mut crate::laws::Log) {
        match self {
            Self::Left(left) => left.observe(log),
            Self::Right(right) => right.observe(log),
        }
    }
}
