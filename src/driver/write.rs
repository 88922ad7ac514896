//! The writing side of a connection.

use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{pool, transport::Transport};
use crate::{Encode, Output, driver::SendError};

/// What is waiting to be sent, and how sending went so far.
#[derive(Debug)]
pub(super) struct WriteSide {
    pub(super) output: Output,
    /// Why nothing can be sent any more, until it has been reported. What the peer said before
    /// it went may still be there to be read, so reading goes on first.
    error: Option<io::Error>,
    state: State,
    pushed: Pushed,
}

/// Whether a layer below the connection, such as TLS, may hold back what it has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pushed {
    All,
    /// It does, unless it says otherwise: something was sent and not flushed yet.
    NotAll,
    /// The connection has taken the transport over from somebody. One flush tells.
    Unknown,
}

/// In the order in which they can be gone through.
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
        Self { output, error: None, state: State::Open, pushed: Pushed::Unknown }
    }

    /// Whether the connection takes more to send now.
    #[inline]
    pub(super) fn has_room<T: Transport>(&self, io: &T) -> bool {
        self.output.len() + io.queued() < self.output.high_water()
    }

    #[inline]
    pub(super) fn has_unsent<T: Transport>(&self, io: &T) -> bool {
        self.can_send()
            && (!self.output.is_empty() || io.unsent() > 0 || self.pushed == Pushed::NotAll)
    }

    /// Whether the transport can still be written to.
    pub(super) fn can_send(&self) -> bool {
        matches!(self.state, State::Open | State::Closing)
    }

    /// Sends what is queued. A failure is kept for [`failure`](Self::failure), and what cannot be
    /// sent any more is dropped.
    pub(super) fn poll_flush<T: Transport>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if !self.can_send() {
            // What a stage answers by itself after that is for nobody.
            self.output.clear();
            return Poll::Ready(());
        }
        if !self.has_unsent(io) && self.pushed == Pushed::All {
            return Poll::Ready(());
        }
        self.pushed = Pushed::NotAll;
        let sent = ready!(io.poll_send(cx, &mut self.output));
        self.pushed = Pushed::All;
        if let Err(error) = sent {
            self.error = Some(error);
            self.state = State::Broken;
            self.output.clear();
        }
        Poll::Ready(())
    }

    /// Takes memory for small writes, if it has none.
    #[inline]
    pub(super) fn lease(&mut self) {
        if self.output.capacity() == 0 {
            pool::lease_output(&mut self.output);
        }
    }

    /// Gives the memory of an empty output back.
    pub(super) fn release(&mut self) {
        if self.output.is_empty() {
            pool::give_output_back(&mut self.output);
        }
    }

    /// Why sending failed, told once.
    pub(super) fn failure(&mut self) -> Option<io::Error> {
        self.error.take()
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
            State::Open => {
                self.lease();
                self.output.try_encode(encoder, item).map_err(SendError::Refused)
            }
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

    /// Whether the end is still to be sent, now that everything before it was. From here on
    /// nothing else is.
    pub(super) fn must_end(&mut self) -> bool {
        if self.state == State::Closing {
            self.state = State::Ending;
        }
        self.state == State::Ending
    }

    /// The end has been sent.
    pub(super) fn closed(&mut self) {
        self.state = State::Closed;
    }

    /// The writing side of the other half, when a connection is split: as far along as this one.
    pub(super) fn other_half(&self) -> Self {
        let output = Output::with_high_water(self.output.high_water());
        Self { output, error: None, state: self.state, pushed: Pushed::All }
    }

    /// What is queued, for whoever sends it next: nothing where it cannot be sent.
    pub(super) fn take_queued(&mut self) -> Output {
        if !self.can_send() {
            self.output.clear();
        }
        let none = Output::with_high_water(self.output.high_water());
        std::mem::replace(&mut self.output, none)
    }

    /// Takes the other half back, when a connection is made whole: `queue` comes before what is
    /// waiting in both.
    pub(super) fn join(mut self, mut other: Self, mut queue: Output) -> Self {
        queue.append(&mut self.output);
        queue.append(&mut other.output);
        self.output.append(&mut queue);
        self.state = self.state.max(other.state);
        self.error = self.error.or(other.error);
        if other.pushed == Pushed::NotAll {
            self.pushed = other.pushed;
        }
        self
    }

    /// Whether the end is being sent, or has been.
    pub(super) fn is_ending(&self) -> bool {
        matches!(self.state, State::Ending | State::Closed)
    }
}
