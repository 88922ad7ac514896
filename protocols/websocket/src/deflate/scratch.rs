//! Memory that is written to by a compressor.

use std::vec::Vec;

/// Bytes that grow at their end. Its memory is initialised once, when it is asked for.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Its length is the initialised extent.
    storage: Vec<u8>,
    length: usize,
}

impl Scratch {
    /// The number of bytes kept for the next message.
    const KEPT: usize = 4096;

    /// The first step of growth, in bytes.
    const LEAST: usize = 512;

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.storage[..self.length]
    }

    /// Room to write to: some, and more as there is more, but no more memory than for `most`
    /// bytes in all.
    pub(super) fn room(&mut self, most: usize) -> &mut [u8] {
        if self.length == self.storage.len() {
            let length = (2 * self.length).max(Self::LEAST).min(most.max(self.length));
            self.storage.reserve_exact(length - self.length);
            self.storage.resize(length, 0);
        }
        &mut self.storage[self.length..]
    }

    /// Counts the first `count` bytes of the room as written.
    pub(super) fn commit(&mut self, count: usize) {
        self.length = self.storage.len().min(self.length + count);
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.storage.truncate(self.length);
        self.storage.extend_from_slice(bytes);
        self.length = self.storage.len();
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Empties it, and gives its memory back unless it is little.
    pub(super) fn clear(&mut self) {
        self.length = 0;
        if self.storage.capacity() > Self::KEPT {
            self.storage = Vec::new();
        }
    }
}
