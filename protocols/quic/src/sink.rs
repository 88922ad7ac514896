use alloc::vec::Vec;
use segue::Output;

/// A destination that bytes are appended to: an [`Output`], or a `Vec` that becomes a packet.
pub trait Sink {
    /// Appends a copy of `bytes`.
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Output {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        Self::put(self, bytes);
    }
}

impl Sink for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for bytes::BytesMut {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
