//! The engine of a connection without its I/O.

use core::fmt;

use super::{
    Buffer, Decode, Fault, Framing, Need, Output, Pull, Pulled, Records, Say, Step,
    asking::{is_full, shown},
};

/// A stage and the buffer that it reads from: a [`Connection`](crate::driver::Connection) without a
/// transport, for a loop of your own.
///
/// # Driving it
/// 1. Ask [`ready`](Self::ready). Its answer borrows nothing.
///    - [`Record`](Ready::Record): [`take`](Self::take) the item.
///    - [`Need`](Ready::Need): let the stage [`speak`](Self::speak), send what is queued, then
///      receive: [`extend`](Self::extend), or read into the spare part of
///      [`buffer_mut`](Self::buffer_mut); or [`end`](Self::end) the stream.
///    - [`Room`](Ready::Room): send some of the output first.
///    - [`Done`](Ready::Done): let the stage speak and send until it adds nothing. Then another
///      stage may [`follow`](Self::follow), or the parts may go elsewhere.
/// 2. Where many small records are buffered, [`records`](Self::records) lends them in the fastest
///    loop there is. [`step`](Self::step) is `ready` and `take` in one.
///
/// The cuts between reads do not change the items, and neither does the choice among these methods:
/// they are those of a connection.
///
/// # One inlet for each stream
/// `ready` borrows nothing, so a map of inlets can be searched for one that has an item. A method
/// that lends the item at once does not allow that (E0499). Each stream has an output of its own. A
/// bad record is passed over. A stream that fails is named, and taken out of the map with its
/// answers, which are still to be sent: the others go on.
///
/// ```
/// use segue::{Decode, DecodeExt, Fault, Inlet, Output, Ready, length};
/// use std::collections::{HashMap, VecDeque};
///
/// struct Stream<S> {
///     inlet: Inlet<S>,
///     /// Answers to the peer of this stream.
///     answers: Output,
/// }
///
/// struct Streams<S> {
///     by_id: HashMap<u32, Stream<S>>,
///     /// Streams that may have something. Idle ones cost nothing, and each is served in turn.
///     touched: VecDeque<u32>,
/// }
///
/// impl<S: Decode> Streams<S> {
///     fn receive(&mut self, id: u32, bytes: &[u8]) {
///         if let Some(stream) = self.by_id.get_mut(&id) {
///             stream.inlet.extend(bytes);
///             self.touched.push_back(id);
///         }
///     }
///
///     /// Returns the next item or fault. After a fatal fault take the stream out of the map.
///     fn next(&mut self) -> Option<(u32, Result<S::Item<'_>, Fault<S::Error>>)> {
///         while let Some(id) = self.touched.pop_front() {
///             let Some(stream) = self.by_id.get_mut(&id) else { continue };
///             match stream.inlet.ready(&mut stream.answers) {
///                 Ok(Ready::Record) => {
///                     self.touched.push_back(id); // there may be more, behind what others have
///                     return Some((id, self.by_id.get_mut(&id)?.inlet.take()?));
///                 }
///                 // It is added again once it has received, or has sent some of its answers.
///                 Ok(Ready::Need(_) | Ready::Room) => {}
///                 Ok(Ready::Done) => {} // `is_done` says so to those who send its last answers
///                 Err(fault) => {
///                     if !fault.fatal {
///                         self.touched.push_back(id);
///                     }
///                     return Some((id, Err(fault)));
///                 }
///             }
///         }
///         None
///     }
/// }
///
/// // Short texts, of which a bad one is left out.
/// let text = || {
///     length::u8().map_err(|_| "no length").try_map(|text| {
///         let text = str::from_utf8(&text).map(str::to_owned);
///         text.map_err(|_| Fault::new("no text").recoverable())
///     })
/// };
/// let stream = || Stream { inlet: Inlet::new(text()), answers: Output::new() };
/// let by_id = HashMap::from([1, 3, 5].map(|id| (id, stream())));
/// let mut streams = Streams { by_id, touched: VecDeque::new() };
/// streams.receive(1, b"\x01a\x01\xff\x01b");
/// streams.receive(3, b"\x05cut");
/// streams.by_id.get_mut(&3).unwrap().inlet.end();
/// streams.receive(5, b"\x01c");
///
/// let mut log = Vec::new();
/// while let Some((id, heard)) = streams.next() {
///     log.push(match heard {
///         Ok(text) => format!("{id}: {text}"),
///         Err(fault) if !fault.fatal => format!("{id} goes on: {fault}"),
///         Err(fault) => {
///             let failed = streams.by_id.remove(&id).unwrap();
///             // Send `failed.answers`, which may tell the peer why, and then reset the stream.
///             format!("{id} is reset: {fault}; {} bytes to send", failed.answers.len())
///         }
///     });
/// }
/// assert_eq!(
///     log,
///     [
///         "1: a",
///         "3 is reset: at byte 4: the stream ends inside a record; 0 bytes to send",
///         "5: c",
///         "1 goes on: at byte 2: no text",
///         "1: b",
///     ]
/// );
/// assert_eq!(streams.by_id.len(), 2);
/// ```
pub struct Inlet<S> {
    pull: Pull<S>,
    buffer: Buffer,
    limit: usize,
    eof: bool,
}

/// The state of an [`Inlet`], and so the next thing its caller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Ready {
    /// An item can be [taken](Inlet::take).
    Record,
    /// More must be received. Let the stage speak and send what is queued before waiting for it.
    Need(Need),
    /// There is something to absorb, and too much output waits: twice its high-water mark. Send
    /// some of it; nothing has to be received meanwhile.
    Room,
    /// The stage is done. What is buffered belongs to the next one.
    Done,
}

/// The result of asking the stage when there was no record at once.
enum Reached {
    Record(usize),
    Need(Need),
    Done,
}

impl<S> Inlet<S> {
    /// Makes an inlet with nothing received, which takes records of up to [`Pull::MAX_RECORD`]
    /// bytes.
    #[must_use]
    pub fn new(stage: S) -> Self {
        Self::over(stage, Buffer::new())
    }

    /// Makes an inlet over bytes that were received before, such as the rest that another stage has
    /// left.
    #[must_use]
    pub fn over(stage: S, buffer: Buffer) -> Self {
        Self { pull: Pull::new(stage), buffer, limit: Pull::<S>::MAX_RECORD, eof: false }
    }

    /// Sets the length of the longest record, in bytes. The stage is never shown more, and a longer
    /// record is refused as too long.
    #[must_use]
    pub fn max_record(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Appends received bytes.
    #[inline]
    pub fn extend(&mut self, bytes: &[u8]) {
        self.buffer.extend(bytes);
    }

    /// Says that nothing follows what was received.
    pub fn end(&mut self) {
        self.eof = true;
    }

    /// Returns true after [`end`](Self::end).
    pub fn is_eof(&self) -> bool {
        self.eof
    }

    /// Returns what was received and not consumed.
    #[inline]
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// Returns the same to receive into: [`reserve`](Buffer::reserve), then
    /// [`spare_mut`](Buffer::spare_mut), then [`commit`](Buffer::commit).
    #[inline]
    pub fn buffer_mut(&mut self) -> &mut Buffer {
        &mut self.buffer
    }

    /// Returns the stage.
    pub fn stage(&self) -> &S {
        self.pull.stage()
    }

    /// Returns the stage, to be changed. A stage that is done or dead stays so even if it is
    /// replaced here; use [`follow`](Self::follow) to go on with another one.
    pub fn stage_mut(&mut self) -> &mut S {
        self.pull.stage_mut()
    }

    /// Returns the number of bytes of the stream consumed so far.
    pub fn position(&self) -> u64 {
        self.buffer.position()
    }

    /// Returns the stage, what was received and not consumed, and whether nothing follows that.
    pub fn into_parts(self) -> (S, Buffer, bool) {
        (self.pull.into_stage(), self.buffer, self.eof)
    }
}

impl<S: Decode> Inlet<S> {
    /// Goes on until there is an item, or the caller must do something else first. Consumes what
    /// the stage absorbs, and queues its answers.
    ///
    /// # Errors
    /// Faults of the stage, at their offset in the stream; [`Cause::Truncated`] if it needs more at
    /// the end of the stream, and [`Cause::TooLong`] if a record passes the limit. After a
    /// [fatal](Fault::fatal) one the stage is dead, and each further call fails with
    /// [`Cause::Contract`]; after any other, go on.
    ///
    /// [`Cause::Truncated`]: crate::Cause::Truncated
    /// [`Cause::TooLong`]: crate::Cause::TooLong
    /// [`Cause::Contract`]: crate::Cause::Contract
    #[inline(always)]
    pub fn ready(&mut self, answers: &mut Output) -> Result<Ready, Fault<S::Error>> {
        let first = self.framed();
        if let Some(Ok(Framing::Record(length))) = first
            && self.is_found(length)
        {
            self.pull.keep(length);
            return Ok(Ready::Record);
        }
        self.ready_past(first, answers)
    }

    /// Takes the item that [`ready`](Self::ready) has announced. `None` if it has announced none.
    ///
    /// # Errors
    /// When the record breaks the rules of the stage.
    #[inline]
    pub fn take(&mut self) -> Option<Result<S::Item<'_>, Fault<S::Error>>> {
        self.pull.take(&mut self.buffer)
    }

    /// Returns the next item, or what the stage needs for one: [`ready`](Self::ready) and
    /// [`take`](Self::take) in one.
    ///
    /// It absorbs even if much output waits, for callers that send all the time. Use
    /// [`ready`](Self::ready) to bound the output against a peer that asks and never reads.
    ///
    /// # Errors
    /// As [`ready`](Self::ready).
    #[inline(always)]
    pub fn step(&mut self, answers: &mut Output) -> Result<Step<S::Item<'_>>, Fault<S::Error>> {
        let first = self.framed();
        // Only lengths come together from the fast and the slow path: an item would go through
        // memory.
        let length = match first {
            Some(Ok(Framing::Record(length))) if self.is_found(length) => length,
            first => match self.reach_past(first, answers)? {
                Reached::Record(length) => length,
                Reached::Need(need) => return Ok(Step::Need(need)),
                Reached::Done => return Ok(Step::Done),
            },
        };
        self.pull.take_of(length, &mut self.buffer).map(Step::Item)
    }

    /// Lends all buffered records one after the other at the cost of a loop over a slice: see
    /// [`Buffer::records`]. It absorbs even if much output waits, as [`step`](Self::step) does.
    ///
    /// # Errors
    /// [`Cause::Contract`](crate::Cause::Contract) where the stage is dead.
    #[inline]
    pub fn records<'b>(
        &'b mut self,
        answers: &'b mut Output,
    ) -> Result<Records<'b, S>, Fault<S::Error>> {
        if self.pull.is_settled() {
            self.unsettle()?;
        }
        let (stage, death) = self.pull.parts_mut();
        Ok(self.buffer.records(stage, self.eof, answers).within(self.limit, death))
    }

    /// Makes the stage be asked again: a loop begins with the record that was found.
    #[cold]
    fn unsettle(&mut self) -> Result<(), Fault<S::Error>> {
        if self.pull.is_dead() {
            return Err(self.pull.fatal(Fault::from_cause(super::Cause::Contract), &self.buffer));
        }
        if self.pull.take_found() == Some(0) {
            // That record was paid for, and is paid for again.
            self.buffer.earn(1);
        }
        Ok(())
    }

    /// Lets the stage [speak](Decode::speak), unless it is dead. Returns the number of bytes added,
    /// which pay for records of no bytes as bytes that it reads do.
    ///
    /// Call it before each wait, whenever sending has made room, and when the stage is
    /// [done](Ready::Done) until it adds nothing; not while the output is at its high-water mark.
    /// Connections give it half of the mark, less what waits, as room.
    ///
    /// # Errors
    /// When the stage cannot go on. It is dead then; send what is queued before reporting the
    /// fault.
    pub fn speak(&mut self, say: &mut Say<'_>) -> Result<usize, Fault<S::Error>> {
        self.pull.speak(&mut self.buffer, say)
    }

    /// Returns true if the stage is done, so that another may [follow](Self::follow) it.
    pub fn is_done(&mut self) -> bool {
        self.pull.is_done(&self.buffer, self.eof, self.limit)
    }

    /// Returns the number of bytes that were received and made no item of, and the number that wait
    /// inside the stage to be sent. It counts the buffer and the stage itself
    /// ([`Decode::residue`]).
    pub fn residue(&self) -> (usize, usize) {
        let (unread, unsent) = self.pull.stage().residue();
        (unread.saturating_add(self.buffer.len()), unsent)
    }

    /// Moves on to the stage that `next` makes out of this one. The buffer stays: the next stage
    /// begins with what this one has read too far.
    ///
    /// # Errors
    /// The inlet itself, unchanged, if the stage is not done.
    pub fn follow<N>(mut self, next: impl FnOnce(S) -> N) -> Result<Inlet<N>, Self> {
        if !self.is_done() {
            return Err(self);
        }
        let Self { pull, buffer, limit, eof } = self;
        Ok(Inlet { pull: Pull::new(next(pull.into_stage())), buffer, limit, eof })
    }

    /// Asks the stage, unless the answer is known already.
    #[inline(always)]
    fn framed(&mut self) -> Option<Result<Framing, Fault<S::Error>>> {
        let Self { pull, buffer, limit, eof } = self;
        if pull.is_settled() {
            return None;
        }
        let (shown, eof) = shown(buffer, *eof, *limit);
        Some(pull.stage_mut().frame(shown, eof))
    }

    /// Returns true if a record of this length is buffered and no special case applies.
    #[inline(always)]
    fn is_found(&self, length: usize) -> bool {
        length > 0 && length <= shown(&self.buffer, self.eof, self.limit).0.len()
    }

    #[inline(never)]
    fn ready_past(
        &mut self,
        first: Option<Result<Framing, Fault<S::Error>>>,
        answers: &mut Output,
    ) -> Result<Ready, Fault<S::Error>> {
        let mut pulled = self.pull_past(is_full(answers), first, answers)?;
        loop {
            match pulled {
                Pulled::Record => return Ok(Ready::Record),
                Pulled::Absorbed(_) => {}
                Pulled::Room => return Ok(Ready::Room),
                Pulled::Need(need) => return Ok(Ready::Need(need)),
                Pulled::Done => return Ok(Ready::Done),
            }
            pulled = self.pull_past(is_full(answers), None, answers)?;
        }
    }

    /// Does the same as [`ready_past`](Self::ready_past), but absorbs even if much output waits.
    #[inline(never)]
    fn reach_past(
        &mut self,
        first: Option<Result<Framing, Fault<S::Error>>>,
        answers: &mut Output,
    ) -> Result<Reached, Fault<S::Error>> {
        let mut pulled = self.pull_past(false, first, answers)?;
        loop {
            match pulled {
                Pulled::Record => {
                    if let Some(length) = self.pull.take_found() {
                        return Ok(Reached::Record(length));
                    }
                }
                Pulled::Absorbed(_) | Pulled::Room => {}
                Pulled::Need(need) => return Ok(Reached::Need(need)),
                Pulled::Done => return Ok(Reached::Done),
            }
            pulled = self.pull_past(false, None, answers)?;
        }
    }

    /// Goes on with an answer of the stage, or asks it.
    fn pull_past(
        &mut self,
        is_full: bool,
        first: Option<Result<Framing, Fault<S::Error>>>,
        answers: &mut Output,
    ) -> Result<Pulled, Fault<S::Error>> {
        let Self { pull, buffer, limit, eof } = self;
        match first {
            Some(Ok(framing)) => pull.follow(framing, is_full, buffer, *eof, *limit, answers),
            Some(Err(fault)) => Err(pull.fatal(fault, buffer)),
            None => pull.pull_unless(is_full, buffer, *eof, *limit, answers),
        }
    }
}

/// Shows lengths, and neither payload nor the stage.
impl<S> fmt::Debug for Inlet<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet")
            .field("pull", &self.pull)
            .field("buffer", &self.buffer)
            .field("limit", &self.limit)
            .field("eof", &self.eof)
            .finish()
    }
}
