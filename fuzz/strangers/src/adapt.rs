//! Adapters for what is polled: a crate's own driver over an in-memory transport, as a parser that
//! the harness can give bytes to.

use bytes::{Buf, BytesMut};
use futures::{Stream, StreamExt};
use segue::laws::{Answer, Stranger, stranger};
use std::{fmt::Debug, pin::Pin};
use tokio_util::codec::{Decoder, Encoder};

use crate::{pipe::Pipe, task::Task};

/// A driver that is a `Stream` of results over the transport that `make` gets.
pub fn polled<S, T, E>(make: impl FnOnce(Pipe) -> S + 'static) -> Box<dyn Stranger>
where
    S: Stream<Item = Result<T, E>> + 'static,
    T: Debug + 'static,
    E: Debug + 'static,
{
    stepped(|pipe| polling(pipe, make))
}

/// What a `Stream` of results over this pipe, which `make` makes, answers when it is polled.
pub fn polling<S, T, E>(pipe: Pipe, make: impl FnOnce(Pipe) -> S) -> impl FnMut() -> Answer
where
    S: Stream<Item = Result<T, E>>,
    T: Debug + 'static,
    E: Debug,
{
    let (task, mut stream): (_, Pin<Box<S>>) = (Task::new(&pipe), Box::pin(make(pipe)));
    move || {
        task.poll(
            |context| stream.poll_next_unpin(context),
            |said| match said {
                Some(Ok(item)) => Answer::item(item),
                Some(Err(error)) => Answer::error(error),
                None => Answer::End,
            },
        )
    }
}

/// A driver over the transport that `make` gets, asked by what it returns: an answer, with
/// [`Answer::Need`] where it would block.
pub fn stepped<F: FnMut() -> Answer + 'static>(make: impl FnOnce(Pipe) -> F) -> Box<dyn Stranger> {
    let pipe = Pipe::default();
    let step = make(pipe.clone());
    Box::new(Piped { pipe, step, exact: false })
}

/// A function that takes what it consumes from the front, and tells how much more it needs: its
/// caller's loop is [`drive::needing`](crate::drive::needing).
pub fn needing(mut parse: impl FnMut(&mut BytesMut) -> Answer + 'static) -> Box<dyn Stranger> {
    Box::new(stranger::buffered(
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
    // What is not whole has no item to be written again.
    input.is_empty().then(|| output.to_vec())
}

/// A driver that reads no further than it consumes, asked as [`stepped`] has it: what it has not
/// read is left over.
pub fn exact<F: FnMut() -> Answer + 'static>(make: impl FnOnce(Pipe) -> F) -> Box<dyn Stranger> {
    let pipe = Pipe::default();
    let step = make(pipe.clone());
    Box::new(Piped { pipe, step, exact: true })
}

struct Piped<F> {
    pipe: Pipe,
    step: F,
    /// It reads no further than it consumes.
    exact: bool,
}

impl<F: FnMut() -> Answer> Stranger for Piped<F> {
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
}
