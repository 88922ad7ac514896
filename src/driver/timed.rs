//! Deadlines of a connection: the polled forms of the methods that end in `_by`.

use std::{
    io,
    task::{Context, Poll, ready},
    time::Duration,
};

use super::{
    Connection, Error, Late, TimerFor,
    deadlines::Waits,
    engine::{Found, Pace, again},
    tasks::Wants,
    transport::{Passed, Transport},
};
use crate::{Decode, Pulled};

/// The result of one step towards a goal.
enum Stepped<R> {
    Done(R),
    /// Enough was done for now.
    Again,
}

impl<T: Transport, S: Decode> Connection<T, S> {
    /// Does what [`poll_ready`](Self::poll_ready) does, but gives up on a peer that misses one of the
    /// [`Deadlines`](super::Deadlines) by the clock of `timer`.
    ///
    /// # Errors
    /// Those of [`poll_ready`](Self::poll_ready), and [`TimedOut`](io::ErrorKind::TimedOut) for a
    /// [missed deadline](Error::late). The connection can still be used: to tell the peer, and to
    /// close.
    pub fn poll_ready_by(
        &mut self,
        cx: &mut Context<'_>,
        timer: &mut impl TimerFor<T>,
    ) -> Poll<Result<bool, Error<S::Error>>>
    where
        S: Decode,
    {
        let ready = self.poll_ready_in_time(cx, timer);
        if matches!(&ready, Poll::Ready(Err(Error::Fault(fault))) if fault.fatal) {
            // As without a timer: answers to what came before are sent, as far as that goes.
            let _ = self.poll_flush_by(cx, timer);
        }
        ready
    }

    fn poll_ready_in_time(
        &mut self,
        cx: &mut Context<'_>,
        timer: &mut impl TimerFor<T>,
    ) -> Poll<Result<bool, Error<S::Error>>>
    where
        S: Decode,
    {
        // An item that is there needs no alarm, which costs a system call on a transport that
        // waits.
        if self.is_ready()? {
            self.waits().heard_at(|| timer.time());
            return Poll::Ready(Ok(true));
        }
        let found = self.poll_by(
            cx,
            timer,
            |this, now| {
                let phase = this.phase();
                let (waits, queue) = this.waits_and_queues();
                (waits.until(phase, now, &queue), phase)
            },
            |this, cx, pace| {
                let found = this.as_task(Wants::Read, cx, |this, cx| this.poll_found(cx, pace));
                this.read.input.rest(&found);
                Poll::Ready(Ok(match ready!(found)? {
                    Found::Item => Stepped::Done(true),
                    Found::Over => Stepped::Done(false),
                    // Everything of a record may have come: then it is not late, and needs no
                    // further alarm.
                    Found::Again if this.may_wait() && this.is_ready()? => Stepped::Done(true),
                    Found::Again => Stepped::Again,
                }))
            },
        );
        if let Poll::Ready(Ok(_)) = found {
            self.waits().heard_at(|| timer.time());
        }
        found
    }

    /// Does what [`poll_flush`](Self::poll_flush) does, but gives up on a peer that does not take all
    /// of it within [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// Those of [`poll_flush`](Self::poll_flush), and [`TimedOut`](io::ErrorKind::TimedOut) for a
    /// missed deadline.
    pub fn poll_flush_by(
        &mut self,
        cx: &mut Context<'_>,
        timer: &mut impl TimerFor<T>,
    ) -> Poll<io::Result<()>> {
        let flushed = self.poll_sending_by(cx, timer, |this, cx, pace| {
            this.as_task(Wants::Write, cx, |this, cx| this.poll_flushed(cx, pace))
        });
        if flushed.is_ready() {
            self.waits().sent();
        }
        flushed
    }

    /// Does what [`poll_room`](Self::poll_room) does, but gives up on a peer that does not make room
    /// within [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// [`TimedOut`](io::ErrorKind::TimedOut) for a missed deadline.
    pub fn poll_room_by(
        &mut self,
        cx: &mut Context<'_>,
        timer: &mut impl TimerFor<T>,
    ) -> Poll<io::Result<()>> {
        let room = self.poll_room_before(cx, timer);
        if room.is_ready() {
            self.waits().sent();
        }
        room
    }

    /// Does the same at the beginning of a phase that goes on with a flush.
    pub(super) fn poll_room_before(
        &mut self,
        cx: &mut Context<'_>,
        timer: &mut impl TimerFor<T>,
    ) -> Poll<io::Result<()>> {
        if self.write.has_room(&self.io) || !self.write.is_open(&self.io) {
            return Poll::Ready(Ok(()));
        }
        self.poll_sending_by(cx, timer, |this, cx, pace| {
            this.as_task(Wants::Write, cx, |this, cx| this.poll_some_room(cx, pace)).map(Ok)
        })
    }

    /// Ends the connection by `close_write`, within [`Options::linger`](super::Options) by `timer`:
    /// sends what is queued and the end, then drops what the peer still sends, up to its end or
    /// `limit` bytes. Returns whether its end has come.
    pub(super) fn poll_close_by(
        &mut self,
        cx: &mut Context<'_>,
        timer: &mut impl TimerFor<T>,
        limit: u64,
        mut close_write: impl FnMut(&mut T, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<bool>> {
        let linger = self.options().linger;
        let until = |this: &mut Self, now| (this.waits().closed_until(now, linger), Late::Send);
        let steps = |is_done| if is_done { Stepped::Done(()) } else { Stepped::Again };
        self.read.give_up(limit);
        ready!(self.poll_by::<_, io::Error>(cx, timer, until, |this, cx, pace| {
            this.poll_end(cx, pace, &mut close_write).map_ok(steps)
        }))?;
        let drained = self.poll_by(cx, timer, until, |this, cx, pace| {
            let drained = this.poll_drained(cx, pace, limit);
            drained.map_ok(|drained| drained.map_or(Stepped::Again, Stepped::Done))
        });
        match ready!(drained) {
            Err(error) if Late::of(&error).is_some() => Poll::Ready(Ok(false)),
            drained => Poll::Ready(drained),
        }
    }

    fn poll_sending_by(
        &mut self,
        cx: &mut Context<'_>,
        timer: &mut impl TimerFor<T>,
        mut step: impl FnMut(&mut Self, &mut Context<'_>, Pace) -> Poll<io::Result<bool>>,
    ) -> Poll<io::Result<()>> {
        let until = |this: &mut Self, now| {
            let (waits, queue) = this.waits_and_queues();
            (waits.sent_until(now, &queue), Late::Send)
        };
        self.poll_by(cx, timer, until, |this, cx, pace| {
            step(this, cx, pace)
                .map_ok(|is_done| if is_done { Stepped::Done(()) } else { Stepped::Again })
        })
    }

    /// Goes on in steps until it is done or too late. On a transport whose calls may wait, each
    /// step is one call, which returns by the deadline, or when the stage wants to speak.
    fn poll_by<R, E: From<io::Error>>(
        &mut self,
        cx: &mut Context<'_>,
        timer: &mut impl TimerFor<T>,
        until: impl FnMut(&mut Self, Duration) -> (Duration, Late),
        step: impl FnMut(&mut Self, &mut Context<'_>, Pace) -> Poll<Result<Stepped<R>, E>>,
    ) -> Poll<Result<R, E>> {
        let polled = self.poll_steps_by(cx, timer, until, step);
        self.waits().set_now(None);
        polled
    }

    fn poll_steps_by<R, E: From<io::Error>>(
        &mut self,
        cx: &mut Context<'_>,
        timer: &mut impl TimerFor<T>,
        mut until: impl FnMut(&mut Self, Duration) -> (Duration, Late),
        mut step: impl FnMut(&mut Self, &mut Context<'_>, Pace) -> Poll<Result<Stepped<R>, E>>,
    ) -> Poll<Result<R, E>> {
        let may_wait = self.may_wait();
        let pace = if may_wait { Pace::ONCE } else { self.pace() };
        loop {
            let mut comes_back = false;
            let now = timer.time();
            self.waits().set_now(Some(now));
            if may_wait {
                // The stage says again when it wants to speak. A fault comes up again in the step.
                self.speak_again_later();
                let (at, _) = until(self, now);
                let alarm = self.waits().wakes_before(at).unwrap_or(at);
                comes_back = timer.arm_for(&self.io, Some(alarm))?;
            }
            let stepped = step(self, cx, pace);
            if let Poll::Ready(Ok(Stepped::Done(done))) = stepped {
                return Poll::Ready(Ok(done));
            }
            if let Poll::Ready(Err(error)) = stepped {
                return Poll::Ready(Err(error));
            }
            // The phase may be another by now.
            let now = timer.time();
            let (at, late) = until(self, now);
            if let Some(wakes_at) = self.waits().wakes_before(at) {
                if timer.poll_until(cx, wakes_at).is_ready() && stepped.is_pending() {
                    continue;
                }
            } else if timer.poll_until(cx, at).is_ready() {
                if late == Late::Send {
                    // A caller that tries again gives the peer as much time again.
                    self.waits().sent();
                }
                return Poll::Ready(Err(late.error().into()));
            }
            match stepped {
                Poll::Ready(_) if may_wait => {}
                Poll::Ready(_) => return again::<T, _>(cx).map_err(E::from),
                // A transport may return a little early.
                Poll::Pending if comes_back => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Returns true if a record can be taken out of what is buffered.
    fn is_ready(&mut self) -> Result<bool, Error<S::Error>>
    where
        S: Decode,
    {
        let limit = self.max_work();
        let Self { io, read, write, .. } = self;
        loop {
            let is_full = write.is_full(io);
            match read.pull(&mut write.output, is_full)? {
                Pulled::Record => return Ok(!read.has_enough(limit)),
                // The rest is for the next poll.
                Pulled::Absorbed(work) if read.input.worked(work) >= limit => return Ok(false),
                Pulled::Absorbed(_) => {}
                Pulled::Room | Pulled::Need(_) | Pulled::Done => return Ok(false),
            }
        }
    }

    /// Returns the watched phases, and the queues of what is to be sent, from the stage down.
    fn waits_and_queues(&mut self) -> (&mut Waits, impl Fn(usize) -> Option<Passed>) {
        let Self { io, write, waits, .. } = self;
        let (io, output) = (&*io, &write.output);
        let queue = move |queue: usize| match queue.checked_sub(1) {
            None => Some(Passed::of(output)),
            Some(below) => io.passed(below),
        };
        (waits.get_or_insert_default(), queue)
    }

    /// Returns the deadline that counts for a caller that waits for an item.
    fn phase(&mut self) -> Late {
        if self.read.pull.has_said_done() || self.write.has_unsent(&self.io) {
            Late::Send
        } else if self.read.input.buffer.is_empty() && !self.io.holds_part() {
            Late::Idle
        } else {
            Late::Record
        }
    }
}
