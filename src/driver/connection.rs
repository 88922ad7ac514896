//! A connection: a transport, the buffer that belongs to it, and the stage that it is in.

use std::fmt;

use super::{
    Deadlines, Error, Options, Refused, SendError, Turn, TurnOutput, TurnResult,
    deadlines::Waits,
    read::{Input, ReadSide},
    tasks::Tasks,
    transport::{HasLeaf, IntoIo, Leaf, Transport},
    write::WriteSide,
};
use crate::{Buffer, Decode, Edge, Encode, Fault, Handoff, Output, Record};

/// A transport, the buffer that belongs to it, and the stage that it is in.
///
/// One type serves all drivers; `T` is a wrapper that tells which one, and
/// [`sync::Connection`](super::sync::Connection), `tokio::Connection` and `futures::Connection` are
/// its names. The methods are the same under each, async or not.
///
/// # How it is driven
/// - [`turn`](Self::turn) gives the next item, and the output to answer it on. `None` says that
///   the stage is over and everything has been sent, unless an error said that it was not; then [`follow`](Self::follow) moves on to the
///   next stage, or [`hand_off`](Self::hand_off) leaves. A connection that waits for the peer
///   flushes first, so answers to a batch of requests leave in one write.
/// - [`queue`](Self::queue) queues an item once there is room, [`flush`](Self::flush) sends what is
///   queued, and [`send`](Self::send) does both. Nothing is sent by queueing alone, but a
///   connection that waits for the peer flushes first.
/// - [`exchange`](Self::exchange) runs a handshake.
/// - `close` ends the connection so that the peer gets everything, within
///   [`Options::linger`]. It exists where a clock comes with the transport; elsewhere there are
///   `close_by`, which takes a timer, and `close_unbounded`.
/// - `turn_by`, `queue_by`, `send_by`, `flush_by` and `exchange_by` give up a peer that misses one of
///   the [`Deadlines`], by a timer.
///
/// Any of these may be called again after its future was dropped, or after a non-blocking
/// transport answered would-block: nothing is lost or doubled by that.
///
/// # Guarantees
/// - No hang: a caller that asks for an item is read for and served while much waits to be sent. Only
///   what is added on top without waiting for room stops that (see [`Options::high_water`]). A
///   polled or non-blocking connection reads on while a write is pending, so two of them that both
///   send do not stop as long as each asks for items. Every wait whose method takes a timer ends by its
///   deadline. A poll of a connection that is polled does a
///   [bounded amount of work](Options::max_work).
/// - No loss: what was received and not consumed stays in the buffer, over stages and
///   [hand-offs](Self::hand_off). What was queued is sent, or an error says that it was not: of the
///   transport, of something queued behind the end of this side, or of a refused hand-off. What is
///   queued when a connection is dropped is not sent.
/// - No lie: a failure to send is kept until all that the peer has sent before is delivered, and
///   then told, before the end of the stream and before a truncation that it has caused. It is told
///   once: who goes on after an error of the transport is told what a transport says then, which
///   for a socket is an end.
pub struct Connection<T, S> {
    pub(super) io: T,
    pub(super) read: ReadSide<S>,
    pub(super) write: WriteSide,
    pub(super) tasks: Tasks,
    /// Only for connections that are watched by a timer.
    pub(super) waits: Option<Box<Waits>>,
}

impl<T, S> Connection<T, S> {
    pub(super) fn assemble(handoff: Handoff<T>, stage: S) -> Self {
        let position = handoff.position();
        let (io, rest, mut output, eof) = handoff.into_parts();
        let options = Options::new();
        let mut unsent = Output::with_high_water(options.high_water);
        unsent.append(&mut output);
        let mut buffer = Buffer::from(rest);
        buffer.set_position(position);
        let input = Input::new(buffer, eof, options);
        Self::of(io, ReadSide::new(stage, input), WriteSide::new(unsent))
    }

    pub(super) fn of(io: T, read: ReadSide<S>, write: WriteSide) -> Self {
        Self { io, read, write, tasks: Tasks::default(), waits: None }
    }

    /// The same connection with other options than the defaults.
    #[must_use]
    pub fn with_options(mut self, options: Options) -> Self {
        self.read.input.options = options;
        self.write.set_high_water(options.high_water);
        self
    }

    /// The same connection with other deadlines than the defaults, for the methods that end in
    /// `_by`.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        *self.deadlines_mut() = deadlines;
        self
    }

    /// The deadlines, to be changed between two phases of a protocol: shorter for a head than for
    /// the pieces of a body.
    pub fn deadlines_mut(&mut self) -> &mut Deadlines {
        &mut self.waits().deadlines
    }

    /// Takes the deadlines of another half over.
    pub(super) fn watch_as(&mut self, other: Option<&Waits>) {
        if let Some(other) = other {
            *self.deadlines_mut() = other.deadlines;
        }
    }

    pub(super) fn waits(&mut self) -> &mut Waits {
        self.waits.get_or_insert_default()
    }

    /// The stage that the connection is in.
    pub fn stage(&self) -> &S {
        self.read.pull.stage()
    }

    /// The stage, to be changed: a limit that is raised once the peer is known. A stage that is over
    /// stays so, whatever takes its place here; that is what [`follow`](Self::follow) is for.
    pub fn stage_mut(&mut self) -> &mut S {
        self.read.pull.stage_mut()
    }

    /// What carries the bytes, as the engine sees it: what a [`TimerFor`](super::TimerFor) arms.
    pub fn transport(&self) -> &T {
        &self.io
    }

    /// What has been received and not consumed.
    pub fn buffer(&self) -> &Buffer {
        &self.read.input.buffer
    }

    /// What is queued and not sent.
    pub fn output(&self) -> &Output {
        &self.write.output
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

impl<T: HasLeaf<Leaf: Leaf>, S> Connection<T, S> {
    /// The socket, or what else is under all layers. What is read from it or written to it past the
    /// connection is missing there.
    pub fn io(&self) -> &<T::Leaf as Leaf>::Io {
        self.io.leaf().io()
    }

    /// The same, to be changed.
    pub fn io_mut(&mut self) -> &mut <T::Leaf as Leaf>::Io {
        self.io.leaf_mut().io_mut()
    }
}

impl<T: Transport> Connection<T, ()> {
    /// A connection over any transport, which has no stage yet: [`begin`](Self::begin) gives it one,
    /// and `exchange` runs a handshake before that.
    ///
    /// Over what reads and writes, `new` of [`sync::Connection`](super::sync::Connection) and its
    /// kin is the short way.
    pub fn over(transport: T, options: Options) -> Self {
        Self::assemble(Handoff::new(transport, &[][..]), ()).with_options(options)
    }

    /// The same connection in its first stage, or in the one after a handshake.
    pub fn begin<S>(self, stage: S) -> Connection<T, S> {
        let Self { io, read, write, tasks, waits } = self;
        let read = ReadSide::new(stage, read.input);
        Connection { io, read, write, tasks, waits }
    }
}

impl<T: Transport, S> Connection<T, S> {
    /// What is queued and not sent, to be added to by other means than an encoder. What is added
    /// after this side was closed, or has failed, is refused by the next
    /// [`flush`](Self::flush).
    pub fn output_mut(&mut self) -> &mut Output {
        self.write.lend(&self.io)
    }

    /// The stage, and what is queued: for a stage with methods that answer at once, or a session that
    /// is told to say something. What it keeps for [`speak`](Decode::speak) leaves by the next
    /// [`flush`](Self::flush), or before the connection waits.
    pub fn stage_and_output(&mut self) -> (&mut S, &mut Output) {
        (self.read.pull.stage_mut(), self.write.lend(&self.io))
    }

    /// Bytes of memory that the connection holds beside its own size: buffers, used or not. 0 for
    /// one that waits with nothing half-read.
    pub fn held(&self) -> usize {
        self.read.input.held() + self.write.output.capacity() + self.io.held()
    }

    /// Whether there is something to send, an end that the transport was not ready for included:
    /// whether a readiness loop should ask for writability.
    pub fn wants_write(&self) -> bool {
        self.write.wants_write(&self.io)
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
        let Self { io, read, write, tasks, waits } = self;
        let read = ReadSide::new(next(read.pull.into_stage()), read.input);
        Ok(Connection { io, read, write, tasks, waits })
    }

    /// Leaves the connection, with all that it still holds, as `edge` has it. Layers are to be taken
    /// off before, by `unlayer`: see [`IntoIo`].
    ///
    /// # Errors
    /// [`Edge::MustBeEmpty`] with bytes received or unsent gives the connection back. So does any
    /// edge but [`Edge::Discard`], once, where the transport has failed and nobody was told so far:
    /// what could not be sent, or read, would be missing silently. It is told
    /// [there](Refused::failure); the next attempt goes through. And so does any edge but
    /// [`Edge::Discard`] while the stage holds bytes itself ([`Decode::residue`]): they are of
    /// another stream than the hand-off's, and would be lost with the stage. Take them out by
    /// [`follow`](Self::follow), which gives the stage to its closure.
    // With a projection in place of `Io` the compiler would not find the method over a layer, and say
    // nothing of what to do.
    pub fn hand_off<Io>(mut self, edge: Edge) -> Result<Handoff<Io>, Refused<Self>>
    where
        T: IntoIo<Io = Io>,
        S: Decode,
    {
        self.read.input.settle();
        if edge != Edge::Discard
            && let Some(failure) = self.write.failure().or_else(|| self.read.input.failure())
        {
            return Err(Refused::after(self, failure));
        }
        if edge != Edge::Discard {
            match self.read.pull.stage().residue() {
                (0, 0) => {}
                (0, _) => return Err(Refused::new(self, "the stage holds unsent bytes")),
                _ => return Err(Refused::new(self, "the stage holds unread bytes")),
            }
        }
        match edge {
            Edge::MustBeEmpty if !self.read.input.buffer.is_empty() => {
                return Err(Refused::new(self, "received bytes would cross the edge"));
            }
            Edge::MustBeEmpty if self.write.has_unsent(&self.io) => {
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
        match self.read.take_ready() {
            Some(length) => self.take_turn_of(length),
            None => Ok(None),
        }
    }

    /// As [`take_turn`](Self::take_turn), but the record is given to `parse` with the stage, which
    /// makes something else of it than an item: one that takes its part of the buffer over
    /// ([`Record::into_bytes`]). It is for stages that have such a way.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use segue::{driver::{Turn, futures::Connection}, length};
    ///
    /// let stream = smol::io::Cursor::new(b"\x05hello".to_vec());
    /// let mut connection = Connection::new(stream, length::u8());
    /// assert!(connection.ready().await?);
    /// let turn = connection.take_turn_with(|_, mut record| {
    ///     record.advance(1); // the length
    ///     Ok(record.into_bytes())
    /// })?;
    /// let Some(Turn { item, .. }) = turn else { panic!() };
    /// assert_eq!(item, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Those of `parse`, at their offset in the stream.
    #[inline]
    pub fn take_turn_with<'a, I>(
        &'a mut self,
        parse: impl FnOnce(&'a mut S, Record<'a>) -> Result<I, Fault<S::Error>>,
    ) -> Result<Option<Turn<'a, T, I>>, Error<S::Error>>
    where
        S: Decode,
    {
        let Self { io, read, write, .. } = self;
        let Some(length) = read.take_ready() else { return Ok(None) };
        match read.take_aside_with(length, parse) {
            (Ok(item), aside) => Ok(Some(Turn { item, output: TurnOutput { io, write, aside } })),
            (Err(fault), _) => Err(Error::Fault(fault)),
        }
    }

    /// The same for a record of this length that has just been found.
    #[inline(always)]
    pub(super) fn take_turn_of(&mut self, length: usize) -> TurnResult<'_, T, S>
    where
        S: Decode,
    {
        let Self { io, read, write, .. } = self;
        match read.take_aside_of(length) {
            (Ok(item), aside) => Ok(Some(Turn { item, output: TurnOutput { io, write, aside } })),
            (Err(fault), _) => Err(Error::Fault(fault)),
        }
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
