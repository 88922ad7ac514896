//! Adapters: those of segue-laws, and a few for shapes that only parsers here have.

use bytes::{Buf, BytesMut};
use segue_laws::{Answer, Parser};
use tokio_util::codec::{Decoder, Encoder};

pub use segue_laws::adapt::*;

/// A driver over the transport that `make` gets, asked by what it returns: an answer, with
/// [`Answer::Need`] where it would block.
pub fn stepped<F: FnMut() -> Answer + 'static>(make: impl FnOnce(Pipe) -> F) -> Box<dyn Parser> {
    let pipe = Pipe::default();
    let step = make(pipe.clone());
    Box::new(Piped { pipe, step, exact: false })
}

/// A driver that reads no further than it consumes, asked as [`stepped`] has it: what it has not
/// read is left over.
pub fn exact<F: FnMut() -> Answer + 'static>(make: impl FnOnce(Pipe) -> F) -> Box<dyn Parser> {
    let pipe = Pipe::default();
    let step = make(pipe.clone());
    Box::new(Piped { pipe, step, exact: true })
}

/// A function that takes what it consumes from the front, and tells how much more it needs: its
/// caller's loop is [`drive::needing`](crate::drive::needing).
pub fn needing(mut parse: impl FnMut(&mut BytesMut) -> Answer + 'static) -> Box<dyn Parser> {
    Box::new(buffered(
        move |input, eof| {
            if eof && input.is_empty() { Answer::End } else { parse(input) }
        },
    ))
}

/// The same of a function over a slice, in the style of nom: how much it consumes, and its answer.
pub fn front(
    mut parse: impl FnMut(&[u8]) -> (usize, Answer),
) -> impl FnMut(&mut BytesMut) -> Answer {
    move |input| {
        let (length, answer) = parse(input);
        input.advance(length);
        answer
    }
}

/// Decodes a stream and encodes each item again, with a codec of tokio-util: for
/// [`Entry::encodes`](crate::entry::Entry::encodes).
pub fn again<D, E>(mut decoder: D, mut encoder: E, stream: &[u8]) -> Option<Vec<u8>>
where
    D: Decoder,
    E: Encoder<D::Item>,
{
    each(stream, |input| decoder.decode(input), |item, output| encoder.encode(item, output).ok())
}

/// The same with a function that takes an item off the front, and one that writes an item; it
/// returns `None` where it refuses to.
pub fn each<T, E>(
    stream: &[u8],
    mut next: impl FnMut(&mut BytesMut) -> Result<Option<T>, E>,
    mut write: impl FnMut(T, &mut BytesMut) -> Option<()>,
) -> Option<Vec<u8>> {
    let (mut input, mut output) = (BytesMut::from(stream), BytesMut::new());
    while let Some(item) = next(&mut input).ok()? {
        write(item, &mut output)?;
    }
    // A part of a record has no item to be written again.
    input.is_empty().then(|| output.to_vec())
}

struct Piped<F> {
    pipe: Pipe,
    step: F,
    /// It reads no further than it consumes.
    exact: bool,
}

impl<F: FnMut() -> Answer> Parser for Piped<F> {
    fn push(&mut self, bytes: &[u8]) {
        self.pipe.push(bytes);
    }

    fn step(&mut self) -> Answer {
        (self.step)()
    }

    fn end(&mut self) -> Answer {
        self.pipe.end();
        (self.step)()
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        self.exact.then(|| self.pipe.unread())
    }

    fn waiting(&self) -> usize {
        self.pipe.waiting()
    }
}
