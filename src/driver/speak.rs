//! Output that a stage makes by itself.
//!
//! # Times
//! The stage is let speak before each wait: before a read that may block, after everything that can
//! be sent was sent; before a polled connection is pending; in a flush and before the end is sent;
//! and when the stage is done, until it adds nothing more, since otherwise a peer that half-closes
//! would cut it short. Each time its output has left there is more room, so it is asked again until
//! it adds nothing. A stage that has spoken before a wait is asked for an item once more, since it
//! may report what left.
//!
//! # Amounts
//! A stage may fill half of the space below the high-water mark. The other half is for control
//! messages and for the caller's items. Bytes below the connection, as in the queue of two halves,
//! count as well. At the mark the stage is not asked.

use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{Connection, Error, engine::Pace, transport::Transport};
use crate::{Cause, Decode, Fault, Moment, Pulled, Say};

impl<T: Transport, S: Decode> Connection<T, S> {
    /// Lets the stage speak. Returns the number of bytes added; after a fault it is dead.
    pub(super) fn speak(&mut self) -> Result<usize, Error<S::Error>> {
        self.spoken().map_err(|fault| self.read.fatal(fault))
    }

    /// Does the same for callers that cannot report a fault: the stage fails again when it is next
    /// asked by one that can.
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

    /// Speaks and sends before a read that may wait for ever. Returns what must be done before that
    /// read, if anything: a further call to send the rest, or an item of the stage.
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
                // Sending has taken time. That must not count as the peer's silence, nor may a read
                // that waits end by the time that there was for sending.
                let is_timed = pace.once && self.waits.is_some();
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

    /// Asks a stage that has spoken, which may report it, as a session of many streams does when
    /// one can be written to again. `None` if it needs to read.
    fn asked_again(&mut self) -> Result<Option<Pulled>, Error<S::Error>> {
        let is_full = self.write.is_full(&self.io);
        Ok(match self.read.pull(&mut self.write.output, is_full)? {
            Pulled::Need(_) | Pulled::Room => None,
            pulled => Some(pulled),
        })
    }

    /// Speaks and sends everything since nothing can be read now, gives memory back and waits.
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

    /// Sends what is queued and what the stage adds. Returns true if all of it has left, false if
    /// another call is needed for the rest.
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

    /// Sends what is queued, and what a stage that is done still adds, until it adds nothing more.
    /// Returns false if another call is needed for the rest.
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
                // Another thread sends what this one has queued, and there is more.
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

    /// Returns true if a stage that has added nothing may do so once more has left.
    fn is_short_of_room(&self) -> bool {
        let Self { io, read, write, .. } = self;
        let may_speak = !read.pull.is_dead() && write.takes_speech(io) && !write.is_below(io, 1);
        may_speak
            && (write.room_to_speak(io).unwrap_or(0) == 0 || read.pull.stage().residue().1 > 0)
    }
}
