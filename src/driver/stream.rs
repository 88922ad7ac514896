//! Polled connections as a `Stream` and a `Sink`.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::{Connection, Error, SendError, poll::PollTransport};
use crate::{Decode, Encode};

/// A polled connection as a [`Stream`] of its items and a [`Sink`] of what an encoder takes.
///
/// It is the connection itself, so answers of the stage are sent before the stream waits, by a
/// flush, and before the stream ends. A tokio-util `Framed` does none of that.
///
/// - The stream has owned items: put [`owned`](crate::DecodeExt::owned) behind a stage that lends
///   records. It ends by `None` once the stage is done and everything is sent; bytes behind that
///   stay in the [connection](Self::into_inner). A fault that is not [fatal](crate::Fault::fatal)
///   is an item, and the stream goes on after it; after any other error it ends.
/// - The sink takes items while less is queued than the high-water mark, sends them by a flush or
///   when the stream waits, and closes the writing side only: the stream goes on.
/// - Two tasks take a half each by `StreamExt::split`, or by [`Connection::split`] before, with a
///   `StreamSink` for each half. The `SplitSink` of the former has a slot of its own for one item:
///   one that was only fed stays there until the sink is flushed or fed again, and the stream,
///   which sends what is queued before it waits, does not know it. So use `send`, or flush after
///   the last `feed`.
///
/// Made by [`Connection::stream_sink`].
///
/// ```
/// use bytes::Bytes;
/// use futures_util::{SinkExt, StreamExt};
/// use segue::{DecodeExt, driver::tokio::Connection, length};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (here, there) = tokio::io::duplex(64);
/// let records = || length::u16_be().max(1024);
/// let mut here = Connection::new(here, records().owned()).stream_sink(records());
/// let mut there = Connection::new(there, records().owned()).stream_sink(records());
///
/// here.send(Bytes::from_static(b"hello")).await?;
/// assert_eq!(there.next().await.unwrap()?, "hello");
///
/// SinkExt::<Bytes>::close(&mut here).await?;
/// assert!(there.next().await.is_none());
/// # Ok(()) }
/// ```
pub struct StreamSink<T, S, E> {
    connection: Connection<T, S>,
    encoder: E,
    ended: bool,
}

impl<T: PollTransport, S> Connection<T, S> {
    /// Converts the connection to a `Stream` of its items and a `Sink` of what `encoder` takes.
    ///
    /// The compiler refuses a stage that lends its items, by "one type is more general than the
    /// other" or a type mismatch of its items: put [`owned`](crate::DecodeExt::owned) or a
    /// [`map`](crate::DecodeExt::map) behind it.
    ///
    /// ```compile_fail
    /// use segue::{driver::tokio::Connection, length};
    ///
    /// let connection = Connection::new(tokio::io::empty(), length::u8()); // `.owned()` is missing
    /// let items = connection.stream_sink(length::u8());
    /// ```
    pub fn stream_sink<E, I>(self, encoder: E) -> StreamSink<T, S, E>
    where
        S: for<'a> Decode<Item<'a> = I> + 'static,
    {
        StreamSink { connection: self, encoder, ended: false }
    }
}

impl<T, S, E> StreamSink<T, S, E> {
    /// Returns the connection.
    pub fn get_ref(&self) -> &Connection<T, S> {
        &self.connection
    }

    /// Returns the connection, to change its options, or to queue what the encoder does not know.
    pub fn get_mut(&mut self) -> &mut Connection<T, S> {
        &mut self.connection
    }

    /// Returns the connection as a value, with everything it still holds: to follow the stage by
    /// another one, to hand it off, or to close it.
    pub fn into_inner(self) -> Connection<T, S> {
        self.connection
    }

    /// Returns the connection and the encoder.
    pub fn into_parts(self) -> (Connection<T, S>, E) {
        (self.connection, self.encoder)
    }
}

/// Nothing in it is ever pinned.
impl<T, S, E> Unpin for StreamSink<T, S, E> {}

impl<T, S, E, I> Stream for StreamSink<T, S, E>
where
    T: PollTransport,
    S: for<'a> Decode<Item<'a> = I> + 'static,
{
    type Item = Result<I, Error<<S as Decode>::Error>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { connection, ended, .. } = &mut *self;
        if *ended {
            return Poll::Ready(None);
        }
        let item = match ready!(connection.poll_ready(cx)) {
            Ok(true) => connection.take().map(|item| item.map_err(Error::Fault)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        };
        *ended = match &item {
            None => true,
            Some(Ok(_)) => false,
            Some(Err(error)) => error.fault().is_none_or(|fault| fault.fatal),
        };
        Poll::Ready(item)
    }
}

impl<T, S, E, I> FusedStream for StreamSink<T, S, E>
where
    T: PollTransport,
    S: for<'a> Decode<Item<'a> = I> + 'static,
{
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<T, S, E, I> Sink<I> for StreamSink<T, S, E>
where
    T: PollTransport,
    S: Decode,
    E: Encode<I>,
{
    type Error = SendError<E::Error>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // If sending has failed, the item that follows reports it.
        self.connection.poll_room(cx).map(Ok)
    }

    fn start_send(mut self: Pin<&mut Self>, item: I) -> Result<(), Self::Error> {
        let Self { connection, encoder, .. } = &mut *self;
        connection.encode(encoder, item)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.connection.poll_flush(cx).map(sent)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.connection.poll_close_write(cx).map(sent)
    }
}

fn sent<E>(result: io::Result<()>) -> Result<(), SendError<E>> {
    result.map_err(SendError::Io)
}

impl<T, S, E> fmt::Debug for StreamSink<T, S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamSink")
            .field("connection", &self.connection)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
