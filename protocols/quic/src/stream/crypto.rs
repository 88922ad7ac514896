use segue::{
    Buffer, Decode, Fault, Output, Step,
    mux::{Exceeded, Window},
};

use super::{Reassembler, StreamError};

/// The data of a handshake at one encryption level, in order, from CRYPTO frames (RFC 9000 §19.6).
///
/// It is a stream without an end and without flow control; instead, the number of buffered bytes is
/// limited.
///
/// ```
/// use segue::{Output, Step, length};
/// use segue_quic::stream::CryptoStream;
///
/// let mut stream = CryptoStream::new();
/// stream.receive(6, b"lo")?;
/// stream.receive(0, b"\x01\x00\x00\x04he")?;
///
/// // A handshake message of TLS: a type, its length in three bytes, its content.
/// let mut messages = length::u24_be().offset(1).keep_header();
/// let item = stream.step(&mut messages, &mut Output::new())?;
/// assert!(matches!(item, Step::Item(item) if item == b"\x01\x00\x00\x04helo"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CryptoStream {
    reassembler: Reassembler,
    buffer: Buffer,
    limit: usize,
}

impl CryptoStream {
    /// The number of bytes buffered by default: 64 KiB, in which chains of certificates fit even
    /// with post-quantum signatures. The standard asks for 4096 at least (RFC 9000 §7.5).
    pub const MAX: usize = 64 * 1024;

    /// Creates an empty stream.
    #[must_use]
    pub fn new() -> Self {
        Self::with_max(Self::MAX)
    }

    /// Creates an empty stream with at most `limit` bytes buffered, in order or not.
    #[must_use]
    pub fn with_max(limit: usize) -> Self {
        Self { reassembler: Reassembler::new(), buffer: Buffer::new(), limit }
    }

    /// Takes the data of a CRYPTO frame. Returns true if there is more to read than before.
    ///
    /// # Errors
    /// If it exceeds the limit on buffered bytes, or ends beyond 2^62 - 1.
    #[inline]
    pub fn receive(&mut self, offset: u64, data: &[u8]) -> Result<bool, StreamError> {
        let length = data.len() as u64;
        let reached = match offset.checked_add(length) {
            Some(end) if end <= Window::MAX_DATA => end,
            _ => return Err(StreamError::TooLong { offset, length }),
        };
        let limit = self.buffer.position().saturating_add(self.limit as u64);
        if reached > limit {
            return Err(StreamError::CryptoBuffer(Exceeded { limit, reached }));
        }
        Ok(self.reassembler.write(offset, data, &mut self.buffer) > 0)
    }

    /// Returns the next item of `stage`, or its need.
    ///
    /// # Errors
    /// Faults of the stage, at their offset in the stream.
    #[inline]
    pub fn step<'a, D: Decode>(
        &'a mut self,
        stage: &'a mut D,
        answers: &mut Output,
    ) -> Result<Step<D::Item<'a>>, Fault<D::Error>> {
        self.buffer.step(stage, false, answers)
    }

    /// Returns the buffer with the bytes that are in order and not read.
    pub fn buffer_mut(&mut self) -> &mut Buffer {
        &mut self.buffer
    }

    /// Returns the bytes that are in order and not read.
    #[must_use]
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// Returns the number of bytes that wait because something before them is missing.
    #[must_use]
    pub fn out_of_order(&self) -> usize {
        self.reassembler.out_of_order()
    }

    /// Returns the memory that the stream takes, used or not, in bytes.
    #[must_use]
    pub fn held(&self) -> usize {
        self.buffer.capacity() + self.reassembler.held()
    }
}

impl Default for CryptoStream {
    fn default() -> Self {
        Self::new()
    }
}
