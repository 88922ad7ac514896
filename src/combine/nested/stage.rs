//! The stage of a nested stream.
//!
//! The inner stage is asked first, as long as it can do something with what it has. Its records and
//! what it absorbs are announced as records of no bytes, and taken out of the inner buffer when
//! that record is parsed or absorbed. So `frame` commits to nothing, and a driver whose output is
//! full holds back answers of the inner stage as it does for any stage.
//!
//! | phase | asked | until | then |
//! |---|---|---|---|
//! | `Fed` | the inner stage | it needs more | `Starved` |
//! | | | it is done | done, or `Draining` |
//! | `Starved` | the outer stage | it brings a payload | `Fed` |
//! | | | it is done | `Last` |
//! | `Last` | the inner stage, told of the end | it needs more | truncated |
//! | | | it is done | done, or `Over` |
//! | `Draining` | the outer stage, whose payloads are dropped | it is done | `Over` |
//! | `Over` | nobody | | done |

use core::mem;

use super::{Answers, Nested, Next, Phase};
use crate::combine::Either;
use crate::combine::either::left;
use crate::{Cause, Decode, Fault, Framing, Output, Record, Say};

type Error<O, I, A> = Either<<O as Decode>::Error, <A as Answers>::Error<<I as Decode>::Error>>;

impl<O, I, A> Nested<O, I, A>
where
    O: Decode + 'static,
    I: Decode,
    A: Answers,
    for<'a> O::Item<'a>: AsRef<[u8]>,
{
    /// Acts on an answer of the inner stage that is no record. Returns `None` if the outer stage is
    /// to be asked.
    #[inline(never)]
    fn follow(
        &mut self,
        framing: Result<Framing, Fault<I::Error>>,
    ) -> Result<Option<Framing>, Fault<Error<O, I, A>>> {
        let position = self.buffer.position();
        match framing {
            Ok(Framing::Record(length)) => {
                self.next = Next::Item(length);
                Ok(Some(Framing::Record(0)))
            }
            Ok(Framing::Absorb(length)) => {
                self.next = Next::Inner(length);
                Ok(Some(Framing::Absorb(0)))
            }
            Ok(Framing::Need(_)) if self.phase == Phase::Last => {
                let end = position.saturating_add(self.buffer.len() as u64);
                Err(Fault::truncated(end).nested())
            }
            Ok(Framing::Need(_)) => {
                self.phase = Phase::Starved;
                Ok(None)
            }
            Ok(Framing::Done) if self.drains => {
                let is_last = self.phase == Phase::Last;
                self.phase = if is_last { Phase::Over } else { Phase::Draining };
                Ok(None)
            }
            Ok(Framing::Done) => Ok(Some(Framing::Done)),
            Err(fault) => Err(inside::<O, I, A>(fault, position).fatal()),
        }
    }

    /// Asks the outer stage, since the inner one can do nothing before that, or ends.
    #[inline(never)]
    fn ask_outer(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error<O, I, A>>> {
        match self.phase {
            Phase::Last => return self.ask_last(),
            Phase::Over => return Ok(Framing::Done),
            Phase::Fed | Phase::Starved | Phase::Draining => {}
        }
        match self.outer.frame(input, eof).map_err(left).map_err(Fault::fatal)? {
            Framing::Record(length) => {
                self.next = Next::Payload;
                Ok(Framing::Absorb(length))
            }
            Framing::Absorb(length) => {
                self.next = Next::Outer;
                Ok(Framing::Absorb(length))
            }
            Framing::Need(need) => {
                // Once for everything that has arrived together, and not for each outer record.
                self.release();
                Ok(Framing::Need(need))
            }
            Framing::Done => self.end(),
        }
    }

    /// Tells the inner stage that its stream ends, since the outer one is done.
    #[cold]
    #[inline(never)]
    fn end(&mut self) -> Result<Framing, Fault<Error<O, I, A>>> {
        if self.phase == Phase::Draining {
            self.phase = Phase::Over;
            return Ok(Framing::Done);
        }
        self.phase = Phase::Last;
        self.ask_last()
    }

    /// Asks the inner stage, with nothing to follow what it has.
    #[cold]
    #[inline(never)]
    fn ask_last(&mut self) -> Result<Framing, Fault<Error<O, I, A>>> {
        let framing = self.inner.frame(self.buffer.as_slice(), true);
        Ok(self.follow(framing)?.unwrap_or(Framing::Done))
    }

    /// Gives the payload of an outer record to the inner stage.
    #[inline]
    fn carry(&mut self, record: Record<'_>) -> Result<(), Fault<Error<O, I, A>>> {
        let item = self.outer.parse(record).map_err(left)?;
        let payload = item.as_ref();
        self.progress = self.progress.wrapping_add(payload.len() as u64);
        if !payload.is_empty() && self.phase != Phase::Draining {
            self.buffer.extend(payload);
            self.phase = Phase::Fed;
        }
        Ok(())
    }

    /// Pays for a record of the inner stage, before it is consumed.
    ///
    /// Records of no bytes are paid for in the inner stream as they are outside, so a stage that
    /// never ends is found in its own layer. The driver's account counts these records, outer
    /// records without bytes, and inner ones of a single byte. Hence `progress` counts an inner
    /// byte once when it is carried, and twice when it is consumed.
    #[inline]
    fn pay(&mut self, length: usize) -> Result<(), Fault<Error<O, I, A>>> {
        if length == 0 {
            return self.buffer.pay(&self.inner).map_err(|fault| inside::<O, I, A>(fault, 0));
        }
        self.progress = self.progress.wrapping_add(2 * length as u64);
        Ok(())
    }

    /// Takes what the inner stage absorbs, and passes its answers on.
    fn absorb_inner(
        &mut self,
        length: usize,
        output: &mut Output,
    ) -> Result<(), Fault<Error<O, I, A>>> {
        self.pay(length)?;
        let (position, before) = (self.buffer.position(), self.answers.len());
        let record = self.buffer.take(length);
        let absorbed = self.inner.absorb(record, &mut self.answers);
        // Answers before a fault leave as well.
        let settled = self.settle(before, position, output);
        absorbed.map_err(|fault| inside::<O, I, A>(fault, position))?;
        settled
    }

    /// Passes on what the inner stage has answered at `position`.
    fn settle(
        &mut self,
        before: usize,
        position: u64,
        output: &mut Output,
    ) -> Result<(), Fault<Error<O, I, A>>> {
        self.policy
            .settle::<I::Error>(before, &mut self.answers, output)
            .map_err(|fault| fault.map(Either::Right).moved(position).nested())
    }
}

impl<O, I, A> Decode for Nested<O, I, A>
where
    O: Decode + 'static,
    I: Decode,
    A: Answers,
    for<'a> O::Item<'a>: AsRef<[u8]>,
{
    type Item<'a>
        = I::Item<'a>
    where
        Self: 'a;
    type Error = Error<O, I, A>;

    #[inline(always)]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        if self.phase == Phase::Fed {
            match self.inner.frame(self.buffer.as_slice(), false) {
                Ok(Framing::Record(length)) => {
                    self.next = Next::Item(length);
                    return Ok(Framing::Record(0));
                }
                Ok(Framing::Need(_)) => self.phase = Phase::Starved,
                framing => {
                    if let Some(framing) = self.follow(framing)? {
                        return Ok(framing);
                    }
                }
            }
        }
        self.ask_outer(input, eof)
    }

    #[inline]
    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        match mem::replace(&mut self.next, Next::Outer) {
            Next::Payload => self.carry(record),
            Next::Outer => self.outer.absorb(record, answers).map_err(left),
            Next::Inner(length) => self.absorb_inner(length, answers),
            Next::Item(_) => Err(Fault::from_cause(Cause::Contract)),
        }
    }

    #[inline(always)]
    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        let Next::Item(length) = mem::replace(&mut self.next, Next::Outer) else {
            return Err(Fault::from_cause(Cause::Contract));
        };
        self.pay(length)?;
        let position = self.buffer.position();
        match self.inner.parse(self.buffer.take(length)) {
            Ok(item) => Ok(item),
            Err(fault) => Err(inside::<O, I, A>(fault, position)),
        }
    }

    const WIRE: bool = false;

    /// Lets the outer stage speak first, since it speaks for everything it carries.
    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
        self.outer.speak(say).map_err(left).map_err(Fault::fatal)?;
        let (position, before) = (self.buffer.position(), self.answers.len());
        let room = A::room(say.room(), &self.answers);
        let spoken = self.inner.speak(&mut say.on(&mut self.answers, room));
        let settled = self.settle(before, position, say.output());
        self.release_answers();
        spoken.map_err(|fault| inside::<O, I, A>(fault, position).fatal())?;
        settled.map_err(Fault::fatal)
    }

    #[inline]
    fn progress(&self) -> u64 {
        let stages = self.outer.progress().saturating_add(self.inner.progress());
        self.progress.saturating_add(stages)
    }

    fn residue(&self) -> (usize, usize) {
        let (outer, inner) = (self.outer.residue(), self.inner.residue());
        let (unread, unsent) = (self.buffer.len(), self.answers.len());
        (outer.0 + inner.0 + unread, outer.1 + inner.1 + unsent)
    }
}

/// Converts a fault of the inner stage at `position` of its stream.
#[cold]
#[inline(never)]
fn inside<O: Decode, I: Decode, A: Answers>(
    fault: Fault<I::Error>,
    position: u64,
) -> Fault<Error<O, I, A>> {
    fault.moved(position).nested().map(|error| Either::Right(A::inner(error)))
}
