//! Calls on the transport: repeated if they were interrupted, and checked.

use std::{
    io::{self, IoSlice},
    task::{Poll, ready},
};

use crate::{Buffer, Output};

/// Reads up to `most` bytes into the room behind what is buffered, by one call of `read`. 0 is the
/// end of the stream.
#[inline]
pub(super) fn fill(
    into: &mut Buffer,
    most: usize,
    mut read: impl FnMut(&mut [u8]) -> Poll<io::Result<usize>>,
) -> Poll<io::Result<usize>> {
    let spare = into.spare_mut();
    let most = most.min(spare.len());
    let count = ready!(uninterrupted(|| read(&mut spare[..most])));
    // A transport that fails may have written something all the same.
    let count = count.and_then(|count| plausible(count, most)).inspect_err(|_| into.all_used())?;
    into.commit(count);
    Poll::Ready(Ok(count))
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
    if let Some(chunk) = output.as_one_chunk() {
        let chunk = &chunk[..chunk.len().min(most)];
        let sent = ready!(uninterrupted(|| write(&[IoSlice::new(chunk)])))?;
        return sent_of(chunk.len(), sent, output);
    }
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
    sent_of(offered, sent, output)
}

/// Drops from `output` what a write of `offered` bytes claims to have sent.
#[inline]
fn sent_of(offered: usize, sent: usize, output: &mut Output) -> Poll<io::Result<usize>> {
    match plausible(sent, offered)? {
        0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
        sent => {
            output.advance(sent);
            Poll::Ready(Ok(sent))
        }
    }
}

/// Repeats a call as long as a signal interrupts it.
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

/// The number of slices in one system call. An item is at most a header, a payload and what follows
/// it, so 16 is a batch.
const SLICES: usize = 16;

/// Checks the number of bytes that a transport claims to have read or written. Anybody can write a
/// transport, and the memory held bytes of another connection before.
#[inline]
pub(super) fn plausible(count: usize, most: usize) -> io::Result<usize> {
    if count > most {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the transport reports more bytes than it was given room for",
        ));
    }
    Ok(count)
}

/// Converts a result of I/O to a poll: would-block is pending, and an interrupted call is repeated.
pub(super) fn polled<R>(mut call: impl FnMut() -> io::Result<R>) -> Poll<io::Result<R>> {
    uninterrupted(|| match call() {
        Err(error) if would_block(&error) => Poll::Pending,
        result => Poll::Ready(result),
    })
}

/// Returns true if a call came back because it would have to wait, or because its time-out has
/// passed.
fn would_block(error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::WouldBlock => true,
        // Windows reports this when the time-out of a socket has passed. Unix reports would-block
        // then, and this when it has given the connection up: a failure, after which the next read
        // would see an end as if the peer had sent one.
        io::ErrorKind::TimedOut => cfg!(windows) || error.raw_os_error().is_none(),
        _ => false,
    }
}
