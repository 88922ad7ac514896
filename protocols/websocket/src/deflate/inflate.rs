//! Messages inflated as they come (RFC 7692 §7.2.2).

use segue::Fault;
use std::fmt;
use zlib_rs::{InflateFlush, Status};

use super::{Agreed, TAIL, scratch::Scratch, settings::SlidingWindow, zlib_bits};
use crate::{
    Error, Message, Role,
    utf8::{self, Carry},
};

/// The decompressor of what one end receives, and the message under way.
///
/// Its faults are of the layer below that of the frames: their offset is in what all messages
/// inflate to, one after the other.
pub(crate) struct Inflate {
    window: SlidingWindow,
    /// Released between messages that do not refer to each other.
    stream: Option<zlib_rs::Inflate>,
    /// The number of inflated bytes before those in `message`.
    before: u64,
    /// The number of those that belong to the message under way.
    gone: usize,
    /// A message is under way.
    open: bool,
    text: bool,
    /// Nothing of the message has come, not even the encoding of an empty message (§7.2.3.6).
    blank: bool,
    message: Scratch,
    /// The number of bytes of the message that are checked to be UTF-8, and the character that is
    /// cut off there.
    checked: usize,
    carry: Carry,
}

impl Inflate {
    /// For what `role` has sent.
    pub(crate) fn new(agreed: &Agreed, role: Role) -> Self {
        Self {
            window: agreed.window(role),
            stream: None,
            before: 0,
            gone: 0,
            open: false,
            text: false,
            blank: true,
            message: Scratch::default(),
            checked: 0,
            carry: Carry::default(),
        }
    }

    /// Returns true if a message is under way.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Returns the number of held bytes of the message under way.
    pub(crate) fn gathered(&self) -> usize {
        self.message.len()
    }

    /// Begins a message.
    pub(crate) fn begin(&mut self, text: bool) {
        self.forget();
        self.gone = 0;
        (self.open, self.text, self.blank) = (true, text, true);
    }

    /// Inflates a piece of the message under way, which may come to `limit` bytes in all.
    pub(crate) fn push(&mut self, piece: &[u8], limit: usize) -> Result<(), Fault<Error>> {
        self.blank &= piece.is_empty();
        let inflated = self.inflate(piece, limit);
        self.check(limit)?;
        inflated.map_err(|error| self.fault(error, self.message.len().min(limit)))
    }

    /// Inflates the last piece, and lends the whole message.
    pub(crate) fn finish(
        &mut self,
        piece: &[u8],
        limit: usize,
    ) -> Result<Message<'_>, Fault<Error>> {
        if self.blank && piece.is_empty() {
            return Err(self.fault(Error::Deflate, 0));
        }
        let inflated = self.inflate(piece, limit).and_then(|()| self.complete(limit));
        if inflated.is_err() || self.checked > 0 {
            self.check(limit)?;
        }
        inflated.map_err(|error| self.fault(error, self.message.len().min(limit)))?;
        self.end();
        let before = self.before;
        let message = self.message.as_slice();
        if !self.text {
            return Ok(Message::Binary(message));
        }
        utf8::whole(message).map(Message::Text).map_err(|at| fault(Error::Utf8, before, at))
    }

    /// Inflates a piece of the message under way, `last` that it ends in, and lends what it comes
    /// to alone.
    pub(crate) fn piece(
        &mut self,
        piece: &[u8],
        last: bool,
        limit: usize,
    ) -> Result<&[u8], Fault<Error>> {
        self.pass();
        self.blank &= piece.is_empty();
        if self.blank && last {
            return Err(self.fault(Error::Deflate, 0));
        }
        let rest = limit.saturating_sub(self.gone);
        let mut inflated = self.inflate(piece, rest);
        if last {
            inflated = inflated.and_then(|()| self.complete(rest));
        }
        self.check(rest)?;
        inflated.map_err(|error| {
            let error = match error {
                Error::InflatedTooLong { .. } => Error::InflatedTooLong { limit },
                error => error,
            };
            self.fault(error, self.message.len().min(rest))
        })?;
        if last {
            self.end();
            if self.text && !self.carry.is_whole() {
                return Err(self.fault(Error::Utf8, self.message.len()));
            }
        }
        Ok(self.message.as_slice())
    }

    /// Gives back what memory the last message left.
    pub(crate) fn forget(&mut self) {
        self.pass();
        self.carry = Carry::default();
    }

    /// Goes on behind what is in `message`.
    pub(crate) fn pass(&mut self) {
        self.before += self.message.len() as u64;
        self.gone += self.message.len();
        self.message.clear();
        self.checked = 0;
    }

    /// Ends the message under way.
    fn end(&mut self) {
        self.open = false;
        if !self.window.takeover {
            self.stream = None;
        }
    }

    /// Checks what is new of a text, up to the limit.
    fn check(&mut self, limit: usize) -> Result<(), Fault<Error>> {
        if !self.text {
            return Ok(());
        }
        let new = &self.message.as_slice()[self.checked..self.message.len().min(limit)];
        if let Err(at) = self.carry.push(new, |_| {}) {
            return Err(self.fault(Error::Utf8, self.checked + at));
        }
        self.checked += new.len();
        Ok(())
    }

    /// Appends what `input` inflates to, and stops behind the limit.
    fn inflate(&mut self, mut input: &[u8], limit: usize) -> Result<(), Error> {
        loop {
            let step = self.step(input, InflateFlush::SyncFlush, limit)?;
            input = &input[step.consumed..];
            if input.is_empty() && step.waits {
                return Ok(());
            }
        }
    }

    /// Inflates the tail that is left out on the wire, and sees that a block ends with it, and
    /// its last bit is used: that the message is not cut off inside a block (RFC 7692 §7.2.2).
    fn complete(&mut self, limit: usize) -> Result<(), Error> {
        let length = self.message.len();
        match self.ends_with_tail(limit) {
            Ok(true) if self.message.len() == length => Ok(()),
            Err(Error::InflatedTooLong { limit }) => Err(Error::InflatedTooLong { limit }),
            _ => {
                self.message.truncate(length);
                Err(Error::DeflateUnfinished)
            }
        }
    }

    /// Returns true if a block, or the stream, ends exactly where the tail does.
    ///
    /// The inflater does not tell in what state it is. But told to stop at the end of a block it
    /// leaves what follows alone there, and nowhere else. What follows is a block of nothing: that
    /// changes nothing if it is read as one. Read behind bits of the tail that were left over,
    /// all of them ones, it is a last block or none at all.
    fn ends_with_tail(&mut self, limit: usize) -> Result<bool, Error> {
        const NOTHING: [u8; 5] = [0x00, 0x00, 0x00, 0xFF, 0xFF];
        let [a, b, c, d] = TAIL;
        let [v, w, x, y, z] = NOTHING;
        let shown = [a, b, c, d, v, w, x, y, z];
        let mut at = 0;
        while at < TAIL.len() {
            at += self.step(&shown[at..], InflateFlush::Block, limit)?.consumed;
        }
        if at > TAIL.len() {
            return Ok(false);
        }
        let step = self.step(&NOTHING, InflateFlush::SyncFlush, limit)?;
        // A last block that ended with the tail left nothing for another.
        Ok(step.consumed == if step.ended { 0 } else { NOTHING.len() })
    }

    /// Appends some of what `input` inflates to, and stops behind the limit. Where the stream ends
    /// another begins.
    fn step(&mut self, input: &[u8], flush: InflateFlush, limit: usize) -> Result<Inflated, Error> {
        let bits = zlib_bits(self.window.bits);
        let stream = self.stream.get_or_insert_with(|| zlib_rs::Inflate::new(false, bits));
        // One byte more than may be, to see that there is more; never more memory than that.
        let room = self.message.room(limit.saturating_add(1));
        let (length, consumed, written) = (room.len(), stream.total_in(), stream.total_out());
        let status = stream.decompress(input, room, flush);
        let (consumed, written) = (stream.total_in() - consumed, stream.total_out() - written);
        #[expect(clippy::cast_possible_truncation, reason = "within the two slices")]
        let (consumed, written) = (consumed as usize, written as usize);
        self.message.commit(written);
        if self.message.len() > limit {
            return Err(Error::InflatedTooLong { limit });
        }
        let ended = matches!(status, Ok(Status::StreamEnd));
        let waits = !ended && written < length;
        match status {
            // A compressor may end its stream and begin another (§7.2.3.4), which knows nothing of
            // what came before: it was begun anew, and so is its window. The memory is kept, since
            // two bytes are enough to end a stream.
            Ok(Status::StreamEnd) => stream.reset(false),
            // The inflater goes on once it has consumed or written anything.
            Ok(_) if consumed > 0 || written > 0 || input.is_empty() => {}
            _ => return Err(Error::Deflate),
        }
        Ok(Inflated { consumed, waits, ended })
    }

    fn fault(&self, error: Error, at: usize) -> Fault<Error> {
        fault(error, self.before, at)
    }
}

/// The outcome of a call of the inflater.
struct Inflated {
    /// The number of input bytes consumed.
    consumed: usize,
    /// It had room left, and so nothing to say before it is given more.
    waits: bool,
    /// A stream ended.
    ended: bool,
}

#[cold]
fn fault(error: Error, before: u64, at: usize) -> Fault<Error> {
    Fault::new(error).at(before + at as u64).nested()
}

impl fmt::Debug for Inflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflate").field("window", &self.window).finish_non_exhaustive()
    }
}
