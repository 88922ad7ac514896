//! Bytes that are sent until they are acknowledged.

use alloc::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use segue::Output;

use crate::RangeSet;

/// The bytes of a stream from when they are written until they are acknowledged.
///
/// [`next`](Self::next) cuts off what is to be sent next: first what was lost, then what is new.
/// What a packet carried is told as [`Sent`] when the packet is acknowledged or lost, in any order
/// and as often as need be. Memory goes as it is acknowledged: `Bytes` that were put in whole are let
/// go when all of them are, and what was copied in, block by block of 4 KiB.
///
/// It knows no frame and no end: it is the queue of CRYPTO frames as it is, and a
/// [`SendStream`](super::SendStream) is made of one.
///
/// ```
/// use segue_quic::stream::SendQueue;
///
/// let mut queue = SendQueue::new();
/// queue.put(b"client hello");
/// let first = queue.next(6, u64::MAX).map(|piece| piece.sent()).unwrap();
/// let second = queue.next(1200, u64::MAX).unwrap();
/// assert_eq!((second.offset, second.data), (6, &b" hello"[..]));
/// let second = second.sent();
/// assert!(queue.next(1200, u64::MAX).is_none()); // all is under way
///
/// queue.acknowledged(second);
/// queue.lost(first);
/// assert_eq!(queue.next(1200, u64::MAX).unwrap().data, b"client");
/// assert_eq!(queue.unacknowledged(), 6);
/// ```
#[derive(Debug, Default)]
pub struct SendQueue {
    /// What is not acknowledged, and what is between; the first always is not.
    chunks: VecDeque<Chunk>,
    /// What small writes are gathered in; it comes after the chunks.
    tail: BytesMut,
    /// The offset of the first byte of the first chunk: all before are acknowledged.
    base: u64,
    /// The offset of the first byte that was never sent.
    fresh: u64,
    /// The offset behind the last byte.
    end: u64,
    /// What was lost and not sent again.
    lost: RangeSet,
    /// What is acknowledged, from `base` on.
    acknowledged: RangeSet,
    unacknowledged: u64,
}

/// Bytes of the stream that are freed together.
#[derive(Debug)]
struct Chunk {
    offset: u64,
    length: usize,
    /// Of how many no acknowledgement has come.
    left: usize,
    /// Empty once none is left.
    bytes: Bytes,
}

/// A part of a stream to be sent in one frame, lent from its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The offset of its first byte in the stream.
    pub offset: u64,
    /// Its bytes.
    pub data: &'a [u8],
    /// Whether the stream ends behind it.
    pub fin: bool,
}

/// What a frame carried: to be kept with its packet until that is acknowledged or lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sent {
    /// The offset of the first byte in the stream.
    pub offset: u64,
    /// How many bytes it carried.
    pub length: usize,
    /// Whether it told the end of the stream.
    pub fin: bool,
}

impl Piece<'_> {
    /// What there is to be kept of it.
    #[must_use]
    pub fn sent(&self) -> Sent {
        Sent { offset: self.offset, length: self.data.len(), fin: self.fin }
    }
}

impl SendQueue {
    /// An empty queue of a stream of which nothing was sent.
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

    /// Appends all that waits in `output`, where encoders of stages put it.
    pub fn append(&mut self, output: &mut Output) {
        while let Some(bytes) = output.pop() {
            self.put_bytes(bytes);
        }
    }

    /// Cuts off what is to be sent next, of at most `room` bytes; at most `credit` of them may be
    /// such as were never sent. None where nothing can be sent.
    ///
    /// It counts as sent. A piece ends where the bytes that were written in one go do, so a packet
    /// may have room for another one.
    pub fn next(&mut self, room: usize, credit: u64) -> Option<Piece<'_>> {
        let (offset, most) = self.candidate(credit)?;
        if room == 0 {
            return None;
        }
        Some(self.take(offset, most.min(room as u64)))
    }

    /// The offset of what is to be sent next, and how many bytes can be from there.
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
            return Piece { offset, data: &[], fin: false };
        };
        let from = size(offset - chunk.offset);
        let to = chunk.length.min(from.saturating_add(size(most)));
        let end = chunk.offset + to as u64;
        self.lost.remove(offset..end);
        self.fresh = self.fresh.max(end);
        Piece { offset, data: &chunk.bytes[from..to], fin: false }
    }

    /// A frame that carried `sent` was acknowledged. Whatever was never sent is not.
    pub fn acknowledged(&mut self, sent: Sent) {
        let range = self.range(sent);
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

    /// A frame that carried `sent` was lost: what of it is not acknowledged is sent again.
    pub fn lost(&mut self, sent: Sent) {
        let range = self.range(sent);
        for lost in self.acknowledged.missing(range) {
            self.lost.insert(lost);
        }
    }

    /// How many bytes were written in all: the offset behind the last.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// How many bytes were sent at least once: the offset of the first that was not.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.fresh
    }

    /// How many bytes were written and not acknowledged, sent or not. They are what is held, save
    /// for those that are let go together with others.
    #[must_use]
    pub fn unacknowledged(&self) -> u64 {
        self.unacknowledged
    }

    /// Whether there is something to send: lost, or new.
    #[must_use]
    pub fn has_more(&self) -> bool {
        !self.lost.is_empty() || self.fresh < self.end
    }

    /// The memory that holds what was written, in bytes; `Bytes` count with their length.
    #[must_use]
    pub fn held(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(|chunk| chunk.bytes.len()).sum();
        chunks + self.tail.capacity() + self.chunks.capacity() * size_of::<Chunk>()
    }

    /// Drops everything that is held. Nothing is sent any more.
    pub(super) fn clear(&mut self) {
        *self = Self { base: self.fresh, fresh: self.fresh, end: self.fresh, ..Self::default() };
    }

    /// What of `sent` was sent and may not be acknowledged.
    fn range(&self, sent: Sent) -> core::ops::Range<u64> {
        let end = sent.offset.saturating_add(sent.length as u64);
        sent.offset.max(self.base)..end.min(self.fresh)
    }

    /// The index of the chunk that `offset` is in.
    fn index(&self, offset: u64) -> usize {
        // What is asked for is in front, mostly.
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

/// How many bytes are copied into one allocation: what one small write pins at most.
const BLOCK: usize = 4096;
