//! Reading on while an item borrows the buffer.

use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{counted, room_ahead};
use crate::Buffer;
use crate::driver::{Options, transport::Transport};

/// The parts of a connection needed to read on while an item borrows the buffer and its caller
/// waits for room to answer it.
pub(in crate::driver) struct Aside<'a> {
    /// The number of bytes in the buffer behind the item.
    pub(super) held: usize,
    pub(super) spill: &'a mut Option<Box<Buffer>>,
    pub(super) eof: &'a mut bool,
    pub(super) error: &'a mut Option<io::Error>,
    pub(super) options: &'a Options,
}

impl Aside<'_> {
    /// Returns true if a read may wait, so that nothing can be read ahead.
    pub(in crate::driver) fn waits<T: Transport>(&self) -> bool {
        T::FLUSH_FIRST && !self.options.nonblocking
    }

    /// Reads ahead, up to the limit. Pending if nothing comes, or no more may.
    pub(in crate::driver) fn poll_read<T: Transport>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let held = self.spill.as_ref().map_or(0, |spill| spill.len());
        let room = room_ahead(self.options, self.held + held);
        if room == 0 || *self.eof || self.error.is_some() {
            return Poll::Pending;
        }
        let most = self.options.read_size.clamp(1, room);
        let spill = self.spill.get_or_insert_default();
        if !T::MAKES_ROOM {
            spill.reserve_within(most, held + room);
        }
        let read = io.poll_fill(cx, spill, most);
        let read = read.map(|said| counted(said, held, spill.len()));
        if spill.is_empty() {
            // A waiting connection holds as little memory as possible.
            *self.spill = None;
        }
        match ready!(read) {
            Ok(Some(count)) => *self.eof = count == 0,
            Ok(None) => {}
            Err(error) => *self.error = Some(error),
        }
        Poll::Ready(())
    }
}
