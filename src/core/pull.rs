//! A stage, and how far it has come, without any bytes.

use core::fmt;

use super::{Buffer, Cause, Decode, Fault, Framing, Need, Output, Record, Say, records};

/// A stage that is driven over a [`Buffer`] which somebody else holds: an [`Inlet`](crate::Inlet)
/// without its buffer. Every connection is made of it.
///
/// It remembers what a driver has to: the record that was found and not taken yet, that the stage is
/// over, and that it is dead. Each call is given the same buffer, whether the stream ends behind what
/// is buffered (`eof`), and the longest record that is taken (`limit`, in bytes). Take one of these
/// where buffers are lent, as those of the streams of a connection are; an [`Inlet`](crate::Inlet)
/// elsewhere.
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

/// Where a stage stands. One byte, so that a loop over many records looks at one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is to be asked.
    Open,
    /// A record was found and not taken.
    Found,
    /// It has said that it is over.
    Done,
    /// A fatal fault has come up; it is not asked again.
    Dead,
}

/// How far a stage has come by one [`Pull::pull`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Pulled {
    /// A record can be taken.
    Record,
    /// This many bytes were consumed without an item, of the stream or of one inside; 1 for a step
    /// without bytes. Pull again.
    Absorbed(usize),
    /// There is something to absorb, and too much output waits for it: twice its high-water mark.
    /// Send, then pull again.
    Room,
    /// More must be received.
    Need(Need),
    /// The stage is over. What is buffered belongs to the next one.
    Done,
}

/// The way to note that a stage has died, for those who hold the stage itself.
pub(super) struct Death<'a>(&'a mut State);

impl Death<'_> {
    /// It is not asked again.
    #[inline(always)]
    pub(super) const fn note(&mut self) {
        *self.0 = State::Dead;
    }
}

impl<S> Pull<S> {
    /// The longest record in bytes unless another limit is set: 64 MiB, a backstop behind the stage's
    /// own limits, which are there to be set.
    pub const MAX_RECORD: usize = MAX_RECORD;

    /// Drives `stage` from its beginning.
    #[must_use]
    pub const fn new(stage: S) -> Self {
        Self { stage, length: 0, state: State::Open }
    }

    /// Returns the stage.
    #[inline]
    pub const fn stage(&self) -> &S {
        &self.stage
    }

    /// Returns the stage, to be changed. A stage that is over or dead stays so, whatever takes its
    /// place here.
    #[inline]
    pub const fn stage_mut(&mut self) -> &mut S {
        &mut self.stage
    }

    /// Gives the stage back.
    pub fn into_stage(self) -> S {
        self.stage
    }

    /// Whether a fatal fault has come up. A dead stage is asked nothing.
    #[inline]
    pub const fn is_dead(&self) -> bool {
        matches!(self.state, State::Dead)
    }

    /// Whether the stage has said that it is over.
    #[inline]
    pub(crate) const fn has_said_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Whether something is known already, so that the stage is not to be asked.
    #[inline(always)]
    pub(crate) const fn is_settled(&self) -> bool {
        !matches!(self.state, State::Open)
    }

    /// Whether a record was found and not taken.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(crate) const fn has_found(&self) -> bool {
        matches!(self.state, State::Found)
    }

    /// Whether that has no bytes.
    #[cfg(feature = "std")]
    pub(crate) const fn has_found_empty(&self) -> bool {
        self.has_found() && self.length == 0
    }

    /// The stage is not asked again, and what was found is not taken.
    #[inline(always)]
    pub(crate) const fn kill(&mut self) {
        self.state = State::Dead;
    }

    /// The length of the record that was found, and is taken now.
    #[inline(always)]
    pub(crate) const fn take_found(&mut self) -> Option<usize> {
        if matches!(self.state, State::Found) {
            self.state = State::Open;
            Some(self.length)
        } else {
            None
        }
    }

    /// Remembers that a record of this length is to be taken.
    #[inline(always)]
    pub(crate) const fn keep(&mut self, length: usize) {
        (self.length, self.state) = (length, State::Found);
    }
}

impl<S: Decode> Pull<S> {
    /// Asks the stage once. What it absorbs is consumed, and its answers are queued, unless twice
    /// the high-water mark of `answers` waits already.
    ///
    /// # Errors
    /// Faults of the stage, at their offset in the stream; [`Cause::Truncated`] where it needs more
    /// at the end of the stream, and [`Cause::TooLong`] where a record passes `limit`. After a fatal
    /// one the stage is dead, and [`Cause::Contract`] is all there is.
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

    /// The same; nothing is absorbed if the output `is_full`.
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

    /// How many bytes of a stream inside the stage has consumed since `before`; at least 1, for a
    /// step of its own.
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

    /// Takes the item of the record that was found. `None` where none was.
    ///
    /// # Errors
    /// When the record breaks the rules of the stage; and [`Cause::Contract`] where `buffer` does not
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

    /// Takes the item of a record of this length, which was found.
    #[inline(always)]
    pub(crate) fn take_of<'a>(
        &'a mut self,
        length: usize,
        buffer: &'a mut Buffer,
    ) -> Result<S::Item<'a>, Fault<S::Error>> {
        self.take_with(length, buffer, S::parse)
    }

    /// The same, with another way to parse the record than the stage's own.
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
            records::moved(fault, position)
        })
    }

    /// Lets the stage [speak](Decode::speak), unless it is dead. Returns how many bytes it has
    /// added, which pay for records of no bytes as those that it reads do.
    ///
    /// Call it before each wait, whenever sending has made room, and when the stage is over until it
    /// adds nothing; not while the output is at its high-water mark.
    ///
    /// # Errors
    /// When the stage cannot go on. It is dead then; send what is queued before telling of it.
    pub fn speak(
        &mut self,
        buffer: &mut Buffer,
        say: &mut Say<'_>,
    ) -> Result<usize, Fault<S::Error>> {
        let spoken = self.try_speak(buffer, say);
        spoken.map_err(|fault| self.fatal(fault, buffer))
    }

    /// The stage, and the way to note that it has died: for a loop of [`Records`](crate::Records).
    pub(super) const fn parts_mut(&mut self) -> (&mut S, Death<'_>) {
        (&mut self.stage, Death(&mut self.state))
    }

    /// The same for those who cannot tell of a fault: the stage fails again when it is next asked.
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

    /// Whether the stage is over, so that another may follow it. It is asked, if nothing is known.
    pub fn is_done(&mut self, buffer: &Buffer, eof: bool, limit: usize) -> bool {
        if self.is_settled() {
            return self.has_said_done();
        }
        let (shown, eof) = shown(buffer, eof, limit);
        matches!(self.stage.frame(shown, eof), Ok(Framing::Done))
    }

    /// A fault after which the stage is dead, `buffer` being where it was found.
    #[cold]
    #[inline(never)]
    pub(crate) fn fatal(&mut self, fault: Fault<S::Error>, buffer: &Buffer) -> Fault<S::Error> {
        self.kill();
        fault.fatal().moved(buffer.position())
    }
}

/// What a stage is shown of `buffer`, and whether nothing follows: never more than a record may have,
/// or it would depend on how much has arrived if one is too long.
#[inline(always)]
pub(crate) fn shown(buffer: &Buffer, eof: bool, limit: usize) -> (&[u8], bool) {
    within(buffer.as_slice(), eof, limit)
}

/// The same of what is `held`.
#[inline(always)]
pub(super) fn within(held: &[u8], eof: bool, limit: usize) -> (&[u8], bool) {
    let length = held.len().min(limit);
    (&held[..length], eof & (length == held.len()))
}

/// Whether a record passes `limit` of which a stage needs so much more than the `held` bytes. With
/// the limit reached, the end of the stream may still complete it.
pub(crate) const fn is_too_long(held: usize, need: Need, limit: usize) -> bool {
    held > limit || held.saturating_add(need.at_least.get() - 1) > limit
}

/// Whether so much waits in `answers` that nothing more is absorbed.
#[inline]
pub(super) fn is_full(answers: &Output) -> bool {
    answers.len() >= answers.high_water().saturating_mul(2)
}

/// See [`Pull::MAX_RECORD`].
pub(crate) const MAX_RECORD: usize = 64 * 1024 * 1024;

/// Shows where the stage stands, and not the stage.
impl<S> fmt::Debug for Pull<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pull")
            .field("length", &self.length)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
