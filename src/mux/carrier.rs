//! A connection of many streams, as those see it who use its streams.

use bytes::Bytes;
use core::{fmt::Debug, hash::Hash, mem};

use super::{Ended, Priority};
use crate::{Buffer, Output};

/// How the peer's side of a stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// More may come.
    Open,
    /// The peer has ended it: nothing comes behind what is buffered.
    Ended,
    /// It broke off, with this error code of the application's protocol; 0 where the carrier has no
    /// codes. What is buffered may not be all that was sent.
    Reset(u64),
}

/// The two sides of a stream, lent by its [`Carrier`].
#[derive(Debug)]
pub struct StreamMut<'a> {
    /// What came and was not consumed, at its offset in the stream. None where the peer does not
    /// send on this stream.
    pub input: Option<&'a mut Buffer>,
    /// How the peer's side stands.
    pub ending: Ending,
    /// What waits to be sent. None where this endpoint does not send on this stream, or no longer:
    /// it has finished it, or it was reset.
    pub output: Option<&'a mut Output>,
}

/// What happened on a connection of many streams.
///
/// Not `non_exhaustive`: who drives a carrier has to act upon each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event<Id> {
    /// The peer opened a stream. It counts against the limit on the peer's streams until
    /// [`let_go`](Carrier::let_go).
    Opened(Id),
    /// More came on a stream, or its end. Told once for all that came since the last time.
    Readable(Id),
    /// The output of a stream was full and has room again.
    Writable(Id),
    /// The peer gave a stream up, both sides of it where it has two. The code is one of the
    /// application's protocol.
    Reset(Id, u64),
    /// The peer does not want what is sent on a stream.
    Stopped(Id, u64),
    /// So many bytes of a stream's output are on their way: they went into frames.
    Sent(Id, usize),
    /// A stream that was [let go](Carrier::let_go) of is over. Its id means nothing any more.
    Released(Id),
    /// Streams can be opened again, after [`open`](Opens::open) could not.
    May,
    /// The peer takes no new streams, for this reason; those that are open go on. The code is one
    /// of the carrier's protocol.
    Away(u64),
}

impl<Id> Event<Id> {
    /// The stream that it happened to.
    pub const fn stream(&self) -> Option<&Id> {
        match self {
            Self::Opened(id)
            | Self::Readable(id)
            | Self::Writable(id)
            | Self::Reset(id, _)
            | Self::Stopped(id, _)
            | Self::Sent(id, _)
            | Self::Released(id) => Some(id),
            Self::May | Self::Away(_) => None,
        }
    }
}

/// A connection that carries many streams: a session of yamux or HTTP/2, a connection of QUIC.
///
/// It is not a stage, since not every carrier reads a stream of bytes; those that do are
/// [`Decode`](crate::Decode) as well. No method does I/O: what they bring about is queued, and
/// leaves when the carrier is asked to speak.
///
/// # How to use one
/// Take [events](Self::next_event) until there are none. On a stream that is
/// [readable](Event::Readable), consume some of its [input](StreamMut::input), and then say how much by
/// [`release_credit`](Self::release_credit): only that lets the peer send more. To send, write to
/// its [output](StreamMut::output) while that [has room](Output::has_room), and
/// [`finish`](Self::finish) it.
///
/// Each stream that was opened, by either side, is to be [let go](Self::let_go) of once. Up to then
/// its id stays good, whatever the peer does.
///
/// All methods ignore ids of streams that there are not (any more).
pub trait Carrier {
    /// What streams are known by.
    type Id: Copy + Eq + Hash + Debug;

    /// What happened next, in the order of the connection but for what is told once for many times.
    fn next_event(&mut self) -> Option<Event<Self::Id>>;

    /// The two sides of a stream. None where there is no such stream.
    fn stream(&mut self, id: Self::Id) -> Option<StreamMut<'_>>;

    /// The id as a number, for logs.
    fn number(&self, id: Self::Id) -> u64;

    /// The consumer has done with `count` bytes of a stream: the peer may send as many more. It is
    /// the consumer who says so and not the arrival, so that what waits for a slow one is bounded by
    /// the window of its stream.
    fn release_credit(&mut self, id: Self::Id, count: usize);

    /// The consumer of a stream can do nothing with less than `at_least` bytes more than are
    /// buffered, as [`Need::at_least`](crate::Need::at_least) says. If the peer may not send as many
    /// it is allowed to: a record can be longer than the window. It is allowed up to half a window
    /// however little is wanted, since a search for a separator only ever lacks a byte, and a peer
    /// is not to send byte by byte.
    ///
    /// False if that is more than the carrier lets a stream have: the record will never be whole,
    /// and the stream should be given up. What only has to wait, until others have done with what
    /// they were allowed, is granted later and gives true.
    #[must_use = "a record that cannot be granted will never be whole"]
    fn want(&mut self, id: Self::Id, at_least: usize) -> bool;

    /// Ends this side of a stream, behind what waits in its output.
    fn finish(&mut self, id: Self::Id);

    /// Gives a stream up, both sides: what waits in its output is dropped. It is still to be let go
    /// of. Carriers without codes tell the peer none.
    fn reset(&mut self, id: Self::Id, code: u64);

    /// Asks the peer not to send on a stream any more. False where the protocol has no such word.
    fn stop(&mut self, id: Self::Id, code: u64) -> bool {
        let _ = (id, code);
        false
    }

    /// The consumer is done with a stream, and its id must not be used any more. What waits in the
    /// output is sent first, and ends as by [`finish`](Self::finish); what still comes is thrown
    /// away. [`Event::Released`] says when all that is over.
    fn let_go(&mut self, id: Self::Id);

    /// Says how urgent what is sent on a stream is. Ignored where the carrier knows of no such
    /// thing.
    fn prioritise(&mut self, id: Self::Id, priority: Priority) {
        let _ = (id, priority);
    }

    /// Takes the input of a stream out, so that it can be lent to a stage while the carrier goes on.
    /// It is to be [given back](Self::give_back); what comes in between is kept.
    fn lend(&mut self, id: Self::Id) -> Option<Buffer> {
        let input = self.stream(id)?.input?;
        let lent = mem::take(input);
        input.set_position(lent.position().wrapping_add(lent.len() as u64));
        Some(lent)
    }

    /// Puts a buffer back that was lent, in front of what came since. It is dropped if there is no
    /// such stream any more.
    fn give_back(&mut self, id: Self::Id, lent: Buffer) {
        if let Some(input) = self.stream(id).and_then(|stream| stream.input) {
            let came = mem::replace(input, lent);
            if !came.is_empty() {
                input.extend(came.as_slice());
            }
        }
    }

    /// Whether what came on a stream may have been sent by somebody else before: early data, which
    /// can be replayed.
    fn is_early(&self, id: Self::Id) -> bool {
        let _ = id;
        false
    }

    /// Takes no new streams of the peer's, and tells it so with this code of the carrier's
    /// protocol. Streams that are open go on.
    fn away(&mut self, code: u64);

    /// Ends the connection with this code of the carrier's protocol: all streams break off. `why`
    /// is told where the protocol has a place for it.
    fn close(&mut self, code: u64, why: &str);

    /// How the peer has ended the session, if that was no clean end: it said so with streams open,
    /// or with a code that says that something is wrong. `None` while the session goes on, after a
    /// clean end, and where it was cut off without a word.
    fn ended(&self) -> Option<Ended> {
        None
    }
}

/// Which sides of a stream send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both.
    Both,
    /// Only the side that opens it: a unidirectional stream of QUIC (RFC 9000 §2.1).
    ///
    /// A protocol whose streams all have two sides, as those of yamux do, gives one of these: see
    /// [`Opens::open`].
    Sending,
}

/// A carrier on which this endpoint opens streams without further ado.
pub trait Opens: Carrier {
    /// Opens a stream. None where that is not possible now, of which [`Event::May`] tells the end,
    /// or never again: [`opens_later`](Self::opens_later) says which.
    ///
    /// For [`Direction::Sending`] a protocol without one-sided streams opens one on which both sides
    /// can send. Its [`input`](StreamMut::input) is there then. A peer that follows the application's
    /// protocol sends nothing on it and ends its side; what comes all the same fills the window and
    /// no more, and the stream is over when the peer has ended it or the opener has
    /// [let go](Carrier::let_go) of it.
    fn open(&mut self, direction: Direction) -> Option<Self::Id>;

    /// Whether a stream of this direction may yet be opened, where [`open`](Self::open) gave none.
    /// False where waiting for [`Event::May`] would be in vain: the limit is 0, all ids are used,
    /// the session is over or takes no more.
    fn opens_later(&self, direction: Direction) -> bool {
        let _ = direction;
        true
    }
}

/// A carrier that has datagrams beside its streams: short messages that may be lost (RFC 9221).
pub trait Datagrams: Carrier {
    /// The next datagram that came.
    fn datagram(&mut self) -> Option<Bytes>;

    /// Queues a datagram that consists of `parts`. False, and nothing is queued, where it is longer
    /// than [`datagram_room`](Self::datagram_room).
    fn put_datagram(&mut self, parts: &[&[u8]]) -> bool;

    /// How many bytes the next datagram may have at most; 0 where none can be queued now.
    fn datagram_room(&self) -> usize;
}
