//! Bytes that leave an output: shown, counted as sent, or taken out.

use bytes::{Buf, Bytes};

use super::{Output, Whole};

impl Output {
    /// Returns the waiting bytes in order, in as many slices as there are.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let mut at = self.start;
        self.queue
            .iter()
            .flat_map(move |Whole { before, bytes }| {
                let small = &self.small[at..at + before];
                at += before;
                [small, bytes]
            })
            .chain([&self.small[self.start + self.between..self.end]])
            .filter(|chunk| !chunk.is_empty())
    }

    /// Returns everything waiting if it is in one piece, as it usually is.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn as_one_chunk(&self) -> Option<&[u8]> {
        self.queue.is_empty().then(|| &self.small[self.start..self.end])
    }

    /// Counts the first `count` bytes as sent.
    ///
    /// # Panics
    /// If fewer are waiting.
    pub fn advance(&mut self, mut count: usize) {
        self.left = self.left.wrapping_add(count as u64);
        if self.queue.is_empty() && count == self.end - self.start {
            self.note_used();
            (self.start, self.end) = (0, 0);
            return;
        }
        while count > 0
            && let Some(Whole { before, bytes }) = self.queue.front_mut()
        {
            let small = count.min(*before);
            *before -= small;
            self.between -= small;
            self.start += small;
            count -= small;
            let whole = count.min(bytes.len());
            bytes.advance(whole);
            self.queued -= whole;
            count -= whole;
            if *before == 0 && bytes.is_empty() {
                self.queue.pop_front();
            }
        }
        assert!(count <= self.end - self.start - self.between, "sent more than was waiting");
        self.start += count;
        if self.start == self.end {
            self.note_used();
            (self.start, self.end) = (0, 0);
        }
    }

    /// Takes the next waiting chunk out, without a copy, for callers that send from a queue of
    /// their own. `None` if nothing is waiting.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use segue::Output;
    ///
    /// let mut output = Output::new();
    /// output.put(b"head");
    /// output.put_bytes(Bytes::from(vec![7; 4096]));
    /// assert_eq!(output.pop().unwrap(), "head");
    /// assert_eq!(output.pop().unwrap().len(), 4096);
    /// assert!(output.pop().is_none() && output.is_empty());
    /// ```
    pub fn pop(&mut self) -> Option<Bytes> {
        let small = self.queue.front().map_or(self.end - self.start, |whole| whole.before);
        if small > 0 {
            if let Some(whole) = self.queue.front_mut() {
                whole.before = 0;
                self.between -= small;
            }
            let mut bytes = self.small.split_to(self.start + small);
            bytes.advance(self.start);
            self.used = self.used.saturating_sub(self.start + small);
            self.end -= self.start + small;
            self.start = 0;
            self.left = self.left.wrapping_add(small as u64);
            return Some(bytes.freeze());
        }
        let next = self.queue.pop_front()?.bytes;
        self.queued -= next.len();
        self.left = self.left.wrapping_add(next.len() as u64);
        Some(next)
    }

    /// Moves up to `most` bytes from the front to the end of `into`, and returns the number. Large
    /// writes are shared and not copied.
    ///
    /// A stage uses it to carry the bytes of a stream of its own in frames.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use segue::Output;
    ///
    /// let (mut stream, mut wire) = (Output::new(), Output::new());
    /// stream.put_bytes(Bytes::from(vec![7; 5000]));
    /// wire.put(b"\x0f\xa0"); // the length of a frame
    /// assert_eq!(stream.move_to(&mut wire, 4000), 4000);
    /// assert_eq!((stream.len(), stream.position(), wire.len()), (1000, 4000, 4002));
    /// ```
    pub fn move_to(&mut self, into: &mut Self, most: usize) -> usize {
        let mut left = most;
        while left > 0 && !self.is_empty() {
            let small = self.queue.front().map_or(self.end - self.start, |whole| whole.before);
            let moved = if small > 0 {
                let small = small.min(left);
                into.put(&self.small[self.start..self.start + small]);
                small
            } else {
                let Some(Whole { bytes, .. }) = self.queue.front() else { break };
                let whole = bytes.len().min(left);
                into.put_bytes(bytes.slice(..whole));
                whole
            };
            self.advance(moved);
            left -= moved;
        }
        most - left
    }
}
