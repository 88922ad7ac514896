//! A stage that reads.

use super::{Ahead, Fault, Framing, Output, Record, Say};

/// A stage of a protocol: it delimits records, then parses them.
///
/// A stage does no I/O, knows no clock and owns no input. Its driver holds the bytes and runs this
/// loop, as [`Buffer::step`](crate::Buffer::step) and every connection of this crate do:
///
/// 1. show [`frame`](Self::frame) all that is buffered;
/// 2. on [`Framing::Record`], consume that many bytes and give them to [`parse`](Self::parse),
///    whose result is the item; on [`Framing::Absorb`], consume them and give them to
///    [`absorb`](Self::absorb); on [`Framing::Need`], read more, or, at the end of the stream,
///    report truncation; on [`Framing::Done`], leave what is buffered to the next stage;
/// 3. start again, unless a [`fatal`](Fault::fatal) fault came up.
///
/// # Contract
/// - `frame` may remember how far it has looked, so that no byte is looked at twice, but it commits
///   to nothing: the same input gets the same answer, and more input never takes one back.
/// - Only `parse` and `absorb` move the stage on, by exactly one record.
/// - After a record was consumed, `frame` is shown what follows it. Before that, the input only
///   grows at its end.
/// - Faults count their offset from the front of what was shown.
///
/// The law suite (feature `laws`) checks all this for any stage in one line.
///
/// # Stages made of other stages
/// A stage that asks another stage's `frame` must also give it the record: to its `parse`, or to
/// its `absorb` if that is what it announced. This holds even if the outer stage absorbs what the
/// inner one calls a record. The inner stage remembers where the record in front ends, and would
/// look for it in the next one otherwise. Set what a record decides before the inner item is made,
/// or in `absorb`: the item borrows the stage for as long as it lives. The book writes such a
/// stage, for RESP, in its chapter "Stages made of stages".
///
/// # Example
/// A record is a length in one byte, then that many bytes; its item is the text in them.
///
/// ```
/// use segue::{Buffer, Decode, Fault, Framing, Output, Record, Step};
///
/// struct Text;
///
/// impl Decode for Text {
///     type Item<'a> = &'a str;
///     type Error = core::str::Utf8Error;
///
///     fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
///         let Some(&length) = input.first() else {
///             return Ok(if eof { Framing::Done } else { Framing::need(1) });
///         };
///         let whole = 1 + usize::from(length);
///         Ok(if input.len() < whole { Framing::need(whole - input.len()) } else { Framing::Record(whole) })
///     }
///
///     fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<&'a str, Fault<Self::Error>> {
///         record.advance(1);
///         core::str::from_utf8(record.into_slice())
///             .map_err(|error| Fault::new(error).at(1 + error.valid_up_to() as u64).recoverable())
///     }
/// }
///
/// # fn main() -> Result<(), Fault<core::str::Utf8Error>> {
/// let mut buffer = Buffer::from(&b"\x03one\x03tw"[..]);
/// let (mut stage, mut output) = (Text, Output::new());
/// assert_eq!(buffer.step(&mut stage, false, &mut output)?, Step::Item("one"));
/// assert!(matches!(buffer.step(&mut stage, false, &mut output)?, Step::Need(_)));
/// buffer.extend(b"o");
/// assert_eq!(buffer.step(&mut stage, false, &mut output)?, Step::Item("two"));
/// # Ok(()) }
/// ```
pub trait Decode {
    /// The result of parsing one record. It may borrow the buffer and scratch space of the stage.
    type Item<'a>
    where
        Self: 'a;
    /// A violation of this stage's rules by the bytes of a peer.
    type Error;

    /// True if records are bytes of the stream that the stage is shown.
    ///
    /// False for a stage whose items come out of an inner stream, as those of
    /// [`Nested`](crate::combine::Nested) do. They are announced as records of no bytes, so a
    /// combinator that looks at the bytes of a record cannot be put around it:
    /// [`limit`](crate::DecodeExt::limit), [`through`](crate::DecodeExt::through),
    /// [`absorbing`](crate::DecodeExt::absorbing) and [`Erased`](crate::combine::Erased) do not
    /// compile.
    ///
    /// A stage made of other stages is true if all of them are.
    const WIRE: bool = true;

    /// Returns the length of the record in front of `input`, or the need for more input.
    ///
    /// `eof` says that nothing follows `input`. A stage that may end there answers
    /// [`Framing::Done`]; [`Framing::Need`] means that the stream is truncated.
    ///
    /// # Errors
    /// Faults of `frame` are fatal, since the start of the next record is not known any more.
    /// Drivers treat them so whatever they say, and a stage that asks another stage's `frame` makes
    /// its faults [`fatal`](Fault::fatal()).
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>>;

    /// True if the stage keeps what it finds in the bytes behind a record.
    /// [`frame_ahead`](Self::frame_ahead) is then asked instead of `frame` where that can be kept.
    #[doc(hidden)]
    const AHEAD: bool = false;

    /// Does the same as [`frame`](Self::frame) in a loan: `whole` is everything lent, of which
    /// `ahead` says how much was consumed. The stage may keep in `ahead` what it finds behind the
    /// record.
    ///
    /// # Errors
    /// Those of `frame`.
    #[doc(hidden)]
    #[inline(always)]
    fn frame_ahead(
        &mut self,
        whole: &[u8],
        eof: bool,
        ahead: &mut Ahead,
    ) -> Result<Framing, Fault<Self::Error>> {
        self.frame(&whole[ahead.front..], eof)
    }

    /// Takes a record of [`Framing::Absorb`], and may queue an answer to it.
    ///
    /// # Errors
    /// When the record breaks the rules of the stage.
    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        let _ = (record, answers);
        Ok(())
    }

    /// Turns a record of [`Framing::Record`] into an item.
    ///
    /// # Errors
    /// When the record breaks the rules of the stage. After a fault that is not fatal the stage
    /// goes on with the next record.
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>>;

    /// Queues what the stage sends without having read anything: window updates, data that waited
    /// for credit, keep-alives. Most stages only answer what they read and do not override this.
    ///
    /// Drivers call it before each wait, whenever sending has made room, in a flush, and when the
    /// stage is [done](Framing::Done) until it adds nothing more. They do not call it while the
    /// output is at its high-water mark.
    ///
    /// # Contract (law L11)
    /// - It changes nothing that is read: not the next answer of [`frame`](Self::frame), and no
    ///   item. An exception is an item about what was sent, such as "there is room again": a record
    ///   of no bytes in front of all others. So a driver asks `frame` again afterwards.
    /// - It adds data while there is [room](Say::room), and stops without. Messages that its
    ///   protocol cannot do without, such as window updates, may exceed the room. Asked again
    ///   without room, and with nothing read in between, it adds nothing.
    /// - A stage made of other stages lets each of them speak.
    ///
    /// A complete keep-alive:
    ///
    /// ```
    /// use core::{convert::Infallible, time::Duration};
    /// use segue::{Decode, Fault, Framing, Moment, Output, Record, Say};
    ///
    /// /// Reads bytes, and sends a dot after each minute in which it has sent nothing else.
    /// #[derive(Default)]
    /// struct Dots { next: Option<Duration> }
    ///
    /// impl Decode for Dots {
    ///     type Item<'a> = Record<'a>;
    ///     type Error = Infallible;
    ///
    ///     fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
    ///         Ok(match input {
    ///             [] if eof => Framing::Done,
    ///             [] => Framing::need(1),
    ///             all => Framing::Record(all.len()),
    ///         })
    ///     }
    ///
    ///     fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
    ///         Ok(record)
    ///     }
    ///
    ///     fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Infallible>> {
    ///         let Some(now) = say.now() else { return Ok(()) };
    ///         let mut next = *self.next.get_or_insert(now + Duration::from_secs(60));
    ///         if now >= next {
    ///             say.output().put(b".");
    ///             next = now + Duration::from_secs(60);
    ///             self.next = Some(next);
    ///         }
    ///         say.wake_at(next);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let (mut stage, mut output) = (Dots::default(), Output::new());
    /// for (second, sent) in [(0, 0), (59, 0), (60, 1), (61, 1), (120, 2)] {
    ///     let mut moment = Moment::at(Duration::from_secs(second));
    ///     stage.speak(&mut Say::new(&mut output, 1024, &mut moment))?;
    ///     assert_eq!(output.len(), sent);
    /// }
    /// # Ok::<(), Fault<Infallible>>(())
    /// ```
    ///
    /// # Errors
    /// When the stage cannot go on, for example after an idle time-out. The fault is fatal; what
    /// was queued before is still sent. Asked again, the stage fails again.
    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
        let _ = say;
        Ok(())
    }

    /// Returns the number of bytes consumed so far of a stream inside the one that the stage is
    /// shown.
    ///
    /// Each pays for one record of no bytes, as each byte of the outer stream does: a stage that
    /// decompresses may find many records in few bytes and must not be mistaken for one that never
    /// ends. Most stages have no inner stream and do not override this.
    ///
    /// A stage made of other stages returns the sum of theirs.
    fn progress(&self) -> u64 {
        0
    }

    /// Returns the number of bytes that the stage took from its input and made no item of, and the
    /// number that it has queued and nobody has sent.
    ///
    /// Most stages hold none and do not override this: what they have not consumed is in the
    /// driver's buffer. A stage with a buffer or an output of its own, such as
    /// [`Nested`](crate::combine::Nested), counts what is in them. A connection with a residue
    /// refuses a [hand-off](crate::Edge), since the bytes would be lost with the stage.
    ///
    /// A stage made of other stages returns the sum of theirs.
    fn residue(&self) -> (usize, usize) {
        (0, 0)
    }
}

impl<D: Decode + ?Sized> Decode for &mut D {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        (**self).frame(input, eof)
    }

    const AHEAD: bool = D::AHEAD;

    #[inline]
    fn frame_ahead(
        &mut self,
        whole: &[u8],
        eof: bool,
        ahead: &mut Ahead,
    ) -> Result<Framing, Fault<Self::Error>> {
        (**self).frame_ahead(whole, eof, ahead)
    }

    #[inline]
    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        (**self).absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        (**self).parse(record)
    }

    const WIRE: bool = D::WIRE;

    #[inline]
    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
        (**self).speak(say)
    }

    #[inline]
    fn progress(&self) -> u64 {
        (**self).progress()
    }

    #[inline]
    fn residue(&self) -> (usize, usize) {
        (**self).residue()
    }
}

/// A stage that is done from the beginning: the stage of a connection between two others, and
/// during an [`Exchange`](crate::Exchange).
impl Decode for () {
    type Item<'a> = core::convert::Infallible;
    type Error = core::convert::Infallible;

    fn frame(&mut self, _: &[u8], _: bool) -> Result<Framing, Fault<Self::Error>> {
        Ok(Framing::Done)
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        // `frame` never announces a record.
        Err(Fault::from_cause(super::Cause::Contract))
    }
}
