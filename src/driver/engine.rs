//! The engine: what a connection does when it is polled.
//!
//! # Marks
//! Output that does not leave must stop something, or a peer that asks and never reads fills the
//! memory; and if it stops too much, two peers that both send stop for ever. So:
//!
//! - From the high-water mark on callers wait to add more (`queue`, `send`, `room`). Records that
//!   are buffered are delivered at any level, and the peer is read from for a caller that asks for
//!   an item, as far as the record that it waits for is long.
//! - Once a stage, or a caller that does not wait, has added another high-water mark on top,
//!   nothing is absorbed, and nothing is read but ahead, up to `max_read_ahead`, until output has
//!   left ([`WriteSide::is_full`](super::write::WriteSide::is_full)). What was read ahead is not
//!   delivered until then: a caller that answers each item without waiting would be fed for ever.
//! - A transport that may wait in a call ([`Connection::may_wait`]) is never read ahead: the call
//!   would not come back when there is room to write.
//!
//! The stage is let speak before each wait: see [`speak`](super::speak).
//!
//! # Work
//! A poll ends after [`Options::max_work`](super::Options) bytes of work, or [`Pace::ONCE`] after
//! one call on the transport, so that other tasks run and clocks are looked at. Work is counted over
//! calls, until one comes back without an item: a peer that always has one more would never let go
//! of its task otherwise.
//!
//! # Failures
//! What a peer has said before it went is still delivered, so a failure to send is kept until
//! nothing can be read any more. It is told before a read that may wait for ever, and before the
//! end of the stream, which would be a truncated record otherwise.

use std::{
    io,
    task::{Context, Poll, ready},
    time::Duration,
};

use super::{
    Connection, Error, Late, TimerFor, is_again, layer_state::is_failed, read::Peeked,
    tasks::Wants, transport::Transport,
};
use crate::core::Budget;
use crate::{Decode, Exchange, Fault, Framing, Need, Progress, Pulled};

/// How much is done before a poll comes back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Bytes of work.
    limit: usize,
    /// It comes back after each call on the transport.
    pub(super) once: bool,
}

impl Pace {
    /// One call on the transport.
    pub(super) const ONCE: Self = Self { limit: 1, once: true };
    /// As much as there is.
    pub(super) const ALL: Self = Self { limit: usize::MAX, once: false };
    /// Whether a poll that has done so much comes back.
    pub(super) const fn is_enough(self, work: usize) -> bool {
        self.once || work >= self.limit
    }

    /// As many bytes of work as there are.
    pub(super) const fn unlimited(self) -> Self {
        Self { limit: usize::MAX, once: self.once }
    }

    /// What one poll does unless the options say otherwise, in bytes.
    const WORK: usize = 1024 * 1024;
    /// A read counts for at least as much work as this, in bytes.
    const READ: usize = 8 * 1024;
}

/// What can be said of the next item without a look at the transport.
pub(super) enum AtOnce<E> {
    /// A record of this length is there, and paid for.
    Record(usize),
    /// The stage has answered this.
    Framed(Framing),
    /// The stage has found a fault.
    Fault(Fault<E>),
    /// Something else is to be seen to before the stage is asked.
    Nothing,
}

/// What a poll for an item has come to.
pub(super) enum Found {
    /// A record can be taken.
    Item,
    /// The stage is over, and all is sent.
    Over,
    /// Enough was done for now; nothing says that there is not more.
    Again,
}

impl<T: Transport, S> Connection<T, S> {
    /// Whether a call on the transport may wait, rather than being pending.
    #[inline]
    pub(super) fn may_wait(&self) -> bool {
        T::FLUSH_FIRST && !self.read.input.options.nonblocking
    }

    /// How much a poll does.
    #[inline]
    pub(super) fn pace(&self) -> Pace {
        let may_wait = self.may_wait();
        match self.read.input.options.max_work {
            Some(limit) => Pace { limit: limit.get(), once: may_wait },
            None if may_wait => Pace::ALL,
            None => Pace { limit: Pace::WORK, once: false },
        }
    }

    /// How many bytes of work a poll does.
    pub(super) fn max_work(&self) -> usize {
        self.pace().limit
    }

    /// Goes on until a record is ready (true), or the stage is done and everything is sent (false):
    /// the polled form of [`ready`](Self::ready), for futures and streams written by hand.
    ///
    /// It does a bounded amount of work: see [`Options::max_work`](super::Options).
    ///
    /// # Errors
    /// Those of the transport, or a fault of the peer.
    #[inline]
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error<S::Error>>>
    where
        S: Decode,
    {
        match self.at_once() {
            AtOnce::Record(length) => {
                self.read.keep(length);
                Poll::Ready(Ok(true))
            }
            first => self.poll_ready_past(cx, first),
        }
    }

    /// What can be said without a look at the transport. Usually there is a record already, and
    /// nobody is watching.
    #[inline(always)]
    pub(super) fn at_once(&mut self) -> AtOnce<S::Error>
    where
        S: Decode,
    {
        if !self.is_at_rest() {
            return AtOnce::Nothing;
        }
        match self.read.framed() {
            Some(Ok(Framing::Record(length))) if self.read.found(length) => AtOnce::Record(length),
            Some(Ok(Framing::Record(0))) if self.read.found_empty(self.max_work()) => {
                AtOnce::Record(0)
            }
            Some(Ok(framing)) => AtOnce::Framed(framing),
            Some(Err(fault)) => AtOnce::Fault(fault),
            None => AtOnce::Nothing,
        }
    }

    /// Goes on where there was no record at once.
    #[inline(never)]
    pub(super) fn poll_ready_past(
        &mut self,
        cx: &mut Context<'_>,
        first: AtOnce<S::Error>,
    ) -> Poll<Result<bool, Error<S::Error>>>
    where
        S: Decode,
    {
        let is_full = self.write.is_full(&self.io);
        let output = &mut self.write.output;
        let pulled = match first {
            AtOnce::Record(length) => {
                self.read.keep(length);
                Ok(Pulled::Record)
            }
            AtOnce::Framed(framing) => self.read.follow(framing, output, is_full),
            AtOnce::Fault(fault) => Err(self.read.fatal(fault)),
            AtOnce::Nothing => self.read.pull(output, is_full),
        };
        self.poll_ready_after(cx, pulled)
    }

    /// Whether no timer watches and no task has waited, so that nothing is to be noted down.
    #[inline]
    fn is_at_rest(&self) -> bool {
        self.waits.is_none() && (T::FLUSH_FIRST || !self.tasks.is_waited_for())
    }

    fn poll_ready_after(
        &mut self,
        cx: &mut Context<'_>,
        pulled: Result<Pulled, Error<S::Error>>,
    ) -> Poll<Result<bool, Error<S::Error>>>
    where
        S: Decode,
    {
        let pace = self.pace();
        let found =
            self.as_task(Wants::Read, cx, |this, cx| this.poll_found_after(cx, pace, pulled));
        self.read.input.rest(&found);
        match ready!(found) {
            Ok(Found::Item) => {
                self.heard();
                Poll::Ready(Ok(true))
            }
            Ok(Found::Over) => Poll::Ready(Ok(false)),
            Ok(Found::Again) => again::<T, _>(cx).map_err(Error::Io),
            Err(error) => Poll::Ready(Err(self.told(cx, error))),
        }
    }

    /// An error that is about to be told. Behind a fatal fault nobody calls again who would send
    /// what is queued: the answers to what came before it are sent now, as far as that goes.
    pub(super) fn told<E>(&mut self, cx: &mut Context<'_>, error: Error<E>) -> Error<E> {
        if matches!(&error, Error::Fault(fault) if fault.fatal) {
            let once = self.pace().once;
            let _ = self.write.poll_sent(&mut self.io, cx, once);
        }
        error
    }

    /// Goes on until a record is ready, the stage is over, or enough was done.
    pub(super) fn poll_found(
        &mut self,
        cx: &mut Context<'_>,
        pace: Pace,
    ) -> Poll<Result<Found, Error<S::Error>>>
    where
        S: Decode,
    {
        let is_full = self.write.is_full(&self.io);
        let pulled = self.read.pull(&mut self.write.output, is_full);
        self.poll_found_after(cx, pace, pulled)
    }

    /// The same, with what the stage has answered the first time.
    fn poll_found_after(
        &mut self,
        cx: &mut Context<'_>,
        pace: Pace,
        mut pulled: Result<Pulled, Error<S::Error>>,
    ) -> Poll<Result<Found, Error<S::Error>>>
    where
        S: Decode,
    {
        loop {
            let mut work = 0_usize;
            let is_full = self.write.is_full(&self.io);
            match pulled? {
                Pulled::Record if self.read.has_enough(pace.limit) => {
                    return Poll::Ready(Ok(Found::Again));
                }
                Pulled::Record => return Poll::Ready(Ok(Found::Item)),
                Pulled::Absorbed(length) => work = length,
                Pulled::Need(need) if !is_full => match ready!(self.poll_more(cx, need, pace))? {
                    Pulled::Record => return Poll::Ready(Ok(Found::Item)),
                    Pulled::Absorbed(length) => work = length.max(Pace::READ),
                    Pulled::Room | Pulled::Need(_) | Pulled::Done => {}
                },
                Pulled::Need(_) | Pulled::Room => {
                    let mark = self.write.full_mark();
                    if !ready!(self.poll_below(cx, pace, mark)) {
                        work = usize::MAX;
                    }
                }
                Pulled::Done => {
                    if ready!(self.poll_dry(cx, pace))? {
                        return Poll::Ready(Ok(Found::Over));
                    }
                    work = usize::MAX;
                }
            }
            if self.read.input.worked(work) >= pace.limit {
                return Poll::Ready(Ok(Found::Again));
            }
            let is_full = self.write.is_full(&self.io);
            pulled = self.read.pull(&mut self.write.output, is_full);
        }
    }

    /// Reads once for the stage, having said everything if that may take for ever.
    #[inline(never)]
    fn poll_more(
        &mut self,
        cx: &mut Context<'_>,
        need: Need,
        pace: Pace,
    ) -> Poll<Result<Pulled, Error<S::Error>>>
    where
        S: Decode,
    {
        if T::FLUSH_FIRST {
            match self.poll_spoken(cx, pace)? {
                Poll::Ready(None) => {}
                // What is left of it is sent by further calls, each of which may wait.
                Poll::Ready(Some(pulled)) => return Poll::Ready(Ok(pulled)),
                Poll::Pending => return self.poll_nothing(cx),
            }
        }
        if T::SHORT_IS_ALL && std::mem::take(&mut self.read.input.is_drained) {
            self.speak()?;
            // Pending or failed, there may still be something to read.
            let _ = self.write.poll_flush(&mut self.io, cx);
        }
        let Self { io, read, write, .. } = self;
        if !T::FLUSH_FIRST && !write.has_room(io) {
            // So much makes a batch, and once it has left its memory can be read into.
            let _ = write.poll_flush(io, cx);
        }
        match read.poll_fill(io, cx, need, &mut write.output) {
            Poll::Ready(Ok(filled)) => match write.failure_at(read.input.eof) {
                Some(error) => Poll::Ready(Err(error.into())),
                None => Poll::Ready(Ok(filled)),
            },
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.poll_idle_spoken(cx, pace),
        }
    }

    /// Nothing can be read now.
    pub(super) fn poll_nothing<R, E>(&mut self, cx: &mut Context<'_>) -> Poll<Result<R, Error<E>>> {
        match ready!(self.poll_idle(cx)) {
            Err(error) => Poll::Ready(Err(error.into())),
            Ok(never) => match never {},
        }
    }

    /// Runs `exchange` to its end.
    pub(super) fn poll_exchange<X: Exchange>(
        &mut self,
        cx: &mut Context<'_>,
        exchange: &mut X,
        timer: &mut Option<&mut dyn TimerFor<T>>,
    ) -> Poll<Result<X::Output, Error<X::Error>>> {
        let until = timer.as_mut().map(|timer| {
            let now = timer.time();
            self.waits().exchanged_until(now)
        });
        let exchanged = self
            .as_task(Wants::Read, cx, |this, cx| this.poll_exchanged(cx, exchange, timer, until));
        if let Poll::Ready(Ok(_)) = exchanged {
            self.heard();
            // A connection that only had its handshake watched holds nothing for that afterwards,
            // and takes the short ways of one that is not watched.
            self.waits.take_if(|waits| waits.is_at_rest());
        }
        exchanged
    }

    /// The same; `until` is the deadline of an exchange that names none.
    fn poll_exchanged<X: Exchange>(
        &mut self,
        cx: &mut Context<'_>,
        exchange: &mut X,
        timer: &mut Option<&mut dyn TimerFor<T>>,
        until: Option<Duration>,
    ) -> Poll<Result<X::Output, Error<X::Error>>> {
        let next = |exchange: &X| exchange.deadline().or(until);
        // It is made anew whenever a deadline was waited for: a handshake may be tried for ever.
        let mut budget = Budget::new();
        // A limit for work that is done is none for the steps between two looks at the clock.
        let pace = if self.may_wait() && timer.is_some() { Pace::ONCE } else { Pace::ALL };
        let (limit, mut work) = (self.pace().limit, 0_usize);
        self.read.input.settle();
        loop {
            if work >= limit {
                return again::<T, _>(cx).map_err(Error::Io);
            }
            if exchange.deadline().is_none() && is_due(timer, until, cx) {
                return Poll::Ready(Err(Late::Record.error().into()));
            }
            if is_due(timer, exchange.deadline(), cx) {
                budget.spend(0)?;
                let now = timer.as_mut().map(|timer| timer.time()).unwrap_or_default();
                exchange.on_deadline(now, &mut self.write.output)?;
                continue;
            }
            let before = self.position();
            let input = &mut self.read.input;
            let progress = if input.is_due() {
                Progress::NeedRead(Need::ONE)
            } else {
                exchange.advance(&mut input.buffer, input.eof, &mut self.write.output)?
            };
            let need = match progress {
                Progress::Done(value) => return Poll::Ready(Ok(value)),
                Progress::NeedRead(need) => need,
                Progress::NeedWrite => {
                    let consumed = usize::try_from(self.position() - before).unwrap_or(usize::MAX);
                    budget.spend(consumed + self.write.output.len())?;
                    loop {
                        let comes_back = self.arm(timer, next(exchange))?;
                        match self.poll_all_sent(cx, pace) {
                            Poll::Ready(flushed) => {
                                if flushed? {
                                    break;
                                }
                            }
                            Poll::Pending if is_due(timer, next(exchange), cx) => {
                                budget = Budget::new();
                                break;
                            }
                            Poll::Pending if comes_back => {}
                            Poll::Pending => return Poll::Pending,
                        }
                        if is_due(timer, next(exchange), cx) {
                            budget = Budget::new();
                            break;
                        }
                    }
                    continue;
                }
            };
            let input = &mut self.read.input;
            let position = input.buffer.position();
            if input.is_too_long(need) {
                let at = position.saturating_add(input.options.max_record as u64);
                return Poll::Ready(Err(Fault::too_long(at).into()));
            }
            if input.eof {
                let end = position.saturating_add(input.buffer.len() as u64);
                return Poll::Ready(Err(Fault::truncated(end).into()));
            }
            if T::FLUSH_FIRST && self.write.has_unsent(&self.io) {
                let comes_back = self.arm(timer, next(exchange))?;
                let said = self.poll_said(cx, pace);
                // Sending may have taken until then.
                if is_due(timer, next(exchange), cx) {
                    budget = Budget::new();
                    continue;
                }
                match said? {
                    Poll::Ready(true) => {}
                    Poll::Ready(false) => continue,
                    Poll::Pending if comes_back => continue,
                    Poll::Pending => return self.poll_nothing(cx),
                }
            }
            let comes_back = self.arm(timer, next(exchange))?;
            let held = self.read.input.buffer.len();
            let filled = self.read.input.poll_fill(&mut self.io, cx, need, |shown| {
                Peeked::<()>::Take(exchange.belonging(shown))
            });
            match filled {
                Poll::Ready(filled) => {
                    filled?;
                    if self.read.input.eof
                        && let Some(error) = self.write.failure()
                    {
                        return Poll::Ready(Err(error.into()));
                    }
                    let received = self.read.input.buffer.len().saturating_sub(held);
                    work = work.saturating_add(received.max(Pace::READ));
                }
                // The deadline may have moved since it was last looked at; and what made a
                // blocking transport come back may be the deadline.
                Poll::Pending if is_due(timer, next(exchange), cx) => budget = Budget::new(),
                Poll::Pending if comes_back => {}
                Poll::Pending => return self.poll_nothing(cx),
            }
        }
    }

    /// Sends what is queued and what the stage adds by itself, and reads on while that takes time:
    /// the polled form of [`flush`](Self::flush).
    ///
    /// # Errors
    /// Those of the transport, and one if something was queued after this side was closed. The next
    /// turn reports a fault of a stage that cannot go on.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        S: Decode,
    {
        let pace = self.pace();
        match ready!(self.as_task(Wants::Write, cx, |this, cx| this.poll_flushed(cx, pace)))? {
            true => Poll::Ready(Ok(())),
            false => again::<T, _>(cx),
        }
    }

    /// Sends what is queued; whether all of it has left, or another call is needed for the rest.
    pub(super) fn poll_all_sent(
        &mut self,
        cx: &mut Context<'_>,
        pace: Pace,
    ) -> Poll<io::Result<bool>> {
        let is_sent = loop {
            match self.write.poll_sent(&mut self.io, cx, pace.once) {
                Poll::Ready(is_sent) => break is_sent,
                Poll::Pending => ready!(self.poll_ahead(cx)),
            }
        };
        self.write.release();
        Poll::Ready(self.write.failure().map_or(Ok(is_sent), Err))
    }

    /// Waits until more may be queued. A send error also ends the wait; the next flush reports it.
    pub fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.write.has_room(&self.io) || !self.write.is_open(&self.io) {
            return Poll::Ready(());
        }
        self.as_task(Wants::Write, cx, |this, cx| this.poll_some_room(cx, Pace::ALL)).map(drop)
    }

    /// The same, at a pace; false if enough was done.
    pub(super) fn poll_some_room(&mut self, cx: &mut Context<'_>, pace: Pace) -> Poll<bool> {
        self.poll_below(cx, pace, self.write.output.high_water())
    }

    /// Sends until fewer than `mark` bytes wait, or sending has failed, and reads ahead meanwhile.
    #[cold]
    pub(super) fn poll_below(
        &mut self,
        cx: &mut Context<'_>,
        pace: Pace,
        mark: usize,
    ) -> Poll<bool> {
        while !self.write.is_below(&self.io, mark) {
            let flushed = self.write.poll_sent(&mut self.io, cx, pace.once);
            if !self.write.can_send() {
                // Whatever waits elsewhere, such as in the queue of two halves, goes nowhere.
                break;
            }
            if self.write.is_below(&self.io, mark) {
                break;
            }
            match flushed {
                Poll::Pending => ready!(self.poll_ahead(cx)),
                Poll::Ready(false) => return Poll::Ready(false),
                Poll::Ready(true) => ready!(self.io.poll_left(cx, mark)),
            }
        }
        Poll::Ready(true)
    }

    /// Reads ahead while a write is pending, unless a read may wait.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.may_wait() {
            return Poll::Pending;
        }
        self.read.input.poll_ahead(&mut self.io, cx)
    }

    /// Sends what is queued, what the stage has to say and then the end, by `close_write`; false if
    /// enough was done.
    pub(super) fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        pace: Pace,
        close_write: impl FnOnce(&mut T, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<bool>>
    where
        S: Decode,
    {
        self.as_task(Wants::Write, cx, |this, cx| {
            this.write.close();
            let flushed = match ready!(this.poll_flushed(cx, pace)) {
                Ok(false) => return Poll::Ready(Ok(false)),
                Err(error) if is_again(&error) => return Poll::Ready(Err(error)),
                flushed => flushed,
            };
            if this.write.must_end() {
                let ended = close_write(&mut this.io, cx);
                this.write.end_waits(ended.is_pending());
                match ended {
                    // That sending has failed was told. A further close tries again.
                    Poll::Ready(Err(_)) if this.write.is_broken() => {}
                    Poll::Ready(ended) => {
                        ended?;
                        this.write.closed();
                    }
                    Poll::Pending if flushed.is_ok() => return Poll::Pending,
                    Poll::Pending => {}
                }
            }
            flushed?;
            Poll::Ready(Ok(true))
        })
    }

    /// Reads and drops what the peer still sends, up to its end or `limit` bytes, those of earlier
    /// attempts included; whether its end has come, or none if enough was done.
    pub(super) fn poll_drained(
        &mut self,
        cx: &mut Context<'_>,
        pace: Pace,
        limit: u64,
    ) -> Poll<io::Result<Option<bool>>> {
        self.as_task(Wants::Read, cx, |this, cx| {
            this.read.give_up(limit);
            this.read.kill();
            let mut work = 0_usize;
            let input = &mut this.read.input;
            let drained = loop {
                if input.is_none() {
                    // What comes is the other half's.
                    break Poll::Ready(Ok(Some(false)));
                }
                if input.drain() >= limit && !input.eof {
                    break Poll::Ready(Ok(Some(false)));
                }
                if work >= pace.limit {
                    break Poll::Ready(Ok(None));
                }
                if input.eof {
                    match this.io.poll_rest(cx) {
                        Poll::Ready(Ok(count)) if count > 0 => {
                            work = work.saturating_add(count.max(Pace::READ));
                            if input.drain_more(count) >= limit {
                                break Poll::Ready(Ok(Some(false)));
                            }
                        }
                        Poll::Ready(Err(error)) if is_again(&error) => {
                            work = work.saturating_add(Pace::READ);
                        }
                        // All that was for the stage has come.
                        Poll::Ready(_) => break Poll::Ready(Ok(Some(true))),
                        Poll::Pending => break Poll::Pending,
                    }
                    continue;
                }
                let look = |_: &[u8]| Peeked::<()>::Take(usize::MAX);
                match input.poll_fill(&mut this.io, cx, Need::ONE, look) {
                    Poll::Ready(Ok(_)) => {
                        work = work.saturating_add(input.buffer.len().max(Pace::READ));
                    }
                    // A layer has failed, which was told: what is below it is drained.
                    Poll::Ready(Err(error)) if is_failed(&error) => input.eof = true,
                    Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                    Poll::Pending => break Poll::Pending,
                }
            };
            this.release();
            drained
        })
    }

    /// The same as one poll: what is done for now is pending.
    pub(super) fn poll_drain(
        &mut self,
        cx: &mut Context<'_>,
        limit: u64,
    ) -> Poll<io::Result<bool>> {
        match ready!(self.poll_drained(cx, self.pace(), limit))? {
            Some(has_ended) => Poll::Ready(Ok(has_ended)),
            None => again::<T, _>(cx),
        }
    }

    /// Says everything before a read that may wait for ever; false where something is left to be
    /// said by a further call. A non-blocking socket may be pending here; then reading goes on, and
    /// the write is tried again when the read would block.
    #[inline]
    pub(super) fn poll_said(&mut self, cx: &mut Context<'_>, pace: Pace) -> Poll<io::Result<bool>> {
        let sent = self.write.poll_sent(&mut self.io, cx, pace.once);
        if self.may_wait() {
            if let Some(error) = self.write.failure() {
                return Poll::Ready(Err(error));
            }
            if pace.once {
                return sent.map(|is_sent| Ok(is_sent && !self.write.has_unsent(&self.io)));
            }
        }
        Poll::Ready(Ok(true))
    }

    /// Nothing can be read now: sends what is queued, holds as little as possible and waits.
    pub(super) fn poll_idle(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<std::convert::Infallible>> {
        if !self.may_wait() {
            let _ = self.write.poll_flush(&mut self.io, cx);
        }
        self.poll_at_rest()
    }

    /// The same where sending has been tried. Reports why that failed, which was kept while there
    /// was something to read.
    pub(super) fn poll_at_rest(&mut self) -> Poll<io::Result<std::convert::Infallible>> {
        if let Some(error) = self.write.failure() {
            return Poll::Ready(Err(error));
        }
        self.release();
        Poll::Pending
    }

    /// Holds as little as possible.
    fn release(&mut self) {
        self.write.release();
        self.read.input.release();
    }

    /// An item has come: a phase that a timer watches over is over.
    #[inline]
    pub(super) fn heard(&mut self) {
        if let Some(waits) = &mut self.waits {
            waits.heard();
        }
    }

    /// Polls for one of the two tasks that may wait for a connection: both are woken by what only
    /// one of them is told of.
    #[inline]
    pub(super) fn as_task<R>(
        &mut self,
        wants: Wants,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Self, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        if T::FLUSH_FIRST {
            return poll(self, cx);
        }
        let polled = if self.tasks.is_shared(wants) {
            self.for_both(wants, cx, poll)
        } else {
            poll(self, cx)
        };
        self.tasks.note(wants, cx.waker(), polled.is_pending());
        polled
    }

    #[cold]
    fn for_both<R>(
        &mut self,
        wants: Wants,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Self, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let Some(waker) = self.tasks.shared(wants, cx.waker()) else { return poll(self, cx) };
        let before = self.progress();
        let polled = poll(self, &mut Context::from_waker(&waker));
        if self.progress() != before {
            self.tasks.wake_other(wants, cx.waker());
        }
        polled
    }

    /// What another task may wait for: bytes that were read, and bytes that were sent.
    fn progress(&self) -> (u64, bool, usize) {
        let input = &self.read.input;
        let received = input.buffer.position().wrapping_add(input.buffer.len() as u64);
        (received, input.eof, self.write.output.len())
    }

    /// Has a blocking transport come back by `at`. Whether it does: it may do so a little early.
    fn arm(
        &mut self,
        timer: &mut Option<&mut dyn TimerFor<T>>,
        at: Option<Duration>,
    ) -> io::Result<bool> {
        match timer {
            Some(timer) if T::FLUSH_FIRST => {
                Ok(timer.arm_for(&self.io, at)? && at.is_some() && self.may_wait())
            }
            _ => Ok(false),
        }
    }
}

/// Enough was done for now. A task is woken at once; a readiness loop calls again.
#[cold]
pub(super) fn again<T: Transport, R>(cx: &mut Context<'_>) -> Poll<io::Result<R>> {
    if T::FLUSH_FIRST {
        return Poll::Ready(Err(super::error::Again::error()));
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// Whether a deadline has come, by a timer if there is one.
fn is_due<T>(
    timer: &mut Option<&mut dyn TimerFor<T>>,
    at: Option<Duration>,
    cx: &mut Context<'_>,
) -> bool {
    match (timer, at) {
        (Some(timer), Some(at)) => timer.poll_until(cx, at).is_ready(),
        _ => false,
    }
}
