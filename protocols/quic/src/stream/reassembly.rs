//! A stream in order again.

use segue::Buffer;

use super::pages::Pages;

/// Puts the segments of a stream in order: those of STREAM frames and of CRYPTO frames (RFC 9000
/// §2.2, §19.6).
///
/// Segments come in any order, again, and overlapping. What comes in its turn goes straight behind
/// what is in a [`Buffer`], from which any stage reads; what comes before its turn is copied and
/// held. Where segments overlap, the bytes that came first count.
///
/// # Bounds
/// It knows no limit: [`ReceiveStream`](super::ReceiveStream) and
/// [`CryptoStream`](super::CryptoStream) refuse what is beyond theirs before it comes here. What is
/// before its turn lies in pages of 2 KiB, with a bit for each byte that says whether it is there:
/// of a window of `w` bytes at most `w / 2 KiB + 2` of them, however the bytes are cut. A segment of
/// `n` bytes brings about `n / 2 KiB + 2` at most, and keeps nothing of the datagram it came in. Work
/// goes with the length of segments, and is the same for every order.
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
    /// A reassembler of a stream of which nothing has come.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a segment whose first byte is that at `offset`, and appends to `buffer` what is in
    /// order now. Gives how many bytes that is.
    ///
    /// A stream has at most 2^62 - 1 bytes (§4.5); what would be beyond 2^64 is dropped.
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
            // What is held came first.
            let held = self.pages.release(self.next, buffer);
            self.next += held;
            let held = usize::try_from(held).unwrap_or(usize::MAX);
            data = later.get(held..).unwrap_or_default();
        }
        self.next - from
    }

    /// The offset of the first byte that is missing: how many bytes are in order.
    #[inline]
    #[must_use]
    pub fn position(&self) -> u64 {
        self.next
    }

    /// The number of bytes that wait because something before them is missing.
    #[must_use]
    pub fn out_of_order(&self) -> usize {
        self.pages.held()
    }

    /// The memory that holds them, used or not, in bytes.
    #[must_use]
    pub fn held(&self) -> usize {
        self.pages.memory()
    }

    /// Drops what is held.
    pub fn clear(&mut self) {
        self.pages.clear();
    }

    /// Gives back the memory that is kept for the next segment out of order: about 2 KiB.
    pub fn release_memory(&mut self) {
        self.pages.release_memory();
    }
}

/// No segment begins behind this: its end could not be counted.
const LAST: u64 = 1 << 62;
