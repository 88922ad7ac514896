//! One whole record, lent to the stage that delimited it.

use bytes::{Bytes, BytesMut};
use core::{fmt, ops::Deref};

use super::buffer::Buffer;
use alloc::vec::Vec;

/// The bytes of one record, already consumed from the buffer that holds them.
///
/// A record lends its bytes for as long as it lives; [`into_slice`](Self::into_slice) and
/// [`into_mut`](Self::into_mut) pass the loan on, without a copy. To keep a record longer,
/// [`to_vec`](Self::to_vec) copies it, and [`into_bytes`](Self::into_bytes) copies a short one and
/// takes over its part of the buffer for a long one. Either costs five to fifteen times as much as
/// lending.
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
    /// `start..end` lies before the buffer's own front: it has been consumed, and stays in place
    /// until the buffer is asked for room again.
    Buffer {
        buffer: &'a mut Buffer,
        start: usize,
        end: usize,
    },
}

impl<'a> Record<'a> {
    /// The length in bytes from which on [`into_bytes`](Self::into_bytes) shares the buffer's
    /// allocation. Measured with glibc's allocator: at 5, 1024 and 2048 bytes a copy costs 0.3, 0.6
    /// and 1.5 times as much as sharing.
    pub const SHARED: usize = 1024;

    /// Returns the length in bytes of the rest of the record.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.store {
            Store::Slice(slice) => slice.len(),
            Store::Buffer { start, end, .. } => end - start,
        }
    }

    /// Returns true if nothing is left of the record.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bytes, for as long as the record is borrowed.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        match &self.store {
            Store::Slice(slice) => slice,
            Store::Buffer { buffer, start, end } => buffer.storage(*start, *end),
        }
    }

    /// Returns the bytes, to be changed in place.
    #[inline]
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "AsMut::as_mut is ambiguous through Deref")]
    pub fn as_mut(&mut self) -> &mut [u8] {
        match &mut self.store {
            Store::Slice(slice) => slice,
            Store::Buffer { buffer, start, end } => buffer.storage_mut(*start, *end),
        }
    }

    /// Drops `count` bytes from the front, such as a header that was read.
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
    /// shortened in place. Does nothing if the record is not longer.
    #[inline]
    pub fn truncate(&mut self, length: usize) {
        match &mut self.store {
            Store::Slice(slice) => {
                let length = length.min(slice.len());
                *slice = &mut core::mem::take(slice)[..length];
            }
            Store::Buffer { start, end, .. } => *end = (*end).min(start.saturating_add(length)),
        }
    }

    /// Splits the record into its first `length` bytes and the rest: a line and the payload it
    /// announces. Both lend. [`into_bytes`](Self::into_bytes) of either copies; to have a long
    /// payload share the buffer's allocation, [`advance`](Self::advance) past the bytes before it.
    ///
    /// ```
    /// use segue::Record;
    ///
    /// let mut bytes = *b"PUB subject 5\r\nhello";
    /// let (line, payload) = Record::from(&mut bytes[..]).split_at(15);
    /// assert_eq!(line, "PUB subject 5\r\n");
    /// assert_eq!(payload, "hello");
    /// ```
    ///
    /// # Panics
    /// If the record is shorter than that.
    #[inline]
    #[must_use]
    pub fn split_at(self, length: usize) -> (Self, Self) {
        let (front, rest) = self.into_mut().split_at_mut(length);
        (Self::from(front), Self::from(rest))
    }

    /// Returns the bytes, for as long as the buffer is borrowed. Nothing is copied.
    #[inline]
    #[must_use]
    pub fn into_slice(self) -> &'a [u8] {
        self.into_mut()
    }

    /// Returns the bytes, to be changed in place, for as long as the buffer is borrowed.
    #[inline]
    #[must_use]
    pub fn into_mut(self) -> &'a mut [u8] {
        match self.store {
            Store::Slice(slice) => slice,
            Store::Buffer { buffer, start, end } => buffer.storage_mut(start, end),
        }
    }

    /// Returns a copy of the bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.as_slice().to_vec()
    }

    /// Returns the bytes as an owned value.
    ///
    /// A record of [`SHARED`](Self::SHARED) bytes or more that lies in a [`Buffer`] shares the
    /// buffer's allocation, which lives as long as the longest-lived record in it. Shorter ones,
    /// and those over a plain slice, are copied: that costs less than a shared count, and a few
    /// bytes kept for long do not pin a whole read.
    #[inline]
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self.store {
            Store::Buffer { buffer, start, end } if end - start >= Self::SHARED => {
                buffer.detach(start, end).freeze()
            }
            _ => Bytes::copy_from_slice(self.as_slice()),
        }
    }

    /// Returns the bytes as an owned value that can be changed, copied or shared as by
    /// [`into_bytes`](Self::into_bytes).
    #[inline]
    #[must_use]
    pub fn into_bytes_mut(self) -> BytesMut {
        match self.store {
            Store::Buffer { buffer, start, end } if end - start >= Self::SHARED => {
                buffer.detach(start, end)
            }
            _ => BytesMut::from(self.as_slice()),
        }
    }
}

impl Buffer {
    /// Consumes the `count` bytes in front and lends them.
    ///
    /// # Panics
    /// If fewer are buffered.
    #[inline]
    pub fn take(&mut self, count: usize) -> Record<'_> {
        let start = self.front();
        self.consume(count);
        Record { store: Store::Buffer { buffer: self, start, end: start + count } }
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

/// A record equals anything with the same bytes: `record == b"QUIT"`, `record == "QUIT"`.
impl PartialEq<[u8]> for Record<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.as_slice() == other
    }
}

macro_rules! equals {
    ($([$($generics:tt)*] $Other:ty;)*) => {$(
        impl<$($generics)*> PartialEq<$Other> for Record<'_> {
            fn eq(&self, other: &$Other) -> bool {
                let other: &[u8] = other.as_ref();
                self == other
            }
        }
    )*};
}

equals! {
    [] &[u8];
    [const N: usize] [u8; N];
    [const N: usize] &[u8; N];
    [] str;
    [] &str;
}

/// Shows the length and not the payload: payloads do not belong in logs.
impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn long_records_share_the_storage_and_short_ones_do_not() {
        for length in [0, 1, Record::SHARED - 1, Record::SHARED, Record::SHARED + 1] {
            for mutable in [false, true] {
                let mut buffer = Buffer::from(&vec![7; length + 2][..]);
                buffer.consume(1);
                let place = buffer.as_slice().as_ptr();
                let record = buffer.take(length);
                let bytes =
                    if mutable { record.into_bytes_mut().freeze() } else { record.into_bytes() };
                assert_eq!(bytes, vec![7; length]);
                assert_eq!(bytes.as_ptr() == place, length >= Record::SHARED, "{length} bytes");
                assert_eq!((buffer.as_slice(), buffer.position()), (&[7][..], 1 + length as u64));
            }
        }
    }
}
