//! The methods of connections that are polled: tokio's and futures-io's.

use std::{
    future::poll_fn,
    io,
    task::{Context, Poll},
};

use super::{Answer, Connection, Error, SendError, Timer, Turn, transport::Transport};
use crate::{Decode, Encode, Exchange};

/// Transports that wake a task and can end their writing side.
pub trait PollTransport: Transport {
    /// Sends the end of the stream.
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
impl<T: PollTransport, S> Connection<T, S> {
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
        if self.ready().await? { self.take_turn() } else { Ok(None) }
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
        Ok(self.flush().await?)
    }

    /// Sends what is queued.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Sends what is queued, then the end of the stream. Reading goes on.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn close_write(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_close_write(cx, T::poll_close_write)).await
    }

    /// Ends the connection such that the peer gets everything: sends what is queued and the end of
    /// the stream, then drops what the peer still sends, up to its end or `drain_limit` bytes.
    /// Gives whether its end has come. Items cannot be had any more.
    ///
    /// Dropping a socket with unread input sends a reset, which destroys an answer in flight.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn close(&mut self, drain_limit: u64) -> io::Result<bool> {
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

    /// The same, with the deadlines of the exchange kept by `timer`.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange).
    pub async fn exchange_by<X: Exchange>(
        &mut self,
        exchange: &mut X,
        timer: &mut impl Timer,
    ) -> Result<X::Output, Error<X::Error>> {
        poll_fn(|cx| self.poll_exchange(cx, exchange, &mut Some(&mut *timer))).await
    }
}

impl<T: PollTransport> Answer<'_, T> {
    /// Waits until less is queued than the high-water mark.
    ///
    /// # Errors
    /// Of the transport.
    pub async fn room(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_room(cx)).await
    }
}
