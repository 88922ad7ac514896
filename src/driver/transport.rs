//! What the engine asks of the thing that carries bytes.

use std::{
    fmt, io,
    task::{Context, Poll},
};

use crate::{Buffer, Output};

/// What carries the bytes of a connection: a socket, a layer over one, a stream of a multiplexer.
///
/// A blocking transport is one that is never pending; a non-blocking one answers `Pending` for
/// would-block. The leaves are [`sync::Std`](super::sync::Std), `tokio::Tokio` and
/// `futures::Futures`, over anything that reads and writes. Write one of your own for what has
/// bytes of its own to give, as a stream of a multiplexer has; then a connection of any stage runs
/// on it, made by [`Connection::over`](super::Connection::over).
///
/// # Contract
/// - Whoever calls [`poll_fill`](Self::poll_fill) has made room for at least one byte in the buffer
///   ([`Buffer::reserve`]), unless the transport [does](Self::MAKES_ROOM).
/// - What is pending wakes the task, both when it can go on and when it cannot any more. A
///   transport remembers one task for each direction.
/// - A call that fails has not lost anything that it has already taken in or given out.
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
///                 into.extend(&bytes); // more than `most` is fine where bytes come in records
///                 Poll::Ready(Ok(bytes.len()))
///             }
///             None if self.is_ended => Poll::Ready(Ok(0)),
///             None => Poll::Pending, // one task does both here, so nobody is to be woken
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
/// A socket is none by itself. This does not compile:
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
    message = "`{Self}` is no transport of a connection",
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

    /// Whether a read may wait, so that everything must have been said before it. Where it may
    /// not, reading first and flushing on would-block lets a whole batch of answers leave in one
    /// write.
    const FLUSH_FIRST: bool;

    /// Whether it makes room for what it appends by itself, or hands its own memory over
    /// ([`Buffer::append`]), so that nobody needs to make any before [`poll_fill`](Self::poll_fill).
    const MAKES_ROOM: bool = false;

    /// Whether it reads into the [room](Buffer::spare_mut) of a buffer, which is zeroed first. One
    /// that only appends can do without.
    const NEEDS_ZEROS: bool = true;

    /// Whether a read that gives fewer bytes than it has room for has most likely taken all there
    /// are, and the next one costs a system call to find nothing. Then what is queued is sent before
    /// that next read: it would be sent behind it anyway. Leave it false where a read that finds
    /// nothing is cheap, as over tokio, which remembers the short one.
    const SHORT_IS_ALL: bool = false;

    /// Appends received bytes to `into`, and returns how many; 0 is the end of the stream.
    ///
    /// It gives `most` bytes at most, but for the rest of a record of its own: a layer does not
    /// open half of one.
    ///
    /// # Errors
    /// The transport's. One that [`is_again`](super::is_again) says that something came which gives
    /// no bytes yet: whoever watches the time or the work looks at it before calling again.
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>>;

    /// Sends all of `output`, or as much as can be sent without waiting, and pushes on what a layer
    /// below may hold back.
    ///
    /// # Errors
    /// The transport's.
    fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>>;

    /// Sends what one call takes of `output`; true once all of it has left and was pushed on. For
    /// those who look at a clock in between.
    ///
    /// # Errors
    /// The transport's.
    fn poll_send_once(
        &mut self,
        cx: &mut Context<'_>,
        output: &mut Output,
    ) -> Poll<io::Result<bool>> {
        self.poll_send(cx, output).map_ok(|()| true)
    }

    /// Takes `output` over, to send it with what is sent next: a layer seals it. What is left of it is
    /// to be [sent](Self::poll_send); under all layers that is everything.
    ///
    /// # Errors
    /// The layer's.
    fn take_over(&mut self, _output: &mut Output) -> io::Result<()> {
        Ok(())
    }

    /// Sends the end of the stream by way of `end`, which knows how the leaf does that. Everything
    /// was sent before. A layer says its own end first.
    ///
    /// # Errors
    /// The transport's.
    fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        end: &mut EndOf<'_, Self::Leaf>,
    ) -> Poll<io::Result<()>>;

    /// Reads and drops what still comes below, once [`poll_fill`](Self::poll_fill) has said that the
    /// stream has ended, and returns how many bytes: 0 is the end of what is below. A layer ends
    /// before its transport does; a close waits for both, since a socket that is dropped with input
    /// that nobody has read resets the connection.
    ///
    /// # Errors
    /// The transport's.
    fn poll_rest(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(0))
    }

    /// Looks at what could be read, and leaves it there; 0 is the end of the stream.
    ///
    /// # Errors
    /// The transport's; of kind [`Unsupported`](io::ErrorKind::Unsupported) where it cannot.
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let _ = (cx, into);
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    /// Whether [`poll_peek`](Self::poll_peek) is to be had.
    fn can_peek(&self) -> bool {
        false
    }

    /// Whether [`poll_fill`](Self::poll_fill) never takes more than it is asked for out of what is
    /// below, as [`ReadPolicy::Exact`](super::ReadPolicy::Exact) needs it. A layer does.
    fn is_exact(&self) -> bool {
        true
    }

    /// How many bytes of this connection wait for their turn outside of its own output.
    fn queued(&self) -> usize {
        0
    }

    /// How many bytes a flush has to send that are not in the connection's own output.
    fn unsent(&self) -> usize {
        self.queued()
    }

    /// What has passed through one of the queues that it has for what it sends, counted from above.
    /// None where there are not so many. A deadline to send goes by that: it is for what was queued
    /// when it began.
    fn passed(&self, _queue: usize) -> Option<Passed> {
        None
    }

    /// Bytes of memory for what waits outside of the connection's own buffer and output.
    fn held(&self) -> usize {
        0
    }

    /// Whether a part of a record was received that gives no bytes yet: then a deadline for a record
    /// counts, and not the one for a peer that is idle.
    fn holds_part(&self) -> bool {
        false
    }

    /// Waits until fewer than `below` bytes of this connection wait outside of its own output, or
    /// nobody else is sending them, so that a flush would. Where a flush always sends by itself
    /// there is nothing to wait for.
    fn poll_left(&mut self, _cx: &mut Context<'_>, _below: usize) -> Poll<()> {
        Poll::Ready(())
    }

    /// Whether somebody else has ended the writing side.
    fn is_closed(&self) -> bool {
        false
    }
}

/// What has passed through a queue of bytes that are to be sent: what [`Transport::passed`] tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passed {
    /// How many bytes have left it so far. It wraps.
    pub left: usize,
    /// How many bytes wait in it.
    pub waiting: usize,
}

impl Passed {
    /// So many bytes have left, and so many wait.
    pub const fn new(left: usize, waiting: usize) -> Self {
        Self { left, waiting }
    }

    /// That of an output.
    #[expect(clippy::cast_possible_truncation, reason = "it wraps")]
    pub fn of(output: &Output) -> Self {
        Self::new(output.position() as usize, output.len())
    }

    /// How many bytes have left once all that wait now have.
    pub(super) const fn end(self) -> usize {
        self.left.wrapping_add(self.waiting)
    }
}

/// Transports with nothing between them and what the caller knows, which a hand-off gives back. A
/// layer is taken off first.
///
/// ```compile_fail,E0277
/// use segue::{Edge, combine::Paired, driver::sync::Connection, length};
///
/// # fn over(socket: std::net::TcpStream) {
/// let chunks = Paired::new(length::u8(), length::u8(), 255);
/// let connection = Connection::new(socket, ()).layered(chunks).begin(length::u8());
/// let handoff = connection.hand_off(Edge::Carry); // what of the layer?
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

    /// The transport as the caller knows it.
    fn into_io(self) -> Self::Io;
}

/// Transports whose leaf can be reached: all but the halves of a polled connection, which share it.
pub trait HasLeaf: Transport {
    /// The transport under all layers.
    fn leaf(&self) -> &Self::Leaf;

    /// The same, to be changed.
    fn leaf_mut(&mut self) -> &mut Self::Leaf;
}

/// A transport under all layers: a wrapper around what the caller knows.
pub trait Leaf {
    /// What the caller knows: a socket.
    type Io;

    /// What the caller knows.
    fn io(&self) -> &Self::Io;

    /// The same, to be changed.
    fn io_mut(&mut self) -> &mut Self::Io;
}

/// The way to end the writing side of a transport under all layers.
pub struct EndOf<'a, L> {
    end: &'a mut dyn FnMut(&mut L, &mut Context<'_>) -> Poll<io::Result<()>>,
}

impl<'a, L> EndOf<'a, L> {
    /// Ends a leaf by a call of `end`.
    pub fn new(end: &'a mut dyn FnMut(&mut L, &mut Context<'_>) -> Poll<io::Result<()>>) -> Self {
        Self { end }
    }

    /// Ends `leaf`.
    ///
    /// # Errors
    /// The transport's.
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
