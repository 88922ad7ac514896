//! The buffer that belongs to the connection.

use bytes::{Buf, BytesMut};
use core::fmt;

/// Bytes that a connection has received and no stage has consumed yet.
///
/// It is lent to one stage after the other, so what one reads too far is there for the next. It
/// grows with what is received and never with what a peer announces. Storage is zeroed once, a step
/// ahead of what is received; `start` and `end` mark the part in use.
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
    /// Its length is the initialised extent. There may be more capacity behind it, which
    /// [`open`](Self::open) zeroes when room is asked for.
    storage: BytesMut,
    start: usize,
    end: usize,
    /// Position in the stream of `storage[0]`. It wraps: it is only used with `start` added to it,
    /// and storage may be split off in front of it.
    base: u64,
    /// The position up to which records of no bytes have been paid for: see
    /// [`account`](Self::account).
    paid: u64,
    /// The progress in an inner stream at the time it last paid: see
    /// [`account`](Self::account).
    inside: u64,
    /// Storage from here, or from `end` if that is more, up to the initialised extent is zero. The
    /// field is updated only when `end` goes down, so that receiving costs nothing more.
    used: usize,
}

/// A loan of the buffered bytes, whose front the borrower moves on.
pub(super) struct Loan<'b> {
    /// The buffered bytes.
    pub(super) bytes: &'b mut [u8],
    /// The buffer's front, counted from the start of its storage.
    pub(super) start: &'b mut usize,
    /// See [`Buffer::account`].
    pub(super) account: (&'b mut u64, &'b mut u64),
    /// The offset in the stream of the first byte.
    pub(super) position: u64,
}

impl Buffer {
    /// Makes an empty buffer, which allocates when it is first filled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an empty buffer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { storage: BytesMut::zeroed(capacity), ..Self::default() }
    }

    /// Returns the buffered bytes.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.storage[self.start..self.end]
    }

    /// Returns the buffered bytes, to be changed in place.
    #[inline]
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.storage[self.start..self.end]
    }

    /// Returns the number of buffered bytes.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Returns true if nothing is buffered.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Returns the bytes of memory that the buffer holds, used or not.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.storage.capacity()
    }

    /// Returns the bytes of memory behind what is buffered.
    #[cfg(feature = "std")]
    pub(crate) fn tail(&self) -> usize {
        self.storage.capacity() - self.end
    }

    /// Returns the offset in the stream of the first buffered byte: the number of bytes consumed
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

    /// Sets the position of the front, after `start` was moved.
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

    /// Counts `count` bytes that the stage has sent as consumed: they pay for records of no bytes
    /// as bytes that it reads do.
    #[inline]
    pub(crate) fn earn(&mut self, count: u64) {
        self.paid = self.paid.wrapping_sub(count);
    }

    /// Returns the account of records of no bytes: the position up to which they have been paid
    /// for, and the progress of an inner stream that last paid.
    #[inline(always)]
    pub(super) const fn account(&mut self) -> (&mut u64, &mut u64) {
        (&mut self.paid, &mut self.inside)
    }

    /// Lends the buffered bytes with what moves when they are consumed.
    #[inline(always)]
    pub(super) fn lend(&mut self) -> Loan<'_> {
        let position = self.position();
        let Self { storage, start, end, paid, inside, .. } = self;
        Loan { bytes: &mut storage[*start..*end], start, account: (paid, inside), position }
    }

    /// Makes room behind what is buffered, so that `spare_mut` has at least `room` bytes.
    ///
    /// Consumed bytes are reclaimed first. Memory at least doubles when it grows, so bytes that
    /// come one by one are moved a constant number of times.
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

    /// Makes room without growing storage beyond `largest` bytes, and returns whether there is any.
    /// Buffered bytes in storage of that size are not moved to free a small consumed part.
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

    /// Appends received bytes, and grows storage beyond `largest` bytes only if it must.
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
        // Move buffered bytes to the front if that frees at least as much as it moves, which keeps
        // the work linear. It costs no more than new storage of the same size.
        if needed <= size && (held <= self.start || capacity <= size) {
            self.storage.copy_within(self.start..self.end, 0);
            self.rebase(held);
        } else if self.start == 0 && largest == usize::MAX && capacity >= size.saturating_mul(2) {
            // The allocator may have room behind the storage, or move whole pages and copy nothing.
            self.storage.reserve(capacity - self.storage.len());
        } else {
            let old = self.move_to(BytesMut::with_capacity(capacity));
            drop(old);
        }
    }

    /// Zeroes storage behind what is buffered: at least `room` bytes, if there are as many. It goes
    /// on by [`STEP`] bytes at a time, so that storage far ahead is not touched, and zeroed storage
    /// is still in the cache when it is read into.
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

    /// Returns the initialised room behind what is buffered, to read into; [`commit`](Self::commit)
    /// then counts what came.
    #[must_use]
    pub fn spare_mut(&mut self) -> &mut [u8] {
        &mut self.storage[self.end..]
    }

    /// Counts the first `count` bytes of [`spare_mut`](Self::spare_mut) as received.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn commit(&mut self, count: usize) {
        assert!(count <= self.storage.len() - self.end, "committed more than there was room for");
        self.end += count;
    }

    /// Appends what `read` puts behind what is buffered, at most `most` bytes, into memory that may
    /// not be initialised. [`make_tail`](Self::make_tail) has made room before.
    #[cfg(feature = "tokio")]
    pub(crate) fn append_raw<R>(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut bytes::buf::Limit<&mut BytesMut>) -> R,
    ) -> R {
        // The initialised part behind it is given up, so that `read` appends right behind what is
        // buffered.
        self.storage.truncate(self.end);
        let most = most.min(self.tail());
        let result = read(&mut bytes::BufMut::limit(&mut self.storage, most));
        self.end = self.storage.len();
        result
    }

    /// Returns true if all the room behind what is buffered is initialised, or `most` bytes of it.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_open(&self, most: usize) -> bool {
        self.storage.len() - self.end >= most.min(self.tail())
    }

    /// Makes room as [`reserve`](Self::reserve) does, but need not initialise it.
    #[cfg(feature = "std")]
    pub(crate) fn make_tail(&mut self, room: usize) {
        if self.is_empty() {
            self.rebase(0);
        }
        if self.tail() < room {
            self.make_capacity(room, usize::MAX);
        }
    }

    /// Has all the room there is behind what is buffered, which is nothing.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn start_over(&mut self) {
        debug_assert!(self.is_empty(), "what is buffered would be lost");
        self.rebase(0);
    }

    /// Takes storage that is zero as far as it is initialised, where there is none and nothing is
    /// buffered.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn adopt(&mut self, storage: BytesMut) {
        debug_assert!(self.capacity() == 0, "storage would be lost");
        self.rebase(0);
        (self.storage, self.used) = (storage, 0);
    }

    /// Gives its storage away, and how many bytes at its front were ever written to. Nothing may be
    /// buffered.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn give_up(&mut self) -> (BytesMut, usize) {
        self.start_over();
        (core::mem::take(&mut self.storage), core::mem::take(&mut self.used))
    }

    /// Takes back the storage that records were split off from, if they are gone and it has at
    /// least `size` bytes, and returns whether it did. Nothing may be buffered.
    #[cfg(feature = "std")]
    pub(crate) fn reclaim(&mut self, size: usize) -> bool {
        debug_assert!(self.is_empty(), "what is buffered would be moved");
        self.rebase(0);
        self.used = 0;
        reclaim(&mut self.storage, size)
    }

    /// Undoes a [`commit`](Self::commit) of `count` bytes that were only looked at.
    #[cfg(feature = "std")]
    pub(crate) fn uncommit(&mut self, count: usize) {
        debug_assert!(count <= self.len(), "more was taken back than is there");
        self.used = self.used.max(self.end);
        self.end -= count;
    }

    /// Moves everything buffered in `other` to the end of this buffer. The position of `other` is
    /// then the one behind it.
    ///
    /// Nothing is copied if this buffer is empty: both exchange their memory.
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

    /// Takes everything buffered out as an owned value. The position is then the one behind it.
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

    /// Returns the offset in the storage of the first buffered byte.
    #[inline(always)]
    pub(super) const fn front(&self) -> usize {
        self.start
    }

    pub(super) fn storage(&self, start: usize, end: usize) -> &[u8] {
        &self.storage[start..end]
    }

    pub(super) fn storage_mut(&mut self, start: usize, end: usize) -> &mut [u8] {
        &mut self.storage[start..end]
    }

    /// Takes `start..end`, which was consumed, out of the storage, and drops the bytes before it
    /// and between it and what is buffered.
    pub(super) fn detach(&mut self, start: usize, end: usize) -> BytesMut {
        let position = self.position();
        // Fields of the part split off are not touched again: a processor waits if fields just
        // written one by one are moved together.
        self.storage.advance(start);
        let taken = self.storage.split_to(end - start);
        self.storage.advance(self.start - end);
        self.used = self.used.saturating_sub(self.start);
        self.end -= self.start;
        self.start = 0;
        self.stay_at(position);
        taken
    }

    /// Starts over at the front of the storage, which already holds `held` bytes.
    fn rebase(&mut self, held: usize) {
        let position = self.position();
        self.used = self.used.max(self.end);
        self.start = 0;
        self.end = held;
        self.stay_at(position);
    }

    /// Moves buffered bytes to the front of another storage, which has room for them and is zero up
    /// to its length. Returns the old storage, and how many bytes at its front were ever written
    /// to.
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

    /// Moves buffered bytes to storage of exactly their size, and returns the old one as
    /// [`move_to`](Self::move_to) does.
    #[cfg(feature = "std")]
    pub(crate) fn move_out(&mut self) -> (BytesMut, usize) {
        let rest = BytesMut::from(self.as_slice());
        self.rebase(rest.len());
        let used = core::mem::replace(&mut self.used, rest.len());
        (core::mem::replace(&mut self.storage, rest), used)
    }

    /// Notes that all of the storage may have been written to, by a borrower that has not said how
    /// much.
    #[cfg(feature = "std")]
    pub(crate) fn all_used(&mut self) {
        self.used = self.storage.len();
    }
}

/// Empties `storage` and takes back what records were split off from, if they are gone and it has
/// at least `size` bytes. Returns whether it did.
#[cfg(feature = "std")]
pub(crate) fn reclaim(storage: &mut BytesMut, size: usize) -> bool {
    storage.clear();
    if !storage.try_reclaim(size) {
        return false;
    }
    // `try_reclaim` gives as much as it was asked for, or all there is if that was longer than half
    // of it.
    while storage.try_reclaim(storage.capacity().saturating_mul(2)) {}
    true
}

/// The bytes of storage that are zeroed at a time: about what one read brings, and what fits a
/// processor's second cache.
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
