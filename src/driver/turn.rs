//! Items of a connection, with the output to answer them on.

use std::{
    fmt, io,
    task::{Context, Poll, ready},
};

use super::{Error, SendError, read::Aside, transport::Transport, write::WriteSide};
use crate::{Decode, Encode, Output};

/// An item, and the output to answer it on.
pub struct Turn<'a, T, I> {
    /// The item. It may borrow the connection's buffer.
    pub item: I,
    /// The output of the same connection.
    pub output: TurnOutput<'a, T>,
}

/// The output of a connection while an item of it is held.
pub struct TurnOutput<'a, T> {
    pub(super) io: &'a mut T,
    pub(super) write: &'a mut WriteSide,
    pub(super) aside: Aside<'a>,
}

/// The result of a turn: an item, the end of the stage, or an error.
pub type TurnResult<'a, T, S> =
    Result<Option<Turn<'a, T, <S as Decode>::Item<'a>>>, Error<<S as Decode>::Error>>;

impl<T: Transport> TurnOutput<'_, T> {
    /// Queues an answer. It never waits; [`room`](Self::room) does. The answer leaves before the
    /// connection waits for the peer. While much of what was queued like this has not left, the
    /// peer is not read from.
    ///
    /// # Errors
    /// When the encoder refuses the item, or this side has been closed.
    #[inline]
    pub fn queue<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        self.write.encode(&*self.io, encoder, item)
    }

    /// Returns what is queued, to add to it without an encoder.
    pub fn output(&mut self) -> &mut Output {
        self.write.lend(&*self.io)
    }

    /// Returns true if less is queued than the high-water mark.
    pub fn has_room(&self) -> bool {
        self.write.has_room(&*self.io)
    }

    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.write.has_room(&*self.io) {
            let flushed = self.write.poll_flush(self.io, cx);
            if self.write.has_room(&*self.io) {
                break;
            }
            if flushed.is_ready() {
                ready!(self.io.poll_left(cx, self.write.output.high_water()));
            } else if self.aside.waits::<T>() {
                return Poll::Pending;
            } else {
                ready!(self.aside.poll_read(self.io, cx));
            }
        }
        Poll::Ready(self.write.failure().map_or(Ok(()), Err))
    }
}

impl<T, I: fmt::Debug> fmt::Debug for Turn<'_, T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("item", &self.item).field("output", &self.output).finish()
    }
}

impl<T> fmt::Debug for TurnOutput<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TurnOutput").field(&self.write.output).finish()
    }
}
