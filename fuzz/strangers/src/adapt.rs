//! Adapters for what is polled: a crate's own driver over an in-memory transport, as a parser that
//! the harness can give bytes to.

use bytes::BytesMut;
use futures::{Stream, StreamExt, task::noop_waker_ref};
use segue::laws::{Answer, Stranger};
use std::{
    fmt::Debug,
    pin::Pin,
    task::{Context, Poll},
};
use tokio_util::codec::{Decoder, Encoder};

use crate::pipe::Pipe;

/// A driver that is a `Stream` of results over the transport that `make` gets.
pub fn polled<S, T, E>(make: impl FnOnce(Pipe) -> S) -> Box<dyn Stranger>
where
    S: Stream<Item = Result<T, E>> + 'static,
    T: Debug + 'static,
    E: Debug,
{
    let pipe = Pipe::default();
    let mut stream: Pin<Box<S>> = Box::pin(make(pipe.clone()));
    Box::new(Piped {
        pipe,
        step: move || match stream.poll_next_unpin(&mut Context::from_waker(noop_waker_ref())) {
            Poll::Ready(Some(Ok(item))) => Answer::item(item),
            Poll::Ready(Some(Err(error))) => Answer::error(error),
            Poll::Ready(None) => Answer::End,
            Poll::Pending => Answer::Need(None),
        },
    })
}

/// A driver over the transport that `make` gets, asked by what it returns: an answer, with
/// [`Answer::Need`] where it would block.
pub fn stepped<F: FnMut() -> Answer + 'static>(make: impl FnOnce(Pipe) -> F) -> Box<dyn Stranger> {
    let pipe = Pipe::default();
    let step = make(pipe.clone());
    Box::new(Piped { pipe, step })
}

/// Decodes a stream and encodes each item again, with a codec of tokio-util: for
/// [`Entry::encodes`](crate::entry::Entry::encodes).
pub fn again<D, E>(mut decoder: D, mut encoder: E, stream: &[u8]) -> Option<Vec<u8>>
where
    D: Decoder,
    E: Encoder<D::Item>,
{
    let (mut input, mut output) = (BytesMut::from(stream), BytesMut::new());
    while let Some(item) = decoder.decode(&mut input).ok()? {
        encoder.encode(item, &mut output).ok()?;
    }
    Some(output.to_vec())
}

struct Piped<F> {
    pipe: Pipe,
    step: F,
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
}
