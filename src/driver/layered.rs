//! Transports with a layer over them.

use std::{
    error, fmt, io,
    task::{Context, Poll, ready},
};

use super::{
    BeforeFirst, Connection, Options, Refused,
    error::Again,
    layer_state::{LayerState, Outcome},
    poll::PollTransport,
    read::{Input, ReadSide},
    sync::Blocking,
    transport::{EndOf, HasLeaf, Passed, Transport, poll_both},
};
use crate::{Buffer, Decode, Layer, Need, Output};

/// A transport with a layer over it, which is a transport again, made by
/// [`layered`](Connection::layered).
///
/// # Guarantees
/// - Answers of the layer leave before a read waits. Alerts leave, as far as one attempt goes,
///   before the error is reported.
/// - Nothing more is opened while twice the high-water mark of sealed bytes waits.
/// - Every way to close a connection sends the layer's end of this side.
/// - It holds no buffer while nothing can be received, unless it has part of a record.
pub struct Layered<T, L> {
    io: T,
    state: LayerState<L>,
    /// A failure to send an answer of the layer: the next call that sends reports it.
    unsent: Option<io::Error>,
}

impl<T, L> Layered<T, L> {
    /// Returns the layer.
    pub fn layer(&self) -> &L {
        &self.state.layer
    }

    /// Returns the layer, to be changed: for example to update keys.
    pub fn layer_mut(&mut self) -> &mut L {
        &mut self.state.layer
    }

    /// Returns the transport below the layer, which may have a layer itself.
    pub fn below(&self) -> &T {
        &self.io
    }

    /// Returns the transport below the layer, to be changed. Do not replace it: the layer goes on
    /// with its bytes.
    pub fn below_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// Returns the transport below, the layer with its bytes, and the failure to send its answers.
    pub(super) fn apart(self) -> (T, LayerState<L>, Option<io::Error>) {
        (self.io, self.state, self.unsent)
    }

    /// Makes a layered transport of the parts of [`apart`](Self::apart).
    pub(super) fn of(io: T, state: LayerState<L>, unsent: Option<io::Error>) -> Self {
        Self { io, state, unsent }
    }

    /// Returns true if the wire has ended between two records of a layer that has no end of its own
    /// ([`Layer::ENDS`]). The end may be the peer's, or a cut by somebody in between.
    pub fn is_bare_end(&self) -> bool {
        self.state.is_bare()
    }
}

impl<T: Transport, L: Layer> Layered<T, L>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    /// Sends what was sealed; a polled transport as far as that goes without waiting.
    fn poll_sealed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.state.sealed.is_empty() {
            return Poll::Ready(());
        }
        if let Err(error) = ready!(self.io.poll_send(cx, &mut self.state.sealed)) {
            self.keep_unsent(error);
        }
        self.state.release_sealed();
        Poll::Ready(())
    }

    /// Receives more of the wire by one call. Answers of the layer leave before a read that may
    /// wait, or once a read does wait.
    fn poll_wire(&mut self, cx: &mut Context<'_>, need: Need) -> Poll<io::Result<()>> {
        if T::FLUSH_FIRST && !self.state.sealed.is_empty() {
            match self.io.poll_send_once(cx, &mut self.state.sealed) {
                Poll::Ready(Ok(true)) => self.state.release_sealed(),
                Poll::Ready(Ok(false)) => return Poll::Ready(Err(Again::error())),
                Poll::Ready(Err(error)) => self.keep_unsent(error),
                // Read on: it may be necessary to read from the peer first.
                Poll::Pending => {}
            }
        }
        if !T::MAKES_ROOM {
            self.state.make_room(need, self.state.layer.lease());
        }
        match self.io.poll_fill(cx, &mut self.state.wire, usize::MAX) {
            Poll::Ready(Ok(0)) => {
                self.state.wire_has_ended();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(received) => Poll::Ready(received.map(drop)),
            Poll::Pending => {
                let _ = self.poll_sealed(cx);
                self.state.release();
                Poll::Pending
            }
        }
    }

    /// Keeps a failure to send sealed bytes, which the next call that sends reports.
    fn keep_unsent(&mut self, error: io::Error) {
        self.state.cannot_send();
        self.unsent.get_or_insert(error);
    }

    /// Seals some of `output`, and sends it by `send`. What was sealed leaves, as far as one
    /// attempt goes, even if nothing more can be sealed: it may be an alert.
    fn poll_sealing<R>(
        &mut self,
        output: &mut Output,
        send: impl FnOnce(&mut T, &mut Output) -> Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if let Some(error) = self.unsent.take() {
            return Poll::Ready(Err(error));
        }
        let sealed = self.state.seal(output);
        let sent = send(&mut self.io, &mut self.state.sealed);
        if let Poll::Ready(Err(_)) = &sent {
            self.state.cannot_send();
        }
        sealed?;
        sent
    }

    /// Ends this side: the layer first, then by `end` the transport below.
    fn poll_ended(
        &mut self,
        cx: &mut Context<'_>,
        end: impl FnOnce(&mut T, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        self.state.close();
        // The ends of all layers leave together: a peer that has read the topmost one may be gone.
        let mut sent = self.io.take_over(&mut self.state.sealed);
        if sent.is_ok() && !self.state.sealed.is_empty() {
            sent = ready!(self.io.poll_send(cx, &mut self.state.sealed));
        }
        if sent.is_err() {
            self.state.cannot_send();
        }
        self.state.release_sealed();
        // The transport is ended even if a layer in between can seal nothing more.
        let ended = end(&mut self.io, cx);
        poll_both(&mut self.unsent, sent, ended)
    }
}

impl<T: Transport, L: Layer> Transport for Layered<T, L>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    type Leaf = T::Leaf;
    const FLUSH_FIRST: bool = T::FLUSH_FIRST;

    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        let mut has_received = false;
        loop {
            match self.state.open(into, most) {
                Ok(Outcome::Some(count)) => return Poll::Ready(Ok(count)),
                Ok(Outcome::End) => return Poll::Ready(Ok(0)),
                // A caller that watches the time looks at it after each call.
                Ok(Outcome::Need(_)) if has_received => return Poll::Ready(Err(Again::error())),
                Ok(Outcome::Need(need)) => {
                    ready!(self.poll_wire(cx, need))?;
                    has_received = true;
                }
                Ok(Outcome::Full) => ready!(self.poll_sealed(cx)),
                Ok(Outcome::Enough) => {
                    let _ = self.poll_sealed(cx);
                    return Poll::Ready(Err(Again::error()));
                }
                Err(error) => {
                    // The alert goes first, as far as one attempt goes.
                    let _ = self.poll_sealed(cx);
                    return Poll::Ready(Err(error));
                }
            }
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_sealing(output, |io, sealed| io.poll_send(cx, sealed)))?;
            if output.is_empty() {
                self.state.release_sealed();
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn poll_send_once(
        &mut self,
        cx: &mut Context<'_>,
        output: &mut Output,
    ) -> Poll<io::Result<bool>> {
        let sent = self.poll_sealing(output, |io, sealed| io.poll_send_once(cx, sealed));
        let is_sent = ready!(sent)?;
        self.state.release_sealed();
        Poll::Ready(Ok(is_sent && output.is_empty()))
    }

    fn take_over(&mut self, output: &mut Output) -> io::Result<()> {
        self.state.seal_all(output)
    }

    fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        end: &mut EndOf<'_, T::Leaf>,
    ) -> Poll<io::Result<()>> {
        self.poll_ended(cx, |io, cx| io.poll_end(cx, end))
    }

    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.state.drop_wire();
        self.state.make_room(Need::ONE, 0);
        let count = self.io.poll_fill(cx, &mut self.state.wire, usize::MAX);
        self.state.drop_wire();
        self.state.release();
        match ready!(count)? {
            0 => self.io.poll_rest(cx),
            count => Poll::Ready(Ok(count)),
        }
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn queued(&self) -> usize {
        self.state.sealed.len() + self.io.queued()
    }

    fn unsent(&self) -> usize {
        self.state.sealed.len() + self.io.unsent() + usize::from(self.unsent.is_some())
    }

    fn passed(&self, queue: usize) -> Option<Passed> {
        match queue.checked_sub(1) {
            None => Some(Passed::of(&self.state.sealed)),
            Some(below) => self.io.passed(below),
        }
    }

    fn held(&self) -> usize {
        self.state.held() + self.io.held()
    }

    fn holds_part(&self) -> bool {
        !self.state.wire.is_empty() || self.io.holds_part()
    }

    fn poll_left(&mut self, cx: &mut Context<'_>, below: usize) -> Poll<()> {
        self.io.poll_left(cx, below)
    }

    fn is_closed(&self) -> bool {
        self.io.is_closed()
    }
}

impl<T: PollTransport, L: Layer> PollTransport for Layered<T, L>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ended(cx, T::poll_close_write)
    }
}

impl<T: HasLeaf, L: Layer> HasLeaf for Layered<T, L>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    fn leaf(&self) -> &T::Leaf {
        self.io.leaf()
    }

    fn leaf_mut(&mut self) -> &mut T::Leaf {
        self.io.leaf_mut()
    }
}

/// # Layers
impl<T: PollTransport, S> Connection<T, S> {
    /// Puts a layer over the transport. The layer first opens what was received and not consumed,
    /// and what is queued leaves before the first byte that it seals.
    ///
    /// Run a handshake before, as an [`exchange`](Self::exchange) whose output is the layer;
    /// [`begin`](Self::begin) then gives the connection its first stage. Layers stack. The options
    /// stay, and `max_record` bounds a record on the wire, too; positions begin at 0 again, in the
    /// plain stream. A connection that already has a stage takes no layer: see [`BeforeFirst`].
    ///
    /// ```
    /// # smol::block_on(async {
    /// use segue::{combine::Paired, driver::futures::Connection, length, separator};
    ///
    /// // Lines in length-prefixed chunks; an empty chunk is the end.
    /// let wire = smol::io::Cursor::new(b"\x04HELL\x03O\r\n\x00".to_vec());
    /// let chunks = Paired::new(length::u8().through(|chunk| chunk == [0]), length::u8(), 255)
    ///     .ending(|wire| wire.put(&[0]));
    /// # use segue::DecodeExt;
    /// let mut connection = Connection::new(wire, ()).layered(chunks).begin(separator::line());
    /// assert_eq!(connection.turn().await?.unwrap().item, b"HELLO");
    /// assert!(connection.turn().await?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn layered<L: Layer>(self, layer: L) -> Connection<Layered<T, L>, ()>
    where
        S: BeforeFirst,
        L::Error: error::Error + Send + Sync + 'static,
    {
        self.bare().wrapped(|io, state, unsent| Layered { io, state, unsent }, layer)
    }
}

/// # Layers
impl<T: Transport, S> Connection<Blocking<T>, S> {
    /// Puts a layer over the transport. The layer first opens what was received and not consumed,
    /// and what is queued leaves before the first byte that it seals.
    ///
    /// Run a handshake before, as an [`exchange`](Self::exchange) whose output is the layer;
    /// [`begin`](Self::begin) then gives the connection its first stage. Layers stack. The options
    /// stay, and `max_record` bounds a record on the wire, too; positions begin at 0 again, in the
    /// plain stream. A connection that already has a stage takes no layer: see [`BeforeFirst`].
    ///
    /// ```
    /// use segue::{DecodeExt, combine::Paired, driver::sync::Connection, length, separator};
    /// # use std::io::{self, Read, Write};
    /// # struct Pipe(&'static [u8]);
    /// # impl Read for Pipe { fn read(&mut self, b: &mut [u8]) -> io::Result<usize> { self.0.read(b) } }
    /// # impl Write for Pipe {
    /// #     fn write(&mut self, b: &[u8]) -> io::Result<usize> { Ok(b.len()) }
    /// #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
    /// # }
    ///
    /// // Lines in length-prefixed chunks; an empty chunk is the end.
    /// let socket = Pipe(b"\x04HELL\x03O\r\n\x00");
    /// let chunks = Paired::new(length::u8().through(|chunk| chunk == [0]), length::u8(), 255)
    ///     .ending(|wire| wire.put(&[0]));
    /// let mut connection = Connection::new(socket, ()).layered(chunks).begin(separator::line());
    /// assert_eq!(connection.turn()?.unwrap().item, b"HELLO");
    /// assert!(connection.turn()?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn layered<L: Layer>(self, layer: L) -> Connection<Blocking<Layered<T, L>>, ()>
    where
        S: BeforeFirst,
        L::Error: error::Error + Send + Sync + 'static,
    {
        let wrap = |Blocking(io), state, unsent| Blocking(Layered { io, state, unsent });
        self.bare().wrapped(wrap, layer)
    }
}

impl<T: Transport> Connection<T, ()> {
    /// Puts a layer into the transport, with the bytes that the connection holds.
    fn wrapped<U: Transport, L: Layer>(
        self,
        wrap: impl FnOnce(T, LayerState<L>, Option<io::Error>) -> U,
        layer: L,
    ) -> Connection<U, ()> {
        let Self { io, mut read, mut write, waits, .. } = self;
        read.input.settle();
        let options: Options = read.input.options;
        let (wire, has_ended) = read.input.take_buffer();
        let mut sealed = Output::with_high_water(options.high_water);
        sealed.append(&mut write.output);
        let mut state = LayerState::new(layer, wire, sealed, has_ended, &options);
        if let Some(error) = read.input.failure() {
            state.keep(error);
        }
        let io = wrap(io, state, write.failure());
        let input = Input::new(Buffer::new(), false, options);
        let mut over = Connection::of(io, ReadSide::new((), input), write.anew());
        over.waits = waits;
        over
    }
}

impl<T: PollTransport, L: Layer, S> Connection<Layered<T, L>, S>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    /// Returns the topmost layer.
    pub fn layer(&self) -> &L {
        self.io.layer()
    }

    /// Returns true if the wire has ended between two records of a layer that has no end of its own
    /// ([`Layer::ENDS`]). The end may be the peer's, or a cut by somebody in between.
    pub fn is_bare_end(&self) -> bool {
        self.io.is_bare_end()
    }

    /// Returns the topmost layer, to be changed.
    pub fn layer_mut(&mut self) -> &mut L {
        self.io.layer_mut()
    }

    /// Returns the transport below the topmost layer, with the layers that it has itself:
    /// `connection.below().layer()` is the second layer from above.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use segue::{combine::Paired, driver::futures::Connection, length, separator};
    ///
    /// # let wire = smol::io::Cursor::new(b"\x05\x04HI\r\n".to_vec());
    /// let outer = Paired::new(length::u8(), length::u8(), 255);
    /// let inner = Paired::new(length::u8(), length::u8(), 100);
    /// let connection = Connection::new(wire, ()).layered(outer).layered(inner);
    /// let mut connection = connection.begin(separator::line());
    /// let _inner = connection.layer();
    /// let _outer = connection.below().layer();
    /// let _outer = connection.below_mut().layer_mut();
    /// assert_eq!(connection.turn().await?.unwrap().item, b"HI");
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn below(&self) -> &T {
        self.io.below()
    }

    /// Returns the transport below the topmost layer, to be changed: see [`Layered::below_mut`].
    pub fn below_mut(&mut self) -> &mut T {
        self.io.below_mut()
    }

    /// Takes the topmost layer off. The connection goes on without it: the next stage reads what
    /// was received and not opened, and what was sealed and not sent leaves first.
    ///
    /// This sends no end to the peer. To send one, seal it by the layer that is returned:
    /// `layer.close(connection.output_mut())`.
    ///
    /// # Errors
    /// If plain bytes would be lost, the connection comes back as it was: bytes received that no
    /// stage has consumed, bytes queued that were not [flushed](Self::flush), and bytes that a
    /// stage holds itself.
    pub fn unlayer(self) -> Result<(Connection<T, ()>, L), Refused<Self>>
    where
        S: Decode,
    {
        self.unwrapped(|layered| layered)
    }
}

impl<T: Transport, L: Layer, S> Connection<Blocking<Layered<T, L>>, S>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    /// Returns the topmost layer.
    pub fn layer(&self) -> &L {
        self.io.0.layer()
    }

    /// Returns true if the wire has ended between two records of a layer that has no end of its own
    /// ([`Layer::ENDS`]). The end may be the peer's, or a cut by somebody in between.
    pub fn is_bare_end(&self) -> bool {
        self.io.0.is_bare_end()
    }

    /// Returns the topmost layer, to be changed.
    pub fn layer_mut(&mut self) -> &mut L {
        self.io.0.layer_mut()
    }

    /// Returns the transport below the topmost layer, with the layers that it has itself:
    /// `connection.below().layer()` is the second layer from above.
    ///
    /// ```
    /// use segue::{combine::Paired, driver::sync::Connection, length};
    /// # use std::io::{self, Read, Write};
    /// # struct Pipe;
    /// # impl Read for Pipe { fn read(&mut self, _: &mut [u8]) -> io::Result<usize> { Ok(0) } }
    /// # impl Write for Pipe {
    /// #     fn write(&mut self, b: &[u8]) -> io::Result<usize> { Ok(b.len()) }
    /// #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
    /// # }
    ///
    /// let outer = Paired::new(length::u8(), length::u8(), 255);
    /// let inner = Paired::new(length::u16_be(), length::u16_be(), 1000);
    /// let mut connection = Connection::new(Pipe, ()).layered(outer).layered(inner);
    /// let _inner: &Paired<length::Prefixed<length::U16Be>, _> = connection.layer();
    /// let _outer: &mut Paired<length::Prefixed<length::U8>, _> = connection.below_mut().layer_mut();
    /// ```
    pub fn below(&self) -> &T {
        self.io.0.below()
    }

    /// Returns the transport below the topmost layer, to be changed: see [`Layered::below_mut`].
    pub fn below_mut(&mut self) -> &mut T {
        self.io.0.below_mut()
    }

    /// Takes the topmost layer off. The connection goes on without it: the next stage reads what
    /// was received and not opened, and what was sealed and not sent leaves first.
    ///
    /// This sends no end to the peer. To send one, seal it by the layer that is returned:
    /// `layer.close(connection.output_mut())`.
    ///
    /// # Errors
    /// If plain bytes would be lost, the connection comes back as it was: bytes received that no
    /// stage has consumed, bytes queued that were not [flushed](Self::flush), and bytes that a
    /// stage holds itself.
    pub fn unlayer(self) -> Result<(Connection<Blocking<T>, ()>, L), Refused<Self>>
    where
        S: Decode,
    {
        let (connection, layer) = self.unwrapped(|Blocking(layered)| layered)?;
        let Connection { io, read, write, tasks, waits } = connection;
        Ok((Connection { io: Blocking(io), read, write, tasks, waits }, layer))
    }
}

impl<U: Transport, S: Decode> Connection<U, S> {
    /// Takes a layer out of the transport, with its bytes.
    fn unwrapped<T: Transport, L>(
        mut self,
        unwrap: impl FnOnce(U) -> Layered<T, L>,
    ) -> Result<(Connection<T, ()>, L), Refused<Self>> {
        self.read.input.settle();
        if let Some(why) = self.plain_left() {
            return Err(Refused::new(self, why));
        }
        if let Some(failure) = self.write.failure().or_else(|| self.read.input.failure()) {
            return Err(Refused::after(self, failure));
        }
        let Self { io, read, write, waits, .. } = self;
        let options = read.input.options;
        let Layered { io, state, unsent } = unwrap(io);
        let (layer, wire, mut sealed, has_ended) = state.into_parts();
        let mut write = write.anew();
        write.output.append(&mut sealed);
        write.keep(unsent);
        let input = Input::new(wire, has_ended, options);
        let mut below = Connection::of(io, ReadSide::new((), input), write);
        below.waits = waits;
        Ok((below, layer))
    }

    /// Returns the reason that a layer cannot be taken off without a loss, if there is one.
    fn plain_left(&self) -> Option<&'static str> {
        let (unread, unsent) = self.read.pull.stage().residue();
        if !self.read.input.buffer.is_empty() {
            Some("received bytes of the layer were not consumed")
        } else if unread > 0 {
            Some("the stage holds unread bytes")
        } else if unsent > 0 {
            Some("the stage holds unsent bytes")
        } else if !self.write.output.is_empty() {
            Some("queued bytes were not sealed: flush first")
        } else {
            None
        }
    }
}

impl<T: fmt::Debug, L: fmt::Debug> fmt::Debug for Layered<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered")
            .field("io", &self.io)
            .field("layer", &self.state.layer)
            .field("wire", &self.state.wire)
            .field("sealed", &self.state.sealed)
            .finish_non_exhaustive()
    }
}
