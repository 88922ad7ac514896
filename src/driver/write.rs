//! The writing side of a connection.

use std::{
    io,
    task::{Context, Poll},
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Nothing more is accepted; the end is to be sent behind what is queued.
    Closing,
    Closed,
    /// The transport failed.
    Broken,
}

impl WriteSide {
    pub(super) fn new(output: Output) -> Self {
        Self { output, error: None, state: State::Open }
    }

    /// Whether the connection takes more to send now.
    #[inline]
    pub(super) fn has_room<T: Transport>(&self, io: &T) -> bool {
        self.output.len() + io.queued() < self.output.high_water()
    }

    #[inline]
    pub(super) fn has_unsent<T: Transport>(&self, io: &T) -> bool {
        !self.output.is_empty() || io.queued() > 0
    }

    /// Sends what is queued. A failure is kept for [`failure`](Self::failure), and what cannot be
    /// sent any more is dropped.
    pub(super) fn poll_flush<T: Transport>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.state == State::Broken {
            self.output.clear();
        }
        if !self.has_unsent(io) {
            return Poll::Ready(());
        }
        match io.poll_send(cx, &mut self.output) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) => Poll::Ready(()),
            Poll::Ready(Err(error)) => {
                self.error = Some(error);
                self.state = State::Broken;
                self.output.clear();
                Poll::Ready(())
            }
        }
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
    pub(super) fn encode<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        match self.state {
            State::Open => {
                self.lease();
                self.output.try_encode(encoder, item).map_err(SendError::Refused)
            }
            State::Closing | State::Closed => Err(SendError::Closed),
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

    /// Whether the end is still to be sent.
    pub(super) fn is_closing(&self) -> bool {
        self.state == State::Closing
    }

    /// The end has been sent.
    pub(super) fn closed(&mut self) {
        self.state = State::Closed;
    }
}
