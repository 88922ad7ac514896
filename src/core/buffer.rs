//! The buffer that belongs to the connection.

use bytes::{Buf, BytesMut};
use core::fmt;

use super::pull::Death;
use super::records::{endless, framing, moved, overrun, truncated};
use super::{Budget, Decode, Fault, Framing, Output, Record, Records, Step};

/// What a connection has received and no stage has consumed yet.
///
/// Stages are lent it one after the other, so what one reads too far is there for the next. Its
/// storage is zeroed once, not far ahead of what is received; two cursors tell which part of it is
/// in use. It grows with what is received and never with what a peer announces.
///
/// ```
/// use segue::Buffer;
///
/// let mut buffer = Buffer::new();
/// buffer.extend(b"HTTP/1.1 101 ..\r\n\r\n\x81\x02hi");
/// buffer.consume(19);
/// assert_eq!(buffer.as_slice(), b"\x81\x02hi");
/// assert_eq!(buffer.position(), 19);
/// ```
#[derive(Default)]
pub struct Buffer {
    /// Its length is the initialised extent; there may be more capacity behind it, which is zeroed
    /// when room is asked for: see [`open`](Self::open).
    storage: BytesMut,
    start: usize,
    end: usize,
    /// Position in the stream of `storage[0]`; wrapping, since it is only ever used with `start`
    /// added to it and storage may be handed out from under it.
    base: u64,
    /// The position up to which records of no bytes have been paid for: see [`pay`].
    paid: u64,
    /// How far the stage had come in a stream inside when that last paid: see [`pay_inside`].
    inside: u64,
    /// Nothing was ever written behind this part of the storage, nor behind `end`: up to the
    /// initialised extent there are zeros. It is brought up to date where `end` goes down, so that
    /// what comes in costs nothing more.
    used: usize,
}

/// Pays for a record of no bytes at `position` (law L5): each byte that was consumed pays for one,
/// and [`Budget::FREE`] are given. `paid` goes on by a byte for each record, from the position at
/// which the buffer began.
#[cold]
#[inline(never)]
pub(super) fn pay(paid: u64, position: u64) -> Option<u64> {
    (paid != position.wrapping_add(Budget::FREE)).then_some(paid.wrapping_add(1))
}

/// The same where the bytes of the stream do not pay any more: those that the stage has consumed of a
/// stream inside do.
#[cold]
#[inline(never)]
pub(super) fn pay_inside(paid: u64, inside: &mut u64, progress: u64) -> Option<u64> {
    let more = progress.saturating_sub(*inside);
    *inside = progress;
    (more > 0).then(|| paid.wrapping_sub(more).wrapping_add(1))
}

impl Buffer {
    /// An empty buffer, which allocates when it is first filled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty buffer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { storage: BytesMut::zeroed(capacity), ..Self::default() }
    }

    /// The bytes that are buffered.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.storage[self.start..self.end]
    }

    /// The bytes that are buffered, to be changed in place.
    #[inline]
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.storage[self.start..self.end]
    }

    /// How many bytes are buffered.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether nothing is buffered.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// How many bytes of memory the buffer holds, used or not.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.storage.capacity()
    }

    /// How many bytes of memory there are behind what is buffered.
    #[cfg(feature = "std")]
    pub(crate) fn tail(&self) -> usize {
        self.storage.capacity() - self.end
    }

    /// The offset in the stream of the first buffered byte: how many bytes have been consumed
    /// since the connection began.
    #[inline]
    #[must_use]
    pub fn position(&self) -> u64 {
        self.base.wrapping_add(self.start as u64)
    }

    /// Sets the [`position`](Self::position), for a buffer that takes over in mid-stream.
    pub fn set_position(&mut self, position: u64) {
        let by = position.wrapping_sub(self.position());
        self.base = self.base.wrapping_add(by);
        self.paid = self.paid.wrapping_add(by);
    }

    /// Has the front of what is buffered be at `position`, after `start` was moved.
    #[inline]
    fn stay_at(&mut self, position: u64) {
        self.base = position.wrapping_sub(self.start as u64);
    }

    /// Appends received bytes.
    #[inline]
    pub fn extend(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.storage[self.end..self.end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// Drops `count` bytes from the front.
    ///
    /// # Panics
    /// If fewer are buffered.
    #[inline]
    pub fn consume(&mut self, count: usize) {
        assert!(count <= self.len(), "consumed more than is buffered");
        self.start += count;
    }

    /// Consumes the `count` bytes in front and lends them.
    ///
    /// # Panics
    /// If fewer are buffered.
    #[inline]
    pub fn take(&mut self, count: usize) -> Record<'_> {
        let start = self.start;
        self.consume(count);
        Record::in_buffer(self, start, start + count)
    }

    /// Pulls `stage` once: its next item, or what it needs for one.
    ///
    /// Items of no bytes are let through as long as bytes pay for them: one for each byte that was
    /// ever consumed of this buffer, or of a [stream inside](Decode::progress), and 64 more. After that the fault is
    /// [`NoProgress`](crate::Cause::NoProgress), so that a loop over the items of a stage that never
    /// ends does end.
    ///
    /// `eof` says that nothing will follow what is buffered; `answers` takes what the stage sends
    /// by itself. This is the way in for callers who hold the bytes; connections do the same and
    /// read as well. To go through many small records at the least cost see
    /// [`records`](Self::records).
    ///
    /// # Errors
    /// Faults of the stage, at their offset in the stream, and [`Cause::Truncated`] where the
    /// stage needs more at the end of the stream. After a fatal fault the stage is dead: it must
    /// not be pulled again.
    ///
    /// [`Cause::Truncated`]: crate::Cause::Truncated
    // In line as `Records::next` is, so that its answer is never put together in memory.
    #[inline(always)]
    pub fn step<'a, D: Decode>(
        &'a mut self,
        stage: &'a mut D,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<D::Item<'a>>, Fault<D::Error>> {
        loop {
            let (position, held) = (self.position(), self.len());
            match stage.frame(self.as_slice(), eof) {
                Ok(Framing::Record(length)) if length <= held => {
                    if length == 0 {
                        self.pay(stage)?;
                    }
                    return match stage.parse(self.take(length)) {
                        Ok(item) => Ok(Step::Item(item)),
                        Err(fault) => Err(moved(fault, position)),
                    };
                }
                Ok(Framing::Absorb(length)) if length <= held => {
                    if length == 0 {
                        self.pay(stage)?;
                    }
                    let record = self.take(length);
                    stage.absorb(record, answers).map_err(|fault| moved(fault, position))?;
                }
                Ok(Framing::Record(_) | Framing::Absorb(_)) => return Err(overrun(position)),
                Ok(Framing::Need(need)) if !eof => return Ok(Step::Need(need)),
                Ok(Framing::Need(_)) => return Err(truncated(position, held)),
                Ok(Framing::Done) => return Ok(Step::Done),
                Err(fault) => return Err(framing(fault, position)),
            }
        }
    }

    /// Pays for a record of no bytes.
    #[inline(always)]
    pub(crate) fn pay<D: Decode>(&mut self, stage: &D) -> Result<(), Fault<D::Error>> {
        let position = self.position();
        let paid = pay(self.paid, position)
            .or_else(|| pay_inside(self.paid, &mut self.inside, stage.progress()));
        let Some(paid) = paid else { return Err(endless(position)) };
        self.paid = paid;
        Ok(())
    }

    /// Counts `count` bytes that the stage has said as consumed: what it says pays for records of no
    /// bytes as what it reads does.
    #[inline]
    pub(crate) fn earn(&mut self, count: u64) {
        self.paid = self.paid.wrapping_sub(count);
    }

    /// All the records of `stage` that are buffered, lent one after the other at the cost of a
    /// loop over a slice. Those of no bytes are paid for as [`step`](Self::step) says.
    #[inline]
    pub fn records<'b, D: Decode>(
        &'b mut self,
        stage: &'b mut D,
        eof: bool,
        answers: &'b mut Output,
    ) -> Records<'b, D> {
        let position = self.position();
        let Self { storage, start, end, paid, inside, .. } = self;
        let rest = &mut storage[*start..*end];
        Records::new(stage, rest, start, (paid, inside), position, eof, answers)
    }

    /// The same, none of them longer than `limit`; a fatal fault is noted in `death`.
    #[inline]
    pub(super) fn records_within<'b, D: Decode>(
        &'b mut self,
        stage: &'b mut D,
        death: Death<'b>,
        limit: usize,
        eof: bool,
        answers: &'b mut Output,
    ) -> Records<'b, D> {
        self.records(stage, eof, answers).within(limit, death)
    }

    /// Makes room behind what is buffered: `spare_mut` then has at least `room` bytes.
    ///
    /// What has been consumed is reclaimed first. Memory at least doubles when it grows, so that
    /// bytes that come one by one are moved a constant number of times.
    ///
    /// # Panics
    /// If no memory can be as large.
    #[inline]
    pub fn reserve(&mut self, room: usize) {
        if self.is_empty() {
            self.rebase(0);
        }
        // Usually there is room already.
        if self.storage.len() - self.end < room {
            self.make_room(room, usize::MAX);
        }
    }

    /// The same, but storage does not grow beyond `largest` bytes for it. Whether there is any room:
    /// where little has been consumed of storage that large, what is held is not moved for it.
    #[cfg(feature = "std")]
    pub(crate) fn reserve_within(&mut self, room: usize, largest: usize) -> bool {
        if self.is_empty() {
            self.rebase(0);
        }
        let (held, size) = (self.len(), self.storage.capacity());
        let tail = size - self.end;
        if tail < room {
            let worth_it = held <= self.start || size < largest.max(held + room);
            if worth_it || (tail == 0 && self.start >= room) {
                self.make_room(room, largest);
            } else {
                self.open(tail);
                return tail > 0;
            }
        } else {
            self.open(room);
        }
        true
    }

    /// Appends received bytes; storage does not grow beyond `largest` bytes unless it has to.
    #[cfg(feature = "std")]
    pub(crate) fn extend_within(&mut self, bytes: &[u8], largest: usize) {
        if self.storage.len() - self.end < bytes.len() {
            self.make_room(bytes.len(), largest);
        }
        self.extend(bytes);
    }

    #[inline(never)]
    fn make_room(&mut self, room: usize, largest: usize) {
        if self.storage.capacity() - self.end < room {
            self.make_capacity(room, largest);
        }
        self.open(room);
    }

    #[inline(never)]
    fn make_capacity(&mut self, room: usize, largest: usize) {
        let (held, size) = (self.len(), self.storage.capacity());
        let needed = held.saturating_add(room);
        let capacity = needed.max(2 * held).checked_next_power_of_two().unwrap_or(usize::MAX);
        let capacity = capacity.min(largest.max(needed));
        // Moving what is held to the front pays if it is not longer than what it frees, and
        // keeps the work linear. It costs no more than storage of the same size.
        if needed <= size && (held <= self.start || capacity <= size) {
            self.storage.copy_within(self.start..self.end, 0);
            self.rebase(held);
        } else if self.start == 0 && largest == usize::MAX && capacity >= size.saturating_mul(2) {
            // An allocator may have room behind it, or move whole pages and copy nothing.
            self.storage.reserve(capacity - self.storage.len());
        } else {
            let old = self.move_to(BytesMut::with_capacity(capacity));
            drop(old);
        }
    }

    /// Zeroes storage behind what is buffered, for `room` bytes at least and as far as there is
    /// any. [`STEP`] bytes are zeroed at a time: what lies far ahead is not touched, and what is
    /// zeroed is still close to the processor when it is read into.
    #[inline]
    pub(crate) fn open(&mut self, room: usize) {
        if self.storage.len() - self.end < room && self.storage.len() < self.storage.capacity() {
            self.zero_more(room);
        }
    }

    #[cold]
    #[inline(never)]
    fn zero_more(&mut self, room: usize) {
        let extent = self.end.saturating_add(room.max(STEP)).min(self.storage.capacity());
        self.storage.resize(extent, 0);
    }

    /// The initialised room behind what is buffered, to be read into; [`commit`](Self::commit)
    /// then says how much came.
    #[must_use]
    pub fn spare_mut(&mut self) -> &mut [u8] {
        &mut self.storage[self.end..]
    }

    /// Counts the first `count` bytes of [`spare_mut`](Self::spare_mut) as received.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn commit(&mut self, count: usize) {
        assert!(count <= self.storage.len() - self.end, "committed more than there was room for");
        self.end += count;
    }

    /// Appends what `read` puts behind what is buffered, `most` bytes at most, into memory that may
    /// not have been initialised: room for it was made by [`make_tail`](Self::make_tail).
    #[cfg(feature = "tokio")]
    pub(crate) fn append_raw<R>(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut bytes::buf::Limit<&mut BytesMut>) -> R,
    ) -> R {
        // What is initialised behind it is given up, so that it lies where `read` appends.
        self.storage.truncate(self.end);
        let most = most.min(self.tail());
        let result = read(&mut bytes::BufMut::limit(&mut self.storage, most));
        self.end = self.storage.len();
        result
    }

    /// Whether all the room behind what is buffered is initialised, or `most` bytes of it.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_open(&self, most: usize) -> bool {
        self.storage.len() - self.end >= most.min(self.tail())
    }

    /// As [`reserve`](Self::reserve), but the room need not be initialised.
    #[cfg(feature = "std")]
    pub(crate) fn make_tail(&mut self, room: usize) {
        if self.is_empty() {
            self.rebase(0);
        }
        if self.tail() < room {
            self.make_capacity(room, usize::MAX);
        }
    }

    /// Has all the storage again that records were split off from, if they are gone and it has
    /// `size` bytes at least. Whether it has. Nothing may be buffered.
    #[cfg(feature = "std")]
    pub(crate) fn reclaim(&mut self, size: usize) -> bool {
        debug_assert!(self.is_empty(), "what is buffered would be moved");
        self.rebase(0);
        self.used = 0;
        reclaim(&mut self.storage, size)
    }

    /// Takes back a [`commit`](Self::commit) of `count` bytes that were only looked at.
    #[cfg(feature = "std")]
    pub(crate) fn uncommit(&mut self, count: usize) {
        debug_assert!(count <= self.len(), "more was taken back than is there");
        self.used = self.used.max(self.end);
        self.end -= count;
    }

    /// Appends all that is buffered in `other`, which is empty afterwards, at the position behind it.
    ///
    /// Nothing is copied where this buffer is empty: the two exchange their memory.
    ///
    /// ```
    /// use segue::Buffer;
    ///
    /// let (mut stream, mut buffer) = (Buffer::from(&b"some of it"[..]), Buffer::new());
    /// buffer.append(&mut stream);
    /// assert_eq!((buffer.as_slice(), buffer.position()), (&b"some of it"[..], 0));
    /// assert_eq!((stream.len(), stream.position()), (0, 10));
    /// ```
    pub fn append(&mut self, other: &mut Self) {
        if !self.is_empty() {
            self.extend(other.as_slice());
            other.consume(other.len());
            return;
        }
        let (here, there) = (self.position(), other.position().wrapping_add(other.len() as u64));
        core::mem::swap(&mut self.storage, &mut other.storage);
        core::mem::swap(&mut self.used, &mut other.used);
        other.used = other.used.max(self.end);
        (self.start, self.end) = (other.start, other.end);
        (other.start, other.end) = (0, 0);
        self.stay_at(here);
        other.stay_at(there);
    }

    /// What is buffered, as a value of its own; the buffer is empty afterwards, at the position
    /// behind it.
    #[must_use]
    pub fn take_rest(&mut self) -> BytesMut {
        let (start, end, paid, inside) = (self.start, self.end, self.paid, self.inside);
        let position = self.position().wrapping_add(self.len() as u64);
        let mut rest = core::mem::take(self).storage;
        rest.truncate(end);
        rest.advance(start);
        self.stay_at(position);
        (self.paid, self.inside) = (paid, inside);
        rest
    }

    pub(super) fn storage(&self, start: usize, end: usize) -> &[u8] {
        &self.storage[start..end]
    }

    pub(super) fn storage_mut(&mut self, start: usize, end: usize) -> &mut [u8] {
        &mut self.storage[start..end]
    }

    /// Takes `start..end`, which has been consumed, out of the storage, and drops what lies before
    /// it and between it and what is buffered.
    pub(super) fn detach(&mut self, start: usize, end: usize) -> BytesMut {
        let position = self.position();
        // What is split off is not touched again: a processor waits where fields that have just
        // been written one by one are moved together.
        self.storage.advance(start);
        let taken = self.storage.split_to(end - start);
        self.storage.advance(self.start - end);
        self.used = self.used.saturating_sub(self.start);
        self.end -= self.start;
        self.start = 0;
        self.stay_at(position);
        taken
    }

    /// Starts over at the front of the storage with `held` bytes already there.
    fn rebase(&mut self, held: usize) {
        let position = self.position();
        self.used = self.used.max(self.end);
        self.start = 0;
        self.end = held;
        self.stay_at(position);
    }

    /// Moves what is held to the front of another storage, which has room for it and is zero as far
    /// as it is initialised. Gives the old one, and how many bytes at its front were ever written to.
    pub(crate) fn move_to(&mut self, mut storage: BytesMut) -> (BytesMut, usize) {
        let held = self.len();
        if let Some(place) = storage.get_mut(..held) {
            place.copy_from_slice(self.as_slice());
        } else {
            storage.clear();
            storage.extend_from_slice(self.as_slice());
        }
        self.rebase(held);
        let used = core::mem::replace(&mut self.used, held);
        (core::mem::replace(&mut self.storage, storage), used)
    }

    /// Moves what is held to storage of just its size. Gives the old one as
    /// [`move_to`](Self::move_to) does.
    #[cfg(feature = "std")]
    pub(crate) fn move_out(&mut self) -> (BytesMut, usize) {
        let rest = BytesMut::from(self.as_slice());
        self.rebase(rest.len());
        let used = core::mem::replace(&mut self.used, rest.len());
        (core::mem::replace(&mut self.storage, rest), used)
    }

    /// All of the storage may have been written to, by one who was lent it and has not said so.
    #[cfg(feature = "std")]
    pub(crate) fn all_used(&mut self) {
        self.used = self.storage.len();
    }
}

/// Empties `storage` and has all of it again that records were split off from, if they are gone and
/// it has `size` bytes at least. Whether it has.
#[cfg(feature = "std")]
pub(crate) fn reclaim(storage: &mut BytesMut, size: usize) -> bool {
    storage.clear();
    if !storage.try_reclaim(size) {
        return false;
    }
    // What is reclaimed is as long as it was asked to be, or all there is where it was longer than
    // half of that.
    while storage.try_reclaim(storage.capacity().saturating_mul(2)) {}
    true
}

/// How much storage is zeroed at a time, in bytes: what one read may bring, and what fits the second
/// cache of a processor.
const STEP: usize = 128 * 1024;

impl From<BytesMut> for Buffer {
    /// Takes the bytes over without a copy.
    fn from(storage: BytesMut) -> Self {
        Self { end: storage.len(), storage, ..Self::default() }
    }
}

impl From<&[u8]> for Buffer {
    fn from(bytes: &[u8]) -> Self {
        BytesMut::from(bytes).into()
    }
}

/// Shows lengths and not payload.
impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("position", &self.position())
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish()
    }
}
