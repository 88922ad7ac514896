//! The end of an output, to write to.

use core::fmt;

/// The end of an [`Output`](super::Output), to append bytes to: see
/// [`Output::put_with`](super::Output::put_with).
///
/// It takes bytes and shows none, since its memory may have held the traffic of another connection.
/// All methods panic if there is no room for what they are given.
pub struct Tail<'a> {
    /// The room that is left. None of it may be shown.
    pub(super) free: &'a mut [u8],
}

impl<'a> Tail<'a> {
    /// Returns the number of bytes that it still takes.
    #[inline]
    #[must_use]
    pub fn room(&self) -> usize {
        self.free.len()
    }

    /// Returns the number of bytes to append until the next one lies at a multiple of `align`, a
    /// power of two. Long writes of whole vectors are faster from there on.
    #[inline]
    #[must_use]
    pub fn until_aligned(&self, align: usize) -> usize {
        self.free.as_ptr().align_offset(align)
    }

    /// Appends an array, such as a header or a word.
    #[inline(always)]
    pub fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.take(N).copy_from_slice(&bytes);
    }

    /// Appends a copy of `bytes`.
    #[inline]
    pub fn put_slice(&mut self, bytes: &[u8]) {
        self.take(bytes.len()).copy_from_slice(bytes);
    }

    /// Appends the result of `map` for each of `blocks`: masked, encrypted, or in another byte
    /// order. It is a loop over two slices, which compilers vectorise.
    #[inline(always)]
    pub fn put_mapped<const N: usize>(
        &mut self,
        blocks: &[[u8; N]],
        map: impl Fn([u8; N]) -> [u8; N],
    ) {
        let place = self.take(blocks.len() * N);
        for (block, place) in blocks.iter().zip(place.as_chunks_mut::<N>().0) {
            *place = map(*block);
        }
    }

    /// Appends `length` bytes that begin with `first` and end with `last`. So the last bytes of a
    /// payload, one to two words long, are written as two whole words.
    ///
    /// # Panics
    /// If both together do not cover them, or one of them is longer.
    #[inline(always)]
    pub fn put_ends<const N: usize>(&mut self, length: usize, first: [u8; N], last: [u8; N]) {
        assert!(N <= length && length <= 2 * N, "two ends do not make the whole");
        let place = self.take(length);
        place[..N].copy_from_slice(&first);
        place[length - N..].copy_from_slice(&last);
    }

    /// Returns the next `length` bytes of the room, each of which must be written.
    #[inline(always)]
    fn take(&mut self, length: usize) -> &'a mut [u8] {
        if length > self.free.len() {
            full();
        }
        let (place, free) = core::mem::take(&mut self.free).split_at_mut(length);
        self.free = free;
        place
    }
}

#[cold]
#[inline(never)]
fn full() -> ! {
    panic!("a tail of an output is full")
}

/// Shows lengths and not payload.
impl fmt::Debug for Tail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").field("room", &self.room()).finish()
    }
}
