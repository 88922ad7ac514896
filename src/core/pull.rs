//! A stage and its state, without any bytes.

use core::fmt;

use super::{
    Buffer, Cause, Decode, Fault, Framing, Need, Output, Record, Say,
    asking::{MAX_RECORD, is_full, is_too_long, moved, shown},
};

/// A stage that is driven over a [`Buffer`] owned by somebody else: an [`Inlet`](crate::Inlet)
/// without its buffer. Every connection contains one.
///
/// It keeps the state of a driver: the record that was found and not taken, that the stage is done,
/// or that it is dead. Each call takes the same buffer, whether the stream ends behind what is
/// buffered (`eof`), and the length of the longest record in bytes (`limit`). Use it where buffers
/// are lent, as those of the streams of a carrier are; use an [`Inlet`](crate::Inlet) elsewhere.
///
/// ```
/// use segue::{Buffer, Output, Pull, Pulled, length};
///
/// let (mut pull, mut buffer) = (Pull::new(length::u8()), Buffer::from(&b"\x02hi\x05the"[..]));
/// let mut answers = Output::new();
/// assert_eq!(pull.pull(&mut buffer, false, 1024, &mut answers)?, Pulled::Record);
/// assert_eq!(pull.take(&mut buffer).unwrap()?, b"hi");
/// assert!(matches!(pull.pull(&mut buffer, false, 1024, &mut answers)?, Pulled::Need(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pull<S> {
    stage: S,
    /// The length of the record that was [found](State::Found).
    length: usize,
    state: State,
}

/// The state of the stage, in one byte, so that a loop over many records tests one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The stage is to be asked.
    Open,
    /// A record was found and not taken.
    Found,
    /// The stage is done.
    Done,
    /// A fatal fault has occurred; the stage is not asked again.
    Dead,
}

/// The result of one [`Pull::pull`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Pulled {
    /// A record can be taken.
    Record,
    /// This many bytes were consumed without an item, of the stream or of an inner one; 1 for a
    /// step without bytes. Pull again.
    Absorbed(usize),
    /// There is something to absorb, and too much output waits: twice its high-water mark. Send,
    /// then pull again.
    Room,
    /// More must be received.
    Need(Need),
    /// The stage is done. What is buffered belongs to the next one.
    Done,
}

/// Access to the state of a stage, to note its death, for a loop that holds the stage itself.
pub(super) struct Death<'a>(&'a mut State);

impl Death<'_> {
    /// Notes that the stage is dead.
    #[inline(always)]
    pub(super) const fn note(&mut self) {
        *self.0 = State::Dead;
    }
}

impl<S> Pull<S> {
    /// The default of the longest record, in bytes: 64 MiB. It is a backstop; set the limits of the
    /// stage itself.
    pub const MAX_RECORD: usize = MAX_RECORD;

    /// Makes a driver of `stage`, at its beginning.
    #[must_use]
    pub const fn new(stage: S) -> Self {
        Self { stage, length: 0, state: State::Open }
    }

    /// Returns the stage.
    #[inline]
    pub const fn stage(&self) -> &S {
        &self.stage
    }

    /// Returns the stage, to be changed. A stage that is done or dead stays so even if it is
    /// replaced here.
    #[inline]
    pub const fn stage_mut(&mut self) -> &mut S {
        &mut self.stage
    }

    /// Returns the stage as a value.
    pub fn into_stage(self) -> S {
        self.stage
    }

    /// Returns true after a fatal fault. A dead stage is not asked.
    #[inline]
    pub const fn is_dead(&self) -> bool {
        matches!(self.state, State::Dead)
    }

    /// Returns true if the stage has answered that it is done.
    #[inline]
    pub(crate) const fn has_said_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Returns true if the state is known, so that the stage need not be asked.
    #[inline(always)]
    pub(crate) const fn is_settled(&self) -> bool {
        !matches!(self.state, State::Open)
    }

    /// Returns true if a record was found and not taken.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(crate) const fn has_found(&self) -> bool {
        matches!(self.state, State::Found)
    }

    /// Returns true if that record has no bytes.
    #[cfg(feature = "std")]
    pub(crate) const fn has_found_empty(&self) -> bool {
        self.has_found() && self.length == 0
    }

    /// Notes that the stage is dead, and drops a record that was found.
    #[inline(always)]
    pub(crate) const fn kill(&mut self) {
        self.state = State::Dead;
    }

    /// Returns the length of the record that was found, and counts it as taken.
    #[inline(always)]
    pub(crate) const fn take_found(&mut self) -> Option<usize> {
        if matches!(self.state, State::Found) {
            self.state = State::Open;
            Some(self.length)
        } else {
            None
        }
    }

    /// Remembers a record of this length, to be taken.
    #[inline(always)]
    pub(crate) const fn keep(&mut self, length: usize) {
        (self.length, self.state) = (length, State::Found);
    }
}

impl<S: Decode> Pull<S> {
    /// Asks the stage once. Consumes what it absorbs and queues its answers, unless twice the
    /// high-water mark of `answers` waits already.
    ///
    /// # Errors
    /// Faults of the stage, at their offset in the stream; [`Cause::Truncated`] if it needs more at
    /// the end of the stream, and [`Cause::TooLong`] if a record passes `limit`. After a fatal one
    /// the stage is dead, and each further call fails with [`Cause::Contract`].
    pub fn pull(
        &mut self,
        buffer: &mut Buffer,
        eof: bool,
        limit: usize,
        answers: &mut Output,
    ) -> Result<Pulled, Fault<S::Error>> {
        let is_full = is_full(answers);
        self.pull_unless(is_full, buffer, eof, limit, answers)
    }

    /// Asks the stage once; absorbs nothing if the output `is_full`.
    pub(crate) fn pull_unless(
        &mut self,
        is_full: bool,
        buffer: &mut Buffer,
        eof: bool,
        limit: usize,
        answers: &mut Output,
    ) -> Result<Pulled, Fault<S::Error>> {
        match self.state {
            State::Open => {}
            State::Found => return Ok(Pulled::Record),
            State::Done => return Ok(Pulled::Done),
            State::Dead => return Err(self.fatal(Fault::from_cause(Cause::Contract), buffer)),
        }
        let (shown, eof_shown) = shown(buffer, eof, limit);
        match self.stage.frame(shown, eof_shown) {
            Ok(framing) => self.follow(framing, is_full, buffer, eof, limit, answers),
            Err(fault) => Err(self.fatal(fault, buffer)),
        }
    }

    /// Acts on an answer of the stage.
    pub(crate) fn follow(
        &mut self,
        framing: Framing,
        is_full: bool,
        buffer: &mut Buffer,
        eof: bool,
        limit: usize,
        answers: &mut Output,
    ) -> Result<Pulled, Fault<S::Error>> {
        let (shown, eof) = shown(buffer, eof, limit);
        let held = shown.len();
        match framing {
            Framing::Record(length) => {
                self.pay(length, held, buffer)?;
                self.keep(length);
                Ok(Pulled::Record)
            }
            Framing::Absorb(_) if is_full => Ok(Pulled::Room),
            Framing::Absorb(length) => {
                self.pay(length, held, buffer)?;
                let position = buffer.position();
                let inside = if length == 0 { self.stage.progress() } else { 0 };
                match self.stage.absorb(buffer.take(length), answers) {
                    Ok(()) if length == 0 => Ok(Pulled::Absorbed(self.moved_inside(inside))),
                    Ok(()) => Ok(Pulled::Absorbed(length)),
                    Err(fault) => {
                        if fault.fatal {
                            self.kill();
                        }
                        Err(fault.moved(position))
                    }
                }
            }
            Framing::Need(need) if is_too_long(buffer.len(), need, limit) => {
                Err(self.fatal(Fault::too_long(limit as u64), buffer))
            }
            Framing::Need(_) if eof => Err(self.fatal(Fault::truncated(held as u64), buffer)),
            Framing::Need(need) => Ok(Pulled::Need(need)),
            Framing::Done => {
                self.state = State::Done;
                Ok(Pulled::Done)
            }
        }
    }

    /// Returns the number of bytes of an inner stream that the stage has consumed since `before`;
    /// at least 1, for a step of its own.
    #[cold]
    fn moved_inside(&self, before: u64) -> usize {
        let moved = self.stage.progress().saturating_sub(before);
        usize::try_from(moved).unwrap_or(usize::MAX).max(1)
    }

    /// Pays for a record that the stage has announced.
    fn pay(
        &mut self,
        length: usize,
        held: usize,
        buffer: &mut Buffer,
    ) -> Result<(), Fault<S::Error>> {
        if length > held {
            return Err(self.fatal(Fault::from_cause(Cause::Contract), buffer));
        }
        if length > 0 {
            return Ok(());
        }
        buffer.pay(&self.stage).inspect_err(|_| self.kill())
    }

    /// Takes the item of the record that was found. `None` if none was.
    ///
    /// # Errors
    /// When the record breaks the rules of the stage, and [`Cause::Contract`] if `buffer` does not
    /// hold the record that was found.
    #[inline]
    pub fn take<'a>(
        &'a mut self,
        buffer: &'a mut Buffer,
    ) -> Option<Result<S::Item<'a>, Fault<S::Error>>> {
        let length = self.take_found()?;
        if length > buffer.len() {
            return Some(Err(self.fatal(Fault::from_cause(Cause::Contract), buffer)));
        }
        Some(self.take_of(length, buffer))
    }

    /// Takes the item of a record of this length.
    #[inline(always)]
    pub(crate) fn take_of<'a>(
        &'a mut self,
        length: usize,
        buffer: &'a mut Buffer,
    ) -> Result<S::Item<'a>, Fault<S::Error>> {
        self.take_with(length, buffer, S::parse)
    }

    /// Takes the item of a record of this length by `parse` in place of the stage's own method.
    #[inline(always)]
    pub(crate) fn take_with<'a, I>(
        &'a mut self,
        length: usize,
        buffer: &'a mut Buffer,
        parse: impl FnOnce(&'a mut S, Record<'a>) -> Result<I, Fault<S::Error>>,
    ) -> Result<I, Fault<S::Error>> {
        let position = buffer.position();
        let Self { stage, state, .. } = self;
        parse(stage, buffer.take(length)).map_err(|fault| {
            if fault.fatal {
                *state = State::Dead;
            }
            moved(fault, position)
        })
    }

    /// Lets the stage [speak](Decode::speak), unless it is dead. Returns the number of bytes added,
    /// which pay for records of no bytes as bytes that it reads do.
    ///
    /// Call it before each wait, whenever sending has made room, and when the stage is done until
    /// it adds nothing; not while the output is at its high-water mark.
    ///
    /// # Errors
    /// When the stage cannot go on. It is dead then; send what is queued before reporting the
    /// fault.
    pub fn speak(
        &mut self,
        buffer: &mut Buffer,
        say: &mut Say<'_>,
    ) -> Result<usize, Fault<S::Error>> {
        let spoken = self.try_speak(buffer, say);
        spoken.map_err(|fault| self.fatal(fault, buffer))
    }

    /// Returns the stage, and access to its state: for a loop of [`Records`](crate::Records).
    pub(super) const fn parts_mut(&mut self) -> (&mut S, Death<'_>) {
        (&mut self.stage, Death(&mut self.state))
    }

    /// Does the same for callers that cannot report a fault: the stage fails again when it is next
    /// asked.
    pub(crate) fn try_speak(
        &mut self,
        buffer: &mut Buffer,
        say: &mut Say<'_>,
    ) -> Result<usize, Fault<S::Error>> {
        if self.is_dead() {
            return Ok(0);
        }
        let before = say.output().len();
        let spoken = self.stage.speak(say);
        let said = say.output().len().saturating_sub(before);
        if said > 0 {
            buffer.earn(said as u64);
        }
        spoken.map(|()| said)
    }

    /// Returns true if the stage is done, so that another may follow it. Asks it unless that is
    /// known.
    pub fn is_done(&mut self, buffer: &Buffer, eof: bool, limit: usize) -> bool {
        if self.is_settled() {
            return self.has_said_done();
        }
        let (shown, eof) = shown(buffer, eof, limit);
        matches!(self.stage.frame(shown, eof), Ok(Framing::Done))
    }

    /// Notes that the stage is dead, and moves the fault by the position of `buffer`.
    #[cold]
    #[inline(never)]
    pub(crate) fn fatal(&mut self, fault: Fault<S::Error>, buffer: &Buffer) -> Fault<S::Error> {
        self.kill();
        fault.fatal().moved(buffer.position())
    }
}

/// Shows the state, and not the stage.
impl<S> fmt::Debug for Pull<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pull")
            .field("length", &self.length)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
