//! The engine: the loop of a connection.
//!
//! # Marks
//! Output that does not leave must stop something, or a peer that asks and never reads fills the
//! memory. If it stops too much, two peers that both send stop for ever. So:
//!
//! - From the high-water mark on, callers wait to add more (`queue`, `send`, `room`). Buffered
//!   records are delivered at any level, and a caller that asks for an item is read for, up to the
//!   length of the record that it waits for.
//! - Once a stage, or a caller that does not wait, has added another high-water mark on top,
//!   nothing is absorbed, and nothing is read except ahead, up to `max_read_ahead`, until output
//!   has left ([`WriteSide::is_full`](super::write::WriteSide::is_full)). Bytes read ahead are not
//!   delivered until then: otherwise a caller that answers each item without waiting would be fed
//!   for ever.
//! - A transport that may wait in a call ([`Connection::may_wait`]) is never read ahead: the call
//!   would not return when there is room to write.
//!
//! The stage is let speak before each wait: see [`speak`](super::speak).
//!
//! # Work
//! A poll ends after [`Options::max_work`](super::Options) bytes of work, or with [`Pace::ONCE`]
//! after one call on the transport, so that other tasks run and clocks are looked at. Work is
//! counted over calls, until one returns without an item: otherwise a peer that always sends one
//! more would keep its task for ever.
//!
//! # Failures
//! Bytes that a peer sent before it left are still delivered, so a failure to send is kept until
//! nothing can be read any more. It is reported before a read that may wait for ever, and before
//! the end of the stream, which would look like a truncated record otherwise.

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

/// The amount of work after which a poll returns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Bytes of work.
    limit: usize,
    /// True if it returns after each call on the transport.
    pub(super) once: bool,
}

impl Pace {
    /// One call on the transport.
    pub(super) const ONCE: Self = Self { limit: 1, once: true };
    /// As much as there is.
    pub(super) const ALL: Self = Self { limit: usize::MAX, once: false };
    /// Returns true if a poll that has done so much work returns.
    pub(super) const fn is_enough(self, work: usize) -> bool {
        self.once || work >= self.limit
    }

    /// Lifts the limit on bytes of work.
    pub(super) const fn unlimited(self) -> Self {
        Self { limit: usize::MAX, once: self.once }
    }

    /// The default work of one poll, in bytes.
    const WORK: usize = 1024 * 1024;
    /// The least work for which a read counts, in bytes.
    pub(super) const READ: usize = 8 * 1024;
}

/// The state of the next item as far as it is known without a look at the transport.
pub(super) enum AtOnce<E> {
    /// A record of this length is there, and paid for.
    Record(usize),
    /// The stage has given this answer.
    Framed(Framing),
    /// The stage has found a fault.
    Fault(Fault<E>),
    /// Something else must be done before the stage is asked.
    Nothing,
}

/// The result of a poll for an item.
pub(super) enum Found {
    /// A record can be taken.
    Item,
    /// The stage is done, and everything is sent.
    Over,
    /// Enough was done for now; there may be more.
    Again,
}

impl<T: Transport, S> Connection<T, S> {
    /// Returns true if a call on the transport may wait, rather than being pending.
    #[inline]
    pub(super) fn may_wait(&self) -> bool {
        T::FLUSH_FIRST && !self.read.input.options.nonblocking
    }

    /// Returns the pace of a poll.
    #[inline]
    pub(super) fn pace(&self) -> Pace {
        let may_wait = self.may_wait();
        match self.read.input.options.max_work {
            Some(limit) => Pace { limit: limit.get(), once: may_wait },
            None if may_wait => Pace::ALL,
            None => Pace { limit: Pace::WORK, once: false },
        }
    }

    /// Returns the bytes of work of a poll.
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

    /// Returns what is known without a look at the transport. Usually there is a record already,
    /// and no timer watches.
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

    /// Goes the long way, for all that a connection may have to see to. `short` has the other.
    #[inline(never)]
    pub(super) fn poll_ready_any(
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

    /// Returns true if no timer watches and no task has waited, so that nothing must be noted.
    #[inline]
    fn is_at_rest(&self) -> bool {
        self.waits.is_none() && (T::FLUSH_FIRST || !self.tasks.is_waited_for())
    }

    pub(super) fn poll_ready_after(
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

    /// Prepares an error to be reported. After a fatal fault the caller will not send what is
    /// queued, so answers to earlier input are sent now, as far as that goes.
    pub(super) fn told<E>(&mut self, cx: &mut Context<'_>, error: Error<E>) -> Error<E> {
        if matches!(&error, Error::Fault(fault) if fault.fatal) {
            let once = self.pace().once;
            let _ = self.write.poll_sent(&mut self.io, cx, once);
        }
        error
    }

    /// Goes on until a record is ready, the stage is done, or enough was done.
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

    /// Does the same, given the first answer of the stage.
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

    /// Reads once for the stage. Before a read that may wait for ever, everything is sent.
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
                // The rest of it is sent by further calls, each of which may wait.
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
            // This much makes a batch, and once it has left its memory can be read into.
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

    /// Waits, since nothing can be read now.
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
            // A connection of which only the handshake was watched holds nothing for that
            // afterwards, and takes the short paths of one that is not watched.
            self.waits.take_if(|waits| waits.is_at_rest());
        }
        exchanged
    }

    /// Does the same; `until` is the deadline of an exchange that has none.
    fn poll_exchanged<X: Exchange>(
        &mut self,
        cx: &mut Context<'_>,
        exchange: &mut X,
        timer: &mut Option<&mut dyn TimerFor<T>>,
        until: Option<Duration>,
    ) -> Poll<Result<X::Output, Error<X::Error>>> {
        let next = |exchange: &X| exchange.deadline().or(until);
        // It is made anew whenever a deadline was waited for, since a handshake may be tried for
        // ever.
        let mut budget = Budget::new();
        // The limit on work is no limit on the steps between two looks at the clock.
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
            let is_behind = self.write.has_unsent(&self.io);
            let input = &mut self.read.input;
            let progress = if input.is_due() {
                Ok(Progress::NeedRead(Need::ONE))
            } else {
                exchange.advance(&mut input.buffer, input.eof, &mut self.write.output)
            };
            let progress = match progress {
                Ok(progress) => progress,
                Err(fault) => {
                    // The peer is told why, as far as one attempt goes, unless it does not read. A
                    // failure is kept for the next flush.
                    if !is_behind && self.arm(timer, next(exchange)).is_ok() {
                        let _ = self.write.poll_sent(&mut self.io, cx, true);
                    }
                    return Poll::Ready(Err(fault.into()));
                }
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
                // The deadline may have moved since it was last looked at, and it may be the reason
                // that a blocking transport returned.
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

    /// Sends what is queued. Returns true if everything has left, false if another call is needed
    /// for the rest.
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

    /// Does the same at a pace. Returns false if enough was done.
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
                // Bytes that wait elsewhere, such as in the queue of two halves, go nowhere.
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

    /// Sends what is queued, what the stage adds and then the end, by `close_write`. Returns false
    /// if enough was done.
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
                    // That sending has failed was reported. A further close tries again.
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

    /// Reads and drops what the peer still sends, up to its end or `limit` bytes, including earlier
    /// attempts. Returns whether its end has come, or `None` if enough was done.
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
                    // Bytes that come belong to the other half.
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
                        // Everything for the stage has come.
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
                    // A layer has failed, which was reported: drain what is below it.
                    Poll::Ready(Err(error)) if is_failed(&error) => input.eof = true,
                    Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                    Poll::Pending => break Poll::Pending,
                }
            };
            this.release();
            drained
        })
    }

    /// Does the same as one poll: work left for later is pending.
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

    /// Sends everything before a read that may wait for ever. Returns false if a further call must
    /// send the rest. A non-blocking socket may be pending here; then reading goes on, and the
    /// write is tried again when the read would block.
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

    /// Sends what is queued since nothing can be read now, gives memory back and waits.
    pub(super) fn poll_idle(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<std::convert::Infallible>> {
        if !self.may_wait() {
            let _ = self.write.poll_flush(&mut self.io, cx);
        }
        self.poll_at_rest()
    }

    /// Does the same after an attempt to send. Reports an error of that, which was kept while there
    /// was something to read.
    pub(super) fn poll_at_rest(&mut self) -> Poll<io::Result<std::convert::Infallible>> {
        if let Some(error) = self.write.failure() {
            return Poll::Ready(Err(error));
        }
        self.release();
        Poll::Pending
    }

    /// Gives memory back.
    fn release(&mut self) {
        self.write.release();
        self.read.input.release();
    }

    /// Notes an item: a phase that a timer watches is over.
    #[inline]
    pub(super) fn heard(&mut self) {
        if let Some(waits) = &mut self.waits {
            waits.heard();
        }
    }

    /// Polls for one of the two tasks that may wait for a connection, and wakes the other if only
    /// one was woken.
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

    /// Returns the progress that another task may wait for: bytes read, and bytes sent.
    fn progress(&self) -> (u64, bool, usize) {
        let input = &self.read.input;
        let received = input.buffer.position().wrapping_add(input.buffer.len() as u64);
        (received, input.eof, self.write.output.len())
    }

    /// Makes a blocking transport return by `at`. Returns whether it will, perhaps a little early.
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

/// Returns since enough was done for now. A task is woken at once; a readiness loop calls again.
#[cold]
pub(super) fn again<T: Transport, R>(cx: &mut Context<'_>) -> Poll<io::Result<R>> {
    if T::FLUSH_FIRST {
        return Poll::Ready(Err(super::error::Again::error()));
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// Returns true if a deadline has come, by a timer if there is one.
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
