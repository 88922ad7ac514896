//! Connections.

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

/// A transport with its buffer, its output and its current stage.
///
/// One type serves all drivers. `T` is a wrapper that selects the driver, and
/// [`sync::Connection`](super::sync::Connection), `tokio::Connection` and `futures::Connection` are
/// its names. The methods are the same under each, async or not.
///
/// # Driving it
/// - [`turn`](Self::turn) returns the next item, and the output to answer it on. `None` says that
///   the stage is done and everything was sent, unless an error reported otherwise; then
///   [`follow`](Self::follow) moves on to the next stage, or [`hand_off`](Self::hand_off) leaves. A
///   connection that waits for the peer flushes first, so answers to a batch of requests leave in
///   one write.
/// - [`queue`](Self::queue) queues an item once there is room, [`flush`](Self::flush) sends what is
///   queued, and [`send`](Self::send) does both. Queueing alone sends nothing, but a connection
///   that waits for the peer flushes first.
/// - [`exchange`](Self::exchange) runs a handshake.
/// - `close` ends the connection so that the peer gets everything, within [`Options::linger`]. It
///   exists if the transport has a clock; otherwise use `close_by`, which takes a timer, or
///   `close_unbounded`.
/// - `turn_by`, `queue_by`, `send_by`, `flush_by` and `exchange_by` take a timer, and fail when the
///   peer misses one of the [`Deadlines`].
///
/// Any of these may be called again after its future was dropped, or after a non-blocking transport
/// answered would-block: nothing is lost or doubled by that.
///
/// # Guarantees
/// - No hang: a caller that asks for an item gets it even if much waits to be sent. Only output
///   added without waiting for room stops that (see [`Options::high_water`]). A polled or
///   non-blocking connection reads on while a write is pending, so two of them that both send do
///   not stop as long as each asks for items. Every wait of a method that takes a timer ends by its
///   deadline. Each poll of a polled connection does a [bounded amount of work](Options::max_work).
/// - No loss: received bytes that were not consumed stay in the buffer, over stages and
///   [hand-offs](Self::hand_off). What was queued is sent, or an error says that it was not: a
///   failure of the transport, output queued after the end of this side, or a refused hand-off.
///   Output of a connection that is dropped is not sent.
/// - No false end: a failure to send is kept until everything that the peer sent before is
///   delivered. Then it is reported, before the end of the stream and before a truncation that it
///   caused. It is reported once. Further calls report what the transport says, which for a socket
///   is an end.
pub struct Connection<T, S> {
    pub(super) io: T,
    pub(super) read: ReadSide<S>,
    pub(super) write: WriteSide,
    pub(super) tasks: Tasks,
    /// Present only if a timer watches the connection.
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

    /// Sets the options.
    #[must_use]
    pub fn with_options(mut self, options: Options) -> Self {
        self.read.input.options = options;
        self.write.set_high_water(options.high_water);
        self
    }

    /// Sets the deadlines of the methods that end in `_by`.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        *self.deadlines_mut() = deadlines;
        self
    }

    /// Returns the deadlines, to change them between two phases of a protocol: for example a
    /// shorter one for a head than for the pieces of a body.
    pub fn deadlines_mut(&mut self) -> &mut Deadlines {
        &mut self.waits().deadlines
    }

    /// Copies the deadlines of another half.
    pub(super) fn watch_as(&mut self, other: Option<&Waits>) {
        if let Some(other) = other {
            *self.deadlines_mut() = other.deadlines;
        }
    }

    pub(super) fn waits(&mut self) -> &mut Waits {
        self.waits.get_or_insert_default()
    }

    /// Returns the current stage.
    pub fn stage(&self) -> &S {
        self.read.pull.stage()
    }

    /// Returns the current stage, to be changed: for example a limit that is raised after a login.
    /// A stage that is done stays so even if it is replaced here; use [`follow`](Self::follow) to
    /// go on with another one.
    pub fn stage_mut(&mut self) -> &mut S {
        self.read.pull.stage_mut()
    }

    /// Returns the transport as the engine sees it, which a [`TimerFor`](super::TimerFor) arms.
    pub fn transport(&self) -> &T {
        &self.io
    }

    /// Returns the bytes received and not consumed.
    pub fn buffer(&self) -> &Buffer {
        &self.read.input.buffer
    }

    /// Returns the bytes queued and not sent.
    pub fn output(&self) -> &Output {
        &self.write.output
    }

    /// Returns the options.
    pub fn options(&self) -> &Options {
        &self.read.input.options
    }

    /// Returns the options, which may be changed at any time: for example from reading exactly to
    /// reading ahead, once it is clear that the socket will not be given away.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.read.input.options
    }

    /// Returns the number of bytes of the stream consumed so far.
    pub fn position(&self) -> u64 {
        self.read.input.buffer.position()
    }
}

impl<T: HasLeaf<Leaf: Leaf>, S> Connection<T, S> {
    /// Returns the socket, or whatever is under all layers. Bytes read from it or written to it
    /// directly are missing in the connection.
    pub fn io(&self) -> &<T::Leaf as Leaf>::Io {
        self.io.leaf().io()
    }

    /// Returns the socket, or whatever is under all layers, to be changed.
    pub fn io_mut(&mut self) -> &mut <T::Leaf as Leaf>::Io {
        self.io.leaf_mut().io_mut()
    }
}

impl<T: Transport> Connection<T, ()> {
    /// Makes a connection over any transport, without a stage: [`begin`](Self::begin) sets the
    /// first one, and `exchange` runs a handshake before.
    ///
    /// Over a socket, or anything else that reads and writes, use `new` of
    /// [`sync::Connection`](super::sync::Connection), `tokio::Connection` or `futures::Connection`.
    pub fn over(transport: T, options: Options) -> Self {
        Self::assemble(Handoff::new(transport, &[][..]), ()).with_options(options)
    }

    /// Sets the first stage, or the one after a handshake.
    pub fn begin<S>(self, stage: S) -> Connection<T, S> {
        let Self { io, read, write, tasks, waits } = self;
        let read = ReadSide::new(stage, read.input);
        Connection { io, read, write, tasks, waits }
    }
}

impl<T: Transport, S> Connection<T, S> {
    /// Returns what is queued and not sent, to add to it without an encoder. Bytes added after this
    /// side was closed, or has failed, are refused by the next [`flush`](Self::flush).
    pub fn output_mut(&mut self) -> &mut Output {
        self.write.lend(&self.io)
    }

    /// Returns the stage and what is queued, for a stage with methods that write at once, or a
    /// session that is told to send something. What it keeps for [`speak`](Decode::speak) leaves by
    /// the next [`flush`](Self::flush), or before the connection waits.
    pub fn stage_and_output(&mut self) -> (&mut S, &mut Output) {
        (self.read.pull.stage_mut(), self.write.lend(&self.io))
    }

    /// Returns the bytes of memory that the connection holds beside its own size: buffers, used or
    /// not. 0 if it waits with nothing half-read.
    pub fn held(&self) -> usize {
        self.read.input.held() + self.write.output.capacity() + self.io.held()
    }

    /// Returns true if there is something to send, including an end that the transport was not
    /// ready for: a readiness loop should then ask for writability.
    pub fn wants_write(&self) -> bool {
        self.write.wants_write(&self.io)
    }

    /// Moves on to the stage that `next` makes out of this one. The buffer stays: the next stage
    /// begins with what this one has read too far.
    ///
    /// Use [`take`](crate::DecodeExt::take) or [`through`](crate::DecodeExt::through) to end a
    /// stage that does not end by itself.
    ///
    /// # Errors
    /// If the stage is not done, the connection comes back as it was: to parse the rest of a body
    /// as a head would be request smuggling.
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

    /// Moves on as [`follow`](Self::follow) does, subject to `edge`: to another protocol on the same
    /// connection. With [`Edge::MustBeEmpty`] that is how `STARTTLS` is done right: the handshake of
    /// TLS follows, and nothing that came in the clear behind the last line is taken for encrypted
    /// (RFC 3207 §6, CVE-2011-0411). Queued output is still sent first.
    ///
    /// ```
    /// use segue::{DecodeExt, Edge, driver::sync::Connection, separator};
    /// # use std::io::{self, Read, Write};
    /// # struct Pipe(&'static [u8]);
    /// # impl Read for Pipe { fn read(&mut self, b: &mut [u8]) -> io::Result<usize> { self.0.read(b) } }
    /// # impl Write for Pipe {
    /// #     fn write(&mut self, b: &[u8]) -> io::Result<usize> { Ok(b.len()) }
    /// #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
    /// # }
    ///
    /// let socket = Pipe(b"STARTTLS\r\nMAIL FROM:<mallory>\r\n");
    /// let commands = separator::line().crlf().through(|line| line == b"STARTTLS\r\n");
    /// let mut connection = Connection::new(socket, commands);
    /// while let Some(turn) = connection.turn()? {
    ///     assert_eq!(turn.item, b"STARTTLS");
    /// }
    /// let refused = connection.follow_at(Edge::MustBeEmpty, |_| ()).unwrap_err();
    /// assert_eq!(refused.to_string(), "received bytes would cross the edge");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`follow`](Self::follow), and received bytes where there must be none. The connection
    /// comes back as it was, so that the peer can be told.
    pub fn follow_at<N>(
        mut self,
        edge: Edge,
        next: impl FnOnce(S) -> N,
    ) -> Result<Connection<T, N>, Refused<Self>>
    where
        S: Decode,
    {
        if !self.read.is_done() {
            return Err(Refused::new(self, "the stage is not done"));
        }
        let rest = self.read.input.buffer.len();
        match edge {
            Edge::MustBeEmpty if rest > 0 => {
                return Err(Refused::new(self, "received bytes would cross the edge"));
            }
            Edge::Discard => self.read.input.buffer.consume(rest),
            Edge::Carry | Edge::MustBeEmpty => {}
        }
        self.follow(next)
    }

    /// Leaves the connection with everything it still holds, subject to `edge`. Take layers off
    /// first, by `unlayer`: see [`IntoIo`].
    ///
    /// # Errors
    /// [`Edge::MustBeEmpty`] with bytes received or unsent gives the connection back. Any edge
    /// except [`Edge::Discard`] does so in two more cases. The first is a failure of the transport
    /// that was not reported so far, since what could not be sent or read would be missing
    /// silently; [`Refused::failure`] reports it, and the next attempt succeeds. The second is a
    /// stage that holds bytes itself ([`Decode::residue`]): they are not of the hand-off's stream,
    /// and would be lost with the stage. Take them out by [`follow`](Self::follow), which gives the
    /// stage to its closure.
    // With a projection in place of `Io` the compiler would not find the method over a layer, and
    // not say what to do.
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

    /// Takes the item that [`ready`](Self::ready) has announced. `None` if it has announced none.
    ///
    /// # Errors
    /// When the record breaks the rules of the stage.
    pub fn take(&mut self) -> Option<Result<S::Item<'_>, Fault<S::Error>>>
    where
        S: Decode,
    {
        self.read.take()
    }

    /// Takes the item that [`ready`](Self::ready) has announced, with the output to answer it on.
    /// `None` if it has announced none.
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

    /// Does what [`take_turn`](Self::take_turn) does, but `parse` is given the stage and the
    /// record, and may make another value than the item: for example one that takes over its part
    /// of the buffer ([`Record::into_bytes`]). It is for stages with a second way to parse.
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

    /// Takes the item of a record of this length that has just been found.
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

    /// Queues an item, whether or not there is room. To wait for room, use [`queue`](Self::queue),
    /// or [`poll_room`](Self::poll_room) before.
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
