//! One stage after another, made out of it.

use core::{fmt, mem};

use super::either::{Either, left, right};
use crate::{Cause, Decode, Fault, Framing, Output, Record, Say};

/// A stage and, when it is done, the next, made from the first by value.
///
/// The hand-over takes the first stage whole, so everything it has learnt (a head's content length,
/// a negotiated version) can go into the second. No byte moves: the second stage is shown the same
/// buffer from where the first one stopped, including what was read too far for the first.
///
/// On partial input the first stage asks for what it needs, then the second; between the two there
/// is nothing to wait for. The end of the stream is shown to the stage at work. Items and errors
/// are [`Either`] of the two. A fault of the hand-over is fatal and lies at the first byte that the
/// first stage left. Made by [`DecodeExt::then`](crate::DecodeExt::then).
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, combine::Either, length};
///
/// // One record with a 16-bit length, then records with an 8-bit length.
/// let mut stage = length::u16_be().take(1).then(|_first| Ok(length::u8()));
/// let mut buffer = Buffer::from(&b"\x00\x02hi\x05the"[..]);
/// let mut output = Output::new();
///
/// let Ok(Step::Item(Either::Left(head))) = buffer.step(&mut stage, false, &mut output) else {
///     panic!("the first stage's record comes first");
/// };
/// assert_eq!(head, b"hi");
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"re");
/// let Ok(Step::Item(Either::Right(body))) = buffer.step(&mut stage, false, &mut output) else {
///     panic!("the second stage's records come after");
/// };
/// assert_eq!(body, b"there");
/// ```
pub struct Then<A, B, F> {
    state: State<A, B, F>,
}

enum State<A, B, F> {
    First(A, F),
    Second(B),
    /// The hand-over failed.
    Dead,
}

impl<A: Decode, B: Decode, F> Then<A, B, F>
where
    F: FnOnce(A) -> Result<B, Fault<Either<A::Error, B::Error>>>,
{
    /// Runs `first` and, when it is done, the stage that `next` makes out of it.
    pub const fn new(first: A, next: F) -> Self {
        Self { state: State::First(first, next) }
    }

    /// Moves on to the second stage. It may do so when asked for a frame: a stage that is done
    /// stays so, and a second question gets the same answer.
    fn hand_over(&mut self) -> Result<&mut B, Fault<Either<A::Error, B::Error>>> {
        self.state = match mem::replace(&mut self.state, State::Dead) {
            State::First(first, next) => State::Second(next(first).map_err(Fault::fatal)?),
            state => state,
        };
        match &mut self.state {
            State::Second(second) => Ok(second),
            _ => Err(Fault::from_cause(Cause::Contract)),
        }
    }
}

impl<A, B, F> Then<A, B, F> {
    /// Returns the first stage, while it is at work.
    pub const fn first(&self) -> Option<&A> {
        match &self.state {
            State::First(first, _) => Some(first),
            _ => None,
        }
    }

    /// Returns the second stage, once it is at work.
    pub const fn second(&self) -> Option<&B> {
        match &self.state {
            State::Second(second) => Some(second),
            _ => None,
        }
    }

    /// Returns the stage at work; `None` after a hand-over that failed.
    pub fn into_stage(self) -> Option<Either<A, B>> {
        match self.state {
            State::First(first, _) => Some(Either::Left(first)),
            State::Second(second) => Some(Either::Right(second)),
            State::Dead => None,
        }
    }
}

impl<A: Decode, B: Decode, F> Decode for Then<A, B, F>
where
    F: FnOnce(A) -> Result<B, Fault<Either<A::Error, B::Error>>>,
{
    type Item<'a>
        = Either<A::Item<'a>, B::Item<'a>>
    where
        Self: 'a;
    type Error = Either<A::Error, B::Error>;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        if let State::Second(second) = &mut self.state {
            return second.frame(input, eof).map_err(right).map_err(Fault::fatal);
        }
        if let State::First(first, _) = &mut self.state {
            match first.frame(input, eof).map_err(left).map_err(Fault::fatal)? {
                Framing::Done => {}
                frame => return Ok(frame),
            }
        }
        self.hand_over()?.frame(input, eof).map_err(right).map_err(Fault::fatal)
    }

    #[inline]
    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        match &mut self.state {
            State::First(first, _) => first.absorb(record, answers).map_err(left),
            State::Second(second) => second.absorb(record, answers).map_err(right),
            State::Dead => Err(Fault::from_cause(Cause::Contract)),
        }
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        match &mut self.state {
            State::First(first, _) => first.parse(record).map(Either::Left).map_err(left),
            State::Second(second) => second.parse(record).map(Either::Right).map_err(right),
            State::Dead => Err(Fault::from_cause(Cause::Contract)),
        }
    }

    const WIRE: bool = A::WIRE && B::WIRE;

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
        match &mut self.state {
            State::First(first, _) => first.speak(say).map_err(left).map_err(Fault::fatal),
            State::Second(second) => second.speak(say).map_err(right).map_err(Fault::fatal),
            State::Dead => Ok(()),
        }
    }

    fn progress(&self) -> u64 {
        match &self.state {
            State::First(first, _) => first.progress(),
            State::Second(second) => second.progress(),
            State::Dead => 0,
        }
    }

    fn residue(&self) -> (usize, usize) {
        match &self.state {
            State::First(first, _) => first.residue(),
            State::Second(second) => second.residue(),
            State::Dead => (0, 0),
        }
    }
}

impl<A: fmt::Debug, B: fmt::Debug, F> fmt::Debug for Then<A, B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::First(first, _) => f.debug_tuple("Then::First").field(first).finish(),
            State::Second(second) => f.debug_tuple("Then::Second").field(second).finish(),
            State::Dead => f.write_str("Then::Dead"),
        }
    }
}
