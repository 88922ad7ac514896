//! Streams inside the records of another.

mod answers;
mod stage;

use bytes::BytesMut;
use core::fmt;

use super::Limit;
use crate::{Buffer, Decode, Encode, Output};

pub use answers::{Answers, Carried, InnerError, Kept, Silent};

/// A stage whose outer records carry the bytes of an inner stream, piece by piece.
///
/// The inner stage has a [`Buffer`] of its own, into which the payload of outer records is copied;
/// the ends of outer records do not matter to it. `Nested` has its items and faults. A fault has
/// its offset in the inner stream and is one [`layer`](crate::Fault::layer) deeper, since an offset
/// in the outer stream would depend on how the inner one was cut. Faults of the outer stage keep
/// layer 0.
///
/// Layers are counted from the outer stage as a whole: `a.nested(b.nested(c))` has three, while
/// `a.nested(b).nested(c)` reads the same streams and puts both `b` and `c` into layer 1.
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
/// # Needs and memory
/// - On partial input it needs what the outer stage needs. The outer stage is asked for a record
///   only when the inner one can do nothing with what it has, so at most one outer record is
///   buffered beyond the need of the inner stage.
/// - An outer record is absorbed. Items that the inner stage finds in it come as records of no
///   bytes, which the bytes of the inner stream pay for (law L5, [`Decode::progress`]): a few outer
///   bytes may carry any number of inner records, as those of a decompressor do. A stage that
///   yields without consuming is still stopped.
/// - An inner record is at most [`MAX`](Self::MAX) bytes long, or as long as
///   [`set_max`](Self::set_max) allows.
/// - Consumed bytes are not kept. While it waits for more of the outer stream, the inner buffer
///   holds a little more memory than it has bytes, and none if it has no bytes.
///
/// An outer stage that gives its payload in pieces as they arrive works as well, but then the outer
/// position at which the inner stage is done depends on the reads. For plain bytes around an inner
/// stage [`Region`](super::Region) is the better choice, and copies nothing.
///
/// # Answers of the inner stage
/// Answers of the inner stage, and what it [sends](Decode::speak) by itself, belong to an inner
/// stream in the other direction, which outer records have to carry:
///
/// - [`answering`](Self::answering) takes an encoder of the outer protocol. Answers leave through
///   it at once, in pieces, into the output of the driver: a chat inside chunks works over a
///   connection as it does without chunks.
/// - [`keeping_answers`](Self::keeping_answers) keeps them in [`answers`](Self::answers), for the
///   caller to take out and send.
/// - Without either, the first answer is a fault, [`Cause::Unsent`](crate::Cause::Unsent). Were the
///   answer dropped, a peer that waits for it would stall.
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
/// is a truncation in its layer. When the inner stage is done, so is `Nested`, whatever the state
/// of the outer one; with [`draining`](Self::draining) it passes over the rest of the outer stage
/// first, as [`Region`](super::Region) does.
///
/// Inner bytes that were read too far are not of the connection's stream, so a connection that
/// holds some refuses a [hand-off](crate::Edge). `Connection::follow` gives the stage to its
/// closure, and [`into_parts`](Self::into_parts) returns everything inside, so that
/// [`from_parts`](Self::from_parts) can go on with another inner stage:
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
    /// Carried bytes that the inner stage has not consumed.
    buffer: Buffer,
    /// Bytes that the inner stage has answered or sent by itself, on their way through `policy`.
    answers: Output,
    policy: A,
    /// The meaning of the last frame.
    next: Next,
    phase: Phase,
    /// True if the outer stage is read to its end when the inner one is done.
    drains: bool,
    /// See [`Decode::progress`].
    progress: u64,
}

/// The meaning of a frame, for the `parse` or `absorb` that follows it.
#[derive(Debug, Clone, Copy)]
enum Next {
    /// An inner item of this many bytes of the inner buffer.
    Item(usize),
    /// This many bytes of the inner buffer that the inner stage absorbs.
    Inner(usize),
    /// An outer record with a payload for the inner stage.
    Payload,
    /// Bytes that the outer stage absorbs.
    Outer,
}

/// The state of both stages. The head of `stage.rs` has the table of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The inner stage is to be asked first.
    Fed,
    /// The inner stage can do nothing with what it has, and need not be asked before there is more.
    Starved,
    /// The outer stage is done: the inner one is asked for the last time, and told of the end.
    Last,
    /// The inner stage is done, and the outer one is read to its end.
    Draining,
    /// Both stages are done.
    Over,
}

/// The parts of a [`Nested`] with everything it holds, from [`Nested::into_parts`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<O, I, A = Silent> {
    /// The outer stage.
    pub outer: O,
    /// The inner stage.
    pub inner: I,
    /// The bytes of the inner stream that the inner stage has not consumed.
    pub buffer: Buffer,
    /// Answers of the inner stage that nobody has sent, as bytes of the inner stream.
    pub answers: Output,
    /// The policy for answers: [`Carried`] has the encoder.
    pub policy: A,
}

impl<O: Decode, I: Decode> Nested<O, I> {
    /// Carries `inner` in the records of `outer`.
    pub fn new(outer: O, inner: I) -> Self {
        Self::from_parts(outer, inner, Buffer::new())
    }

    /// Carries `inner` in the records of `outer`; `buffer` holds inner bytes that were read
    /// already.
    pub fn from_parts(outer: O, inner: I, buffer: Buffer) -> Self {
        Self {
            outer,
            inner: Limit::around(inner, Self::MAX),
            buffer,
            answers: Output::new(),
            policy: Silent,
            next: Next::Outer,
            phase: Phase::Fed,
            drains: false,
            progress: 0,
        }
    }
}

impl<O, I, A> Nested<O, I, A> {
    /// The default of the longest inner record, in bytes: enough for protocols that are carried
    /// inside others, and little enough to be held by each of many connections.
    pub const MAX: usize = 64 * 1024;

    /// A quarter of the capacity, in bytes, that is kept even if less is buffered: moving bytes
    /// into less would cost more than the memory.
    const KEPT: usize = 256;

    /// Sends answers of the inner stage through `encoder`, in pieces of at most `max` bytes; 0
    /// counts as 1.
    ///
    /// The encoder is given bytes of the inner stream and writes records of the outer one. `max`
    /// counts the payload only, so 255 is right for an 8-bit length. An answer is encoded when it
    /// is made, and so keeps its place among what the caller sends. An encoder that refuses a piece
    /// is a mistake of the caller, and ends the stage by [`InnerError::Answer`].
    pub fn answering<E, X>(self, encoder: E, max: usize) -> Nested<O, I, Carried<E, X>>
    where
        E: for<'a> Encode<&'a [u8], Error = X>,
    {
        self.with_policy(Carried::new(encoder, max))
    }

    /// Keeps answers of the inner stage in [`answers`](Nested::answers) for the caller to send
    /// them.
    ///
    /// The fault is [`Cause::Unsent`](crate::Cause::Unsent) if the inner stage answers while that
    /// output is at its high-water mark, so that a peer cannot pile answers up.
    #[must_use]
    pub fn keeping_answers(self) -> Nested<O, I, Kept> {
        self.with_policy(Kept)
    }

    fn with_policy<B>(self, policy: B) -> Nested<O, I, B> {
        let Self { outer, inner, buffer, answers, next, phase, drains, progress, .. } = self;
        Nested { outer, inner, buffer, answers, policy, next, phase, drains, progress }
    }

    /// Returns the parts, with everything the stage holds.
    pub fn into_parts(self) -> Parts<O, I, A> {
        Parts {
            outer: self.outer,
            inner: self.inner.into_stage(),
            buffer: self.buffer,
            answers: self.answers,
            policy: self.policy,
        }
    }

    /// Sets the length of the longest inner record, in bytes. Call it between records only.
    pub fn set_max(&mut self, max: usize) {
        self.inner.set_max(max);
    }

    /// Sets the length of the longest inner record, in bytes.
    #[must_use]
    pub fn max(mut self, max: usize) -> Self {
        self.set_max(max);
        self
    }

    /// Reads the outer stage to its end after the inner one is done. The rest is passed over, in no
    /// more memory than one outer record, and only then `Nested` is done.
    ///
    /// So the bytes behind a body are found, however much of the body its content took.
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

    /// Gives memory back: all of it if nothing is buffered and no answer waits, and otherwise all
    /// but a little more than is buffered.
    ///
    /// `Nested` does so by itself whenever it waits for more of the outer stream. Call it after
    /// taking something out of [`answers`](Nested::answers).
    pub fn release(&mut self) {
        let (length, capacity) = (self.buffer.len(), self.buffer.capacity());
        if length == 0 {
            // A buffer without capacity may still keep what owned records were split off from.
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

    /// Returns the outer stage.
    pub const fn outer(&self) -> &O {
        &self.outer
    }

    /// Returns the inner stage.
    pub const fn inner(&self) -> &I {
        self.inner.stage()
    }

    /// Returns the inner bytes that were not consumed.
    pub const fn buffer(&self) -> &Buffer {
        &self.buffer
    }
}

impl<O, I> Nested<O, I, Kept> {
    /// Returns the answers of the inner stage, to be taken out and carried by outer records. The
    /// high-water mark bounds them.
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
