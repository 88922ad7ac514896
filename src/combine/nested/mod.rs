//! A stream inside the records of another, and the ways that its answers take.

mod answers;
mod stage;

use bytes::BytesMut;
use core::fmt;

use super::Limit;
use crate::{Buffer, Decode, Encode, Output};

pub use answers::{Answers, Carried, InnerError, Kept, Silent};

/// The records of an outer stage carry, piece by piece, the bytes of an inner one.
///
/// The inner stage has a [`Buffer`] of its own, into which the outer records' payload is copied;
/// where one outer record ends and the next begins means nothing to it. Its items and faults are
/// those of `Nested`: faults with their offset in the inner stream and one
/// [`layer`](crate::Fault::layer) deeper, since an offset in the outer stream would depend on how
/// the inner one was cut. Faults of the outer stage keep layer 0.
///
/// Layers are counted from the outer stage as a whole: `a.nested(b.nested(c))` tells three apart,
/// `a.nested(b).nested(c)` reads the same streams and puts `b` and `c` into layer 1 both.
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
///
/// # What it needs and what it holds
/// - On partial input it needs what the outer stage needs. The outer stage is asked for a record
///   only when the inner one can make nothing of what it has, so at most one outer record is
///   buffered beyond what the inner stage needs.
/// - An outer record is absorbed. What the inner stage finds in it comes as records of no bytes,
///   which the bytes of the inner stream pay for (law L5, [`Decode::progress`]): a few outer bytes
///   may carry any number of inner records, as those of a decompressor do. A stage that yields
///   without consuming is still stopped.
/// - An inner record is at most [`MAX`](Self::MAX) bytes long, or what
///   [`set_max`](Self::set_max) says.
/// - Consumed bytes are not kept. While more of the outer stream is waited for, the buffer holds a
///   little more memory than it has bytes, and none if it has no bytes.
///
/// An outer stage that gives its payload in pieces as they arrive serves as well, but then how far
/// the outer stream has been read when the inner stage is done depends on the arrival. For plain
/// bytes around an inner stage [`Region`](super::Region) is the better choice, and copies nothing.
///
/// # Answers of the inner stage
/// What the inner stage answers, and what it [says](Decode::speak) by itself, belongs to an inner
/// stream in the other direction, which outer records have to carry:
///
/// - [`answering`](Self::answering) gives an encoder of the outer protocol. Answers leave through it
///   at once, in pieces, into the output of whoever drives the stage: a chat inside of chunks works
///   over a connection as it does without chunks.
/// - [`keeping_answers`](Self::keeping_answers) keeps them in [`answers`](Self::answers), for the
///   caller to take out and send.
/// - Without either, the first answer is a fault, [`Cause::Unsent`](crate::Cause::Unsent). An answer
///   that is silently dropped stalls a peer that waits for it.
///
/// ```
/// use core::convert::Infallible;
/// use segue::{Buffer, Decode, DecodeExt, Fault, Framing, Output, Record, Step, length};
///
/// /// Lines. A line `ping` is answered with a line `pong` and yields no item.
/// struct Chat;
///
/// impl Decode for Chat {
///     type Item<'a> = Record<'a>;
///     type Error = Infallible;
///
///     fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
///         Ok(match input.iter().position(|&byte| byte == b'\n') {
///             Some(4) if input.starts_with(b"ping") => Framing::Absorb(5),
///             Some(at) => Framing::Record(at + 1),
///             None if eof && input.is_empty() => Framing::Done,
///             None => Framing::need(1),
///         })
///     }
///
///     fn absorb(&mut self, _: Record<'_>, answers: &mut Output) -> Result<(), Fault<Infallible>> {
///         answers.put(b"pong\n");
///         Ok(())
///     }
///
///     fn parse<'a>(&'a mut self, line: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
///         Ok(line)
///     }
/// }
///
/// // In chunks with an 8-bit length, so pieces of an answer are at most 255 bytes long.
/// let mut stage = length::u8().nested(Chat).answering(length::u8(), 255);
/// let mut buffer = Buffer::from(&b"\x03pin\x09g\nhello\npi"[..]);
/// let mut output = Output::new();
/// let Ok(Step::Item(line)) = buffer.step(&mut stage, false, &mut output) else { panic!() };
/// assert_eq!(line, b"hello\n");
/// assert_eq!(output.to_vec(), b"\x05pong\n");
/// ```
///
/// # Ends
/// When the outer stage is done, the inner one is shown the end of its stream: what it lacks then
/// is a truncation in its layer. When the inner stage is done, so is `Nested`, wherever the outer
/// one stands; [`draining`](Self::draining) passes over what the outer stage still has instead, as
/// [`Region`](super::Region) does.
///
/// Inner bytes that were read too far are of another stream than the connection's, so a connection
/// that holds some is not [handed off](crate::Edge). `Connection::follow` gives the stage to its
/// closure, and [`into_parts`](Self::into_parts) gives everything inside, for
/// [`from_parts`](Self::from_parts) to go on with another inner stage:
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, combine::Nested, length, separator};
///
/// let mut stage = length::u8().nested(separator::line().take(1));
/// let mut buffer = Buffer::from(&b"\x08HELO\n\x02hi"[..]);
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done)));
///
/// let parts = stage.into_parts();
/// assert_eq!(parts.buffer.as_slice(), b"\x02hi");
/// let mut stage = Nested::from_parts(parts.outer, length::u8(), parts.buffer);
/// let Ok(Step::Item(record)) = buffer.step(&mut stage, false, &mut output) else { panic!() };
/// assert_eq!(record, b"hi");
/// ```
pub struct Nested<O, I, A = Silent> {
    outer: O,
    inner: Limit<I>,
    /// What was carried and the inner stage has not consumed.
    buffer: Buffer,
    /// What the inner stage has answered and said, on its way through `policy`.
    answers: Output,
    policy: A,
    /// What the last frame announced.
    next: Next,
    phase: Phase,
    /// The outer stage is done, and the inner stream with it.
    ended: bool,
    /// Whether the outer stage is read to its end when the inner one is done.
    drains: bool,
    /// See [`Decode::progress`].
    progress: u64,
}

#[derive(Debug, Clone, Copy)]
enum Next {
    /// An inner item of so many bytes of the inner buffer.
    Item(usize),
    /// So many bytes of the inner buffer that the inner stage keeps to itself.
    Inner(usize),
    /// An outer record whose payload is the inner stage's.
    Payload,
    /// Something that the outer stage keeps to itself.
    Outer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The inner stage is to be asked first.
    Fed,
    /// The inner stage can do nothing with what it has; it need not be asked before there is more.
    Starved,
    /// The inner stage is done, and the outer one is read to its end.
    Draining,
}

/// All that a [`Nested`] was made of and holds, by [`Nested::into_parts`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<O, I, A = Silent> {
    /// The outer stage.
    pub outer: O,
    /// The inner stage.
    pub inner: I,
    /// The bytes of the inner stream that the inner stage has not consumed.
    pub buffer: Buffer,
    /// What the inner stage has answered and nobody has sent, as bytes of the inner stream.
    pub answers: Output,
    /// What became of answers: [`Carried`] has the encoder.
    pub policy: A,
}

impl<O: Decode, I: Decode> Nested<O, I> {
    /// `inner`, carried by the records of `outer`.
    pub fn new(outer: O, inner: I) -> Self {
        Self::from_parts(outer, inner, Buffer::new())
    }

    /// `inner`, carried by the records of `outer`, of which `buffer` holds what was read already.
    pub fn from_parts(outer: O, inner: I, buffer: Buffer) -> Self {
        Self {
            outer,
            inner: Limit::around(inner, Self::MAX),
            buffer,
            answers: Output::new(),
            policy: Silent,
            next: Next::Outer,
            phase: Phase::Fed,
            ended: false,
            drains: false,
            progress: 0,
        }
    }
}

impl<O, I, A> Nested<O, I, A> {
    /// The longest inner record in bytes, unless [`set_max`](Self::set_max) says otherwise:
    /// enough for what protocols carry inside each other, little enough to be held by each of
    /// many connections.
    pub const MAX: usize = 64 * 1024;

    /// A quarter of the capacity that stays whatever little is buffered in it, in bytes: below it,
    /// moving the bytes costs more than the memory.
    const KEPT: usize = 256;

    /// The same stage, whose inner stage's answers leave through `encoder` in pieces of at most
    /// `max` bytes; 0 counts as 1.
    ///
    /// The encoder is given bytes of the inner stream and writes records of the outer one. What a
    /// record has around its payload is not counted in `max`, so 255 is right for an 8-bit length.
    /// An answer is encoded when it is made, and so keeps its place among what the caller sends. An
    /// encoder that refuses a piece is the caller's mistake, and ends the stage by
    /// [`InnerError::Answer`].
    pub fn answering<E, X>(self, encoder: E, max: usize) -> Nested<O, I, Carried<E, X>>
    where
        E: for<'a> Encode<&'a [u8], Error = X>,
    {
        self.with_policy(Carried::new(encoder, max))
    }

    /// The same stage, whose inner stage's answers wait in [`answers`](Nested::answers) for the
    /// caller to send them.
    ///
    /// The fault is [`Cause::Unsent`](crate::Cause::Unsent) when the inner stage answers while the
    /// high-water mark of that output is reached: a peer must not be able to pile answers up.
    #[must_use]
    pub fn keeping_answers(self) -> Nested<O, I, Kept> {
        self.with_policy(Kept)
    }

    fn with_policy<B>(self, policy: B) -> Nested<O, I, B> {
        let Self { outer, inner, buffer, answers, next, phase, ended, drains, progress, .. } = self;
        Nested { outer, inner, buffer, answers, policy, next, phase, ended, drains, progress }
    }

    /// All that the stage is made of and holds.
    pub fn into_parts(self) -> Parts<O, I, A> {
        Parts {
            outer: self.outer,
            inner: self.inner.into_stage(),
            buffer: self.buffer,
            answers: self.answers,
            policy: self.policy,
        }
    }

    /// Sets the longest inner record that is let through, in bytes. Only to be called between
    /// records.
    pub fn set_max(&mut self, max: usize) {
        self.inner.set_max(max);
    }

    /// The same stage, whose inner records may be `max` bytes long.
    #[must_use]
    pub fn max(mut self, max: usize) -> Self {
        self.set_max(max);
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
    /// only for those who have taken something out of [`answers`](Nested::answers) since.
    pub fn release(&mut self) {
        let (length, capacity) = (self.buffer.len(), self.buffer.capacity());
        if length == 0 {
            // Even one without capacity may keep what owned records were split off from.
            drop(self.buffer.take_rest());
        } else if capacity / 4 > length.max(Self::KEPT) {
            self.buffer.move_to(BytesMut::zeroed(length));
        }
        self.release_answers();
    }

    fn release_answers(&mut self) {
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
}

impl<O, I> Nested<O, I, Kept> {
    /// What the inner stage has answered by itself, to be taken out and carried by outer records.
    /// Its high-water mark bounds how much waits.
    pub const fn answers(&mut self) -> &mut Output {
        &mut self.answers
    }
}

impl<O: fmt::Debug, I: fmt::Debug, A> fmt::Debug for Nested<O, I, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nested")
            .field("outer", &self.outer)
            .field("inner", self.inner.stage())
            .field("buffer", &self.buffer)
            .finish_non_exhaustive()
    }
}
