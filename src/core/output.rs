//! The queue of bytes to be sent.
//!
//! An output has small and large writes in one order. Small ones are copied into one piece of
//! memory, `small`, one behind the other. A large one keeps its [`Bytes`] in `queue`, with the
//! number of small bytes between the large write before and itself:
//!
//! ```text
//!   put(a b)  put_bytes(LARGE)  put(c)  put_bytes(OTHER)  put(d e)
//!
//!   small   . . a b c d e _ _ 0 0      queue   { before: 2, LARGE }, { before: 1, OTHER }
//!               ^start    ^end  ^len           between = 3, the sum of `before`
//! ```
//!
//! So `chunks` needs no index: it takes `before` small bytes, then the large write, and so on, and
//! the small bytes behind `between` at the end. Sending moves `start` on; when everything has left,
//! both cursors go back to 0, and an idle output can give its memory away.
//!
//! Memory behind `end` up to the length of `small` was written before, and may be lent to be
//! overwritten ([`Tail`]) but never shown. `used` says how much of the memory was needed at a time
//! since it was taken over, which a pool asks for when it gets the memory back.

use alloc::{collections::VecDeque, vec::Vec};
use bytes::{Bytes, BytesMut};
use core::fmt;

use super::Encode;

mod sending;
mod tail;

pub use tail::Tail;

/// Bytes waiting to be sent.
///
/// Small writes are gathered, so that a batch of answers leaves in one system call. Large [`Bytes`]
/// stay whole and leave by vectored write. The high-water mark is soft: an encoder is never refused
/// half-way, and callers ask [`has_room`](Self::has_room) first.
///
/// ```
/// use bytes::Bytes;
/// use segue::Output;
///
/// let mut output = Output::new();
/// output.put(b"\x82\x7e\x20\x00");
/// output.put_bytes(Bytes::from(vec![7; 0x2000]));
/// output.put(b"\x89\x00");
/// assert_eq!(output.len(), 4 + 0x2000 + 2);
/// assert_eq!(output.chunks().count(), 3); // the payload was not copied
/// output.advance(5);
/// assert_eq!(output.chunks().next().unwrap().len(), 0x2000 - 1);
/// ```
pub struct Output {
    /// Large writes, which are sent from where they are.
    queue: VecDeque<Whole>,
    /// All small writes, one behind the other; large ones go in between. The length is the extent
    /// that was ever written to, so that it can be lent to be overwritten, and memory is zeroed at
    /// most once.
    small: BytesMut,
    /// Nothing was written behind this offset in `small`, nor behind `end`, since the memory was
    /// taken over. The field is updated only when `end` goes down.
    used: usize,
    /// The part of `small` that waits: `start..end`.
    start: usize,
    /// At least `start`, and at most the length of `small`.
    end: usize,
    /// The number of waiting small bytes that come before the last large write.
    between: usize,
    /// The number of bytes in `queue`.
    queued: usize,
    /// The high-water mark in bytes; at least 1, so that an empty output has room.
    high_water: usize,
    /// The number of bytes that have left.
    left: u64,
}

/// A large write.
struct Whole {
    /// The number of small bytes between the large write before and this one.
    before: usize,
    bytes: Bytes,
}

/// A point in an [`Output`] to roll back to, made by [`Output::mark`].
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// The number of large writes waiting then.
    whole: usize,
    /// The number of bytes of small writes waiting then.
    small: usize,
}

impl Output {
    /// The default high-water mark, in bytes: enough for the answers to one full read, and little
    /// enough for each of many connections to be stuck at it.
    pub const HIGH_WATER: usize = 64 * 1024;

    /// The length in bytes from which on [`Bytes`] are sent from where they are. Below it, a copy
    /// costs less than another slice in the system call.
    pub const WHOLE: usize = 2048;

    /// Makes an empty output, which allocates when it is first written to.
    #[must_use]
    pub fn new() -> Self {
        Self::with_high_water(Self::HIGH_WATER)
    }

    /// Makes an empty output with a high-water mark of `high_water` bytes.
    #[must_use]
    pub fn with_high_water(high_water: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            small: BytesMut::new(),
            used: 0,
            start: 0,
            end: 0,
            between: 0,
            queued: 0,
            high_water: high_water.max(1),
            left: 0,
        }
    }

    /// Returns the number of bytes waiting.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.queued + self.end - self.start
    }

    /// Returns true if nothing is waiting.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns true if less is waiting than the high-water mark.
    #[inline]
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.len() < self.high_water
    }

    /// Returns the high-water mark in bytes.
    #[must_use]
    pub fn high_water(&self) -> usize {
        self.high_water
    }

    /// Sets the high-water mark in bytes; 0 counts as 1.
    pub fn set_high_water(&mut self, high_water: usize) {
        self.high_water = high_water.max(1);
    }

    /// Returns the bytes of memory for small writes, used or not.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.small.capacity() + self.queue.capacity() * size_of::<Whole>()
    }

    /// Makes room for `length` bytes of small writes at once, so that memory does not grow step by
    /// step.
    #[inline]
    pub fn reserve(&mut self, length: usize) {
        self.close_up(length);
        let wanted = self.end.saturating_add(length);
        self.small.reserve(wanted.saturating_sub(self.small.len()));
    }

    /// Appends a copy of `bytes`.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) {
        match self.small.get_mut(self.end..).and_then(|place| place.get_mut(..bytes.len())) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.end += bytes.len();
            }
            None => self.put_behind(bytes),
        }
    }

    /// Appends a copy of `bytes` to memory that was never written to.
    #[cold]
    #[inline(never)]
    fn put_behind(&mut self, bytes: &[u8]) {
        self.close_up(bytes.len());
        self.small.truncate(self.end);
        self.small.extend_from_slice(bytes);
        self.end = self.small.len();
    }

    /// Appends a copy of `bytes` and lends the copy, to be changed in place: masked, encrypted.
    #[inline]
    pub fn put_mut(&mut self, bytes: &[u8]) -> &mut [u8] {
        self.put(bytes);
        let at = self.end - bytes.len();
        &mut self.small[at..self.end]
    }

    /// Appends `length` zero bytes and lends them, to be written over.
    pub fn put_zeroed(&mut self, length: usize) -> &mut [u8] {
        if self.small.len() - self.end < length {
            self.write_on(length);
        }
        let at = self.end;
        self.end = at + length;
        let place = &mut self.small[at..self.end];
        place.fill(0);
        place
    }

    /// Appends up to `length` bytes that `put` writes to a [`Tail`], with the room for them made at
    /// once: a header with its payload, or bytes that are transformed on their way.
    ///
    /// ```
    /// use segue::Output;
    ///
    /// let upper = |word: [u8; 4]| word.map(|byte| byte ^ 0x20);
    /// let mut output = Output::new();
    /// output.put_with(2 + 7, |tail| {
    ///     tail.put([0x81, 7]);
    ///     tail.put_mapped(&[*b"good"], upper);
    ///     tail.put(*b"BYE");
    /// });
    /// assert_eq!(output.to_vec(), b"\x81\x07GOODBYE");
    /// ```
    ///
    /// # Panics
    /// If `put` does, or if it appends more. Nothing is appended then.
    #[inline(always)]
    pub fn put_with(&mut self, length: usize, put: impl FnOnce(&mut Tail<'_>)) {
        if self.small.len() - self.end < length {
            self.write_on(length);
        }
        let at = self.end;
        let mut tail = Tail { free: &mut self.small[at..at + length] };
        put(&mut tail);
        self.end = at + length - tail.free.len();
    }

    /// Zeroes memory that was never written to, for `length` bytes more than are there.
    #[cold]
    #[inline(never)]
    fn write_on(&mut self, length: usize) {
        self.close_up(length);
        if self.small.len() - self.end < length {
            self.small.resize(self.end + length, 0);
        }
    }

    /// Moves waiting bytes to the front if there is no memory for `length` bytes behind them, and
    /// they are not longer than what was sent. So memory is bounded by what waits, even if
    /// something always does; each byte sent pays for one that moves, and nothing moves if nothing
    /// follows.
    fn close_up(&mut self, length: usize) {
        let left = self.end - self.start;
        if self.small.capacity() - self.end < length && left <= self.start {
            self.note_used();
            self.small.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, left);
        }
    }

    /// Appends `bytes`, without a copy from [`WHOLE`](Self::WHOLE) bytes on.
    #[inline]
    pub fn put_bytes(&mut self, bytes: Bytes) {
        if bytes.len() < Self::WHOLE {
            self.put(&bytes);
            return;
        }
        let small = self.end - self.start;
        let before = small - self.between;
        self.between = small;
        self.queued += bytes.len();
        self.queue.push_back(Whole { before, bytes });
    }

    /// Moves everything waiting in `other` to the end.
    pub fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            let high_water = self.high_water;
            let (left, moved) = (self.left, other.len() as u64);
            core::mem::swap(self, other);
            other.high_water = core::mem::replace(&mut self.high_water, high_water);
            other.left = core::mem::replace(&mut self.left, left).wrapping_add(moved);
            return;
        }
        other.left = other.left.wrapping_add(other.len() as u64);
        for Whole { before, bytes } in other.queue.drain(..) {
            let at = other.start;
            other.start += before;
            self.put(&other.small[at..other.start]);
            self.put_bytes(bytes);
        }
        self.put(&other.small[other.start..other.end]);
        other.clear();
    }

    /// Appends `item` by `encoder`. If that fails, nothing of the item stays.
    ///
    /// # Errors
    /// Those of the encoder.
    pub fn try_encode<T, E: Encode<T>>(
        &mut self,
        encoder: &mut E,
        item: T,
    ) -> Result<(), E::Error> {
        let mark = self.mark();
        encoder.encode(item, self).inspect_err(|_| self.rollback(mark))
    }

    /// Returns the present end, to roll back to.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { whole: self.queue.len(), small: self.end - self.start }
    }

    /// Drops what was appended since `mark` was made. Nothing must have been sent in between.
    pub fn rollback(&mut self, mark: Mark) {
        for Whole { before, bytes } in self.queue.drain(self.queue.len().min(mark.whole)..) {
            self.between -= before;
            self.queued -= bytes.len();
        }
        let small = mark.small.max(self.between);
        self.note_used();
        self.end = self.end.min(self.start + small);
    }

    /// Returns the offset in the stream of the first waiting byte: the number of bytes that have
    /// left.
    ///
    /// Bytes that were [cleared](Self::clear) or [rolled back](Self::rollback) have not left.
    #[inline]
    #[must_use]
    pub fn position(&self) -> u64 {
        self.left
    }

    /// Updates `used`, before `end` goes down.
    #[inline]
    fn note_used(&mut self) {
        self.used = self.used.max(self.end);
    }

    /// Drops everything waiting.
    pub fn clear(&mut self) {
        self.note_used();
        self.queue.clear();
        (self.start, self.end, self.between, self.queued) = (0, 0, 0, 0);
    }

    /// Gives back the memory of an empty output, so that an idle connection holds none.
    pub fn release(&mut self) {
        if self.is_empty() && self.capacity() > 0 {
            *self = Self { left: self.left, ..Self::with_high_water(self.high_water) };
        }
    }

    /// Exchanges the memory for small writes of an empty output for another. Returns the old one,
    /// and how many bytes of it were in use at a time since it was taken over.
    #[cfg(feature = "std")]
    pub(crate) fn swap_storage(&mut self, storage: BytesMut) -> (BytesMut, usize) {
        debug_assert!(self.is_empty(), "storage is swapped between uses");
        self.note_used();
        (self.start, self.end) = (0, 0);
        let used = core::mem::take(&mut self.used);
        (core::mem::replace(&mut self.small, storage), used)
    }

    /// Returns a copy of everything waiting.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        self.chunks().for_each(|chunk| bytes.extend_from_slice(chunk));
        bytes
    }
}

/// Appends what is written, and never fails: for writers that do not know outputs, such as
/// formatters and compressors.
///
/// ```
/// use segue::Output;
/// use std::io::Write;
///
/// let mut output = Output::new();
/// write!(output, "Content-Length: {}\r\n", 42)?;
/// assert_eq!(output.to_vec(), b"Content-Length: 42\r\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "std")]
impl std::io::Write for Output {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.put(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows lengths and not payload.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("len", &self.len())
            .field("chunks", &self.chunks().count())
            .field("high_water", &self.high_water)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn large(byte: u8) -> Bytes {
        Bytes::from(vec![byte; Output::WHOLE])
    }

    #[test]
    fn rollback_goes_back_over_large_writes() {
        for sent in [0, 2] {
            let mut output = Output::new();
            output.put_bytes(large(1));
            output.put(b"kept");
            output.advance(Output::WHOLE + sent);
            let mark = output.mark();
            output.put(b" dropped");
            output.put_bytes(large(2));
            output.put(b"dropped too");
            output.rollback(mark);
            assert_eq!(output.to_vec(), &b"kept"[sent..]);
            assert_eq!(output.len(), 4 - sent);
            output.put(b"!");
            assert_eq!(output.to_vec(), [&b"kept"[sent..], b"!"].concat());
        }
    }

    #[test]
    fn append_keeps_the_order_and_the_sent_part_out() {
        let mut first = Output::new();
        let mut second = Output::new();
        first.put(b"a");
        second.put(b"xb");
        second.advance(1);
        second.put_bytes(large(3));
        second.put(b"c");
        first.append(&mut second);
        assert!(second.is_empty());
        assert_eq!(
            first.to_vec(),
            [b"ab".to_vec(), vec![3; Output::WHOLE], b"c".to_vec()].concat()
        );
    }
}
