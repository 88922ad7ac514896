//! The methods of connections that are polled: tokio's and futures-io's.

use std::{
    future::poll_fn,
    io,
    task::{Context, Poll},
};

use super::{
    Connection, Error, SendError, TimerFor, Turn, TurnOutput,
    calls::polled,
    engine::{AtOnce, Pace},
    transport::{EndOf, Leaf, Transport},
};
use crate::{Decode, Encode, Exchange};

/// Transports that wake a task and can end their writing side.
pub trait PollTransport: Transport {
    /// Sends the end of the stream in the way that the leaf has of its own.
    ///
    /// # Errors
    /// The transport's.
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Transports of polled connections that can show what could be read, and leave it there.
pub trait PollPeek {
    /// Copies what could be read to the front of `into`; 0 is the end of the stream. Where nothing
    /// can be read the task is woken once it can.
    ///
    /// # Errors
    /// The transport's.
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>>;
}

/// # Polled: tokio and futures-io
impl<T: PollTransport, S: Decode> Connection<T, S> {
    /// The next item, with the output to answer it on; `None` once the stage is over and
    /// everything has been sent.
    ///
    /// # Errors
    /// Of the transport, or a fault of the peer.
    #[inline]
    pub async fn turn(&mut self) -> Result<Option<Turn<'_, T, S::Item<'_>>>, Error<S::Error>>
    where
        S: Decode,
    {
        let length = match self.at_once() {
            AtOnce::Record(length) => length,
            first => {
                let mut first = Some(first);
                let is_ready = poll_fn(|cx| match first.take() {
                    Some(first) => self.poll_ready_past(cx, first),
                    None => self.poll_ready(cx),
                });
                let is_ready = is_ready.await?;
                match self.read.take_ready() {
                    Some(length) if is_ready => length,
                    _ => return Ok(None),
                }
            }
        };
        self.take_turn_of(length)
    }

    /// Waits until an item can be [taken](Connection::take), and says whether there is one: the
    /// first half of a [`turn`](Self::turn), for loops that decide in between.
    ///
    /// # Errors
    /// As [`turn`](Self::turn).
    #[inline]
    pub async fn ready(&mut self) -> Result<bool, Error<S::Error>>
    where
        S: Decode,
    {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// Queues `item` by way of `encoder`, once there is room. It leaves with the next
    /// [`flush`](Self::flush) or [`send`](Self::send), or when the connection waits for the peer.
    ///
    /// # Errors
    /// Of the transport, or when the encoder refuses the item; nothing of it is queued then.
    pub async fn queue<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        poll_fn(|cx| self.poll_room(cx)).await;
        self.encode(encoder, item)
    }

    /// Sends `item` by way of `encoder`: [queues](Self::queue) it, then [flushes](Self::flush).
    ///
    /// A future that is dropped has queued either nothing or the whole item, which then leaves
    /// with whatever is sent next.
    ///
    /// # Errors
    /// As [`queue`](Self::queue) and [`flush`](Self::flush).
    pub async fn send<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        self.queue(encoder, item).await?;
        self.flush().await.map_err(SendError::Queued)
    }

    /// Sends what is queued.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// The same as [`turn`](Self::turn), but gives up a peer that misses one of the
    /// [`Deadlines`](super::Deadlines) by the clock of `timer`. Nothing is lost by that, nor when
    /// the future is dropped: a deadline goes on where it was.
    ///
    /// # Errors
    /// As [`turn`](Self::turn), and for a [missed deadline](Error::late).
    pub async fn turn_by(
        &mut self,
        timer: &mut impl TimerFor<T>,
    ) -> Result<Option<Turn<'_, T, S::Item<'_>>>, Error<S::Error>>
    where
        S: Decode,
    {
        if self.ready_by(timer).await? { self.take_turn() } else { Ok(None) }
    }

    /// The same as [`ready`](Self::ready), by deadlines as [`turn_by`](Self::turn_by).
    ///
    /// # Errors
    /// As [`turn_by`](Self::turn_by).
    pub async fn ready_by(&mut self, timer: &mut impl TimerFor<T>) -> Result<bool, Error<S::Error>>
    where
        S: Decode,
    {
        poll_fn(|cx| self.poll_ready_by(cx, timer)).await
    }

    /// The same as [`queue`](Self::queue), but waits for room no longer than
    /// [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// As [`queue`](Self::queue), and for a [missed deadline](SendError::late).
    pub async fn queue_by<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
        timer: &mut impl TimerFor<T>,
    ) -> Result<(), SendError<E::Error>> {
        poll_fn(|cx| self.poll_room_by(cx, timer)).await?;
        self.encode(encoder, item)
    }

    /// The same as [`send`](Self::send), but gives up a peer that does not take it within
    /// [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// As [`send`](Self::send), and for a [missed deadline](SendError::late).
    pub async fn send_by<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
        timer: &mut impl TimerFor<T>,
    ) -> Result<(), SendError<E::Error>> {
        poll_fn(|cx| self.poll_room_before(cx, timer)).await?;
        self.encode(encoder, item)?;
        self.flush_by(timer).await.map_err(SendError::Queued)
    }

    /// The same as [`flush`](Self::flush), but gives up a peer that does not take all of it within
    /// [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// Of the transport, and of kind [`TimedOut`](io::ErrorKind::TimedOut) for a missed deadline.
    pub async fn flush_by(&mut self, timer: &mut impl TimerFor<T>) -> io::Result<()> {
        poll_fn(|cx| self.poll_flush_by(cx, timer)).await
    }

    /// Sends what is queued, then the end of the stream. Reading goes on.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn close_write(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_close_write(cx)).await
    }

    /// The same for a transport whose own close does not send the end of the stream: `end` does, given
    /// the socket. `async_io::Async<TcpStream>` is one, since its `poll_close` only flushes:
    ///
    /// ```no_run
    /// # async fn close(socket: async_io::Async<std::net::TcpStream>) -> std::io::Result<()> {
    /// use segue::{driver::futures::Connection, length};
    /// use std::net::Shutdown;
    ///
    /// let mut connection = Connection::new(socket, length::u16_be());
    /// connection.close_write_with(|socket| socket.get_ref().shutdown(Shutdown::Write)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// A close that follows then only waits for the peer's end.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn close_write_with(
        &mut self,
        mut end: impl FnMut(&mut <T::Leaf as Leaf>::Io) -> io::Result<()>,
    ) -> io::Result<()>
    where
        T::Leaf: Leaf,
    {
        let mut end = |leaf: &mut T::Leaf, _: &mut Context<'_>| polled(|| end(leaf.io_mut()));
        poll_fn(|cx| {
            self.poll_end(cx, Pace::ALL, |io, cx| io.poll_end(cx, &mut EndOf::new(&mut end)))
        })
        .await?;
        Ok(())
    }

    /// The polled form of [`close_write`](Self::close_write).
    ///
    /// # Errors
    /// Of the transport.
    pub fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_end(cx, Pace::ALL, T::poll_close_write).map_ok(drop)
    }

    /// Ends the connection so that the peer gets everything: sends what is queued and the end of
    /// the stream, then drops what the peer still sends, up to its end or `drain_limit` bytes.
    /// Items cannot be had any more. Gives whether the peer's end has come; the half of a split
    /// connection that writes does not read, and gives false.
    ///
    /// It waits for at most [`Options::linger`](super::Options::linger) by the clock of `timer`. A
    /// peer that has everything and only does not end is no error: then the answer is false, and
    /// the connection is to be dropped. Dropping a socket with unread input sends a reset, which
    /// destroys an answer in flight.
    ///
    /// # Errors
    /// Of the transport, and of kind [`TimedOut`](io::ErrorKind::TimedOut) where the peer did not
    /// take everything in time.
    pub async fn close_by(
        &mut self,
        drain_limit: u64,
        timer: &mut impl TimerFor<T>,
    ) -> io::Result<bool> {
        let end = T::poll_close_write;
        poll_fn(|cx| self.poll_close_by(cx, timer, drain_limit, end)).await
    }

    /// The same, but waits for as long as the peer neither sends nor ends, which may be for ever:
    /// for callers who bound it by other means.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn close_unbounded(&mut self, drain_limit: u64) -> io::Result<bool> {
        self.read.give_up(drain_limit);
        self.close_write().await?;
        poll_fn(|cx| self.poll_drain(cx, drain_limit)).await
    }
}

/// # Polled: tokio and futures-io
impl<T: PollTransport> Connection<T, ()> {
    /// Runs a handshake to its end. Its value comes at once, with the last of its output perhaps
    /// still queued.
    ///
    /// It takes the place of a stage, so the connection has none: it was made with `()` for one, or
    /// comes from `follow(|_| ())`.
    ///
    /// The exchange stays with the caller, so that it can go on after the future was dropped.
    /// Deadlines pass unseen: see [`exchange_by`](Self::exchange_by).
    ///
    /// # Errors
    /// Of the transport, or a fault of the peer; what it is to be told is queued.
    pub async fn exchange<X: Exchange>(
        &mut self,
        exchange: &mut X,
    ) -> Result<X::Output, Error<X::Error>> {
        poll_fn(|cx| self.poll_exchange(cx, exchange, &mut None)).await
    }

    /// The same, with the deadlines of the exchange kept by `timer`. One that names none has
    /// [`Deadlines::record`](super::Deadlines::record) in all.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange), and for a [missed deadline](Error::late).
    pub async fn exchange_by<X: Exchange>(
        &mut self,
        exchange: &mut X,
        timer: &mut impl TimerFor<T>,
    ) -> Result<X::Output, Error<X::Error>> {
        poll_fn(|cx| self.poll_exchange(cx, exchange, &mut Some(&mut *timer))).await
    }
}

impl<T: PollTransport> TurnOutput<'_, T> {
    /// Waits until less is queued than the high-water mark.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn room(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_room(cx)).await
    }
}
