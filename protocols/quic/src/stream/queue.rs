use alloc::collections::VecDeque;
use core::ops::Range;

use bytes::{Bytes, BytesMut};
use segue::Output;

use crate::RangeSet;

/// The written bytes of a stream, kept until they are acknowledged.
///
/// [`next`](Self::next) returns the next piece to send: first lost data, then new data. When a
/// packet is acknowledged or lost, report what it carried, as a range of offsets, in any order and
/// as often as necessary. Memory is released as data is acknowledged: `Bytes` as a whole, copied data in
/// blocks of 4 KiB.
///
/// It has no frames and no end: use it as it is for CRYPTO frames. A
/// [`SendStream`](super::SendStream) contains one.
///
/// ```
/// use segue_quic::stream::SendQueue;
///
/// let mut queue = SendQueue::new();
/// queue.put(b"client hello");
/// let first = queue.next(6, u64::MAX).map(|piece| piece.range()).unwrap();
/// let second = queue.next(1200, u64::MAX).unwrap();
/// assert_eq!((second.offset, second.data), (6, &b" hello"[..]));
/// let second = second.range();
/// assert!(queue.next(1200, u64::MAX).is_none()); // all is under way
///
/// queue.acknowledged(second);
/// queue.lost(first);
/// assert_eq!(queue.next(1200, u64::MAX).unwrap().data, b"client");
/// assert_eq!(queue.unacknowledged(), 6);
/// ```
#[derive(Debug, Default)]
pub struct SendQueue {
    /// The chunks that are not acknowledged, and those between them; the first one is not
    /// acknowledged.
    chunks: VecDeque<Chunk>,
    /// The buffer that gathers small writes; it comes after the chunks.
    tail: BytesMut,
    /// The offset of the first byte of the first chunk: all before are acknowledged.
    base: u64,
    /// The offset of the first byte that was never sent.
    fresh: u64,
    /// The offset behind the last byte.
    end: u64,
    /// The ranges that were lost and not sent again.
    lost: RangeSet,
    /// The ranges acknowledged from `base` on.
    acknowledged: RangeSet,
    unacknowledged: u64,
}

/// Bytes of the stream that are released together.
#[derive(Debug)]
struct Chunk {
    offset: u64,
    length: usize,
    /// The number of bytes that are not acknowledged.
    left: usize,
    /// Empty once none is left.
    bytes: Bytes,
}

/// A part of a stream for one frame, borrowed from its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The offset of its first byte in the stream.
    pub offset: u64,
    /// The bytes.
    pub data: &'a [u8],
}

impl Piece<'_> {
    /// Returns its range of the stream, to keep with the packet.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.offset..self.offset + self.data.len() as u64
    }
}

impl SendQueue {
    /// Creates an empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a copy of `bytes`.
    pub fn put(&mut self, mut bytes: &[u8]) {
        self.count(bytes.len());
        while !bytes.is_empty() {
            // A block is never moved: what was cut off it shares its memory.
            if self.tail.capacity() == self.tail.len() {
                self.close_tail();
                let block = bytes.len().checked_next_power_of_two().unwrap_or(BLOCK);
                self.tail = BytesMut::with_capacity(block.clamp(BLOCK / 4, BLOCK));
            }
            let room = self.tail.capacity() - self.tail.len();
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.tail.extend_from_slice(now);
            bytes = later;
        }
    }

    /// Appends `bytes`, from [`Output::WHOLE`] bytes on without a copy.
    pub fn put_bytes(&mut self, bytes: Bytes) {
        if bytes.len() < Output::WHOLE {
            self.put(&bytes);
            return;
        }
        self.close_tail();
        self.count(bytes.len());
        self.push(bytes);
    }

    /// Appends all bytes of `output`, into which encoders write.
    pub fn append(&mut self, output: &mut Output) {
        while let Some(bytes) = output.pop() {
            self.put_bytes(bytes);
        }
    }

    /// Takes the next piece to send, of at most `room` bytes, of which at most `credit` may be new.
    /// None if nothing can be sent.
    ///
    /// The piece counts as sent. It ends where the bytes of one write end, so a packet may have
    /// room for another one.
    pub fn next(&mut self, room: usize, credit: u64) -> Option<Piece<'_>> {
        let (offset, most) = self.candidate(credit)?;
        if room == 0 {
            return None;
        }
        Some(self.take(offset, most.min(room as u64)))
    }

    /// The offset of the next piece, and the most bytes from there.
    pub(super) fn candidate(&self, credit: u64) -> Option<(u64, u64)> {
        if let Some(lost) = self.lost.first() {
            return Some((lost.start, lost.end - lost.start));
        }
        let most = (self.end - self.fresh).min(credit);
        (most > 0).then_some((self.fresh, most))
    }

    /// Takes up to `most` bytes from `offset` on, which is a candidate's.
    pub(super) fn take(&mut self, offset: u64, most: u64) -> Piece<'_> {
        if offset >= self.end - self.tail.len() as u64 {
            self.close_tail();
        }
        let index = self.index(offset);
        let Some(chunk) = self.chunks.get(index) else {
            return Piece { offset, data: &[] };
        };
        let from = size(offset - chunk.offset);
        let to = chunk.length.min(from.saturating_add(size(most)));
        let end = chunk.offset + to as u64;
        self.lost.remove(offset..end);
        self.fresh = self.fresh.max(end);
        Piece { offset, data: &chunk.bytes[from..to] }
    }

    /// Notes that a frame that carried this range was acknowledged. Bytes that were never sent are
    /// ignored.
    pub fn acknowledged(&mut self, range: Range<u64>) {
        let range = self.under_way(range);
        if range.is_empty() {
            return;
        }
        for new in self.acknowledged.missing(range.clone()) {
            self.unacknowledged -= new.end - new.start;
            let mut at = new.start;
            for chunk in self.chunks.range_mut(self.index(new.start)..) {
                let part = (chunk.offset + chunk.length as u64).min(new.end) - at;
                chunk.left -= size(part);
                if chunk.left == 0 {
                    chunk.bytes = Bytes::new();
                }
                at += part;
                if at == new.end {
                    break;
                }
            }
        }
        self.acknowledged.insert(range.clone());
        self.lost.remove(range);
        while let Some(chunk) = self.chunks.front()
            && chunk.left == 0
        {
            self.base = chunk.offset + chunk.length as u64;
            self.chunks.pop_front();
        }
        self.acknowledged.remove(0..self.base);
        if self.unacknowledged == 0 {
            self.tail = BytesMut::new();
        }
    }

    /// Notes that a frame that carried this range was lost: the bytes of it that are not acknowledged
    /// are sent again.
    pub fn lost(&mut self, range: Range<u64>) {
        let range = self.under_way(range);
        for lost in self.acknowledged.missing(range) {
            self.lost.insert(lost);
        }
    }

    /// Returns the number of bytes written in all: the offset behind the last.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Returns the number of bytes sent at least once: the offset of the first that was not.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.fresh
    }

    /// Returns the number of bytes written and not acknowledged, sent or not. These are held, and
    /// some of those that are released together with them.
    #[must_use]
    pub fn unacknowledged(&self) -> u64 {
        self.unacknowledged
    }

    /// Returns true if there is something to send: lost, or new.
    #[must_use]
    pub fn has_more(&self) -> bool {
        !self.lost.is_empty() || self.fresh < self.end
    }

    /// Returns the memory that holds written data, in bytes; `Bytes`
    #[must_use]
    pub fn held(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(|chunk| chunk.bytes.len()).sum();
        chunks + self.tail.capacity() + self.chunks.capacity() * size_of::<Chunk>()
    }

    /// Drops all data. Nothing more is sent.
    pub(super) fn clear(&mut self) {
        *self = Self { base: self.fresh, fresh: self.fresh, end: self.fresh, ..Self::default() };
    }

    /// The part of `range` that was sent and may not be acknowledged.
    fn under_way(&self, range: Range<u64>) -> Range<u64> {
        range.start.max(self.base)..range.end.min(self.fresh)
    }

    /// The index of the chunk that `offset` is in.
    fn index(&self, offset: u64) -> usize {
        // Usually the requested bytes are in front.
        match self.chunks.front() {
            Some(first) if offset < first.offset + first.length as u64 => 0,
            _ => self.chunks.partition_point(|chunk| chunk.offset <= offset).saturating_sub(1),
        }
    }

    fn count(&mut self, length: usize) {
        self.end += length as u64;
        self.unacknowledged += length as u64;
    }

    /// Makes the tail a chunk.
    fn close_tail(&mut self) {
        if !self.tail.is_empty() {
            let bytes = self.tail.split().freeze();
            self.push(bytes);
        }
    }

    /// Appends a chunk, behind which there is nothing.
    fn push(&mut self, bytes: Bytes) {
        let offset = self.chunks.back().map_or(self.base, |last| last.offset + last.length as u64);
        let length = bytes.len();
        self.chunks.push_back(Chunk { offset, length, left: length, bytes });
    }
}

/// A length that was one before.
fn size(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// The number of bytes copied into one allocation: the most that one small write keeps alive.
const BLOCK: usize = 4096;
