//! Connections of many streams, as seen by those who use the streams.

use bytes::Bytes;
use core::{fmt::Debug, hash::Hash, mem};

use super::{Ended, Priority};
use crate::{Buffer, Output};

/// The state of the peer's side of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// More may come.
    Open,
    /// The peer has ended it: nothing comes behind what is buffered.
    Ended,
    /// The peer reset it, with this error code of the application's protocol; 0 if the carrier has
    /// no codes. What is buffered may not be all that was sent.
    Reset(u64),
}

/// The two sides of a stream, lent by its [`Carrier`].
#[derive(Debug)]
pub struct StreamMut<'a> {
    /// Bytes received and not consumed, at their offset in the stream. `None` if the peer does not
    /// send on this stream.
    pub input: Option<&'a mut Buffer>,
    /// The state of the peer's side.
    pub ending: Ending,
    /// Bytes waiting to be sent. `None` if this endpoint does not send on this stream, or no
    /// longer: it has finished it, or it was reset.
    pub output: Option<&'a mut Output>,
}

/// A change on a connection of many streams.
///
/// Not `non_exhaustive`: every driver of a carrier must act on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event<Id> {
    /// The peer opened a stream. It counts against the limit on the peer's streams until
    /// [`let_go`](Carrier::let_go).
    Opened(Id),
    /// More came on a stream, or its end. Reported once for everything since the last time.
    Readable(Id),
    /// The output of a stream was full and has room again.
    Writable(Id),
    /// The peer reset a stream, both sides of it if it has two. The code is one of the
    /// application's protocol.
    Reset(Id, u64),
    /// The peer does not want what is sent on a stream. The code is one of the application's
    /// protocol.
    Stopped(Id, u64),
    /// This many bytes of a stream's output went into frames.
    Sent(Id, usize),
    /// A stream that was [let go](Carrier::let_go) has ended. Its id is no longer valid.
    Released(Id),
    /// Streams can be opened again, after [`open`](Opens::open) returned none.
    May,
    /// The peer takes no new streams; open ones go on. The code is one of the carrier's protocol.
    Away(u64),
}

impl<Id> Event<Id> {
    /// Returns the stream that changed.
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
/// It is not a stage, since not every carrier reads a stream of bytes; those that do implement
/// [`Decode`](crate::Decode) as well. No method does I/O: output is queued, and leaves when the
/// carrier is asked to speak.
///
/// # Using one
/// Take [events](Self::next_event) until there are none. On a stream that is
/// [readable](Event::Readable), consume some of its [input](StreamMut::input), and then report the
/// number of bytes by [`release_credit`](Self::release_credit): only that lets the peer send more.
/// To send, write to its [output](StreamMut::output) while that [has room](Output::has_room), and
/// [`finish`](Self::finish) it.
///
/// [Let each stream go](Self::let_go) once, whichever side opened it. Its id stays valid until
/// then, whatever the peer does.
///
/// All methods ignore ids of streams that do not exist, or no longer.
pub trait Carrier {
    /// The id of a stream.
    type Id: Copy + Eq + Hash + Debug;

    /// Returns the next event. Events come in the order of the connection, except that one event
    /// may stand for several of its kind.
    fn next_event(&mut self) -> Option<Event<Self::Id>>;

    /// Returns the two sides of a stream. `None` if there is no such stream.
    fn stream(&mut self, id: Self::Id) -> Option<StreamMut<'_>>;

    /// Returns the id as a number, for logs.
    fn number(&self, id: Self::Id) -> u64;

    /// Reports that the consumer is done with `count` bytes of a stream: the peer may send as many
    /// more. The consumer reports this, and not the arrival, so that what waits for a slow consumer
    /// is bounded by the window of its stream.
    fn release_credit(&mut self, id: Self::Id, count: usize);

    /// Reports that the consumer can do nothing with fewer than `at_least` bytes more than are
    /// buffered, as [`Need::at_least`](crate::Need::at_least) does. If the peer may not send as
    /// many, it is allowed to: a record can be longer than the window. At least half a window is
    /// allowed at once, since a search for a separator always lacks one byte, and a peer should not
    /// send byte by byte.
    ///
    /// Returns false if that is more than the carrier allows a stream: the record will never be
    /// whole, and the stream should be given up. An allowance that must wait until others have used
    /// theirs is granted later, and returns true.
    #[must_use = "a record that cannot be granted will never be whole"]
    fn want(&mut self, id: Self::Id, at_least: usize) -> bool;

    /// Ends this side of a stream, behind what waits in its output.
    fn finish(&mut self, id: Self::Id);

    /// Gives up both sides of a stream and drops its output. The stream must still be let go.
    /// Carriers without codes send none.
    fn reset(&mut self, id: Self::Id, code: u64);

    /// Asks the peer to stop sending on a stream. Returns false if the protocol has no such
    /// message.
    fn stop(&mut self, id: Self::Id, code: u64) -> bool {
        let _ = (id, code);
        false
    }

    /// Ends the use of a stream and of its id. Its output is sent first, and ends as by
    /// [`finish`](Self::finish); input that still comes is dropped. [`Event::Released`] reports the
    /// end of all that.
    fn let_go(&mut self, id: Self::Id);

    /// Sets the priority of what is sent on a stream. Carriers without priorities ignore it.
    fn prioritise(&mut self, id: Self::Id, priority: Priority) {
        let _ = (id, priority);
    }

    /// Takes the input of a stream out, so that it can be lent to a stage while the carrier goes
    /// on. [Give it back](Self::give_back) afterwards; what comes in between is kept.
    fn lend(&mut self, id: Self::Id) -> Option<Buffer> {
        let input = self.stream(id)?.input?;
        let lent = mem::take(input);
        input.set_position(lent.position().wrapping_add(lent.len() as u64));
        Some(lent)
    }

    /// Puts a lent buffer back, in front of what came since. It is dropped if the stream does not
    /// exist any more.
    fn give_back(&mut self, id: Self::Id, lent: Buffer) {
        if let Some(input) = self.stream(id).and_then(|stream| stream.input) {
            let came = mem::replace(input, lent);
            if !came.is_empty() {
                input.extend(came.as_slice());
            }
        }
    }

    /// Returns true if input of a stream may have been replayed: it came as early data.
    fn is_early(&self, id: Self::Id) -> bool {
        let _ = id;
        false
    }

    /// Refuses new streams of the peer from now on, and tells it so with this code of the carrier's
    /// protocol. Open streams go on.
    fn away(&mut self, code: u64);

    /// Ends the connection with this code of the carrier's protocol, and resets all streams. `why`
    /// is sent if the protocol has a place for it.
    fn close(&mut self, code: u64, why: &str);

    /// Returns how the peer has ended the session, if that was not a clean end: streams were open,
    /// or the code reports an error. `None` while the session goes on, after a clean end, and if it
    /// was cut off without a message.
    fn ended(&self) -> Option<Ended> {
        None
    }
}

/// The sides of a stream that send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both.
    Both,
    /// The side that opens it: a unidirectional stream of QUIC (RFC 9000 §2.1).
    ///
    /// A protocol whose streams all have two sides, such as yamux, opens one of these: see
    /// [`Opens::open`].
    Sending,
}

/// A carrier on which this endpoint can open streams.
pub trait Opens: Carrier {
    /// Opens a stream. `None` if that is not possible now, until [`Event::May`], or never again;
    /// [`opens_later`](Self::opens_later) tells which.
    ///
    /// For [`Direction::Sending`] a protocol without one-sided streams opens one on which both
    /// sides can send, and which has an [`input`](StreamMut::input). A peer that follows the
    /// application's protocol sends nothing on it and ends its side. Anything else fills the window
    /// and no more, and the stream is over when the peer has ended it or the opener has [let it
    /// go](Carrier::let_go).
    fn open(&mut self, direction: Direction) -> Option<Self::Id>;

    /// Returns true if a stream of this direction may be opened later, after [`open`](Self::open)
    /// returned none. False if [`Event::May`] will not come: the limit is 0, all ids are used, or
    /// the session has ended or takes no more.
    fn opens_later(&self, direction: Direction) -> bool {
        let _ = direction;
        true
    }
}

/// A carrier that has datagrams beside its streams: short messages that may be lost (RFC 9221).
pub trait Datagrams: Carrier {
    /// Returns the next datagram received.
    fn datagram(&mut self) -> Option<Bytes>;

    /// Queues a datagram that consists of `parts`. Returns false, and queues nothing, if it is
    /// longer than [`datagram_room`](Self::datagram_room).
    fn put_datagram(&mut self, parts: &[&[u8]]) -> bool;

    /// Returns the most bytes that the next datagram may have; 0 if none can be queued now.
    fn datagram_room(&self) -> usize;
}
