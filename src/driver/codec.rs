//! Stages as tokio-util codecs, and tokio-util decoders as stages.

use bytes::BytesMut;
use std::{error, fmt, io};
use tokio_util::codec::{Decoder, Encoder, FramedParts};

use super::SendError;
use crate::core::Budget;
use crate::{Buffer, Cause, Decode, Encode, Fault, Handoff, Output, Step};

pub use super::from_tokio::FromTokio;

/// A stage and an encoder as a tokio-util [`Decoder`] and [`Encoder`], for a `Framed`.
///
/// Items must be owned, since a stream cannot lend: put
/// [`owned`](crate::combine::DecodeExt::owned) behind a stage that lends records.
///
/// A stage that is done ends the stream: its last item is [`CodecError::Done`], and what
/// followed in the input is in the parts of the `Framed`. What a stage answers by itself is sent
/// in front of the next item that the caller sends; a stage with answers is better driven by a
/// [`Connection`](crate::driver::Connection).
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
}

impl<D, E> Codec<D, E> {
    /// A codec that reads by `stage` and writes by `encoder`.
    pub fn new(stage: D, encoder: E) -> Self {
        Self {
            stage,
            encoder,
            answers: Output::new(),
            position: 0,
            budget: Budget::new(),
            dead: false,
        }
    }

    /// What the stage has answered by itself and no item has taken along yet.
    pub fn answers(&mut self) -> &mut Output {
        &mut self.answers
    }

    /// The stage and the encoder.
    pub fn into_parts(self) -> (D, E) {
        (self.stage, self.encoder)
    }
}

/// What ends the stream of a [`Codec`].
#[derive(Debug)]
#[non_exhaustive]
pub enum CodecError<E> {
    /// The transport failed.
    Io(io::Error),
    /// The peer broke the rules.
    Fault(Fault<E>),
    /// Nothing went wrong: the stage is over, and what follows is in the parts of the `Framed`.
    Done,
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
        let mut buffer = Buffer::from(std::mem::take(bytes));
        buffer.set_position(self.position);
        let step = buffer.step(&mut self.stage, eof, &mut self.answers);
        let step = step.map(|step| match step {
            Step::Item(item) => Ok(Some(item)),
            Step::Need(_) => Ok(None),
            Step::Done if eof && buffer.is_empty() => Ok(None),
            Step::Done => Err(CodecError::Done),
        });
        let consumed = buffer.position() - self.position;
        self.position = buffer.position();
        *bytes = buffer.take_rest();
        if let Ok(Ok(Some(_))) = step {
            // Whoever asks goes on for as long as there are items.
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
            Self::Done => f.write_str("the stage is over"),
        }
    }
}

impl<E: error::Error + 'static> error::Error for CodecError<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Fault(fault) => Some(fault),
            Self::Done => None,
        }
    }
}

impl<T> Handoff<T> {
    /// The hand-off as the parts of a tokio-util `Framed`, which begins with what it carries.
    pub fn into_framed_parts<I, U: Encoder<I>>(self, codec: U) -> FramedParts<T, U> {
        let (io, read, write, _) = self.into_parts();
        let mut parts = FramedParts::new(io, codec);
        parts.read_buf = read;
        write.chunks().for_each(|chunk| parts.write_buf.extend_from_slice(chunk));
        parts
    }

    /// The hand-off of a `Framed` that was taken apart, and its codec.
    pub fn from_framed_parts<U>(parts: FramedParts<T, U>) -> (Self, U) {
        let mut output = Output::new();
        output.put_bytes(parts.write_buf.freeze());
        (Self::from_parts(parts.io, parts.read_buf, output, false), parts.codec)
    }
}
