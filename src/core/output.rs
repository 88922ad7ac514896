//! What is waiting to be sent.

use alloc::{collections::VecDeque, vec::Vec};
use bytes::{Buf, Bytes, BytesMut};
use core::fmt;

use super::Encode;

/// What is waiting to be sent.
///
/// Small writes run together, so that a batch of answers leaves in one system call; large
/// [`Bytes`] stay whole and leave by vectored write. The high-water mark is soft: an encoder is
/// never refused half-way, and whoever sends asks [`has_room`](Self::has_room) first.
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
    queue: VecDeque<Bytes>,
    /// What small writes are gathered in; it comes after everything in the queue.
    tail: BytesMut,
    /// How much of the tail has been sent.
    sent: usize,
    /// Bytes in the queue.
    queued: usize,
    high_water: usize,
}

/// A point in an [`Output`] to go back to, made by [`Output::mark`].
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    chunks: usize,
    /// Bytes of the tail that were waiting.
    tail: usize,
    queued: usize,
}

impl Output {
    /// The high-water mark unless another is set: enough that a batch of answers to one full read
    /// fits, little enough for each of many connections to be stuck at it.
    pub const HIGH_WATER: usize = 64 * 1024;

    /// From this length on, in bytes, [`Bytes`] are sent from where they are: below it, copying
    /// costs less than another slice in the system call.
    pub const WHOLE: usize = 2048;

    /// An empty output, which allocates when it is first written to.
    #[must_use]
    pub fn new() -> Self {
        Self::with_high_water(Self::HIGH_WATER)
    }

    /// An empty output with a high-water mark of `high_water` bytes.
    #[must_use]
    pub fn with_high_water(high_water: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            tail: BytesMut::new(),
            sent: 0,
            queued: 0,
            high_water: high_water.max(1),
        }
    }

    /// How many bytes are waiting.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.queued + self.tail.len() - self.sent
    }

    /// Whether nothing is waiting.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether less is waiting than the high-water mark.
    #[inline]
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.len() < self.high_water
    }

    /// The high-water mark in bytes.
    #[must_use]
    pub fn high_water(&self) -> usize {
        self.high_water
    }

    /// How many bytes of memory it holds for small writes, used or not.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.tail.capacity() + self.queue.capacity() * size_of::<Bytes>()
    }

    /// Makes room for `length` bytes of small writes at once, which saves memory that grows while
    /// they come.
    #[inline]
    pub fn reserve(&mut self, length: usize) {
        self.tail.reserve(length);
    }

    /// Appends a copy of `bytes`.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
    }

    /// Appends a copy of `bytes` and lends the copy, to be changed in place: masked, encrypted.
    #[inline]
    pub fn put_mut(&mut self, bytes: &[u8]) -> &mut [u8] {
        let at = self.tail.len();
        self.tail.extend_from_slice(bytes);
        &mut self.tail[at..]
    }

    /// Appends `length` zero bytes and lends them, to be written over.
    pub fn put_zeroed(&mut self, length: usize) -> &mut [u8] {
        let at = self.tail.len();
        self.tail.resize(at + length, 0);
        &mut self.tail[at..]
    }

    /// Appends `bytes`, from [`WHOLE`](Self::WHOLE) bytes on without a copy.
    pub fn put_bytes(&mut self, bytes: Bytes) {
        if bytes.len() < Self::WHOLE {
            self.put(&bytes);
            return;
        }
        self.close_tail();
        self.queued += bytes.len();
        self.queue.push_back(bytes);
    }

    /// Appends all that waits in `other`, which is empty afterwards.
    pub fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            core::mem::swap(&mut self.queue, &mut other.queue);
            core::mem::swap(&mut self.tail, &mut other.tail);
            core::mem::swap(&mut self.sent, &mut other.sent);
            core::mem::swap(&mut self.queued, &mut other.queued);
            return;
        }
        for chunk in other.queue.drain(..) {
            self.put_bytes(chunk);
        }
        self.put(&other.tail[other.sent..]);
        other.clear();
    }

    /// Appends `item` by way of `encoder`; if it fails, nothing of the item stays.
    ///
    /// # Errors
    /// The encoder's.
    pub fn try_encode<T, E: Encode<T>>(
        &mut self,
        encoder: &mut E,
        item: T,
    ) -> Result<(), E::Error> {
        let mark = self.mark();
        encoder.encode(item, self).inspect_err(|_| self.rollback(mark))
    }

    /// This point, to go back to.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { chunks: self.queue.len(), tail: self.tail.len() - self.sent, queued: self.queued }
    }

    /// Drops what was appended since `mark` was made. Nothing must have been sent in between.
    pub fn rollback(&mut self, mark: Mark) {
        if self.queue.len() > mark.chunks {
            // What was waiting in the tail then became the chunk right behind the mark.
            self.tail.clear();
            self.queue.truncate(mark.chunks + usize::from(mark.tail > 0));
            if mark.tail > 0
                && let Some(last) = self.queue.back_mut()
            {
                last.truncate(mark.tail);
            }
            self.queued = mark.queued + mark.tail;
        } else if mark.tail > 0 {
            self.tail.truncate(self.sent + mark.tail);
        } else {
            // What was appended may have come with a part that was sent already.
            self.tail.clear();
            self.sent = 0;
        }
    }

    /// What is waiting, in order, in as many slices as there are.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let tail = &self.tail[self.sent..];
        self.queue.iter().map(AsRef::as_ref).chain((!tail.is_empty()).then_some(tail))
    }

    /// Counts the first `count` bytes as sent.
    ///
    /// # Panics
    /// If fewer are waiting.
    pub fn advance(&mut self, mut count: usize) {
        while let Some(chunk) = self.queue.front_mut() {
            let part = chunk.len().min(count);
            chunk.advance(part);
            self.queued -= part;
            count -= part;
            if chunk.has_remaining() {
                return;
            }
            self.queue.pop_front();
        }
        assert!(count <= self.tail.len() - self.sent, "sent more than was waiting");
        self.sent += count;
        // What is left moves to the front once it is not longer than what was sent: so memory is
        // bounded by what waits, also where something always does, and a byte moves once for
        // another one that was sent.
        let left = self.tail.len() - self.sent;
        if left <= self.sent {
            self.tail.copy_within(self.sent.., 0);
            self.tail.truncate(left);
            self.sent = 0;
        }
    }

    /// Takes the next of what is waiting out, without a copy: for those who send from a queue of
    /// their own. None where nothing is waiting.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use segue::Output;
    ///
    /// let mut output = Output::new();
    /// output.put(b"head");
    /// output.put_bytes(Bytes::from(vec![7; 4096]));
    /// assert_eq!(output.pop().unwrap(), "head");
    /// assert_eq!(output.pop().unwrap().len(), 4096);
    /// assert!(output.pop().is_none() && output.is_empty());
    /// ```
    pub fn pop(&mut self) -> Option<Bytes> {
        if self.queue.is_empty() {
            self.close_tail();
        }
        let next = self.queue.pop_front()?;
        self.queued -= next.len();
        Some(next)
    }

    /// Drops all that is waiting.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.tail.clear();
        self.sent = 0;
        self.queued = 0;
    }

    /// Gives back the memory of an empty output, so that an idle connection holds none.
    pub fn release(&mut self) {
        if self.is_empty() {
            *self = Self::with_high_water(self.high_water);
        }
    }

    /// Swaps the memory for small writes of an empty output.
    #[cfg(feature = "std")]
    pub(crate) fn swap_storage(&mut self, storage: BytesMut) -> BytesMut {
        debug_assert!(self.is_empty() && storage.is_empty(), "storage is swapped between uses");
        core::mem::replace(&mut self.tail, storage)
    }

    /// A copy of all that is waiting.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        self.chunks().for_each(|chunk| bytes.extend_from_slice(chunk));
        bytes
    }

    /// Makes the tail a chunk of the queue.
    fn close_tail(&mut self) {
        let mut tail = self.tail.split();
        tail.advance(self.sent);
        self.sent = 0;
        if !tail.is_empty() {
            self.queued += tail.len();
            self.queue.push_back(tail.freeze());
        }
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
    fn rollback_goes_back_over_closed_tails() {
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
