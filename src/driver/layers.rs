//! Layers of a connection: put over its transport, looked at, and taken off.

use std::error;

use super::{
    BeforeFirst, Connection, Layered, Mode, Options, Refused,
    layer_state::LayerState,
    read::{Input, ReadSide},
    transport::Transport,
};
use crate::{Buffer, Decode, Layer, Output};

/// # Layers
impl<T: Mode, S> Connection<T, S> {
    /// Puts a layer over the transport. The layer first opens what was received and not consumed,
    /// and what is queued leaves before the first byte that it seals.
    ///
    /// Run a handshake before, as an [`exchange`](Self::exchange) whose output is the layer;
    /// [`begin`](Self::begin) then gives the connection its first stage. Layers stack. The options
    /// stay, and `max_record` bounds a record on the wire, too; positions begin at 0 again, in the
    /// plain stream. A connection that already has a stage takes no layer: see [`BeforeFirst`].
    ///
    /// The result is a `Connection<Layered<T, L>, ()>`, or `Connection<Blocking<Layered<T, L>>,
    /// ()>` for one whose calls block.
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
    ///
    /// Over a blocking socket:
    ///
    /// ```no_run
    /// use segue::{DecodeExt, combine::Paired, driver::sync::Connection, length, separator};
    ///
    /// # fn over(socket: std::net::TcpStream) -> Result<(), Box<dyn std::error::Error>> {
    /// let chunks = Paired::new(length::u8().through(|chunk| chunk == [0]), length::u8(), 255)
    ///     .ending(|wire| wire.put(&[0]));
    /// let mut connection = Connection::new(socket, ()).layered(chunks).begin(separator::line());
    /// let first = connection.turn()?;
    /// # let _ = first;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn layered<L: Layer>(self, layer: L) -> Connection<T::Marked<Layered<T::Bare, L>>, ()>
    where
        S: BeforeFirst,
        L::Error: error::Error + Send + Sync + 'static,
    {
        self.bare().wrapped(layer)
    }
}

impl<T: Mode> Connection<T, ()> {
    /// Puts a layer into the transport, with the bytes that the connection holds.
    fn wrapped<L: Layer>(self, layer: L) -> Connection<T::Marked<Layered<T::Bare, L>>, ()>
    where
        L::Error: error::Error + Send + Sync + 'static,
    {
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
        let io = T::mark(Layered::of(io.into_bare(), state, write.failure()));
        let input = Input::new(Buffer::new(), false, options);
        let mut over = Connection::of(io, ReadSide::new((), input), write.anew());
        over.waits = waits;
        over
    }
}

/// # Layers
impl<M, T, L, S> Connection<M, S>
where
    M: Mode<Bare = Layered<T, L>>,
    T: Transport,
    L: Layer<Error: error::Error + Send + Sync + 'static>,
{
    /// Returns the topmost layer.
    pub fn layer<'a>(&'a self) -> &'a L
    where
        T: 'a,
        L: 'a,
    {
        self.io.bare().layer()
    }

    /// Returns true if the wire has ended between two records of a layer that has no end of its own
    /// ([`Layer::ENDS`]). The end may be the peer's, or a cut by somebody in between.
    pub fn is_bare_end(&self) -> bool {
        M::bare(&self.io).is_bare_end()
    }

    /// Returns the topmost layer, to be changed.
    pub fn layer_mut<'a>(&'a mut self) -> &'a mut L
    where
        T: 'a,
        L: 'a,
    {
        self.io.bare_mut().layer_mut()
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
    pub fn below<'a>(&'a self) -> &'a T
    where
        T: 'a,
        L: 'a,
    {
        self.io.bare().below()
    }

    /// Returns the transport below the topmost layer, to be changed: see [`Layered::below_mut`].
    pub fn below_mut<'a>(&'a mut self) -> &'a mut T
    where
        T: 'a,
        L: 'a,
    {
        self.io.bare_mut().below_mut()
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
    pub fn unlayer(mut self) -> Result<(Connection<M::Marked<T>, ()>, L), Refused<Self>>
    where
        S: Decode,
    {
        self.read.input.settle();
        if let Some(why) = self.plain_left() {
            return Err(Refused::new(self, why));
        }
        if let Some(failure) = self.write.failure().or_else(|| self.read.input.failure()) {
            return Err(Refused::after(self, failure));
        }
        let Self { io, read, write, waits, .. } = self;
        let options = read.input.options;
        let (io, state, unsent) = io.into_bare().apart();
        let (layer, wire, mut sealed, has_ended) = state.into_parts();
        let mut write = write.anew();
        write.output.append(&mut sealed);
        write.keep(unsent);
        let input = Input::new(wire, has_ended, options);
        let mut below = Connection::of(M::mark(io), ReadSide::new((), input), write);
        below.waits = waits;
        Ok((below, layer))
    }
}

impl<T, S: Decode> Connection<T, S> {
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
