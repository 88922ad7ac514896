//! The writing side of a connection.

use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{pool, transport::Transport};
use crate::{Encode, Output, driver::SendError};

/// The output of a connection, and the state of sending.
#[derive(Debug)]
pub(super) struct WriteSide {
    pub(super) output: Output,
    /// The reason that nothing can be sent any more, until it is reported. What the peer sent
    /// before may still be there, so reading goes on first.
    error: Option<io::Error>,
    state: State,
    pushed: Pushed,
    /// The number of bytes that waited when a caller last added something while there was room.
    /// Only bytes on top of it, from callers that do not wait, stop reading: see
    /// [`is_full`](Self::is_full).
    base: usize,
    /// A caller was lent the output while there was room, and may have added to it.
    lent: bool,
    /// A caller has added to what waits, and must be told if it is never sent.
    is_owed: bool,
    /// The transport was not ready for the end.
    end_waits: bool,
    /// The end has been sent.
    is_ended: bool,
    /// The size of the output's small writes in KiB when it was last given back, or somewhat less
    /// than before.
    size: u16,
}

/// The knowledge whether a layer below the connection, such as TLS, holds back what it has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pushed {
    All,
    /// It does, unless it says otherwise: something was sent and not flushed yet.
    NotAll,
    /// The connection has taken the transport over. One flush tells.
    Unknown,
}

/// The state of the writing side. States are passed in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Open,
    /// Nothing more is accepted; the end is to be sent behind what is queued.
    Closing,
    /// The end is being sent, or has been: nothing may follow it.
    Ending,
    Closed,
    /// The transport failed.
    Broken,
}

impl WriteSide {
    pub(super) fn new(output: Output) -> Self {
        let is_owed = !output.is_empty();
        let (state, pushed) = (State::Open, Pushed::Unknown);
        // The output it begins with was added elsewhere, by a caller who had room there.
        Self {
            output,
            error: None,
            state,
            pushed,
            base: 0,
            lent: is_owed,
            is_owed,
            end_waits: false,
            is_ended: false,
            size: 0,
        }
    }

    /// Returns true if the connection takes more to send now.
    #[inline]
    pub(super) fn has_room<T: Transport>(&self, io: &T) -> bool {
        self.is_below(io, self.output.high_water())
    }

    /// Returns true if fewer than `mark` bytes wait to be sent.
    #[inline]
    pub(super) fn is_below<T: Transport>(&self, io: &T, mark: usize) -> bool {
        self.output.len() + io.queued() < mark
    }

    /// As [`has_room`](Self::has_room), and if there is room, all that counts for
    /// [`is_full`](Self::is_full) begins anew.
    #[inline]
    pub(super) fn is_roomy<T: Transport>(&mut self, io: &T) -> bool {
        let has_room = self.has_room(io);
        if has_room {
            (self.base, self.lent) = (0, false);
        }
        has_room
    }

    /// Returns the number of unsent bytes from which on nothing is read or absorbed: see
    /// [`is_full`](Self::is_full).
    pub(super) fn full_mark(&self) -> usize {
        let high_water = self.output.high_water();
        high_water.saturating_add(self.base.max(high_water))
    }

    /// Returns how many bytes of data a stage may add now, so that half of the space below the
    /// high-water mark stays for others. `None` if it is not to be asked at all.
    #[inline]
    pub(super) fn room_to_speak<T: Transport>(&self, io: &T) -> Option<usize> {
        let (waiting, high_water) = (self.output.len() + io.queued(), self.output.high_water());
        let most = (high_water / 2).max(1);
        (waiting < high_water && self.takes_speech(io)).then(|| most.saturating_sub(waiting))
    }

    /// Returns true if output of a stage can still be sent. It may follow a caller's last output.
    #[inline]
    pub(super) fn takes_speech<T: Transport>(&self, io: &T) -> bool {
        self.can_send() && !io.is_closed()
    }

    #[inline]
    pub(super) fn has_unsent<T: Transport>(&self, io: &T) -> bool {
        self.can_send()
            && (!self.output.is_empty() || io.unsent() > 0 || self.pushed == Pushed::NotAll)
    }

    /// Returns true if the transport is to be asked for room, for what is queued or for the end
    /// behind it.
    pub(super) fn wants_write<T: Transport>(&self, io: &T) -> bool {
        self.end_waits || self.has_unsent(io)
    }

    /// Returns true if the transport can still be written to.
    pub(super) fn can_send(&self) -> bool {
        matches!(self.state, State::Open | State::Closing)
    }

    /// Returns true if nothing may be read or absorbed until some output has left: twice the
    /// high-water mark waits, or the mark on top of what callers have added while there was room.
    ///
    /// Both are needed. Answers to a peer that asks and does not read must not pile up; and two
    /// peers that have each queued one item of many mebibytes must read on, or both stop for ever.
    #[inline]
    pub(super) fn is_full<T: Transport>(&mut self, io: &T) -> bool {
        let (waiting, high_water) = (self.output.len() + io.queued(), self.output.high_water());
        // If nothing can be sent any more, what waits in a layer goes nowhere.
        if waiting < high_water || !self.can_send() {
            (self.base, self.lent) = (0, false);
            return false;
        }
        self.is_full_with(waiting)
    }

    #[cold]
    fn is_full_with(&mut self, waiting: usize) -> bool {
        self.base = if self.lent { waiting } else { self.base.min(waiting) };
        self.lent = false;
        waiting >= self.full_mark()
    }

    /// Sends what is queued. Keeps an error for [`failure`](Self::failure), and drops what cannot
    /// be sent any more.
    pub(super) fn poll_flush<T: Transport>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        self.poll_sent(io, cx, false).map(drop)
    }

    /// Does the same, but returns after one call on the transport if `once`. Returns whether
    /// everything has left.
    pub(super) fn poll_sent<T: Transport>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
        once: bool,
    ) -> Poll<bool> {
        if !self.can_send() || io.is_closed() {
            self.drop_late();
        }
        // Nothing may have been added in the end: a refused item, an output that was only lent.
        self.is_owed &= !self.output.is_empty();
        if !self.can_send() || (!self.has_unsent(io) && self.pushed == Pushed::All) {
            return Poll::Ready(true);
        }
        self.pushed = Pushed::NotAll;
        let before = self.output.len() + io.queued();
        let sent = if once {
            io.poll_send_once(cx, &mut self.output)
        } else {
            io.poll_send(cx, &mut self.output).map_ok(|()| true)
        };
        // Bytes that a layer adds when it seals do not come from a caller that did not wait.
        let added = (self.output.len() + io.queued()).saturating_sub(before);
        self.base = self.base.saturating_add(added);
        match ready!(sent) {
            Ok(false) => return Poll::Ready(false),
            Ok(true) => {}
            Err(error) => {
                self.error = Some(error);
                self.state = State::Broken;
                self.output.clear();
            }
        }
        (self.pushed, self.is_owed) = (Pushed::All, false);
        Poll::Ready(true)
    }

    /// Drops what was queued behind the end. Output of a stage is not missed then; that of a caller
    /// is an error of its own.
    fn drop_late(&mut self) {
        if self.is_owed && !self.output.is_empty() && self.error.is_none() {
            let why = "something was queued behind the end of this side of the connection";
            self.error = Some(io::Error::new(io::ErrorKind::BrokenPipe, why));
        }
        self.is_owed = false;
        self.output.clear();
    }

    /// Sets the high-water mark, at which callers wait to add more.
    pub(super) fn set_high_water(&mut self, high_water: usize) {
        self.output.set_high_water(high_water);
    }

    /// Lends the output to a caller, with memory for small writes.
    #[inline]
    pub(super) fn lend<T: Transport>(&mut self, io: &T) -> &mut Output {
        if self.lent {
            // This was not asked for in between, and is what the last caller has added.
            self.base = self.output.len() + io.queued();
        }
        self.lent = self.has_room(io);
        self.is_owed = true;
        if self.output.capacity() == 0 {
            pool::lease_output(&mut self.output, usize::from(self.size) * 1024);
        }
        &mut self.output
    }

    /// Gives the memory of an empty output back.
    pub(super) fn release(&mut self) {
        if self.output.is_empty()
            && let Some(needed) = pool::give_output_back(&mut self.output)
        {
            let needed = u16::try_from(needed / 1024).unwrap_or(u16::MAX);
            self.size = needed.max(self.size / 2);
        }
    }

    /// Returns the reason that sending failed, once.
    pub(super) fn failure(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Does the same at the end of the peer's stream, which a failure to send may have caused.
    pub(super) fn failure_at(&mut self, is_end: bool) -> Option<io::Error> {
        if is_end { self.failure() } else { None }
    }

    /// Returns true if callers may add more.
    pub(super) fn is_open<T: Transport>(&self, io: &T) -> bool {
        self.state == State::Open && !io.is_closed()
    }

    /// Queues an item, or nothing of it.
    pub(super) fn encode<T: Transport, I, E: Encode<I>>(
        &mut self,
        io: &T,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        match self.state {
            State::Open if io.is_closed() => Err(SendError::Closed),
            State::Open => self.lend(io).try_encode(encoder, item).map_err(SendError::Refused),
            State::Closing | State::Ending | State::Closed => Err(SendError::Closed),
            State::Broken => Err(SendError::Io(
                self.failure().unwrap_or_else(|| io::ErrorKind::BrokenPipe.into()),
            )),
        }
    }

    /// Accepts nothing more.
    pub(super) fn close(&mut self) {
        if self.state == State::Open {
            self.state = State::Closing;
        }
    }

    /// Returns true if the end is still to be sent, now that everything before it was, or that
    /// nothing more can be: below a layer that seals nothing more the transport still works, and
    /// the peer waits for its end. Nothing else is sent from here on.
    pub(super) fn must_end(&mut self) -> bool {
        if self.state == State::Closing {
            self.state = State::Ending;
        }
        !self.is_ended && matches!(self.state, State::Ending | State::Broken)
    }

    /// Returns true if the end has been sent.
    pub(super) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Returns true if sending has failed.
    pub(super) fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    /// Notes whether the end must be sent again, because the transport has not taken it.
    pub(super) fn end_waits(&mut self, waits: bool) {
        self.end_waits = waits;
    }

    /// Notes that the end has been sent.
    pub(super) fn closed(&mut self) {
        self.is_ended = true;
        if !self.is_broken() {
            self.state = State::Closed;
        }
    }

    /// Makes the writing side of the other half when a connection is split, in the same state.
    pub(super) fn other_half(&self) -> Self {
        let output = Output::with_high_water(self.output.high_water());
        let is_ended = self.is_ended;
        Self { state: self.state, pushed: Pushed::All, is_ended, ..Self::new(output) }
    }

    /// Takes what is queued, for its next sender: nothing if it cannot be sent.
    pub(super) fn take_queued(&mut self) -> Output {
        if !self.can_send() {
            self.output.clear();
        }
        self.is_owed = false;
        let none = Output::with_high_water(self.output.high_water());
        std::mem::replace(&mut self.output, none)
    }

    /// Makes the writing side of the same connection with a layer more or less, and nothing queued.
    pub(super) fn anew(&self) -> Self {
        let output = Output::with_high_water(self.output.high_water());
        Self { state: self.state, is_ended: self.is_ended, ..Self::new(output) }
    }

    /// Keeps the reason that something could not be sent.
    pub(super) fn keep(&mut self, error: Option<io::Error>) {
        if error.is_some() {
            self.error = error;
            self.state = State::Broken;
            self.output.clear();
        }
    }

    /// Takes the other half back, when a connection is made whole: `queue` comes before the output
    /// of both.
    pub(super) fn join(mut self, mut other: Self, mut queue: Output) -> Self {
        queue.append(&mut self.output);
        queue.append(&mut other.output);
        // The other half had room of its own for what it has added.
        self.lent |= !queue.is_empty();
        self.output.append(&mut queue);
        self.is_owed |= other.is_owed;
        self.state = self.state.max(other.state);
        self.is_ended |= other.is_ended;
        self.error = self.error.or(other.error);
        if other.pushed == Pushed::NotAll {
            self.pushed = other.pushed;
        }
        self
    }

    /// Returns true if the end is being sent, or has been.
    pub(super) fn is_ending(&self) -> bool {
        self.is_ended || matches!(self.state, State::Ending | State::Closed)
    }
}
