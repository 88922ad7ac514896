//! Datagrams that have come.

use std::{fmt, io, iter, mem, net::SocketAddr, task::Context, task::Poll};

use super::{Notice, Options, Socket};

/// The datagrams of a turn, in memory that each turn uses again.
#[derive(Default)]
pub(super) struct Incoming {
    /// The places, each a byte longer than the limit, so that longer datagrams are recognised.
    bytes: Vec<u8>,
    /// The length and the sender in each place that is in use.
    places: Vec<(usize, SocketAddr)>,
    place: usize,
    batch: usize,
}

impl Incoming {
    pub(super) fn new(options: &Options) -> Self {
        let place = options.max_datagram.saturating_add(1);
        let batch = options.batch.max(1);
        Self { bytes: Vec::new(), places: Vec::with_capacity(batch), place, batch }
    }

    pub(super) fn clear(&mut self) {
        self.places.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Receives as many datagrams as fit in the batch. Pending, with the task to be woken, if there
    /// are none.
    pub(super) fn poll_fill<S: Socket>(
        &mut self,
        socket: &mut S,
        cx: &mut Context<'_>,
        notices: &mut Vec<Notice>,
    ) -> Poll<io::Result<()>> {
        // A peer that only sends what is too long is not waited for for ever.
        for _ in 0..2 * self.batch {
            if self.places.len() == self.batch {
                break;
            }
            let at = self.places.len() * self.place;
            if self.bytes.len() < at + self.place {
                self.bytes.resize(at + self.place, 0);
            }
            match socket.poll_receive(cx, &mut self.bytes[at..at + self.place]) {
                Poll::Pending if self.is_empty() && notices.is_empty() => return Poll::Pending,
                Poll::Pending => break,
                Poll::Ready(Ok((length, from))) if length < self.place => {
                    self.places.push((length, from));
                }
                Poll::Ready(Ok((_, from))) => {
                    notices.push(Notice::Oversized { from: Some(from) });
                }
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                Poll::Ready(Err(error)) => match Notice::of_receiving(&error) {
                    Some(notice) => notices.push(notice),
                    // Received datagrams are given first; the socket fails again.
                    None if !self.is_empty() => break,
                    None => return Poll::Ready(Err(error)),
                },
            }
            if !socket.never_blocks() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn lend(&mut self) -> Batch<'_> {
        Batch { bytes: &mut self.bytes, places: self.places.iter(), place: self.place }
    }
}

/// The datagrams of a [`DatagramTurn`](super::DatagramTurn), in the order in which they came.
pub struct Batch<'a> {
    bytes: &'a mut [u8],
    places: std::slice::Iter<'a, (usize, SocketAddr)>,
    place: usize,
}

/// A received datagram.
#[derive(Debug)]
pub struct Received<'a> {
    /// The bytes, to be unprotected in place.
    pub bytes: &'a mut [u8],
    /// The sender.
    pub from: SocketAddr,
}

impl<'a> Iterator for Batch<'a> {
    type Item = Received<'a>;

    fn next(&mut self) -> Option<Received<'a>> {
        let &(length, from) = self.places.next()?;
        let (place, behind) = mem::take(&mut self.bytes).split_at_mut(self.place);
        self.bytes = behind;
        Some(Received { bytes: &mut place[..length], from })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl ExactSizeIterator for Batch<'_> {}
impl iter::FusedIterator for Batch<'_> {}

/// Shows the number, but no payload.
impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("datagrams", &self.len()).finish_non_exhaustive()
    }
}
