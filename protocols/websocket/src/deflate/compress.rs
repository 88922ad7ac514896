//! Messages compressed as they are sent (RFC 7692 §7.2.1).

use bytes::Bytes;
use std::fmt;
use zlib_rs::DeflateFlush;

use super::{
    Agreed, TAIL,
    scratch::Scratch,
    settings::{Effort, SlidingWindow},
    zlib_bits,
};
use crate::{Prepared, Role};

/// The compressor of what one end sends.
pub(crate) struct Compress {
    window: SlidingWindow,
    effort: Effort,
    /// Released between messages that do not refer to each other.
    stream: Option<zlib_rs::Deflate>,
    /// A part of the message under way has been compressed, and its tail is owed to the next part.
    begun: bool,
    scratch: Scratch,
}

impl Compress {
    /// For what `role` sends.
    pub(crate) fn new(agreed: &Agreed, role: Role) -> Self {
        let (window, effort) = (agreed.window(role), agreed.effort());
        Self { window, effort, stream: None, begun: false, scratch: Scratch::default() }
    }

    /// Returns true if a message of `length` bytes is long enough to be compressed.
    pub(crate) fn pays(&self, length: usize) -> bool {
        length >= self.effort.threshold
    }

    /// Returns a message for many connections compressed by itself, if need be for the first time.
    /// What this connection sends afterwards refers to nothing before: its own compressor has not
    /// seen this message, and so is begun anew.
    pub(crate) fn prepared(&mut self, message: &Prepared) -> Bytes {
        self.stream = None;
        let bits = zlib_bits(self.window.bits);
        message.compressed(bits, |payload| {
            let window = SlidingWindow { takeover: false, ..self.window };
            let mut alone =
                Self { window, stream: None, begun: false, scratch: Scratch::default(), ..*self };
            alone.part(payload, true).to_vec()
        })
    }

    /// Compresses the next part of a message, `fin` the last one, and lends what is to be sent.
    ///
    /// The tail of a part is left out where it stands last, as RFC 7692 §7.2.1 has it, and put in
    /// front of the next part otherwise: so a last part of nothing needs nothing.
    pub(crate) fn part(&mut self, payload: &[u8], fin: bool) -> &[u8] {
        self.scratch.clear();
        if !payload.is_empty() {
            if self.begun {
                self.scratch.put(&TAIL);
            }
            self.compress(payload);
            self.begun = true;
        }
        if fin {
            if !self.begun {
                // Of nothing: a block of none (§7.2.3.6).
                self.scratch.put(&[0]);
            }
            self.begun = false;
            if !self.window.takeover {
                self.stream = None;
            }
        }
        self.scratch.as_slice()
    }

    /// Appends `input` compressed, without the tail.
    fn compress(&mut self, mut input: &[u8]) {
        let stream = self.stream.get_or_insert_with(|| {
            zlib_rs::Deflate::new(self.effort.level.into(), false, zlib_bits(self.window.bits))
        });
        loop {
            let room = self.scratch.room(usize::MAX);
            let (length, consumed, written) = (room.len(), stream.total_in(), stream.total_out());
            // INVARIANT: zlib refuses nothing but a stream that was not set up.
            stream
                .compress(input, room, DeflateFlush::SyncFlush)
                .expect("a stream that was set up");
            let (consumed, written) = (stream.total_in() - consumed, stream.total_out() - written);
            #[expect(clippy::cast_possible_truncation, reason = "within the two slices")]
            let (consumed, written) = (consumed as usize, written as usize);
            input = &input[consumed..];
            self.scratch.commit(written);
            // Output that leaves room is all there is: the flush is complete.
            if input.is_empty() && written < length {
                break;
            }
        }
        debug_assert!(self.scratch.as_slice().ends_with(&TAIL), "flushed");
        self.scratch.truncate(self.scratch.len() - TAIL.len());
    }

    /// Gives back what memory the last message left.
    pub(crate) fn forget(&mut self) {
        self.scratch.clear();
    }
}

impl fmt::Debug for Compress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compress").field("window", &self.window).finish_non_exhaustive()
    }
}
