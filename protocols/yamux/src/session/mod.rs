mod carrier;
mod events;
mod opened;
mod pings;
mod read;
mod speak;
mod stream;

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::{fmt, time::Duration};

use segue::{
    Decode, Fault, Framing, Need, Output, Record, Say,
    mux::{Ended, Event, Grants, Scheduler, Table},
};

use self::{
    events::Queue,
    opened::OpenedIds,
    pings::Pings,
    read::Body,
    stream::{Buffers, Stream},
};
use crate::{Error, GoAway, Limits, Role, StreamId, header::HEADER};

/// One end of a yamux session: a stage whose items are [events](Event), and a
/// [`Carrier`](segue::mux::Carrier) of streams.
///
/// # How to drive it
/// A segue connection does all this. By hand:
///
/// 1. Give received bytes to [`Buffer::step`](segue::Buffer::step) and handle each event. Received
///    data is in the [input](segue::mux::StreamMut::input) of its stream; consume it there, and
///    [release its credit](segue::mux::Carrier::release_credit).
/// 2. Let the session [speak](Decode::speak) before each wait, and after its streams were written
///    to. It queues control frames first and then data by turns, as far as there is room.
/// 3. Step again before you wait: speaking causes events of its own, such as [`Event::Writable`].
///
/// # A stream
/// ```text
///            open / SYN read                       finish, FIN written
///  (no stream) -----------> both sides open --------------------------> the peer's side is open
///                              |        |                                   |           |
///                     FIN read |        | RST read, reset          FIN read |           | RST read,
///                              v        v                                   v           v reset
///              this side is open      broken off                          both ended   broken off
///                              |                                            ^
///                              +--------------------------------------------+
///                                       finish, FIN written
/// ```
/// A stream is forgotten when both sides are over and it was let go of. Its id is remembered: late
/// frames of a reset stream are ignored, while frames of a stream that never existed are an error.
///
/// # Memory
/// An announced length allocates nothing. The input of a stream holds at most its window, the
/// output at most what its consumer puts there. A stream with both empty holds no buffers.
pub struct Session {
    role: Role,
    limits: Limits,
    streams: Table<StreamId, Stream>,
    /// The streams with data to send.
    turns: Scheduler<StreamId>,
    /// The streams with a control frame to send: a greeting, a grant, a reset.
    due: VecDeque<StreamId>,
    events: Queue,
    /// The refused streams of the peer, to be reset.
    refused: VecDeque<StreamId>,
    /// The lingering streams, the longest waiting first; some may linger no longer.
    lingering: VecDeque<StreamId>,
    grants: Grants<StreamId>,
    /// Empty boxes for buffers, to be used again.
    #[expect(clippy::vec_box, reason = "streams hold boxes")]
    spare: Vec<Box<Buffers>>,
    opened: OpenedIds,
    pings: Pings,
    /// The data that is being read.
    body: Option<Body>,
    /// The next id of this end.
    next: Option<u32>,
    counts: Counts,
    life: Life,
    /// The progress of telling the peer that the session ends.
    told: Told,
    /// The peer takes no new streams, and gave this code.
    peer_away: Option<GoAway>,
    /// The transport has ended after that, and not cleanly.
    ended: Option<Ended>,
}

/// The number of things that are limited.
#[derive(Debug, Default)]
struct Counts {
    /// The peer's streams that were not let go of, or have data to send.
    incoming: usize,
    /// This end's, counted the same way.
    outgoing: usize,
    /// This end's that the peer has not accepted.
    unaccepted: usize,
    /// The streams with a reader whose end has not come: a bare end of the connection cuts them
    /// off.
    read: usize,
    lingering: usize,
    /// The resets of the peer that are not made up for.
    resets: u32,
    /// The time at which resets were last forgiven.
    forgiven: Option<Duration>,
    /// Bytes of data both ways that were not counted against resets yet.
    bytes: u64,
    /// Bytes and calls that pay for events.
    progress: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Open,
    /// This end has closed it.
    Closed,
    /// A fault ended it; this one if it is the session's.
    Dead(Option<Error>),
}

/// The progress of telling the peer that the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    /// It is to be told this code.
    Due(u32),
    Gone,
}

impl Session {
    /// Creates the end that opened the connection.
    #[must_use]
    pub fn client() -> Self {
        Self::new(Role::Client)
    }

    /// Creates the end that accepted the connection.
    #[must_use]
    pub fn server() -> Self {
        Self::new(Role::Server)
    }

    /// Creates the end `role` of a session.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self {
            role,
            limits: Limits::default(),
            streams: Table::new(),
            turns: Scheduler::new(),
            due: VecDeque::new(),
            events: Queue::default(),
            refused: VecDeque::new(),
            lingering: VecDeque::new(),
            grants: grants(&Limits::default()),
            spare: Vec::new(),
            opened: OpenedIds::default(),
            pings: Pings::default(),
            body: None,
            next: Some(role.first()),
            counts: Counts::default(),
            life: Life::Open,
            told: Told::Nothing,
            peer_away: None,
            ended: None,
        }
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self.grants = grants(&limits);
        self
    }

    /// Returns the end that the session is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Returns the number of streams, including those that were let go of and are not over.
    #[must_use]
    pub const fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Sends a ping, unless one is unanswered.
    pub fn ping(&mut self) {
        self.pings.ask();
    }

    /// Returns the round-trip time of the last answered ping, where the session is told the time.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.pings.round_trip()
    }

    /// Returns the memory that the session holds, used or not, in bytes. Large
    /// [`Bytes`](bytes::Bytes) that wait to be sent are not counted.
    #[must_use]
    pub fn held(&self) -> usize {
        let buffers = |buffers: &Buffers| {
            size_of::<Buffers>() + buffers.input.capacity() + buffers.output.capacity()
        };
        let streams = self.streams.iter().filter_map(|(_, stream)| stream.buffers.as_deref());
        self.streams.held()
            + self.turns.held()
            + self.events.held()
            + self.opened.held()
            + self.pings.held()
            + streams.map(buffers).sum::<usize>()
            + self.spare.iter().map(|spare| buffers(spare)).sum::<usize>()
            + self.spare.capacity() * size_of::<Box<Buffers>>()
            + self.grants.held()
            + (self.due.capacity() + self.refused.capacity() + self.lingering.capacity())
                * size_of::<StreamId>()
    }

    /// Releases unused memory: all of it if there are no streams.
    pub fn release(&mut self) {
        self.streams.release();
        self.turns.release();
        self.events.release();
        self.spare = Vec::new();
        self.grants.release();
        self.due.shrink_to_fit();
        self.refused.shrink_to_fit();
        self.lingering.shrink_to_fit();
        if self.streams.is_empty() {
            self.lingering = VecDeque::new();
        }
    }

    /// Handles the end of the transport between two frames.
    fn end_of_transport(&mut self) -> Result<Framing, Fault<Error>> {
        let streams = self.counts.read;
        let Some(code) = self.peer_away else {
            // Without a word of the peer's it is a truncation, which the driver knows about.
            return Ok(if streams == 0 { Framing::Done } else { Framing::need(HEADER) });
        };
        if streams == 0 && code == GoAway::NORMAL {
            return Ok(Framing::Done);
        }
        let ended = self.ended.insert(Ended { code: code.0.into(), streams });
        Err(Fault::new(Error::Ended(*ended)))
    }

    /// Counts what pays for an event.
    fn pay(&mut self, count: usize) {
        self.counts.progress = self.counts.progress.wrapping_add(count as u64);
    }
}

impl Decode for Session {
    type Item<'a> = Event<StreamId>;
    type Error = Error;

    /// Events are records of no bytes.
    const WIRE: bool = false;

    /// The end of the connection between two frames is proper if it cuts off no stream: none that
    /// has a consumer and has not ended. After a GoAway frame a cut is an [error of its
    /// own](Error::Ended), and so is any code other than [`GoAway::NORMAL`].
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if !self.events.is_empty() {
            return Ok(Framing::Record(0));
        }
        if self.life != Life::Open {
            return Ok(Framing::Done);
        }
        Ok(match &self.body {
            Some(body) if input.is_empty() => Framing::Need(Need::ONE.claiming(body.left())),
            Some(body) => Framing::Absorb(body.left().min(input.len())),
            None if input.len() >= HEADER => Framing::Absorb(HEADER),
            None if eof && input.is_empty() => return self.end_of_transport(),
            None => Framing::need(HEADER - input.len()),
        })
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Error>> {
        self.pay(record.len());
        let read = match self.body {
            Some(_) => {
                self.read_body(&record);
                Ok(())
            }
            None => self.read_header(&record),
        };
        // A fault is the end: the peer is told why before anything else that waits.
        read.inspect_err(|fault| self.die(fault, answers))
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<Event<StreamId>, Fault<Error>> {
        self.take_event().ok_or(Fault::from_cause(segue::Cause::Contract))
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Error>> {
        self.say(say)
    }

    fn progress(&self) -> u64 {
        self.counts.progress
    }

    fn residue(&self) -> (usize, usize) {
        let buffers = self.streams.iter().filter_map(|(_, stream)| stream.buffers.as_ref());
        buffers.fold((0, 0), |(unread, unsent), buffers| {
            (unread + buffers.input.len(), unsent + buffers.output.len())
        })
    }
}

/// The grants beyond their windows that streams may have.
fn grants(limits: &Limits) -> Grants<StreamId> {
    // The last is what other implementations can count.
    Grants::new(limits.excess.min(1 << 31), limits.excess_of_all)
}

/// Shows the number of streams, but not their content.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("role", &self.role)
            .field("streams", &self.streams.len())
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}
