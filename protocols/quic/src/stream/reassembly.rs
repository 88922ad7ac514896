use segue::Buffer;

use super::pages::Pages;

/// A reassembler, which puts the segments of a stream in order: the data of STREAM or CRYPTO frames
/// (RFC 9000 §2.2, §19.6).
///
/// Segments come in any order, repeated, and overlapping. Data in order is appended to a
/// [`Buffer`], from which any stage reads; data out of order is copied and held. Where segments
/// overlap, the bytes that came first count.
///
/// # Bounds
/// It has no limit: [`ReceiveStream`](super::ReceiveStream) and
/// [`CryptoStream`](super::CryptoStream) refuse data beyond theirs before it comes here. Data out
/// of order is held in pages of 2 KiB, with a bit for each byte that is there: at most `w / 2 KiB +
/// 2` pages of a window of `w` bytes, however the data is cut. A segment of `n` bytes adds at most
/// about `n / 2 KiB + 2` pages, and keeps nothing of its datagram. The work is proportional to the
/// length of segments, in any order.
///
/// Pages that are not needed any more serve all streams of a thread, which keeps 64 of them at most
/// (145 KiB), with the feature `std`.
///
/// ```
/// use segue::Buffer;
/// use segue_quic::stream::Reassembler;
///
/// let (mut stream, mut buffer) = (Reassembler::new(), Buffer::new());
/// stream.write(6, b"world", &mut buffer);
/// assert_eq!((buffer.len(), stream.out_of_order()), (0, 5));
/// stream.write(0, b"hello ", &mut buffer);
/// assert_eq!((buffer.as_slice(), stream.out_of_order()), (&b"hello world"[..], 0));
/// ```
#[derive(Debug, Default)]
pub struct Reassembler {
    /// The offset of the first byte that is missing.
    next: u64,
    pages: Pages,
}

impl Reassembler {
    /// Creates a reassembler of an empty stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a segment that begins at `offset`, and appends the data that is in order now to
    /// `buffer`. Returns the number of appended bytes.
    ///
    /// A stream has at most 2^62 - 1 bytes (§4.5); data beyond 2^64 is dropped.
    #[inline]
    pub fn write(&mut self, offset: u64, data: &[u8], buffer: &mut Buffer) -> u64 {
        if offset == self.next && self.pages.is_empty() && offset <= LAST {
            buffer.extend(data);
            self.next += data.len() as u64;
            return data.len() as u64;
        }
        self.write_out_of_order(offset, data, buffer)
    }

    #[inline(never)]
    fn write_out_of_order(&mut self, offset: u64, data: &[u8], buffer: &mut Buffer) -> u64 {
        if offset > LAST {
            return 0;
        }
        if offset > self.next {
            self.pages.hold(offset, data);
            return 0;
        }
        let from = self.next;
        let known = usize::try_from(self.next - offset).unwrap_or(usize::MAX);
        let mut data = data.get(known..).unwrap_or_default();
        while !data.is_empty() {
            let missing = usize::try_from(self.pages.missing(self.next)).unwrap_or(usize::MAX);
            let (now, later) = data.split_at(data.len().min(missing));
            buffer.extend(now);
            self.next += now.len() as u64;
            // The held bytes came first, so they count.
            let held = self.pages.release(self.next, buffer);
            self.next += held;
            let held = usize::try_from(held).unwrap_or(usize::MAX);
            data = later.get(held..).unwrap_or_default();
        }
        self.next - from
    }

    /// Returns the offset of the first missing byte: the number of bytes in order.
    #[inline]
    #[must_use]
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Returns the number of bytes that wait because something before them is missing.
    #[must_use]
    pub fn out_of_order(&self) -> usize {
        self.pages.held()
    }

    /// Returns the memory that holds them, used or not, in bytes.
    #[must_use]
    pub fn held(&self) -> usize {
        self.pages.memory()
    }

    /// Drops all data.
    pub fn clear(&mut self) {
        self.pages.clear();
    }

    /// Releases the memory that is kept for the next segment out of order: about 2 KiB.
    pub fn release_memory(&mut self) {
        self.pages.release_memory();
    }
}

/// No segment begins behind this: its end could not be counted.
const LAST: u64 = 1 << 62;
