//! Decisions by the first bytes, with the stage they choose.

use core::{fmt, marker::PhantomData, mem};

use super::{Decision, Look};
use crate::{Cause, Decode, Fault, Framing, Need, Output, Record, Say};

/// A stage that decides by the first bytes which stage they belong to, and goes on as that stage.
///
/// A [`Choice`](super::Choice) without an item of its own: until the decision is made it asks for
/// more and claims none of it; then it acts on partial and on complete input as the chosen stage.
/// Stages of several types become one by [`stages!`](crate::stages), by [`Either`](super::Either)
/// or by [`boxed`](crate::DecodeExt::boxed). The function may refuse a decision: that fault is
/// fatal and lies at the first byte. Made by [`Choice::switch`](super::Choice::switch).
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, combine::{Either, prefixes}, length};
///
/// // Records with a 16-bit length, after a magic word; or, as of old, with an 8-bit length.
/// let mut records = prefixes([(b"\xffNEW", true)]).otherwise(false).switch(|new| {
///     Ok(if new { Either::Left(length::u16_be()) } else { Either::Right(length::u8()) })
/// });
/// let mut buffer = Buffer::new();
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut records, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"\x02hi");
/// let Ok(Step::Item(Either::Right(record))) = buffer.step(&mut records, false, &mut output) else {
///     panic!("an old peer");
/// };
/// assert_eq!(record, b"hi");
/// ```
pub struct Switch<T, L, B, F> {
    state: State<T, L, B, F>,
}

enum State<T, L, B, F> {
    Looking(L, F, PhantomData<fn() -> T>),
    Chosen(B),
    /// The decision was refused.
    Dead,
}

impl<T, L, B, F> Switch<T, L, B, F>
where
    L: Look<T>,
    B: Decode,
    F: FnOnce(T) -> Result<B, Fault<B::Error>>,
{
    /// Decides with `look`, and goes on with the stage that `make` makes out of the decision.
    pub const fn new(look: L, make: F) -> Self {
        Self { state: State::Looking(look, make, PhantomData) }
    }

    /// Looks, and goes on once there is a decision. It may do so when asked for a frame: a decision
    /// is never taken back, so a second question gets the same answer.
    fn choose(&mut self, input: &[u8], eof: bool) -> Result<Option<Need>, Fault<B::Error>> {
        let State::Looking(look, ..) = &mut self.state else {
            return Ok(None);
        };
        let picked = match look.look(input, eof) {
            Decision::Pick(picked) => picked,
            Decision::More(at_least) => return Ok(Some(Need::look(at_least))),
        };
        if let State::Looking(_, make, _) = mem::replace(&mut self.state, State::Dead) {
            self.state = State::Chosen(make(picked).map_err(Fault::fatal)?);
        }
        Ok(None)
    }

    fn chosen(&mut self) -> Result<&mut B, Fault<B::Error>> {
        match &mut self.state {
            State::Chosen(stage) => Ok(stage),
            _ => Err(Fault::from_cause(Cause::Contract)),
        }
    }
}

impl<T, L, B, F> Switch<T, L, B, F> {
    /// Returns the chosen stage, once there is one.
    pub const fn stage(&self) -> Option<&B> {
        match &self.state {
            State::Chosen(stage) => Some(stage),
            _ => None,
        }
    }

    /// Returns the chosen stage as a value, once there is one.
    pub fn into_stage(self) -> Option<B> {
        match self.state {
            State::Chosen(stage) => Some(stage),
            _ => None,
        }
    }
}

impl<T, L, B, F> Decode for Switch<T, L, B, F>
where
    L: Look<T>,
    B: Decode,
    F: FnOnce(T) -> Result<B, Fault<B::Error>>,
{
    type Item<'a>
        = B::Item<'a>
    where
        Self: 'a;
    type Error = B::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<B::Error>> {
        if let State::Chosen(stage) = &mut self.state {
            return stage.frame(input, eof).map_err(Fault::fatal);
        }
        match self.choose(input, eof)? {
            Some(need) => Ok(Framing::Need(need)),
            None => self.chosen()?.frame(input, eof).map_err(Fault::fatal),
        }
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<B::Error>> {
        self.chosen()?.absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<B::Item<'a>, Fault<B::Error>> {
        self.chosen()?.parse(record)
    }

    const WIRE: bool = B::WIRE;

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<B::Error>> {
        match &mut self.state {
            State::Chosen(stage) => stage.speak(say).map_err(Fault::fatal),
            State::Looking(..) | State::Dead => Ok(()),
        }
    }

    fn progress(&self) -> u64 {
        self.stage().map_or(0, Decode::progress)
    }

    fn residue(&self) -> (usize, usize) {
        self.stage().map_or((0, 0), Decode::residue)
    }
}

impl<T, L, B: fmt::Debug, F> fmt::Debug for Switch<T, L, B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Looking(..) => f.write_str("Switch::Looking"),
            State::Chosen(stage) => f.debug_tuple("Switch::Chosen").field(stage).finish(),
            State::Dead => f.write_str("Switch::Dead"),
        }
    }
}
