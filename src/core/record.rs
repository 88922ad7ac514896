//! One whole record, lent to the stage that delimited it.

use bytes::{Bytes, BytesMut};
use core::{fmt, ops::Deref};

use super::buffer::Buffer;
use alloc::vec::Vec;

/// The bytes of one record, already consumed from the buffer that holds them.
///
/// A record lends its bytes for as long as it lives: [`into_slice`](Self::into_slice) and
/// [`into_mut`](Self::into_mut) give the loan on, without a copy. To keep a record longer,
/// [`to_vec`](Self::to_vec) copies it, and [`into_bytes`](Self::into_bytes) takes its part of the
/// buffer over, which for records under a kilobyte costs about ten times what lending does.
///
/// ```
/// use segue::Record;
///
/// let mut bytes = *b"\x05hello..";
/// let mut record = Record::from(&mut bytes[..]);
/// record.advance(1);
/// record.truncate(5);
/// record.as_mut()[0] = b'H';
/// assert_eq!(record.into_slice(), b"Hello");
/// ```
pub struct Record<'a> {
    store: Store<'a>,
}

enum Store<'a> {
    Slice(&'a mut [u8]),
    /// `start..end` lies before the buffer's own front: it has been consumed, and stays where it
    /// is until the buffer is asked for room again.
    Buffer {
        buffer: &'a mut Buffer,
        start: usize,
        end: usize,
    },
}

impl<'a> Record<'a> {
    pub(super) fn in_buffer(buffer: &'a mut Buffer, start: usize, end: usize) -> Self {
        Self { store: Store::Buffer { buffer, start, end } }
    }

    /// Length in bytes of what is left of the record.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.store {
            Store::Slice(slice) => slice.len(),
            Store::Buffer { start, end, .. } => end - start,
        }
    }

    /// Whether nothing is left of the record.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, for as long as the record is borrowed.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        match &self.store {
            Store::Slice(slice) => slice,
            Store::Buffer { buffer, start, end } => buffer.storage(*start, *end),
        }
    }

    /// The bytes, to be changed in place.
    #[inline]
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "AsMut::as_mut is ambiguous through Deref")]
    pub fn as_mut(&mut self) -> &mut [u8] {
        match &mut self.store {
            Store::Slice(slice) => slice,
            Store::Buffer { buffer, start, end } => buffer.storage_mut(*start, *end),
        }
    }

    /// Drops `count` bytes from the front: a header that has been read.
    ///
    /// # Panics
    /// If the record is shorter than that.
    #[inline]
    pub fn advance(&mut self, count: usize) {
        match &mut self.store {
            Store::Slice(slice) => *slice = &mut core::mem::take(slice)[count..],
            Store::Buffer { start, end, .. } => {
                assert!(count <= *end - *start, "advanced past the end of a record");
                *start += count;
            }
        }
    }

    /// Drops all but the first `length` bytes: a terminator, or the rest of content that was
    /// shortened in place. Does nothing where the record is not longer than that.
    #[inline]
    pub fn truncate(&mut self, length: usize) {
        match &mut self.store {
            Store::Slice(slice) => {
                let length = length.min(slice.len());
                *slice = &mut core::mem::take(slice)[..length];
            }
            Store::Buffer { start, end, .. } => *end = (*end).min(*start + length),
        }
    }

    /// The bytes, for as long as the buffer is borrowed. Nothing is copied.
    #[inline]
    #[must_use]
    pub fn into_slice(self) -> &'a [u8] {
        self.into_mut()
    }

    /// The bytes, to be changed in place, for as long as the buffer is borrowed.
    #[inline]
    #[must_use]
    pub fn into_mut(self) -> &'a mut [u8] {
        match self.store {
            Store::Slice(slice) => slice,
            Store::Buffer { buffer, start, end } => buffer.storage_mut(start, end),
        }
    }

    /// A copy of the bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.as_slice().to_vec()
    }

    /// The bytes as a value of their own, which shares the buffer's allocation.
    ///
    /// Nothing is copied where the record lies in a [`Buffer`]; the allocation then lives as long
    /// as the longest-lived record of it, so a few bytes kept for long pin a whole read's worth:
    /// copy those. A record over a plain slice is copied.
    #[inline]
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.into_bytes_mut().freeze()
    }

    /// As [`into_bytes`](Self::into_bytes), still mutable.
    #[inline]
    #[must_use]
    pub fn into_bytes_mut(self) -> BytesMut {
        match self.store {
            Store::Slice(slice) => BytesMut::from(&*slice),
            Store::Buffer { buffer, start, end } => buffer.detach(start, end),
        }
    }
}

impl<'a> From<&'a mut [u8]> for Record<'a> {
    #[inline]
    fn from(slice: &'a mut [u8]) -> Self {
        Self { store: Store::Slice(slice) }
    }
}

impl Deref for Record<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsRef<[u8]> for Record<'_> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl PartialEq<[u8]> for Record<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.as_slice() == other
    }
}

impl<const N: usize> PartialEq<&[u8; N]> for Record<'_> {
    fn eq(&self, other: &&[u8; N]) -> bool {
        self.as_slice() == *other
    }
}

/// Shows the length and not the payload: payloads do not belong in logs.
impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("len", &self.len()).finish_non_exhaustive()
    }
}
