//! A connection: a transport, the buffer that belongs to it, and the stage that it is in.

use std::{
    fmt, io,
    task::{Context, Poll, ready},
};

use super::{
    Error, Options, Refused, SendError, Timer,
    read::{Aside, Input, Look, Pulled, ReadSide},
    transport::Transport,
    write::WriteSide,
};
use crate::core::Budget;
use crate::{Buffer, Decode, Edge, Encode, Exchange, Fault, Handoff, Need, Output, Progress};

/// A transport, the buffer that belongs to it, and the stage that it is in.
///
/// One type serves all drivers; `T` is a wrapper that tells which one, and
/// [`sync::Connection`](super::sync::Connection), `tokio::Connection` and `futures::Connection` are
/// its names. The methods are the same under each, async or not.
///
/// # How it is driven
/// - [`turn`](Self::turn) gives the next item, and the output to answer it on. `None` says that
///   the stage is over and everything has been sent; then [`follow`](Self::follow) moves on to the
///   next stage, or [`hand_off`](Self::hand_off) leaves. A connection that waits for the peer
///   flushes first, so answers to a batch of requests leave in one write.
/// - [`queue`](Self::queue) queues an item once there is room, [`flush`](Self::flush) sends what is
///   queued, and [`send`](Self::send) does both. Nothing is sent by queueing alone, but a
///   connection that waits for the peer flushes first.
/// - [`exchange`](Self::exchange) runs a handshake.
/// - [`close`](Self::close) ends the connection such that the peer gets everything.
///
/// Any of these may be called again after its future was dropped, or after a non-blocking
/// transport answered would-block: nothing is lost or doubled by that.
pub struct Connection<T, S> {
    pub(super) io: T,
    pub(super) read: ReadSide<S>,
    pub(super) write: WriteSide,
}

/// An item, and the output to answer it on.
pub struct Turn<'a, T, I> {
    /// The item. It may borrow the connection's buffer.
    pub item: I,
    /// The output of the same connection.
    pub output: Answer<'a, T>,
}

/// The output of a connection while an item of it is held.
pub struct Answer<'a, T> {
    io: &'a mut T,
    write: &'a mut WriteSide,
    aside: Aside<'a>,
}

impl<T, S> Connection<T, S> {
    pub(super) fn assemble(handoff: Handoff<T>, stage: S, options: Options) -> Self {
        let position = handoff.position();
        let (io, rest, mut output, eof) = handoff.into_parts();
        let mut unsent = Output::with_high_water(options.high_water);
        unsent.append(&mut output);
        let mut buffer = Buffer::from(rest);
        buffer.set_position(position);
        let input = Input::new(buffer, eof, options);
        Self { io, read: ReadSide::new(stage, input), write: WriteSide::new(unsent) }
    }

    /// The stage that the connection is in.
    pub fn stage(&self) -> &S {
        &self.read.stage
    }

    /// The stage, to be changed: a limit that is raised once the peer is known. A stage that is over
    /// stays so, whatever takes its place here; that is what [`follow`](Self::follow) is for.
    pub fn stage_mut(&mut self) -> &mut S {
        &mut self.read.stage
    }

    /// What has been received and not consumed.
    pub fn buffer(&self) -> &Buffer {
        &self.read.input.buffer
    }

    /// What is queued and not sent.
    pub fn output(&self) -> &Output {
        &self.write.output
    }

    /// What is queued and not sent, to be added to by other means than an encoder.
    pub fn output_mut(&mut self) -> &mut Output {
        self.write.lease();
        &mut self.write.output
    }

    /// How it reads, and how much it holds.
    pub fn options(&self) -> &Options {
        &self.read.input.options
    }

    /// The same, to be changed at any time: from reading exactly to reading ahead, once it is
    /// clear that the socket will not be given away.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.read.input.options
    }

    /// How many bytes of the stream have been consumed so far.
    pub fn position(&self) -> u64 {
        self.read.input.buffer.position()
    }
}

impl<T: Transport, S> Connection<T, S> {
    /// Bytes of memory that the connection holds beside its own size: buffers, used or not. 0 for
    /// one that waits with nothing half-read.
    pub fn held(&self) -> usize {
        self.read.input.held() + self.write.output.capacity() + self.io.held()
    }

    /// Whether there is something to send: whether a readiness loop should ask for writability.
    pub fn wants_write(&self) -> bool {
        self.write.has_unsent(&self.io)
    }

    /// Moves on to the stage that `next` makes of this one. The buffer stays: what this stage has
    /// read too far is what the next one begins with.
    ///
    /// A stage that does not end by itself is made to by [`take`](crate::DecodeExt::take) or
    /// [`through`](crate::DecodeExt::through).
    ///
    /// # Errors
    /// While the stage is not done the connection comes back as it was: a body that is half read
    /// and then parsed as a head is request smuggling.
    pub fn follow<N>(mut self, next: impl FnOnce(S) -> N) -> Result<Connection<T, N>, Refused<Self>>
    where
        S: Decode,
    {
        if !self.read.is_done() {
            return Err(Refused::new(self, "the stage is not done"));
        }
        let Self { io, read, write } = self;
        Ok(Connection { io, read: ReadSide::new(next(read.stage), read.input), write })
    }

    /// Leaves the connection, with all that it still holds, as `edge` has it.
    ///
    /// # Errors
    /// [`Edge::MustBeEmpty`] with bytes received or unsent gives the connection back. So does any
    /// edge but [`Edge::Discard`], once, where the transport has failed and nobody was told so far:
    /// what could not be sent, or read, would be missing silently. It is told
    /// [there](Refused::failure); the next attempt goes through.
    pub fn hand_off(mut self, edge: Edge) -> Result<Handoff<T::Io>, Refused<Self>> {
        self.read.input.settle();
        if edge != Edge::Discard
            && let Some(failure) = self.write.failure().or_else(|| self.read.input.failure())
        {
            return Err(Refused::after(self, failure));
        }
        match edge {
            Edge::MustBeEmpty if !self.read.input.buffer.is_empty() => {
                return Err(Refused::new(self, "received bytes would cross the edge"));
            }
            Edge::MustBeEmpty if self.wants_write() => {
                return Err(Refused::new(self, "unsent bytes would cross the edge"));
            }
            Edge::Discard => {
                let rest = self.read.input.buffer.len();
                self.read.input.buffer.consume(rest);
                self.write.output.clear();
            }
            Edge::Carry | Edge::MustBeEmpty => {}
        }
        let position = self.position();
        let rest = self.read.input.buffer.take_rest();
        let eof = self.read.input.eof;
        let handoff = Handoff::from_parts(self.io.into_io(), rest, self.write.take_queued(), eof);
        Ok(handoff.at_position(position))
    }

    /// The item that [`ready`](Self::ready) has announced; `None` if it has announced none.
    ///
    /// # Errors
    /// When the record breaks the rules of the stage.
    pub fn take(&mut self) -> Option<Result<S::Item<'_>, Fault<S::Error>>>
    where
        S: Decode,
    {
        self.read.take()
    }

    /// The item that [`ready`](Self::ready) has announced, together with the output to answer it
    /// on; `None` if it has announced none.
    ///
    /// # Errors
    /// When the record breaks the rules of the stage.
    #[inline]
    pub fn take_turn(&mut self) -> TurnResult<'_, T, S>
    where
        S: Decode,
    {
        let Self { io, read, write } = self;
        match read.take_aside() {
            Some((Ok(item), aside)) => Ok(Some(Turn { item, output: Answer { io, write, aside } })),
            Some((Err(fault), _)) => Err(Error::Fault(fault)),
            None => Ok(None),
        }
    }

    /// Goes on until a record is ready (true), or the stage is over and all is sent (false): the
    /// polled form of [`ready`](Self::ready), for futures and streams that are written by hand.
    ///
    /// # Errors
    /// Of the transport, or a fault of the peer.
    #[inline]
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error<S::Error>>>
    where
        S: Decode,
    {
        if !self.write.has_room(&self.io) {
            ready!(self.poll_room(cx));
        }
        loop {
            let pulled = self.read.pull(&mut self.write.output)?;
            let need = match pulled {
                Pulled::Ready => return Poll::Ready(Ok(true)),
                Pulled::Absorbed => {
                    if !self.write.has_room(&self.io) {
                        ready!(self.poll_room(cx));
                    }
                    continue;
                }
                Pulled::Done => {
                    ready!(self.poll_flush(cx))?;
                    return Poll::Ready(Ok(false));
                }
                Pulled::Need(need) => need,
            };
            self.flush_before_read(cx);
            let Self { io, read, write } = self;
            match read.poll_fill(io, cx, need, &mut write.output) {
                Poll::Ready(Ok(Pulled::Ready)) => return Poll::Ready(Ok(true)),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return self.poll_idle(cx).map_err(Error::Io).map_ok(|()| false),
            }
        }
    }

    /// Runs `exchange` to its end.
    pub(super) fn poll_exchange<X: Exchange>(
        &mut self,
        cx: &mut Context<'_>,
        exchange: &mut X,
        timer: &mut Option<&mut dyn Timer>,
    ) -> Poll<Result<X::Output, Error<X::Error>>> {
        // It is made anew whenever a deadline was waited for: a handshake may be tried for ever.
        let mut budget = Budget::new();
        self.read.input.settle();
        loop {
            if is_due(timer, exchange.deadline(), cx) {
                budget.spend(0)?;
                let now = timer.as_mut().map(|timer| timer.now()).unwrap_or_default();
                exchange.on_deadline(now, &mut self.write.output)?;
                continue;
            }
            let before = self.position();
            let input = &mut self.read.input;
            let progress = if input.is_due() {
                Progress::NeedRead(Need::ONE)
            } else {
                exchange.advance(&mut input.buffer, input.eof, &mut self.write.output)?
            };
            let need = match progress {
                Progress::Done(value) => return Poll::Ready(Ok(value)),
                Progress::NeedRead(need) => need,
                Progress::NeedWrite => {
                    let consumed = usize::try_from(self.position() - before).unwrap_or(usize::MAX);
                    budget.spend(consumed + self.write.output.len())?;
                    self.arm(timer, exchange.deadline())?;
                    match self.poll_flush(cx) {
                        Poll::Ready(flushed) => flushed?,
                        Poll::Pending if is_due(timer, exchange.deadline(), cx) => {
                            budget = Budget::new();
                        }
                        Poll::Pending => return Poll::Pending,
                    }
                    continue;
                }
            };
            let input = &mut self.read.input;
            let position = input.buffer.position();
            if input.is_too_long(need) {
                let at = position.saturating_add(input.options.input_limit as u64);
                return Poll::Ready(Err(Fault::too_long(at).into()));
            }
            if input.eof {
                let end = position.saturating_add(input.buffer.len() as u64);
                return Poll::Ready(Err(Fault::truncated(end).into()));
            }
            if T::FLUSH_FIRST && self.wants_write() {
                self.arm(timer, exchange.deadline())?;
                self.flush_before_read(cx);
                // Sending may have taken until then.
                if is_due(timer, exchange.deadline(), cx) {
                    budget = Budget::new();
                    continue;
                }
            }
            self.arm(timer, exchange.deadline())?;
            let filled = self.read.input.poll_fill(&mut self.io, cx, need, |shown| {
                Look::<()>::Take(exchange.belonging(shown))
            });
            match filled {
                Poll::Ready(filled) => {
                    filled?;
                }
                // The deadline may have moved since it was last looked at; and what made a
                // blocking transport come back may be the deadline.
                Poll::Pending if is_due(timer, exchange.deadline(), cx) => budget = Budget::new(),
                Poll::Pending => ready!(self.poll_idle(cx))?,
            }
        }
    }

    /// Sends what is queued, and reads on while that takes time: the polled form of
    /// [`flush`](Self::flush).
    ///
    /// # Errors
    /// Of the transport.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.write.poll_flush(&mut self.io, cx).is_pending() {
            ready!(self.read.input.poll_ahead(&mut self.io, cx));
        }
        self.write.release();
        Poll::Ready(self.write.failure().map_or(Ok(()), Err))
    }

    /// Waits until more may be queued. A failure to send makes room as well; it is kept.
    pub fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.write.has_room(&self.io) {
            let flushed = self.write.poll_flush(&mut self.io, cx);
            if !self.write.can_send() {
                // Whatever waits elsewhere, such as in the queue of two halves, goes nowhere.
                break;
            }
            if flushed.is_pending() && !self.write.has_room(&self.io) {
                ready!(self.read.input.poll_ahead(&mut self.io, cx));
            }
        }
        Poll::Ready(())
    }

    /// Queues an item, whether or not there is room: wait for that by
    /// [`poll_room`](Self::poll_room), or use [`queue`](Self::queue).
    ///
    /// # Errors
    /// When the encoder refuses the item, this side has been closed, or the transport has failed.
    pub fn encode<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        self.write.encode(&self.io, encoder, item)
    }

    /// Sends what is queued and then the end, by `close_write`.
    pub(super) fn poll_close_write(
        &mut self,
        cx: &mut Context<'_>,
        close_write: impl FnOnce(&mut T, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        self.write.close();
        ready!(self.poll_flush(cx))?;
        if self.write.must_end() {
            ready!(close_write(&mut self.io, cx))?;
            self.write.closed();
        }
        Poll::Ready(Ok(()))
    }

    /// Reads and drops what the peer still sends, up to its end or `limit` bytes, those of earlier
    /// attempts included; whether its end has come.
    pub(super) fn poll_drain(
        &mut self,
        cx: &mut Context<'_>,
        limit: u64,
    ) -> Poll<io::Result<bool>> {
        self.read.give_up();
        let input = &mut self.read.input;
        let drained = loop {
            let drained = input.drain();
            if input.eof || drained >= limit {
                break Poll::Ready(Ok(input.eof));
            }
            let look = |_: &[u8]| Look::<()>::Take(usize::MAX);
            match input.poll_fill(&mut self.io, cx, Need::ONE, look) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                Poll::Pending => break Poll::Pending,
            }
        };
        self.release();
        drained
    }

    /// Says everything before a read that may wait for ever.
    #[inline]
    fn flush_before_read(&mut self, cx: &mut Context<'_>) {
        if T::FLUSH_FIRST {
            // A non-blocking socket may be pending here; then reading goes on, and the write is
            // tried again when the read would block.
            let _ = self.write.poll_flush(&mut self.io, cx);
        }
    }

    /// Nothing can be read now: sends what is queued, holds as little as possible and waits.
    /// Reports why sending failed, which was kept while there was something to read.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let _ = self.write.poll_flush(&mut self.io, cx);
        if let Some(error) = self.write.failure() {
            return Poll::Ready(Err(error));
        }
        self.release();
        Poll::Pending
    }

    /// Holds as little as possible.
    fn release(&mut self) {
        self.write.release();
        self.read.input.release();
    }

    /// Has a blocking transport come back by `at`.
    fn arm(
        &mut self,
        timer: &mut Option<&mut dyn Timer>,
        at: Option<std::time::Duration>,
    ) -> io::Result<()> {
        match timer {
            Some(timer) if T::FLUSH_FIRST => timer.arm(at).map(drop),
            _ => Ok(()),
        }
    }
}

/// Whether a deadline has come, by a timer if there is one.
fn is_due(
    timer: &mut Option<&mut dyn Timer>,
    at: Option<std::time::Duration>,
    cx: &mut Context<'_>,
) -> bool {
    match (timer, at) {
        (Some(timer), Some(at)) => timer.poll_at(cx, at).is_ready(),
        _ => false,
    }
}

/// What a turn comes to: an item, the end of the stage, or what went wrong.
pub type TurnResult<'a, T, S> =
    Result<Option<Turn<'a, T, <S as Decode>::Item<'a>>>, Error<<S as Decode>::Error>>;

impl<T: Transport> Answer<'_, T> {
    /// Queues an answer. It never waits: [`room`](Self::room) does, and a turn does before it
    /// delivers.
    ///
    /// # Errors
    /// When the encoder refuses the item, or this side has been closed.
    #[inline]
    pub fn queue<I, E: Encode<I>>(
        &mut self,
        encoder: &mut E,
        item: I,
    ) -> Result<(), SendError<E::Error>> {
        self.write.encode(&*self.io, encoder, item)
    }

    /// What is queued, to be added to by other means than an encoder.
    pub fn output(&mut self) -> &mut Output {
        self.write.lease();
        &mut self.write.output
    }

    /// Whether less is queued than the high-water mark.
    pub fn has_room(&self) -> bool {
        self.write.has_room(&*self.io)
    }

    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.write.has_room(&*self.io) {
            if self.write.poll_flush(self.io, cx).is_pending() && !self.write.has_room(&*self.io) {
                ready!(self.aside.poll_read(self.io, cx));
            }
        }
        Poll::Ready(self.write.failure().map_or(Ok(()), Err))
    }
}

impl<T, I: fmt::Debug> fmt::Debug for Turn<'_, T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("item", &self.item).field("output", &self.output).finish()
    }
}

impl<T> fmt::Debug for Answer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Answer").field(&self.write.output).finish()
    }
}

/// Shows lengths and not payload.
impl<T, S> fmt::Debug for Connection<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("buffer", &self.read.input.buffer)
            .field("eof", &self.read.input.eof)
            .field("output", &self.write.output)
            .finish_non_exhaustive()
    }
}
