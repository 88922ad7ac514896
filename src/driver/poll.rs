//! Methods of polled connections: tokio's and futures-io's.

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
    /// Sends the end of the stream in the leaf's own way.
    ///
    /// # Errors
    /// Those of the transport.
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Transports of polled connections that can show bytes and leave them in place.
pub trait PollPeek {
    /// Copies bytes that could be read to the front of `into`; 0 is the end of the stream. If
    /// nothing can be read, the task is woken once something can.
    ///
    /// # Errors
    /// Those of the transport.
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>>;
}

/// # Polled: tokio and futures-io
impl<T: PollTransport, S: Decode> Connection<T, S> {
    /// Returns the next item, with the output to answer it on. `None` once the stage is done and
    /// everything has been sent.
    ///
    /// A function that returns the item of one turn and passes over others in a loop does not
    /// compile (E0499). Let the stage leave them out by
    /// [`absorbing`](crate::DecodeExt::absorbing), or return an owned item.
    ///
    /// # Errors
    /// Those of the transport, or a fault of the peer.
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

    /// Waits until an item can be [taken](Connection::take), and returns whether there is one: the
    /// first half of a [`turn`](Self::turn), for loops that decide in between. It lends nothing, so
    /// another branch of a `select!` may use the connection.
    ///
    /// # Errors
    /// Those of [`turn`](Self::turn).
    #[inline]
    pub async fn ready(&mut self) -> Result<bool, Error<S::Error>>
    where
        S: Decode,
    {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// Queues `item` by `encoder`, once there is room. It leaves with the next
    /// [`flush`](Self::flush) or [`send`](Self::send), or when the connection waits for the peer.
    ///
    /// # Errors
    /// Those of the transport, or a refusal of the encoder; nothing of the item is queued then.
    pub async fn queue<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        poll_fn(|cx| self.poll_room(cx)).await;
        self.encode(encoder, item)
    }

    /// Sends `item` by `encoder`: [queues](Self::queue) it, then [flushes](Self::flush).
    ///
    /// A future that is dropped has queued either nothing or the whole item, which then leaves with
    /// the next output.
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue) and [`flush`](Self::flush).
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
    /// Those of the transport.
    pub async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Does what [`turn`](Self::turn) does, but gives up on a peer that misses one of the
    /// [`Deadlines`](super::Deadlines) by the clock of `timer`. Nothing is lost then, nor when the
    /// future is dropped: a deadline goes on where it was.
    ///
    /// # Errors
    /// Those of [`turn`](Self::turn), and a [missed deadline](Error::late).
    pub async fn turn_by(
        &mut self,
        timer: &mut impl TimerFor<T>,
    ) -> Result<Option<Turn<'_, T, S::Item<'_>>>, Error<S::Error>>
    where
        S: Decode,
    {
        if self.ready_by(timer).await? { self.take_turn() } else { Ok(None) }
    }

    /// Does what [`ready`](Self::ready) does, with the deadlines of [`turn_by`](Self::turn_by).
    ///
    /// # Errors
    /// Those of [`turn_by`](Self::turn_by).
    pub async fn ready_by(&mut self, timer: &mut impl TimerFor<T>) -> Result<bool, Error<S::Error>>
    where
        S: Decode,
    {
        poll_fn(|cx| self.poll_ready_by(cx, timer)).await
    }

    /// Does what [`queue`](Self::queue) does, but waits for room no longer than
    /// [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue), and a [missed deadline](SendError::late).
    pub async fn queue_by<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
        timer: &mut impl TimerFor<T>,
    ) -> Result<(), SendError<E::Error>> {
        poll_fn(|cx| self.poll_room_by(cx, timer)).await?;
        self.encode(encoder, item)
    }

    /// Does what [`send`](Self::send) does, but gives up on a peer that does not take it within
    /// [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// Those of [`send`](Self::send), and a [missed deadline](SendError::late).
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

    /// Does what [`flush`](Self::flush) does, but gives up on a peer that does not take all of it
    /// within [`Deadlines::send`](super::Deadlines::send).
    ///
    /// # Errors
    /// Those of the transport, and [`TimedOut`](io::ErrorKind::TimedOut) for a missed deadline.
    pub async fn flush_by(&mut self, timer: &mut impl TimerFor<T>) -> io::Result<()> {
        poll_fn(|cx| self.poll_flush_by(cx, timer)).await
    }

    /// Sends what is queued, then the end of the stream. Reading goes on.
    ///
    /// # Errors
    /// Those of the transport.
    pub async fn close_write(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_close_write(cx)).await
    }

    /// Sends what is queued, then the end of the stream by `end`, which is given the socket. It is
    /// for a transport whose own close does not send the end of the stream, such as
    /// `async_io::Async<TcpStream>`, whose `poll_close` only flushes:
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
    /// A later close then only waits for the peer's end.
    ///
    /// # Errors
    /// Those of the transport.
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
    /// Those of the transport.
    pub fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_end(cx, Pace::ALL, T::poll_close_write).map_ok(drop)
    }

    /// Ends the connection so that the peer gets everything: sends what is queued and the end of
    /// the stream, then drops what the peer still sends, up to its end or `drain_limit` bytes. No
    /// more items can be taken. Returns whether the peer's end has come; the half of a split
    /// connection that writes does not read, and returns false.
    ///
    /// It waits for at most [`Options::linger`](super::Options::linger) by the clock of `timer`. A
    /// peer that has everything and merely does not end is no error: the result is false, and the
    /// connection should be dropped. Dropping a socket with unread input sends a reset, which
    /// destroys an answer in flight.
    ///
    /// # Errors
    /// Those of the transport, and [`TimedOut`](io::ErrorKind::TimedOut) if the peer did not take
    /// everything in time.
    pub async fn close_by(
        &mut self,
        drain_limit: u64,
        timer: &mut impl TimerFor<T>,
    ) -> io::Result<bool> {
        let end = T::poll_close_write;
        poll_fn(|cx| self.poll_close_by(cx, timer, drain_limit, end)).await
    }

    /// Ends the connection as [`close_by`](Self::close_by) does, without a bound in time: it waits
    /// as long as the peer neither sends nor ends, which may be for ever. Bound it by other means.
    ///
    /// # Errors
    /// Those of the transport.
    pub async fn close_unbounded(&mut self, drain_limit: u64) -> io::Result<bool> {
        self.read.give_up(drain_limit);
        self.close_write().await?;
        poll_fn(|cx| self.poll_drain(cx, drain_limit)).await
    }
}

/// # Polled: tokio and futures-io
impl<T: PollTransport> Connection<T, ()> {
    /// Runs a handshake to its end. Its result comes at once; the last of its output may still be
    /// queued.
    ///
    /// The handshake takes the place of a stage, so the connection has none: it was made with `()`,
    /// or comes from `follow(|_| ())`.
    ///
    /// The exchange stays with the caller, so that it can go on after the future was dropped. Its
    /// deadlines are ignored: see [`exchange_by`](Self::exchange_by).
    ///
    /// # Errors
    /// Those of the transport, or a fault of the peer. Its notice to the peer has left as far as one
    /// attempt goes; `close` sends the rest and lets it arrive.
    pub async fn exchange<X: Exchange>(
        &mut self,
        exchange: &mut X,
    ) -> Result<X::Output, Error<X::Error>> {
        poll_fn(|cx| self.poll_exchange(cx, exchange, &mut None)).await
    }

    /// Runs a handshake to its end as [`exchange`](Self::exchange) does, with its deadlines enforced by
    /// `timer`. One without deadlines has [`Deadlines::record`](super::Deadlines::record) in all.
    ///
    /// # Errors
    /// Those of [`exchange`](Self::exchange), and a [missed deadline](Error::late).
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
    /// Those of the transport.
    pub async fn room(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_room(cx)).await
    }
}
