//! What the engine asks of the thing that carries bytes.

use std::{
    io::{self, IoSlice},
    task::{Context, Poll, ready},
};

use crate::Output;

/// What carries the bytes, seen from the engine: polled, on initialised memory.
///
/// It is implemented by the wrappers of this crate ([`Blocking`](super::sync::Blocking), `Tokio`,
/// `Futures` and the halves of a split connection) and by nothing else. A blocking transport is
/// one that is never pending, a non-blocking one answers `Pending` for would-block.
pub trait Transport: Sized {
    /// What a hand-off gives back: the transport as the caller knows it.
    type Io;

    /// Whether a read may wait, so that everything must have been said before it. Where it may
    /// not, reading first and flushing on would-block lets a whole batch of answers leave in one
    /// write.
    const FLUSH_FIRST: bool;

    /// Reads into `into`; 0 is the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Sends all of `output`, or as much as can be sent without waiting, and pushes on what a layer
    /// below may hold back.
    fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>>;

    /// Sends what one call takes of `output`; true once all of it has left and was pushed on. For
    /// those who look at a clock in between.
    fn poll_send_once(
        &mut self,
        cx: &mut Context<'_>,
        output: &mut Output,
    ) -> Poll<io::Result<bool>> {
        self.poll_send(cx, output).map_ok(|()| true)
    }

    /// Looks at what could be read, and leaves it there.
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Whether [`poll_peek`](Self::poll_peek) is to be had.
    fn can_peek(&self) -> bool;

    /// The transport as the caller knows it.
    fn into_io(self) -> Self::Io;

    /// How many bytes of this connection wait for their turn outside of its own output.
    fn queued(&self) -> usize {
        0
    }

    /// How many bytes a flush has to send that are not in the connection's own output.
    fn unsent(&self) -> usize {
        self.queued()
    }

    /// Bytes of memory for what waits outside of the connection's own output.
    fn held(&self) -> usize {
        0
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

/// Sends all of `output` by vectored writes.
pub(super) fn send(
    output: &mut Output,
    mut write: impl FnMut(&[IoSlice<'_>]) -> Poll<io::Result<usize>>,
) -> Poll<io::Result<()>> {
    while !output.is_empty() {
        ready!(send_some(output, usize::MAX, &mut write))?;
    }
    Poll::Ready(Ok(()))
}

/// Sends some of `output` by one vectored write, `most` bytes at most, and returns how many.
pub(super) fn send_some(
    output: &mut Output,
    most: usize,
    mut write: impl FnMut(&[IoSlice<'_>]) -> Poll<io::Result<usize>>,
) -> Poll<io::Result<usize>> {
    let mut slices = [IoSlice::new(&[]); SLICES];
    let (mut count, mut offered) = (0, 0);
    for (slice, chunk) in slices.iter_mut().zip(output.chunks()) {
        let chunk = &chunk[..chunk.len().min(most - offered)];
        if chunk.is_empty() {
            break;
        }
        *slice = IoSlice::new(chunk);
        count += 1;
        offered += chunk.len();
    }
    let sent = ready!(uninterrupted(|| write(&slices[..count])))?;
    match plausible(sent, offered)? {
        0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
        sent => {
            output.advance(sent);
            Poll::Ready(Ok(sent))
        }
    }
}

/// Makes a call again for as long as a signal interrupts it.
#[inline]
pub(super) fn uninterrupted<R>(
    mut call: impl FnMut() -> Poll<io::Result<R>>,
) -> Poll<io::Result<R>> {
    loop {
        match call() {
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// How many slices go into one system call. An item is at most a header, a payload and what
/// follows it, so 16 is a batch.
const SLICES: usize = 16;

/// What a transport says to have read or written, if there was so much to be read into or written.
/// Anybody can write a transport; what was in the memory before belongs to another connection.
#[inline]
pub(super) fn plausible(count: usize, most: usize) -> io::Result<usize> {
    if count > most {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the transport counts more bytes than it was given",
        ));
    }
    Ok(count)
}

/// A result of I/O as a poll: would-block is pending, an interrupted call is made again.
pub(super) fn polled<R>(mut call: impl FnMut() -> io::Result<R>) -> Poll<io::Result<R>> {
    uninterrupted(|| match call() {
        Err(error) if would_block(&error) => Poll::Pending,
        result => Poll::Ready(result),
    })
}

/// Whether a call came back because it would have to wait, or had to for too long.
fn would_block(error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::WouldBlock => true,
        // Windows says so when the time-out of a socket has passed. Unix says would-block then,
        // and this when it has given the connection up: that is a failure, and the next read would
        // see an end as if the peer had sent one.
        io::ErrorKind::TimedOut => cfg!(windows) || error.raw_os_error().is_none(),
        _ => false,
    }
}
