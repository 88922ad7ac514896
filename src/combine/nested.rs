//! A stream inside the records of another.

use bytes::BytesMut;
use core::{fmt, mem};

use super::Limit;
use super::either::{Either, left, right};
use crate::{Buffer, Cause, Decode, Fault, Framing, Output, Record, core::Budget};

/// The records of an outer stage carry, piece by piece, the bytes of an inner one.
///
/// The inner stage has a [`Buffer`] of its own, into which the outer records' payload is copied;
/// where one outer record ends and the next begins means nothing to it. Its items and faults are
/// those of `Nested`: faults with their offset in the inner stream and one
/// [`layer`](Fault::layer) deeper, since an offset in the outer stream would depend on how the
/// inner one was cut. Faults of the outer stage keep layer 0.
///
/// Layers are counted from the outer stage as a whole: `a.nested(b.nested(c))` tells three apart,
/// `a.nested(b).nested(c)` reads the same streams and puts `b` and `c` into layer 1 both.
///
/// - On partial input it needs what the outer stage needs. The outer stage is asked for a record
///   only when the inner one can make nothing of what it has: so at most one outer record is
///   buffered beyond what the inner stage needs.
/// - An outer record is absorbed; the items found in it come as records of no bytes after it.
///   Drivers let through one of these for each byte consumed and 64 more (law L5), so an outer
///   stage must not carry many more inner records than it has bytes, as one that decompresses
///   might.
/// - When the outer stage is done, the inner one is shown the end of its stream: what it lacks
///   then is a truncation in its layer. When the inner stage is done, so is `Nested`, wherever the
///   outer one stands: [`into_parts`](Self::into_parts) gives both back, and the inner bytes that
///   were read too far, for [`from_parts`](Self::from_parts) to go on with another inner stage.
///   [`draining`](Self::draining) passes over what the outer stage still has instead, as
///   [`Region`](super::Region) does.
/// - An inner record may be at most [`MOST`](Self::MOST) bytes long, or what
///   [`set_most`](Self::set_most) says.
/// - What the inner stage answers by itself is of the inner stream and has to be carried by outer
///   records. It waits in [`answers`](Self::answers) for whoever sends those; when more than the
///   high-water mark of it waits, the fault is [`TooLong`](Cause::TooLong), so that a peer cannot
///   pile it up.
///
/// An outer stage that gives its payload in pieces as they arrive serves as well, but then how far
/// the outer stream has been read when the inner stage is done depends on the arrival. For plain
/// bytes around an inner stage [`Region`](super::Region) is the better choice, and copies nothing.
///
/// Made by [`DecodeExt::nested`](crate::DecodeExt::nested).
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, length};
///
/// // Records with a 16-bit length, carried by chunks with an 8-bit length.
/// let mut stage = length::u8().nested(length::u16_be());
/// let mut buffer = Buffer::from(&b"\x03\x00\x05h\x06ello\x00"[..]);
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"?");
/// let Ok(Step::Item(record)) = buffer.step(&mut stage, false, &mut output) else { panic!() };
/// assert_eq!(record, b"hello");
///
/// // Ten bytes of the inner stream have come when it ends, inside its second record.
/// buffer.extend(b"\x01?");
/// let fault = buffer.step(&mut stage, true, &mut output).unwrap_err();
/// assert_eq!((fault.layer, fault.at), (1, 10));
/// ```
pub struct Nested<O: Decode, I: Decode> {
    outer: O,
    inner: Limit<I>,
    buffer: Buffer,
    answers: Output,
    /// What the last frame announced.
    next: Next,
    /// A fault that came up in `frame` and is not fatal: only `parse` can tell of it.
    owed: Option<Fault<Either<O::Error, I::Error>>>,
    /// The inner stage can do nothing with what it has; it need not be asked again before there
    /// is more.
    starved: bool,
    /// The outer stage is done, and the inner stream with it.
    ended: bool,
    /// Whether the outer stage is read to its end when the inner one is done.
    drains: bool,
    /// The inner stage is done, and the outer one is read to its end.
    draining: bool,
    /// Outer records that carry nothing are paid from it.
    budget: Budget,
}

#[derive(Debug, Clone, Copy)]
enum Next {
    /// An inner item of so many bytes of the inner buffer.
    Item(usize),
    /// An outer record whose payload is the inner stage's.
    Payload,
    /// Something that the outer stage keeps to itself.
    Absorb,
}

impl<O: Decode, I: Decode> Nested<O, I> {
    /// The longest inner record in bytes, unless [`set_most`](Self::set_most) says otherwise:
    /// enough for what protocols carry inside each other, little enough to be held by each of
    /// many connections.
    pub const MOST: usize = 64 * 1024;

    /// A quarter of the capacity that stays whatever little is buffered in it, in bytes: below it,
    /// moving the bytes costs more than the memory.
    const KEPT: usize = 256;

    /// `inner`, carried by the records of `outer`.
    pub fn new(outer: O, inner: I) -> Self {
        Self::from_parts(outer, inner, Buffer::new())
    }

    /// `inner`, carried by the records of `outer`, of which `buffer` holds what was read already.
    pub fn from_parts(outer: O, inner: I, buffer: Buffer) -> Self {
        Self {
            outer,
            inner: Limit::around(inner, Self::MOST),
            buffer,
            answers: Output::new(),
            next: Next::Absorb,
            owed: None,
            starved: false,
            ended: false,
            drains: false,
            draining: false,
            budget: Budget::new(),
        }
    }

    /// The outer stage, the inner stage, the inner bytes that it has not consumed, and what it
    /// has answered and nobody has sent.
    pub fn into_parts(self) -> (O, I, Buffer, Output) {
        (self.outer, self.inner.into_stage(), self.buffer, self.answers)
    }

    /// Sets the longest inner record that is let through, in bytes. Only to be called between
    /// records.
    pub fn set_most(&mut self, most: usize) {
        self.inner.set_most(most);
    }

    /// The same stage, whose inner records may be `most` bytes long.
    #[must_use]
    pub fn with_most(mut self, most: usize) -> Self {
        self.set_most(most);
        self
    }

    /// The same stage, which is done only when the outer one is: whatever that carries after the
    /// inner stage is done is passed over, in no more memory than one outer record.
    ///
    /// So what comes after a body is found however much of the body its content took.
    ///
    /// ```
    /// use segue::{Buffer, DecodeExt, Output, Step, length};
    ///
    /// let mut stage = length::u8().take(3).nested(length::u16_be().take(1)).draining();
    /// let mut buffer = Buffer::from(&b"\x03\x00\x01a\x01?\x02??next"[..]);
    /// let mut output = Output::new();
    /// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    /// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done)));
    /// assert_eq!(buffer.as_slice(), b"next");
    /// ```
    #[must_use]
    pub fn draining(mut self) -> Self {
        self.drains = true;
        self
    }

    /// Gives memory back: all of it while nothing is buffered and no answer waits, and all but a
    /// little more than is buffered otherwise.
    ///
    /// `Nested` does that by itself whenever it has to wait for more of the outer stream, so this is
    /// only for those who have taken something out of [`answers`](Self::answers) since.
    pub fn release(&mut self) {
        let (length, capacity) = (self.buffer.len(), self.buffer.capacity());
        if length == 0 {
            // Even one without capacity may keep what owned records were split off from.
            drop(self.buffer.take_rest());
        } else if capacity / 4 > length.max(Self::KEPT) {
            self.buffer.move_to(BytesMut::zeroed(length));
        }
        if self.answers.capacity() > 0 {
            self.answers.release();
        }
    }

    /// The outer stage.
    pub const fn outer(&self) -> &O {
        &self.outer
    }

    /// The inner stage.
    pub const fn inner(&self) -> &I {
        self.inner.stage()
    }

    /// The inner bytes that have not been consumed.
    pub const fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// What the inner stage has answered by itself, to be taken and carried by outer records.
    pub const fn answers(&mut self) -> &mut Output {
        &mut self.answers
    }

    /// Goes on with what the inner stage has, and gives nothing where that is not enough.
    ///
    /// What it absorbs is taken out here: `absorb` of this stage comes with bytes of the outer
    /// stream only. A second question finds it gone, and so gets the same answer.
    fn ask_inner(&mut self) -> Result<Option<Framing>, Fault<Either<O::Error, I::Error>>> {
        while !self.starved && !self.draining {
            let position = self.buffer.position();
            let inside = |fault: Fault<I::Error>| right(fault.moved(position).nested());
            match self
                .inner
                .frame(self.buffer.as_slice(), self.ended)
                .map_err(inside)
                .map_err(Fault::fatal)?
            {
                Framing::Record(length) => {
                    self.next = Next::Item(length);
                    return Ok(Some(Framing::Record(0)));
                }
                Framing::Absorb(length) => {
                    if !self.answers.has_room() {
                        return Err(inside(Fault::too_long(0)));
                    }
                    // Nobody sees these steps of the inner stage, so they are paid for here.
                    Budget::within(length, self.buffer.len())
                        .and_then(|()| self.budget.spend(length))
                        .map_err(inside)?;
                    let record = self.buffer.take(length);
                    match self.inner.absorb(record, &mut self.answers).map_err(inside) {
                        Err(fault) if fault.fatal => return Err(fault),
                        Err(fault) => return Ok(Some(self.owe(fault))),
                        Ok(()) => {}
                    }
                }
                Framing::Need(_) if self.ended => {
                    return Err(inside(Fault::truncated(self.buffer.len() as u64)));
                }
                Framing::Need(_) => self.starved = true,
                Framing::Done if self.drains => self.draining = true,
                Framing::Done => return Ok(Some(Framing::Done)),
            }
        }
        Ok((self.draining && self.ended).then_some(Framing::Done))
    }

    fn owe(&mut self, fault: Fault<Either<O::Error, I::Error>>) -> Framing {
        self.owed = Some(fault);
        Framing::Record(0)
    }
}

impl<O, I> Nested<O, I>
where
    O: Decode + 'static,
    I: Decode,
    for<'a> O::Item<'a>: AsRef<[u8]>,
{
    /// Gives the payload of an outer record to the inner stage.
    #[inline]
    fn carry(&mut self, record: Record<'_>) -> Result<(), Fault<Either<O::Error, I::Error>>> {
        let consumed = record.len();
        let item = self.outer.parse(record).map_err(left)?;
        let payload = item.as_ref();
        self.budget.spend(consumed.max(payload.len()))?;
        if !payload.is_empty() && !self.draining {
            self.buffer.extend(payload);
            self.starved = false;
        }
        Ok(())
    }
}

impl<O, I> Decode for Nested<O, I>
where
    O: Decode + 'static,
    I: Decode,
    for<'a> O::Item<'a>: AsRef<[u8]>,
{
    type Item<'a>
        = I::Item<'a>
    where
        Self: 'a;
    type Error = Either<O::Error, I::Error>;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        if self.owed.is_some() {
            return Ok(Framing::Record(0));
        }
        loop {
            if let Some(frame) = self.ask_inner()? {
                return Ok(frame);
            }
            match self.outer.frame(input, eof).map_err(left).map_err(Fault::fatal)? {
                // No byte of the outer stream is consumed by it, so it can be taken in here; a
                // second question finds its payload in the inner buffer.
                Framing::Record(0) => match self.carry(Record::from(&mut [][..])) {
                    Err(fault) if fault.fatal => return Err(fault),
                    Err(fault) => return Ok(self.owe(fault)),
                    Ok(()) => {}
                },
                Framing::Record(length) => {
                    self.next = Next::Payload;
                    return Ok(Framing::Absorb(length));
                }
                Framing::Absorb(length) => {
                    self.next = Next::Absorb;
                    return Ok(Framing::Absorb(length));
                }
                Framing::Need(need) => {
                    // Once for all that has arrived together, and not for each outer record.
                    self.release();
                    return Ok(Framing::Need(need));
                }
                Framing::Done => {
                    self.ended = true;
                    self.starved = false;
                }
            }
        }
    }

    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        match self.next {
            Next::Payload => self.carry(record),
            Next::Absorb => self.outer.absorb(record, answers).map_err(left),
            Next::Item(_) => Err(Fault::from_cause(Cause::Contract)),
        }
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        if let Some(fault) = self.owed.take() {
            return Err(fault);
        }
        let Next::Item(length) = mem::replace(&mut self.next, Next::Absorb) else {
            return Err(Fault::from_cause(Cause::Contract));
        };
        let position = self.buffer.position();
        self.inner
            .parse(self.buffer.take(length))
            .map_err(|fault| right(fault.moved(position).nested()))
    }

    const WIRE: bool = false;

    fn progress(&self) -> u64 {
        let inside = self.buffer.position();
        self.outer.progress().saturating_add(self.inner.progress()).saturating_add(inside)
    }

    fn residue(&self) -> (usize, usize) {
        let (outer, inner) = (self.outer.residue(), self.inner.residue());
        let (unread, unsent) = (self.buffer.len(), self.answers.len());
        (outer.0 + inner.0 + unread, outer.1 + inner.1 + unsent)
    }
}

impl<O: Decode + fmt::Debug, I: Decode + fmt::Debug> fmt::Debug for Nested<O, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nested")
            .field("outer", &self.outer)
            .field("inner", self.inner.stage())
            .field("buffer", &self.buffer)
            .finish_non_exhaustive()
    }
}
