//! The engine lets the stage speak, and sends what it says.
//!
//! # When
//! Before each wait: before a read that may block, having sent everything that can be sent; before
//! a polled connection is pending; in a flush and before the end is sent; and when the stage is over,
//! until it has nothing left to say, or a peer that half-closes would cut it short. Each time what
//! was said has left there is room for more, so the stage is asked again until it adds nothing. A
//! stage that has spoken before a wait is asked for an item once more, since it may have something to
//! tell of what left.
//!
//! # How much
//! A stage may fill half of what lies below the high-water mark. The other half is for control
//! messages and for the caller's items. What waits below the connection, as in the queue of two
//! halves, counts as well. From the mark on the stage is not asked.

use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{Connection, Error, engine::Pace, transport::Transport};
use crate::{Cause, Decode, Fault, Moment, Pulled, Say};

impl<T: Transport, S: Decode> Connection<T, S> {
    /// Lets the stage speak. Returns how many bytes it has added; after a fault it is dead.
    pub(super) fn speak(&mut self) -> Result<usize, Error<S::Error>> {
        self.spoken().map_err(|fault| self.read.fatal(fault))
    }

    /// The same for those who cannot tell of a fault: the stage fails again when it is next asked by
    /// one who can.
    pub(super) fn speak_again_later(&mut self) -> usize {
        self.spoken().unwrap_or(0)
    }

    fn spoken(&mut self) -> Result<usize, Fault<S::Error>> {
        let Self { io, read, write, waits, .. } = self;
        let mut moment = match waits {
            Some(waits) => waits.moment(),
            None => Moment::unknown(),
        };
        let Some(room) = write.room_to_speak(io) else { return Ok(0) };
        let is_first = write.output.is_empty() && io.unsent() == 0;
        let mut say = Say::new(&mut write.output, room, &mut moment);
        let said = read.pull.try_speak(&mut read.input.buffer, &mut say)?;
        if let (Some(now), Some(waits)) = (moment.now(), waits) {
            if said == 0 && moment.wake_at().is_some_and(|at| at <= now) {
                return Err(Fault::from_cause(Cause::NoProgress));
            }
            waits.spoke(&moment, said > 0 && is_first);
        }
        Ok(said)
    }

    /// Says everything before a read that may wait for ever. What is to be done before that is
    /// returned, if there is anything: something is left to be said by a further call, or the stage
    /// has an item.
    pub(super) fn poll_spoken(
        &mut self,
        cx: &mut Context<'_>,
        pace: Pace,
    ) -> Poll<Result<Option<Pulled>, Error<S::Error>>> {
        const LATER: Option<Pulled> = Some(Pulled::Absorbed(usize::MAX));
        let mut work = self.speak()?;
        let has_unsent = self.write.has_unsent(&self.io);
        loop {
            if !ready!(self.poll_said(cx, pace))? {
                return Poll::Ready(Ok(LATER));
            }
            let said = self.speak()?;
            if said == 0 {
                // Sending has taken time. A stage that watches the clock is not to have it counted
                // as the peer's silence, nor the read to come back when sending had to be over.
                let is_timed = pace.once && self.waits.as_ref().is_some_and(|it| it.wakes());
                return Poll::Ready(match has_unsent && is_timed {
                    true => Ok(LATER),
                    false if work > 0 => self.asked_again(),
                    false => Ok(None),
                });
            }
            work = work.saturating_add(said);
            if pace.is_enough(work) {
                return Poll::Ready(Ok(LATER));
            }
        }
    }

    /// Asks a stage that has spoken: it may have something to tell of that, as a session of many
    /// streams has, one of which can be written to again. None where it needs to read.
    fn asked_again(&mut self) -> Result<Option<Pulled>, Error<S::Error>> {
        let is_full = self.write.is_full(&self.io);
        Ok(match self.read.pull(&mut self.write.output, is_full)? {
            Pulled::Need(_) | Pulled::Room => None,
            pulled => Some(pulled),
        })
    }

    /// Nothing can be read now: says and sends everything, holds as little as possible and waits.
    pub(super) fn poll_idle_spoken(
        &mut self,
        cx: &mut Context<'_>,
        pace: Pace,
    ) -> Poll<Result<Pulled, Error<S::Error>>> {
        if !self.may_wait() {
            let mut work = self.speak()?;
            while self.write.poll_flush(&mut self.io, cx).is_ready() {
                let said = self.speak()?;
                if said == 0 {
                    break;
                }
                work = work.saturating_add(said);
                if pace.is_enough(work) {
                    return Poll::Ready(Ok(Pulled::Absorbed(usize::MAX)));
                }
            }
            if work > 0
                && let Some(pulled) = self.asked_again()?
            {
                return Poll::Ready(Ok(pulled));
            }
        }
        match ready!(self.poll_at_rest()) {
            Err(error) => Poll::Ready(Err(error.into())),
            Ok(never) => match never {},
        }
    }

    /// Sends what is queued and what the stage has to say; whether all of it has left, or another
    /// call is needed for the rest.
    pub(super) fn poll_flushed(
        &mut self,
        cx: &mut Context<'_>,
        pace: Pace,
    ) -> Poll<io::Result<bool>> {
        let mut work = self.speak_again_later();
        loop {
            if !ready!(self.poll_all_sent(cx, pace))? {
                return Poll::Ready(Ok(false));
            }
            let said = self.speak_again_later();
            if said == 0 {
                return Poll::Ready(Ok(true));
            }
            work = work.saturating_add(said);
            if pace.is_enough(work) {
                return Poll::Ready(Ok(false));
            }
        }
    }

    /// The stage is over: sends what is queued, and what the stage still says, until it says
    /// nothing more; false where another call is needed for the rest.
    #[inline(never)]
    pub(super) fn poll_dry(
        &mut self,
        cx: &mut Context<'_>,
        pace: Pace,
    ) -> Poll<Result<bool, Error<S::Error>>> {
        let mut work = 0_usize;
        loop {
            if !ready!(self.poll_all_sent(cx, pace))? {
                return Poll::Ready(Ok(false));
            }
            let said = self.speak()?;
            if said == 0 {
                if !self.is_short_of_room() {
                    return Poll::Ready(Ok(true));
                }
                // Another thread is sending what this one has said, and there is more.
                if !ready!(self.poll_below(cx, pace, 1)) {
                    return Poll::Ready(Ok(false));
                }
                continue;
            }
            work = work.saturating_add(said);
            if pace.is_enough(work) {
                return Poll::Ready(Ok(false));
            }
        }
    }

    /// Whether a stage that has added nothing may do so once more has left.
    fn is_short_of_room(&self) -> bool {
        let Self { io, read, write, .. } = self;
        let may_speak = !read.pull.is_dead() && write.takes_speech(io) && !write.is_below(io, 1);
        may_speak
            && (write.room_to_speak(io).unwrap_or(0) == 0 || read.pull.stage().residue().1 > 0)
    }
}
