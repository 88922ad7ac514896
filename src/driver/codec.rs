//! Stages as tokio-util codecs, and tokio-util decoders as stages.

use bytes::BytesMut;
use std::{
    error, fmt, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{Decoder, Encoder, Framed, FramedParts};

use super::SendError;
use crate::core::Budget;
use crate::{Buffer, Cause, Decode, Encode, Fault, Handoff, Output, Step};

pub use super::bounded::Bounded;
pub use super::from_tokio::FromTokio;

/// A stage and an encoder as a tokio-util [`Decoder`] and [`Encoder`], for a `Framed`.
///
/// Items must be owned, since a stream cannot lend: put
/// [`owned`](crate::combine::DecodeExt::owned) behind a stage that lends records.
///
/// # Answers of the stage
/// A `Framed` writes only what is encoded, and a codec cannot write anything else. So an answer of
/// a stage, such as the pong to a ping, is sent **in front of the next item that the caller
/// sends**. A `Framed` that only reads never sends it, not even when it is flushed. It waits in
/// [`answers`](Self::answers), and [`Handoff::from_framed_parts`] carries it.
///
/// A peer that provokes answers, by a flood of pings, makes them pile up, and that ends such a
/// `Framed`: once more than twice [`Output::HIGH_WATER`] waits, 128 KiB, the error is
/// [`CodecError::Unsent`], and nothing more is decoded until an item has taken the answers along.
/// For a stage with answers use a [`Connection`](crate::driver::Connection), or, where a `Stream`
/// and `Sink` are needed, a [`StreamSink`](crate::driver::Connection::stream_sink): both send
/// answers before they wait.
///
/// # The end of the stage
/// A stage that is done at the end of the stream ends the `Framed` as well: its next item is
/// `None`. A stage may be done before that, with bytes of another protocol behind it. Then a
/// `Framed` from [`over`](Self::over) or [`Handoff::into_framed_parts`] ends by `None` too, since
/// its transport, a [`Bounded`], stops there. `Framed::new` can only end at the end of the stream
/// or by an error: over any other transport the last item is [`CodecError::Done`], and `None`
/// follows.
///
/// Either way [`is_done`](Self::is_done) tells the end of the stage from the end of the stream, and
/// the bytes that follow stay in the `Framed`, for [`Handoff::from_framed_parts`].
///
/// ```
/// use bytes::{Bytes, BytesMut};
/// use segue::{DecodeExt, driver::codec::Codec, length};
/// use tokio_util::codec::{Decoder, Encoder};
///
/// let mut codec = Codec::new(length::u16_be().owned(), length::u16_be());
/// let mut bytes = BytesMut::new();
/// codec.encode(Bytes::from_static(b"hello"), &mut bytes).unwrap();
/// assert_eq!(&bytes[..], b"\x00\x05hello");
/// assert_eq!(codec.decode(&mut bytes).unwrap().unwrap(), "hello");
/// assert!(codec.decode(&mut bytes).unwrap().is_none());
/// ```
#[derive(Debug)]
pub struct Codec<D, E> {
    stage: D,
    encoder: E,
    answers: Output,
    position: u64,
    budget: Budget,
    dead: bool,
    done: bool,
    /// True after a report that answers pile up.
    unsent: bool,
    /// Shared with the transport that ends with the stage, if there is one.
    stop: Option<Arc<AtomicBool>>,
}

impl<D, E> Codec<D, E> {
    /// Makes a codec that reads by `stage` and writes by `encoder`.
    ///
    /// The compiler refuses a stage that lends its items, by "one type is more general than the
    /// other" or a type mismatch of its items: put [`owned`](crate::combine::DecodeExt::owned) or a
    /// [`map`](crate::combine::DecodeExt::map) behind it.
    ///
    /// ```compile_fail
    /// use segue::{driver::codec::Codec, length};
    ///
    /// let codec = Codec::new(length::u16_be(), length::u16_be()); // `.owned()` is missing
    /// ```
    pub fn new<T>(stage: D, encoder: E) -> Self
    where
        D: for<'a> Decode<Item<'a> = T> + 'static,
    {
        Self {
            stage,
            encoder,
            answers: Output::new(),
            position: 0,
            budget: Budget::new(),
            dead: false,
            done: false,
            unsent: false,
            stop: None,
        }
    }

    /// Makes a `Framed` of this codec that ends by `None` when the stage is done.
    pub fn over<T>(self, io: T) -> Framed<Bounded<T>, Self>
    where
        T: AsyncRead + AsyncWrite,
    {
        Framed::from_parts(Handoff::new(io, &[][..]).into_framed_parts(self))
    }

    /// Returns the stage.
    pub fn stage(&self) -> &D {
        &self.stage
    }

    /// Returns the stage, to be changed: for example a limit that is raised after a login.
    pub fn stage_mut(&mut self) -> &mut D {
        &mut self.stage
    }

    /// Returns true if the stage is done: nothing more is decoded, and the input that follows is
    /// still in the buffer of the `Framed`.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Returns answers of the stage that no item has taken along yet.
    pub fn answers(&mut self) -> &mut Output {
        &mut self.answers
    }

    /// Returns the stage, the encoder, and answers of the stage that were not sent.
    pub fn into_parts(self) -> (D, E, Output) {
        (self.stage, self.encoder, self.answers)
    }
}

/// The error that ends the stream of a [`Codec`].
#[derive(Debug)]
#[non_exhaustive]
pub enum CodecError<E> {
    /// The transport failed.
    Io(io::Error),
    /// The peer broke the rules.
    Fault(Fault<E>),
    /// No failure: the stage is done, and what follows is in the parts of the `Framed`. It is
    /// returned only over a transport that is not a [`Bounded`], which ends by `None` instead.
    Done,
    /// More than twice [`Output::HIGH_WATER`] of [answers](Codec::answers) of the stage wait for an
    /// item to take them along. Decoding goes on once one was sent; a
    /// [`Connection`](crate::driver::Connection) sends answers by itself.
    Unsent,
}

impl<D, E> Codec<D, E>
where
    D: Decode + 'static,
{
    fn step<T>(
        &mut self,
        bytes: &mut BytesMut,
        eof: bool,
    ) -> Result<Option<T>, CodecError<D::Error>>
    where
        D: for<'a> Decode<Item<'a> = T>,
    {
        if self.dead {
            let fault = Fault::from_cause(Cause::Contract).moved(self.position);
            return Err(CodecError::Fault(fault));
        }
        // Report it only once: an item may still take answers along, and what was read before is
        // decoded, since otherwise the buffer of the `Framed` would grow each time.
        if self.unsent && self.piles_up() {
            return Err(CodecError::Unsent);
        }
        let mut buffer = Buffer::from(std::mem::take(bytes));
        buffer.set_position(self.position);
        let step = buffer.step(&mut self.stage, eof, &mut self.answers);
        let step = step.map(|step| match step {
            Step::Item(item) => Ok(Some(item)),
            // Nothing more is read at the end of the stream.
            Step::Need(_) if !eof && self.piles_up() => Err(CodecError::Unsent),
            Step::Need(_) => Ok(None),
            Step::Done => {
                self.done = true;
                // A caller that gets no item reads on, unless that is the end.
                if eof || self.stops() { Ok(None) } else { Err(CodecError::Done) }
            }
        });
        self.unsent = matches!(step, Ok(Err(CodecError::Unsent)));
        let consumed = buffer.position() - self.position;
        self.position = buffer.position();
        *bytes = buffer.take_rest();
        if let Ok(Ok(Some(_))) = step {
            // The caller goes on for as long as there are items.
            let consumed = usize::try_from(consumed).unwrap_or(usize::MAX);
            self.budget.spend(consumed).map_err(|fault| {
                self.dead = true;
                CodecError::Fault(fault.moved(self.position))
            })?;
        }
        step.unwrap_or_else(|fault| {
            self.dead = fault.fatal;
            Err(CodecError::Fault(fault))
        })
    }
}

impl<D, E> Codec<D, E> {
    fn piles_up(&self) -> bool {
        self.answers.len() > 2 * Output::HIGH_WATER
    }

    /// Ends the transport, if it is one that can.
    fn stops(&self) -> bool {
        // A flag without another owner is that of a transport that was taken away.
        self.stop.as_ref().is_some_and(|stop| {
            stop.store(true, Ordering::Relaxed);
            Arc::strong_count(stop) > 1
        })
    }
}

impl<D, E, T> Decoder for Codec<D, E>
where
    D: for<'a> Decode<Item<'a> = T> + 'static,
{
    type Item = T;
    type Error = CodecError<<D as Decode>::Error>;

    fn decode(&mut self, bytes: &mut BytesMut) -> Result<Option<T>, Self::Error> {
        self.step(bytes, false)
    }

    fn decode_eof(&mut self, bytes: &mut BytesMut) -> Result<Option<T>, Self::Error> {
        self.step(bytes, true)
    }
}

impl<D, E: Encode<I>, I> Encoder<I> for Codec<D, E> {
    type Error = SendError<E::Error>;

    fn encode(&mut self, item: I, bytes: &mut BytesMut) -> Result<(), Self::Error> {
        let Self { encoder, answers, .. } = self;
        answers.try_encode(encoder, item).map_err(SendError::Refused)?;
        bytes.reserve(answers.len());
        answers.chunks().for_each(|chunk| bytes.extend_from_slice(chunk));
        answers.clear();
        Ok(())
    }
}

impl<E> From<io::Error> for CodecError<E> {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<E: fmt::Display> fmt::Display for CodecError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
            Self::Done => f.write_str("the stage is done"),
            Self::Unsent => f.write_str(
                "answers of the stage pile up: send an item, or drive the stage by a Connection",
            ),
        }
    }
}

impl<E: error::Error> error::Error for CodecError<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            // Each prints the text of what it holds, which is therefore not its source.
            Self::Io(error) => error.source(),
            Self::Fault(fault) => fault.source(),
            Self::Done | Self::Unsent => None,
        }
    }
}

impl<T> Handoff<T> {
    /// Returns the parts of a `Framed` over this hand-off. It begins with what the hand-off
    /// carries, ends where the peer's stream or the stage ends, and counts the offsets of faults
    /// from [`position`](Self::position).
    ///
    /// For another library's codec use
    /// [`into_foreign_framed_parts`](Self::into_foreign_framed_parts).
    ///
    /// ```
    /// use segue::{DecodeExt, Handoff, driver::codec::Codec, length};
    /// use tokio_util::codec::Framed;
    ///
    /// let handoff = Handoff::new(tokio::io::empty(), &b"\x03one"[..]);
    /// let codec = Codec::new(length::u8().owned(), length::u8());
    /// let framed = Framed::from_parts(handoff.into_framed_parts(codec));
    /// assert_eq!(framed.read_buffer(), &b"\x03one"[..]);
    /// ```
    pub fn into_framed_parts<D, E>(
        self,
        mut codec: Codec<D, E>,
    ) -> FramedParts<Bounded<T>, Codec<D, E>>
    where
        T: AsyncRead + AsyncWrite,
    {
        codec.position = self.position();
        let stop = Arc::default();
        codec.stop = Some(Arc::clone(&stop));
        framed_parts(self, codec, stop)
    }

    /// Returns the parts of a `Framed` with another library's codec, which begins with what the
    /// hand-off carries and ends where the peer's stream does.
    pub fn into_foreign_framed_parts<U>(self, codec: U) -> FramedParts<Bounded<T>, U>
    where
        T: AsyncRead + AsyncWrite,
    {
        framed_parts(self, codec, Arc::default())
    }

    /// Makes a hand-off of a `Framed` that was taken apart, and returns its codec. Bytes that the
    /// `Framed` had not written are sent first, then answers of the stage.
    ///
    /// Bytes that the stage itself [holds](Decode::residue) stay in the stage, which is in the
    /// codec.
    ///
    /// If the `Framed` was over a [`Bounded`], call [`unbound`](Handoff::unbound) next.
    pub fn from_framed_parts<D, E>(parts: FramedParts<T, Codec<D, E>>) -> (Self, Codec<D, E>) {
        let (mut handoff, mut codec) = Self::from_foreign_framed_parts(parts);
        handoff.unsent_mut().append(&mut codec.answers);
        if let Some(stop) = codec.stop.take() {
            // Bytes read from now on are for another reader.
            stop.store(false, Ordering::Relaxed);
        }
        (handoff.at_position(codec.position), codec)
    }

    /// Makes a hand-off of a `Framed` with another library's codec, and returns the codec. Bytes
    /// that such a codec holds back stay in it.
    ///
    /// Use [`from_framed_parts`](Self::from_framed_parts) for a [`Codec`], whose answers it
    /// carries.
    pub fn from_foreign_framed_parts<U>(parts: FramedParts<T, U>) -> (Self, U) {
        let mut output = Output::new();
        output.put_bytes(parts.write_buf.freeze());
        (Self::from_parts(parts.io, parts.read_buf, output, false), parts.codec)
    }
}

impl<T> Handoff<Bounded<T>> {
    /// Unwraps the transport, and keeps the end of the peer's stream if that was seen.
    pub fn unbound(self) -> Handoff<T> {
        let position = self.position();
        let (bounded, read, write, eof) = self.into_parts();
        let ended = eof || bounded.is_eof();
        Handoff::from_parts(bounded.into_inner(), read, write, ended).at_position(position)
    }
}

fn framed_parts<T, U>(
    handoff: Handoff<T>,
    codec: U,
    stop: Arc<AtomicBool>,
) -> FramedParts<Bounded<T>, U>
where
    T: AsyncRead + AsyncWrite,
{
    let (io, read, write, eof) = handoff.into_parts();
    // `FramedParts::new` needs the item type of the codec, which is not known here.
    let mut parts = Framed::new(Bounded::new(io, eof, stop), codec).into_parts();
    parts.read_buf = read;
    parts.write_buf = BytesMut::with_capacity(write.len());
    write.chunks().for_each(|chunk| parts.write_buf.extend_from_slice(chunk));
    parts
}
