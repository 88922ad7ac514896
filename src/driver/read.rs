//! The reading side of a connection.
//!
//! A read answers three questions: how far, into which memory, and what belongs to whom.
//!
//! **How far.** [`ReadPolicy`] decides. Reading ahead takes as much as there is room for. Reading
//! exactly takes what the stage claims. Peeking copies bytes out of the kernel's queue behind the
//! buffer without committing them, shows both to the stage, and takes them back out of the buffer:
//! the answer says how many belong to the stage. That number is `due`. It is read before the stage
//! is asked again, in as many calls as it takes, since a stage is never shown less than before.
//!
//! **Into which memory.** A buffer without storage leases some from the [`pool`]. The size of the
//! lease follows the traffic, without a clock: `peak` is the most that was held since the buffer
//! was last empty, and `size` becomes `peak` when it is empty again, or shrinks by an eighth if
//! that is more. The fourth read in a row that fills its room doubles `size`, up to eight reads;
//! beyond that storage grows with what has come. While a write is pending, reading ahead stays
//! within `max_read_ahead`.
//!
//! **What belongs to whom.** While an item borrows the buffer, nothing can be appended to it. A
//! caller that waits for room to answer the item reads on by [`Aside`], into `spill`, which
//! [`Input::settle`] moves into the buffer before the stage is asked again. `is_ahead` marks bytes
//! that were read while output waited; they are kept back while the output is full.
//!
//! There are two paths to a record. The short one is [`ReadSide::framed`] and [`ReadSide::found`],
//! for a record that is buffered, with nothing else to do first. Everything else takes
//! [`ReadSide::pull`], which handles each of the states above.

use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{
    Options, ReadPolicy,
    calls::{plausible, uninterrupted},
    engine::Found,
    error::is_again,
    transport::Transport,
};
use crate::core::{is_too_long, shown};
use crate::{Buffer, Need};

mod aside;
mod memory;
mod side;

pub(super) use aside::Aside;
pub(super) use side::ReadSide;

/// Received bytes and the state of reading: the part that stages and exchanges share.
#[derive(Debug)]
pub(super) struct Input {
    /// The bytes received and not consumed.
    pub(super) buffer: Buffer,
    /// Nothing follows what is buffered.
    pub(super) eof: bool,
    pub(super) options: Options,
    /// A failure met while a write was pending; the next read reports it.
    error: Option<io::Error>,
    /// Bytes that came while an item was held, and so could not go into the buffer.
    spill: Option<Box<Buffer>>,
    /// Peeked bytes that the current reader owns. They are taken out before anything else is asked:
    /// a stage that was shown them is not shown less.
    due: usize,
    /// The size of the next lease in bytes: the most that was held at a time last, or more if reads
    /// have filled the last ones.
    size: u32,
    /// The most bytes held at a time since there were none.
    peak: u32,
    /// The reads in a row that have filled their room.
    fills: u8,
    /// The last bytes were read ahead, while something waited to be sent. They are kept back as
    /// long as the output is full. Otherwise reading ahead would feed a caller that answers each
    /// item without waiting, and its answers would grow without end.
    is_ahead: bool,
    /// The last read has most likely taken everything there was: see [`Transport::SHORT_IS_ALL`].
    pub(super) is_drained: bool,
    /// A half has it that does not read: nothing comes, and the peer's end is not known.
    is_none: bool,
    /// The connection is being closed: nothing can be taken any more.
    given_up: Option<Box<GivenUp>>,
    /// Bytes of work since a poll last returned without an item, so that a peer that always sends
    /// more does not keep other tasks waiting.
    work: u32,
}

/// The bytes that still come on a connection that is being closed: they are dropped.
#[derive(Debug, Default)]
struct GivenUp {
    /// The number of bytes dropped.
    drained: u64,
    /// The number of bytes that may be read.
    limit: u64,
}

/// The result of an attempt to read.
pub(super) enum Filled<V> {
    /// More is buffered, or the end of the stream has come.
    More,
    /// The bytes in the kernel's queue decide, and none of them is to be taken.
    Decided(V),
}

/// The result of a look into the kernel's queue.
pub(super) enum Peeked<V> {
    /// This many bytes, counted from the front of the buffer, can be taken.
    Take(usize),
    /// See [`Filled::Decided`].
    Decided(V),
}

impl Input {
    pub(super) fn new(buffer: Buffer, eof: bool, options: Options) -> Self {
        let (error, spill) = (None, None);
        Self {
            buffer,
            eof,
            options,
            error,
            spill,
            due: 0,
            size: 0,
            peak: 0,
            fills: 0,
            is_ahead: false,
            is_none: false,
            is_drained: false,
            given_up: None,
            work: 0,
        }
    }

    /// Makes the input of a half that does not read, when a connection is split.
    pub(super) fn none(options: Options) -> Self {
        let mut none = Self::new(Buffer::new(), true, options);
        none.is_none = true;
        none
    }

    /// Returns true for the input of a half that does not read.
    pub(super) fn is_none(&self) -> bool {
        self.is_none
    }

    /// Adds `work` bytes, and returns how many there are since a poll last returned without an
    /// item.
    pub(super) fn worked(&mut self, work: usize) -> usize {
        self.work = self.work.saturating_add(u32::try_from(work).unwrap_or(u32::MAX));
        match work {
            usize::MAX => work,
            _ => self.work as usize,
        }
    }

    /// Starts the count anew when a poll returns without an item.
    pub(super) fn rest<E>(&mut self, found: &Poll<Result<Found, E>>) {
        if !matches!(found, Poll::Ready(Ok(Found::Item))) {
            self.work = 0;
        }
    }

    /// The same where a poll is pending.
    pub(super) fn rest_now(&mut self) {
        self.work = 0;
    }

    /// Returns true if bytes are read as they come: nothing has failed, ended or been given up.
    #[inline(always)]
    pub(super) fn is_usual(&self) -> bool {
        self.options.policy == ReadPolicy::ReadAhead
            && !self.eof
            && self.error.is_none()
            && self.given_up.is_none()
    }

    /// Reads once, where all [is usual](Self::is_usual), and nothing is [due](Self::is_due). None
    /// where something came below that gives no bytes yet.
    #[inline(always)]
    pub(super) fn poll_more<T: Transport>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<usize>>> {
        self.is_ahead = false;
        if !T::MAKES_ROOM && !self.make_usual_spare(usize::MAX, T::NEEDS_ZEROS) {
            self.make_other_spare(usize::MAX, false, T::NEEDS_ZEROS);
        }
        let read = ready!(self.poll_read_into_spare(io, cx, usize::MAX));
        self.eof = matches!(read, Ok(Some(0)));
        Poll::Ready(read)
    }

    /// Returns the bytes of memory for what was received, used or not.
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity() + self.spill.as_ref().map_or(0, |spill| spill.capacity())
    }

    /// Moves bytes that came while an item was held into the buffer.
    #[inline]
    pub(super) fn settle(&mut self) {
        if self.spill.is_some() {
            self.unspill();
        }
    }

    #[cold]
    fn unspill(&mut self) {
        let Some(spill) = self.spill.take() else { return };
        self.buffer.extend_within(spill.as_slice(), self.largest_ahead());
        self.is_ahead = true;
    }

    /// Reads once, as far as the policy allows. `look` tells which of the bytes in the buffer and
    /// in the kernel's queue belong to the reader.
    pub(super) fn poll_fill<T: Transport, V>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
        need: Need,
        look: impl FnOnce(&[u8]) -> Peeked<V>,
    ) -> Poll<io::Result<Filled<V>>> {
        if let Some(error) = self.failure() {
            return Poll::Ready(Err(error));
        }
        let most = match self.options.policy {
            ReadPolicy::Exact if !io.is_exact() => {
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "a layer reads whole records, so nothing over it can be read exactly",
                )));
            }
            _ if self.due > 0 => return self.poll_due(io, cx).map_ok(|()| Filled::More),
            ReadPolicy::ReadAhead => usize::MAX,
            ReadPolicy::Exact if need.claim > 0 => need.claim,
            ReadPolicy::Exact if !io.can_peek() => {
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "a stage looks ahead, and the transport cannot be peeked into",
                )));
            }
            ReadPolicy::Exact | ReadPolicy::Peek => {
                return self.poll_peek_fill(io, cx, need, look);
            }
        };
        self.is_ahead = false;
        if let Some(count) = ready!(self.poll_read(io, cx, most))? {
            self.eof = count == 0;
        }
        Poll::Ready(Ok(Filled::More))
    }

    /// Reads at most `most` bytes behind what is buffered. `None` if bytes came below that complete
    /// nothing yet.
    fn poll_read<T: Transport>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
        most: usize,
    ) -> Poll<io::Result<Option<usize>>> {
        if !T::MAKES_ROOM {
            self.make_spare(most, T::FLUSH_FIRST && !self.options.nonblocking, T::NEEDS_ZEROS);
        }
        self.poll_read_into_spare(io, cx, most)
    }

    /// Does the same into the room there is.
    #[inline(always)]
    fn poll_read_into_spare<T: Transport>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
        most: usize,
    ) -> Poll<io::Result<Option<usize>>> {
        let (held, room) = (self.buffer.len(), self.buffer.tail());
        let said = ready!(io.poll_fill(cx, &mut self.buffer, most));
        let Some(count) = counted(said, held, self.buffer.len())? else {
            return Poll::Ready(Ok(None));
        };
        if !T::MAKES_ROOM {
            self.adapt(count, room);
        }
        self.is_drained = T::SHORT_IS_ALL && count < room.min(most);
        self.due = self.due.saturating_sub(count);
        Poll::Ready(Ok(Some(count)))
    }

    fn poll_peek_fill<T: Transport, V>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
        need: Need,
        look: impl FnOnce(&[u8]) -> Peeked<V>,
    ) -> Poll<io::Result<Filled<V>>> {
        let held = self.buffer.len();
        self.make_spare(usize::MAX, T::FLUSH_FIRST && !self.options.nonblocking, true);
        let spare = self.buffer.spare_mut();
        let most = spare.len();
        let seen = plausible(ready!(uninterrupted(|| io.poll_peek(cx, spare)))?, most)?;
        if seen == 0 {
            self.eof = true;
            return Poll::Ready(Ok(Filled::More));
        }
        self.buffer.commit(seen);
        let decided = look(self.buffer.as_slice());
        self.buffer.uncommit(seen);
        match decided {
            Peeked::Decided(decided) => Poll::Ready(Ok(Filled::Decided(decided))),
            Peeked::Take(count) => {
                // At least one byte, or the same look would be repeated for ever.
                self.due = count.saturating_sub(held).max(need.claim).clamp(1, seen);
                self.poll_due(io, cx).map_ok(|()| Filled::More)
            }
        }
    }

    /// Takes out the bytes that a look into the kernel's queue has found.
    fn poll_due<T: Transport>(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.due > 0 {
            if ready!(self.poll_read(io, cx, self.due))? == Some(0) {
                self.due = 0;
                self.eof = true;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Returns true if bytes that were shown must still be taken out of the kernel's queue. Nothing
    /// is asked until then.
    pub(super) fn is_due(&self) -> bool {
        self.due > 0
    }

    /// Returns what a stage is shown, and whether nothing follows. It is never shown more than the
    /// longest record; otherwise the verdict on one that is too long would depend on how much has
    /// arrived.
    #[inline(always)]
    fn shown(&self) -> (&[u8], bool) {
        shown(&self.buffer, self.eof, self.options.max_record)
    }

    /// Returns true if a record that needs so much more passes the limit.
    pub(super) fn is_too_long(&self, need: Need) -> bool {
        is_too_long(self.buffer.len(), need, self.options.max_record)
    }

    /// Takes what is buffered, for a layer to read, and whether nothing follows.
    pub(super) fn take_buffer(&mut self) -> (Buffer, bool) {
        (std::mem::take(&mut self.buffer), self.eof)
    }

    /// Returns the reason that reading failed, once.
    pub(super) fn failure(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Reads ahead while a write is pending. Returns whether anything came.
    pub(super) fn poll_ahead<T: Transport>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        // Bytes that came while an item was held come before those that come now.
        self.settle();
        let room = match self.given_up.as_ref().map(|given_up| given_up.limit) {
            None => room_ahead(&self.options, self.buffer.len()),
            Some(limit) if self.drain() >= limit => 0,
            // Otherwise two ends that both close while much is queued would wait for each other.
            Some(_) => self.options.read_size.max(1),
        };
        if room == 0 || self.eof || self.error.is_some() {
            return Poll::Pending;
        }
        if !T::MAKES_ROOM && !self.make_spare_ahead(room) {
            return Poll::Pending;
        }
        let Poll::Ready(read) = self.poll_read_into_spare(io, cx, room) else {
            self.release();
            return Poll::Pending;
        };
        match read {
            Ok(Some(count)) => (self.eof, self.is_ahead) = (count == 0, true),
            Ok(None) => {}
            Err(error) => self.error = Some(error),
        }
        Poll::Ready(())
    }

    /// Drops what is buffered. Returns the number of bytes dropped so far.
    pub(super) fn drain(&mut self) -> u64 {
        self.settle();
        let count = self.buffer.len();
        self.buffer.consume(count);
        self.drain_more(count)
    }

    /// Counts bytes dropped elsewhere. Returns the number of bytes dropped so far.
    pub(super) fn drain_more(&mut self, count: usize) -> u64 {
        let drained = &mut self.given_up.get_or_insert_default().drained;
        *drained = drained.saturating_add(count as u64);
        *drained
    }
}

/// Returns the number of bytes that a transport has appended, if it has counted them right, since
/// anybody can write one. `None` if bytes came below that complete nothing yet.
#[inline]
fn counted(said: io::Result<usize>, before: usize, after: usize) -> io::Result<Option<usize>> {
    match said {
        Ok(said) if after.checked_sub(before) == Some(said) => Ok(Some(said)),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the transport counts other bytes than it has appended",
        )),
        Err(error) if is_again(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns how many more bytes may be read ahead of `held` ones while a write is pending.
fn room_ahead(options: &Options, held: usize) -> usize {
    match options.policy {
        ReadPolicy::ReadAhead => options.max_read_ahead.saturating_sub(held),
        ReadPolicy::Exact | ReadPolicy::Peek => 0,
    }
}
