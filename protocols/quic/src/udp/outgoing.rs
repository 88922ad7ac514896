use std::{collections::VecDeque, fmt, net::SocketAddr};

/// A queue of datagrams to send, in reused memory.
///
/// ```
/// use segue_quic::udp::Outgoing;
///
/// let mut outgoing = Outgoing::new(64 * 1024);
/// outgoing.put(b"for the peer of a connected socket", None);
/// outgoing.put_with(1200, Some(([127, 0, 0, 1], 4433).into()), |datagram| {
///     datagram[..2].copy_from_slice(b"in");
///     2 // bytes of it that are to be sent
/// });
/// assert_eq!((outgoing.len(), outgoing.has_room()), (2, true));
/// ```
#[derive(Default)]
pub struct Outgoing {
    /// Their bytes, one behind the other.
    bytes: Vec<u8>,
    /// The start of the first datagram that was not sent.
    start: usize,
    queue: VecDeque<(usize, Option<SocketAddr>)>,
    high_water: usize,
}

impl Outgoing {
    /// Creates an empty queue with a high-water mark
    #[must_use]
    pub fn new(high_water: usize) -> Self {
        Self { high_water, ..Self::default() }
    }

    /// Queues a datagram; `to` is none for the peer of a connected socket.
    pub fn put(&mut self, datagram: &[u8], to: Option<SocketAddr>) {
        self.bytes.extend_from_slice(datagram);
        self.queue.push_back((datagram.len(), to));
    }

    /// Queues the datagram that `write` puts at the front of `room` zero bytes. It returns the
    /// length; 0 queues nothing.
    pub fn put_with(
        &mut self,
        room: usize,
        to: Option<SocketAddr>,
        write: impl FnOnce(&mut [u8]) -> usize,
    ) {
        let at = self.bytes.len();
        self.bytes.resize(at + room, 0);
        let length = write(&mut self.bytes[at..]).min(room);
        self.bytes.truncate(at + length);
        if length > 0 {
            self.queue.push_back((length, to));
        }
    }

    /// Returns the number of queued datagrams.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Returns true if no datagram is queued.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Returns true if fewer bytes are queued than the high-water mark. The mark is soft: check it
    /// before you make a datagram.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.bytes.len() - self.start < self.high_water
    }

    /// Returns the next datagram to send.
    pub(super) fn front(&self) -> Option<(&[u8], Option<SocketAddr>)> {
        let &(length, to) = self.queue.front()?;
        Some((&self.bytes[self.start..self.start + length], to))
    }

    /// Drops the datagram in front.
    pub(super) fn pop(&mut self) {
        if let Some((length, _)) = self.queue.pop_front() {
            self.start += length;
        }
        // The rest moves to the front once it is no longer than what was sent.
        let left = self.bytes.len() - self.start;
        if left <= self.start {
            self.bytes.copy_within(self.start.., 0);
            self.bytes.truncate(left);
            self.start = 0;
        }
    }
}

/// Shows numbers, but no payload.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("datagrams", &self.queue.len())
            .field("bytes", &(self.bytes.len() - self.start))
            .finish()
    }
}
