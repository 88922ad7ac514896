//! A stage with its input.

use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{Aside, Filled, Input, Peeked};
use crate::driver::{Error, ReadPolicy, transport::Transport};
use crate::{Decode, Fault, Framing, Need, Output, Pull, Pulled, Record};

/// The buffer of a connection, with its stage and the state of that.
#[derive(Debug)]
pub(in crate::driver) struct ReadSide<S> {
    pub(in crate::driver) pull: Pull<S>,
    pub(in crate::driver) input: Input,
}

impl<S> ReadSide<S> {
    pub(in crate::driver) fn new(stage: S, input: Input) -> Self {
        Self { pull: Pull::new(stage), input }
    }

    /// Drops what comes from now on, up to `limit` bytes: nothing is read for the stage any more.
    /// It may still speak.
    pub(in crate::driver) fn give_up(&mut self, limit: u64) {
        self.input.given_up.get_or_insert_default().limit = limit;
        self.input.options.policy = ReadPolicy::ReadAhead;
    }

    /// Ends the stage, after the end of this side was sent, or cannot be.
    pub(in crate::driver) fn kill(&mut self) {
        self.pull.kill();
    }
}

impl<S: Decode> ReadSide<S> {
    /// Asks the stage once. Consumes what it absorbs and queues its answers, unless so much waits
    /// to be sent that the output `is_full`.
    #[inline]
    pub(in crate::driver) fn pull(
        &mut self,
        output: &mut Output,
        is_full: bool,
    ) -> Result<Pulled, Error<S::Error>> {
        let Self { pull, input } = self;
        input.settle();
        if !pull.has_found() {
            if input.given_up.is_some() {
                return Err(closed().into());
            }
            if !pull.is_settled() {
                if input.is_due() {
                    return Ok(Pulled::Need(Need::ONE));
                }
                if is_full && input.is_ahead {
                    return Ok(Pulled::Room);
                }
            }
        }
        let Input { buffer, eof, options, .. } = input;
        Ok(pull.pull_unless(is_full, buffer, *eof, options.max_record, output)?)
    }

    /// Asks the stage, unless something else must be done first: then it returns `None`. With
    /// [`found`](Self::found) it is the short path of [`pull`](Self::pull).
    #[inline(always)]
    pub(in crate::driver) fn framed(&mut self) -> Option<Result<Framing, Fault<S::Error>>> {
        let Self { pull, input } = self;
        if pull.is_settled() | input.is_ahead || input.due > 0 || input.spill.is_some() {
            return None;
        }
        let (shown, eof) = input.shown();
        Some(pull.stage_mut().frame(shown, eof))
    }

    /// Returns true if a record of this length, which the stage has announced, is there and no
    /// special case. It is then paid for, and to be taken next.
    #[inline(always)]
    pub(in crate::driver) fn found(&mut self, length: usize) -> bool {
        length > 0 && length <= self.input.shown().0.len()
    }

    /// Does the same for a record of no bytes. A stage with an inner stream may have very many of
    /// them in little input, so each counts as work; at `limit` bytes of it, false.
    #[inline(never)]
    pub(in crate::driver) fn found_empty(&mut self, limit: usize) -> bool {
        self.input.worked(EMPTY) < limit && self.input.buffer.pay(self.pull.stage()).is_ok()
    }

    /// Returns true if so much was done, with the record of no bytes that was found now, that the
    /// next poll is to take it.
    pub(in crate::driver) fn has_enough(&mut self, limit: usize) -> bool {
        self.pull.has_found_empty() && self.input.worked(EMPTY) >= limit
    }

    /// Remembers that a record of this length is to be taken.
    #[inline(always)]
    pub(in crate::driver) fn keep(&mut self, length: usize) {
        self.pull.keep(length);
    }

    /// Acts on an answer of the stage.
    pub(in crate::driver) fn follow(
        &mut self,
        framing: Framing,
        output: &mut Output,
        is_full: bool,
    ) -> Result<Pulled, Error<S::Error>> {
        let Input { buffer, eof, options, .. } = &mut self.input;
        Ok(self.pull.follow(framing, is_full, buffer, *eof, options.max_record, output)?)
    }

    /// Reads once for the stage. An answer that bytes in the kernel's queue decide, of which none
    /// is taken, is acted on at once.
    pub(in crate::driver) fn poll_fill<T: Transport>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
        need: Need,
        output: &mut Output,
    ) -> Poll<Result<Pulled, Error<S::Error>>> {
        let Self { pull, input } = self;
        let held = input.buffer.len();
        let limit = input.options.max_record;
        let filled = input.poll_fill(io, cx, need, |seen| {
            let shown = &seen[..seen.len().min(limit)];
            match pull.stage_mut().frame(shown, false) {
                Ok(Framing::Record(length)) if length > 0 => Peeked::Take(length),
                Ok(Framing::Absorb(length)) if length > 0 => Peeked::Take(length),
                Ok(Framing::Need(_)) => Peeked::Take(shown.len()),
                decided => Peeked::Decided(decided),
            }
        });
        Poll::Ready(match ready!(filled)? {
            Filled::More => Ok(Pulled::Absorbed(self.input.buffer.len().saturating_sub(held))),
            Filled::Decided(Ok(frame)) => self.follow(frame, output, false),
            Filled::Decided(Err(fault)) => Err(self.fatal(fault)),
        })
    }

    /// Takes the item of the record that was found. `None` if none was.
    #[inline]
    pub(in crate::driver) fn take(&mut self) -> Option<Result<S::Item<'_>, Fault<S::Error>>> {
        self.pull.take(&mut self.input.buffer)
    }

    /// Returns the length of the record that was found and is to be taken now.
    #[inline]
    pub(in crate::driver) fn take_ready(&mut self) -> Option<usize> {
        self.pull.take_found()
    }

    /// Returns the item of a record of this length that was [found](Self::found), and a way to read
    /// on while it is held. Since both happen in one place, the length does not go through memory,
    /// which a processor would wait for at each record.
    #[inline(always)]
    pub(in crate::driver) fn take_aside_of(
        &mut self,
        length: usize,
    ) -> (Result<S::Item<'_>, Fault<S::Error>>, Aside<'_>) {
        let Input { buffer, eof, options, error, spill, .. } = &mut self.input;
        let held = buffer.len() - length;
        let item = self.pull.take_of(length, buffer);
        (item, Aside { held, spill, eof, error, options })
    }

    /// Does the same with `parse` in place of the stage's own method.
    #[inline(always)]
    pub(in crate::driver) fn take_aside_with<'a, I>(
        &'a mut self,
        length: usize,
        parse: impl FnOnce(&'a mut S, Record<'a>) -> Result<I, Fault<S::Error>>,
    ) -> (Result<I, Fault<S::Error>>, Aside<'a>) {
        let Input { buffer, eof, options, error, spill, .. } = &mut self.input;
        let held = buffer.len() - length;
        let item = self.pull.take_with(length, buffer, parse);
        (item, Aside { held, spill, eof, error, options })
    }

    /// Returns true if the stage is done, so that another may follow it.
    pub(in crate::driver) fn is_done(&mut self) -> bool {
        self.input.settle();
        let Input { buffer, eof, options, .. } = &self.input;
        !self.input.is_due() && self.pull.is_done(buffer, *eof, options.max_record)
    }

    #[cold]
    #[inline(never)]
    pub(in crate::driver) fn fatal(&mut self, fault: Fault<S::Error>) -> Error<S::Error> {
        Error::Fault(self.pull.fatal(fault, &self.input.buffer))
    }
}

/// The bytes of work for which a record of no bytes counts.
const EMPTY: usize = 64;

/// Makes the error of a caller that asks for items after a close.
fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection has been closed")
}
