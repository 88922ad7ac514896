//! Transports of a connection.

use std::{
    fmt, io,
    task::{Context, Poll},
};

use crate::{Buffer, Output};

/// The source and destination of a connection's bytes: a socket, a layer over one, a stream of a
/// session.
///
/// A blocking transport is never pending; a non-blocking one answers `Pending` for would-block. The
/// leaves are [`sync::Std`](super::sync::Std), `tokio::Tokio` and `futures::Futures`, over anything
/// that reads and writes. Implement it for a source of bytes of another kind, such as a stream of a
/// session. Then a connection of any stage runs on it, made by
/// [`Connection::over`](super::Connection::over).
///
/// # Contract
/// - The caller of [`poll_fill`](Self::poll_fill) has made room for at least one byte in the buffer
///   ([`Buffer::reserve`]), unless the transport [does](Self::MAKES_ROOM).
/// - A pending call wakes the task, both when it can go on and when it cannot any more. A transport
///   remembers one task for each direction.
/// - A call that fails has not lost anything that it has already received or sent.
///
/// ```
/// # smol::block_on(async {
/// use segue::{Buffer, Output, length};
/// use segue::driver::{Connection, EndOf, Options, PollTransport, Transport};
/// use std::{io, task::{Context, Poll}};
///
/// /// Gives back what it is sent.
/// #[derive(Default)]
/// struct Loopback { bytes: Output, is_ended: bool }
///
/// impl Transport for Loopback {
///     type Leaf = Self;
///     const FLUSH_FIRST: bool = false;
///
///     fn poll_fill(
///         &mut self, _: &mut Context<'_>, into: &mut Buffer, most: usize,
///     ) -> Poll<io::Result<usize>> {
///         match self.bytes.pop() {
///             Some(bytes) => {
///                 into.extend(&bytes); // more than `most` is allowed if bytes come in records
///                 Poll::Ready(Ok(bytes.len()))
///             }
///             None if self.is_ended => Poll::Ready(Ok(0)),
///             None => Poll::Pending, // one task does both here, so none must be woken
///         }
///     }
///
///     fn poll_send(&mut self, _: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
///         self.bytes.append(output);
///         Poll::Ready(Ok(()))
///     }
///
///     fn poll_end(
///         &mut self, cx: &mut Context<'_>, end: &mut EndOf<'_, Self>,
///     ) -> Poll<io::Result<()>> {
///         end.poll(self, cx)
///     }
/// }
///
/// impl PollTransport for Loopback {
///     fn poll_close_write(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
///         self.is_ended = true;
///         Poll::Ready(Ok(()))
///     }
/// }
///
/// let connection = Connection::over(Loopback::default(), Options::new());
/// let mut connection = connection.begin(length::u16_be());
/// connection.send(&mut length::u16_be(), b"hello").await?;
/// connection.close_write().await?;
/// assert_eq!(connection.turn().await?.unwrap().item, b"hello");
/// assert!(connection.turn().await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
///
/// A socket is not a transport by itself. This does not compile:
///
/// ```compile_fail,E0277
/// # fn over(socket: std::net::TcpStream) {
/// use segue::driver::{Connection, Options};
///
/// let connection = Connection::over(socket, Options::new());
/// # }
/// ```
///
/// ```no_run
/// # fn over(socket: std::net::TcpStream) {
/// use segue::driver::sync::Connection;
///
/// let connection = Connection::new(socket, ());
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a transport of a connection",
    label = "it does not implement `Transport`",
    note = "over a socket, or anything else that reads and writes, take `new` of a driver's \
            connection: `sync::Connection::new`, `tokio::Connection::new` or \
            `futures::Connection::new`",
    note = "`Connection::over` is for transports: a stream of an endpoint (`streams::Stream`), or one \
            of your own"
)]
pub trait Transport: Sized {
    /// The transport under all layers, which sends the end of the stream.
    type Leaf;

    /// True if a read may wait, so that everything must be sent before it. If false, the connection
    /// reads first and flushes on would-block, and a whole batch of answers leaves in one write.
    const FLUSH_FIRST: bool;

    /// True if it makes room for what it appends, or hands its own memory over
    /// ([`Buffer::append`]), so that no room is needed before [`poll_fill`](Self::poll_fill).
    const MAKES_ROOM: bool = false;

    /// True if it reads into the [room](Buffer::spare_mut) of a buffer, which is zeroed first. Set
    /// it to false if it only appends.
    const NEEDS_ZEROS: bool = true;

    /// True if a read that gives fewer bytes than it has room for has most likely taken all there
    /// are, and another one costs a system call to find nothing. Then what is queued is sent before
    /// that other read instead of after it. Leave it false if a read that finds nothing is cheap,
    /// as over tokio, which remembers the short one.
    const SHORT_IS_ALL: bool = false;

    /// Appends received bytes to `into`, and returns their number; 0 is the end of the stream.
    ///
    /// It appends at most `most` bytes, except for the rest of a record of its own, since a layer
    /// does not open half of one.
    ///
    /// # Errors
    /// Those of the transport. One for which [`is_again`](super::is_again) is true says that bytes
    /// came which do not complete anything yet: a caller that watches the time or the work looks at
    /// it before calling again.
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>>;

    /// Sends all of `output`, or as much as it can without waiting, and flushes layers below.
    ///
    /// # Errors
    /// Those of the transport.
    fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>>;

    /// Sends what one call takes of `output`. Returns true once all of it has left and was flushed.
    /// It is for callers that look at a clock in between.
    ///
    /// # Errors
    /// Those of the transport.
    fn poll_send_once(
        &mut self,
        cx: &mut Context<'_>,
        output: &mut Output,
    ) -> Poll<io::Result<bool>> {
        self.poll_send(cx, output).map_ok(|()| true)
    }

    /// Takes `output` over, to send it with the next output: a layer seals it. The rest must still
    /// be [sent](Self::poll_send); a leaf takes nothing.
    ///
    /// # Errors
    /// Those of the layer.
    fn take_over(&mut self, _output: &mut Output) -> io::Result<()> {
        Ok(())
    }

    /// Sends the end of the stream by `end`, which ends the leaf. Everything was sent before. A
    /// layer sends its own end first.
    ///
    /// # Errors
    /// Those of the transport.
    fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        end: &mut EndOf<'_, Self::Leaf>,
    ) -> Poll<io::Result<()>>;

    /// Reads and drops what still comes below, once [`poll_fill`](Self::poll_fill) has returned the
    /// end of the stream, and returns the number of bytes: 0 is the end of the transport below. A
    /// layer ends before its transport does, and a close waits for both, since a socket that is
    /// dropped with unread input resets the connection.
    ///
    /// # Errors
    /// Those of the transport.
    fn poll_rest(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(0))
    }

    /// Copies bytes that could be read, and leaves them in place; 0 is the end of the stream.
    ///
    /// # Errors
    /// Those of the transport; [`Unsupported`](io::ErrorKind::Unsupported) if it cannot peek.
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let _ = (cx, into);
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    /// Returns true if [`poll_peek`](Self::poll_peek) works.
    fn can_peek(&self) -> bool {
        false
    }

    /// Returns true if [`poll_fill`](Self::poll_fill) never takes more than it is asked for from
    /// below, which [`ReadPolicy::Exact`](super::ReadPolicy::Exact) needs. A layer takes more.
    fn is_exact(&self) -> bool {
        true
    }

    /// Returns the number of bytes of this connection that wait outside its own output.
    fn queued(&self) -> usize {
        0
    }

    /// Returns the number of bytes that a flush must send and that are not in the connection's own
    /// output.
    fn unsent(&self) -> usize {
        self.queued()
    }

    /// Returns how far one of the queues for output has come, counted from above. `None` if there
    /// are fewer queues. A deadline to send depends on it, since it is for what was queued when it
    /// began.
    fn passed(&self, _queue: usize) -> Option<Passed> {
        None
    }

    /// Returns the bytes of memory for what waits outside the connection's own buffer and output.
    fn held(&self) -> usize {
        0
    }

    /// Returns true if a part of a record was received that gives no bytes yet. Then the deadline
    /// for a record counts, and not that for an idle peer.
    fn holds_part(&self) -> bool {
        false
    }

    /// Waits until fewer than `below` bytes of this connection wait outside its own output, or
    /// until no other half is sending them, so that a flush would. If a flush always sends by
    /// itself, there is nothing to wait for.
    fn poll_left(&mut self, _cx: &mut Context<'_>, _below: usize) -> Poll<()> {
        Poll::Ready(())
    }

    /// Returns true if the other half has ended the writing side.
    fn is_closed(&self) -> bool {
        false
    }
}

/// The progress of a queue of bytes to be sent, as [`Transport::passed`] returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passed {
    /// The number of bytes that have left it so far. It wraps.
    pub left: usize,
    /// The number of bytes that wait in it.
    pub waiting: usize,
}

impl Passed {
    /// Makes the progress of a queue that `left` bytes have left and in which `waiting` wait.
    pub const fn new(left: usize, waiting: usize) -> Self {
        Self { left, waiting }
    }

    /// Returns the progress of an output.
    #[expect(clippy::cast_possible_truncation, reason = "it wraps")]
    pub fn of(output: &Output) -> Self {
        Self::new(output.position() as usize, output.len())
    }

    /// Returns the number of bytes that have left once all that wait now have.
    pub(super) const fn end(self) -> usize {
        self.left.wrapping_add(self.waiting)
    }
}

/// Transports without a layer, which a hand-off returns as the caller knows them. Take layers off
/// first.
///
/// ```compile_fail,E0277
/// use segue::{Edge, combine::Paired, driver::sync::Connection, length};
///
/// # fn over(socket: std::net::TcpStream) {
/// let chunks = Paired::new(length::u8(), length::u8(), 255);
/// let connection = Connection::new(socket, ()).layered(chunks).begin(length::u8());
/// let handoff = connection.hand_off(Edge::Carry); // the layer would be lost
/// # }
/// ```
///
/// ```no_run
/// use segue::{Edge, combine::Paired, driver::sync::Connection, length};
///
/// # fn over(socket: std::net::TcpStream) {
/// let chunks = Paired::new(length::u8(), length::u8(), 255);
/// let connection = Connection::new(socket, ()).layered(chunks).begin(length::u8());
/// let Ok((below, _layer)) = connection.unlayer() else { return };
/// let handoff = below.begin(length::u8()).hand_off(Edge::Carry);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "a connection over `{Self}` cannot hand it off",
    label = "there is a layer between the connection and the socket",
    note = "take each layer off first: `let (connection, layer) = connection.unlayer()?`, then give \
            it a stage by `begin` and hand that off"
)]
pub trait IntoIo: Transport {
    /// The transport as the caller knows it.
    type Io;

    /// Returns the transport as the caller knows it.
    fn into_io(self) -> Self::Io;
}

/// Transports whose leaf can be reached: all except the halves of a polled connection, which share
/// it.
pub trait HasLeaf: Transport {
    /// Returns the transport under all layers.
    fn leaf(&self) -> &Self::Leaf;

    /// Returns the transport under all layers, to be changed.
    fn leaf_mut(&mut self) -> &mut Self::Leaf;
}

/// A transport under all layers: a wrapper around a socket or another type of the caller's.
pub trait Leaf {
    /// The wrapped type, such as a socket.
    type Io;

    /// Returns the wrapped value.
    fn io(&self) -> &Self::Io;

    /// Returns the wrapped value, to be changed.
    fn io_mut(&mut self) -> &mut Self::Io;
}

/// A function that ends the writing side of a leaf.
pub struct EndOf<'a, L> {
    end: &'a mut dyn FnMut(&mut L, &mut Context<'_>) -> Poll<io::Result<()>>,
}

impl<'a, L> EndOf<'a, L> {
    /// Wraps `end`, which ends a leaf.
    pub fn new(end: &'a mut dyn FnMut(&mut L, &mut Context<'_>) -> Poll<io::Result<()>>) -> Self {
        Self { end }
    }

    /// Ends `leaf`.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn poll(&mut self, leaf: &mut L, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (self.end)(leaf, cx)
    }
}

/// Comes to how a side has ended, from how what was left was sent and how the transport ended after
/// that. A failure to send is told once the transport has ended, and kept meanwhile: told earlier
/// it would look as if the transport had no end left to send.
pub(super) fn poll_both(
    kept: &mut Option<io::Error>,
    sent: io::Result<()>,
    ended: Poll<io::Result<()>>,
) -> Poll<io::Result<()>> {
    if let Err(error) = sent {
        kept.get_or_insert(error);
    }
    let Poll::Ready(ended) = ended else { return Poll::Pending };
    Poll::Ready(kept.take().map_or(ended, Err))
}

impl<L> fmt::Debug for EndOf<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndOf").finish_non_exhaustive()
    }
}
