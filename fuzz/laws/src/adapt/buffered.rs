//! Functions over `&mut BytesMut`, and decoders of any version of any crate that are such.

use bytes::BytesMut;
use std::fmt::Debug;

use crate::{Answer, Parser};

/// A function that takes what it consumes from the front of a `BytesMut`, and returns an item, or
/// `None` where it needs more.
///
/// At the end of the stream bytes that are left show that it is cut off. Where the parser has a
/// word of its own for the end, use [`codec`].
///
/// ```
/// use bytes::{Buf, BytesMut};
/// use segue_laws::{adapt, parser};
///
/// parser("pairs of bytes", || adapt::bytes_mut(|input: &mut BytesMut| {
///         Ok::<_, ()>((input.len() >= 2).then(|| input.get_u16()))
///     }))
///     .accepts([b"abcd"])
///     .check();
/// ```
pub fn bytes_mut<T, E>(
    mut parse: impl FnMut(&mut BytesMut) -> Result<Option<T>, E>,
) -> Buffered<impl FnMut(&mut BytesMut, bool) -> Answer>
where
    T: Debug + 'static,
    E: Debug,
{
    buffered(
        move |input, eof| {
            if eof && input.is_empty() { Answer::End } else { Answer::from_result(parse(input)) }
        },
    )
}

/// A decoder of any crate: its state, what it does with what has come, and what it does with that
/// at the end of the stream, where `None` is a proper end.
///
/// ```
/// use segue_laws::{adapt, parser};
/// // Of an older tokio-util, asynchronous-codec or actix-codec just as well.
/// use tokio_util::codec::{Decoder, LinesCodec};
///
/// parser("lines", || adapt::codec(LinesCodec::new(), Decoder::decode, Decoder::decode_eof))
///     .accepts(["one\ntwo\n"])
///     .ends_anywhere()
///     .check();
/// ```
pub fn codec<C, T, E>(
    mut codec: C,
    mut decode: impl FnMut(&mut C, &mut BytesMut) -> Result<Option<T>, E>,
    mut decode_eof: impl FnMut(&mut C, &mut BytesMut) -> Result<Option<T>, E>,
) -> Buffered<impl FnMut(&mut BytesMut, bool) -> Answer>
where
    T: Debug + 'static,
    E: Debug,
{
    buffered(move |input, eof| match eof {
        false => Answer::from_result(decode(&mut codec, input)),
        true => match decode_eof(&mut codec, input) {
            Ok(None) => Answer::End,
            result => Answer::from_result(result),
        },
    })
}

/// A function over a `BytesMut` that is told whether more follows, and may give any [`Answer`]:
/// for parsers that end by themselves or say how much they need.
pub fn buffered<F: FnMut(&mut BytesMut, bool) -> Answer>(ask: F) -> Buffered<F> {
    Buffered { ask, input: BytesMut::new() }
}

/// A function over a `BytesMut`, made by [`bytes_mut`], [`codec`] and [`buffered`].
#[derive(Debug)]
pub struct Buffered<F> {
    ask: F,
    input: BytesMut,
}

impl<F: FnMut(&mut BytesMut, bool) -> Answer> Parser for Buffered<F> {
    fn push(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    fn step(&mut self) -> Answer {
        (self.ask)(&mut self.input, false)
    }

    fn end(&mut self) -> Answer {
        (self.ask)(&mut self.input, true)
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        Some(self.input.to_vec())
    }
}

/// A decoder of the current tokio-util, the way a `Framed` drives it.
///
/// ```
/// use segue_laws::{adapt, parser};
/// use tokio_util::codec::LinesCodec;
///
/// parser("lines", || adapt::decoder(LinesCodec::new()))
///     .accepts(["one\ntwo\n"])
///     .ends_anywhere()
///     .check();
/// ```
#[cfg(feature = "tokio-util")]
pub fn decoder<D>(decoder: D) -> Buffered<impl FnMut(&mut BytesMut, bool) -> Answer>
where
    D: tokio_util::codec::Decoder,
    D::Item: Debug + 'static,
    D::Error: Debug,
{
    codec(decoder, D::decode, D::decode_eof)
}

/// A decoder of asynchronous-codec, the way its `Framed` drives it.
///
/// ```
/// use asynchronous_codec::LinesCodec;
/// use segue_laws::{adapt, parser};
///
/// parser("lines", || adapt::async_decoder(LinesCodec))
///     .accepts(["one\ntwo\n"])
///     .exempt(segue_laws::Law::L8, "it looks at all of an incomplete line again")
///     .check();
/// ```
#[cfg(feature = "asynchronous-codec")]
pub fn async_decoder<D>(mut decoder: D) -> Buffered<impl FnMut(&mut BytesMut, bool) -> Answer>
where
    D: asynchronous_codec::Decoder,
    D::Item: Debug + 'static,
    D::Error: Debug,
{
    buffered(move |input, eof| match (eof, input.is_empty()) {
        (false, _) => Answer::from_result(decoder.decode(input)),
        (true, true) => Answer::End,
        (true, false) => match decoder.decode_eof(input) {
            Ok(None) if input.is_empty() => Answer::End,
            // Its `Framed` makes an error of that: bytes remain.
            Ok(None) => Answer::Need(None),
            result => Answer::from_result(result),
        },
    })
}
