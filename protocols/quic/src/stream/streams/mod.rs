mod carrier;
mod entry;
mod limits;
mod receive;
mod transmit;

use alloc::{collections::VecDeque, string::String};
use core::fmt;

use segue::mux::{Credit, Event, Grants, Scheduler, Table, Window};

use self::entry::Entry;
pub use self::{
    limits::{LimitError, Limits},
    transmit::Carried,
};
use super::{ConnectionWindow, Direction, ReceiveStream, SendStream, StreamId, told::Events};
use crate::{Role, transport_parameters::TransportParameters};

/// All streams of a connection: a [`Carrier`](segue::mux::Carrier) that takes and fills frames (RFC
/// 9000 §2-4).
///
/// # How to drive it
/// 1. [Declare](Limits::declare) the limits in the handshake, and pass in the peer's
///    [parameters](Self::set_peer) once they are known.
/// 2. Pass in the frames of each packet ([`receive`](Self::receive)): those of streams are taken.
/// 3. Handle [events](segue::mux::Carrier::next_event), or items of a [`Mux`](segue::mux::Mux).
/// 4. [Fill](Self::fill) packets while there is something to send and the congestion window allows.
///    Keep what each one [carried](Carried), and report when it was
///    [acknowledged](Self::acknowledged) or [lost](Self::lost).
///
/// ```
/// use segue::mux::{Carrier, Direction, Ending, Event, Opens};
/// use segue_quic::{
///     PacketKind, Role,
///     frame::{Builder, Payload},
///     stream::{Limits, Streams},
///     transport_parameters::TransportParameters,
/// };
///
/// let mut parameters = TransportParameters::new();
/// Limits::default().declare(&mut parameters)?;
/// let mut client = Streams::new(Role::Client, Limits::default())?;
/// let mut server = Streams::new(Role::Server, Limits::default())?;
/// client.set_peer(&parameters);
/// server.set_peer(&parameters);
///
/// let id = client.open(Direction::Sending).expect("the server allows it");
/// client.stream(id).and_then(|stream| stream.output).expect("it is open").put(b"hello");
/// client.let_go(id);
///
/// let (mut packet, mut carried) = (Vec::new(), Vec::new());
/// client.fill(&mut Builder::new(&mut packet, PacketKind::OneRtt, 1200), &mut carried);
/// for frame in Payload::new(&packet, PacketKind::OneRtt) {
///     server.receive(&frame?)?;
/// }
/// assert_eq!(server.next_event(), Some(Event::Opened(id)));
/// assert_eq!(server.next_event(), Some(Event::Readable(id)));
/// let stream = server.stream(id).expect("it was opened");
/// assert_eq!(stream.ending, Ending::Ended);
/// assert_eq!(stream.input.expect("the client sends").as_slice(), b"hello");
///
/// // An ACK frame of the server's says that the packet has come.
/// carried.into_iter().for_each(|carried| client.acknowledged(carried));
/// assert_eq!(client.next_event(), Some(Event::Released(id)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Streams
/// - Streams on which only one side sends have no input or no output. A reset ends both directions;
///   the peer may end one alone, by a RESET_STREAM frame ([`Event::Reset`]) or a STOP_SENDING frame
///   ([`Event::Stopped`]), after which this side is reset with the same code (RFC 9000 §3.5).
/// - [`Event::Released`] comes when the peer has acknowledged everything sent, and the end of its
///   own data is known. Only then may it open another stream instead.
/// - [`away`](segue::mux::Carrier::away) has no frame: streams that the peer opens after it are
///   stopped and reset with that code, and it gets no further streams.
/// - [`close`](segue::mux::Carrier::close) breaks off all streams. The owner of the connection
///   sends the CONNECTION_CLOSE frame of [`closing`](Self::closing).
/// - Codes above 2^62 - 1, which cannot be sent, become 2^62 - 1.
///
/// # Memory
/// Received data is bounded by [`Limits::data`] and [`Limits::excess_of_all`], and for each stream
/// by its window and what it [wants](segue::mux::Carrier::want). Sent data waits in the output, up
/// to its high-water mark, until it is put into a packet, and then until it is acknowledged, up to
/// [`Limits::unacknowledged`].
pub struct Streams {
    role: Role,
    limits: Limits,
    peer: TransportParameters,
    streams: Table<StreamId, Entry>,
    /// The streams with data to send.
    turns: Scheduler<StreamId>,
    /// The streams that wait for credit of the connection.
    starved: VecDeque<StreamId>,
    /// The streams with control frames to send, each once.
    due: VecDeque<StreamId>,
    /// The streams with events, each once.
    telling: VecDeque<StreamId>,
    grants: Grants<StreamId>,
    window: ConnectionWindow,
    credit: Credit,
    /// A MAX_DATA frame is to be sent.
    raise: bool,
    /// The counts of streams both ways and one way.
    counts: [Counts; 2],
    refuse: Option<u64>,
    /// The frames that come are of 0-RTT packets.
    early: bool,
    closing: Option<(u64, String)>,
}

/// The numbers of streams of a direction that each side may open, and has opened.
struct Counts {
    window: Window,
    credit: Credit,
    /// A MAX_STREAMS frame is to be sent.
    raise: bool,
    /// A stream could not be opened.
    waits: bool,
    may: bool,
}

impl Streams {
    /// Creates the streams of the end `role`, with these limits on its peer.
    ///
    /// # Errors
    /// If a limit [cannot be met](Limits::check).
    pub fn new(role: Role, limits: Limits) -> Result<Self, LimitError> {
        limits.check()?;
        let counts = || Counts {
            window: Window::streams(limits.streams),
            credit: Credit::new(0),
            raise: false,
            waits: false,
            may: false,
        };
        Ok(Self {
            role,
            limits,
            peer: TransportParameters::new(),
            streams: Table::new(),
            turns: Scheduler::new(),
            starved: VecDeque::new(),
            due: VecDeque::new(),
            telling: VecDeque::new(),
            grants: Grants::new(limits.excess, limits.excess_of_all),
            window: ConnectionWindow::new(limits.data),
            credit: Credit::new(0),
            raise: false,
            counts: [counts(), counts()],
            refuse: None,
            early: false,
            closing: None,
        })
    }

    /// Takes the parameters of the peer. Call it once, before any frame of the peer.
    pub fn set_peer(&mut self, parameters: &TransportParameters) {
        self.credit.raise_to(parameters.initial_max_data.value());
        self.allow(Direction::Both, parameters.initial_max_streams_bidi.value());
        self.allow(Direction::Sending, parameters.initial_max_streams_uni.value());
        self.peer = parameters.clone();
    }

    /// Resets this end's side of a stream alone, with a code of the application (RFC 9000 §3.1): what
    /// the peer sends is still read. [`reset`](segue::mux::Carrier::reset) ends both sides, and
    /// [`stop`](segue::mux::Carrier::stop) the peer's alone.
    pub fn reset_sending(&mut self, id: StreamId, code: u64) {
        let Some(entry) = self.streams.get_mut(&id) else { return };
        if entry.send.is_some() {
            entry.end_writing(code);
            self.turns.remove(id);
            self.owe(id);
        }
        self.settle(id);
    }

    /// Says if the frames that come next are of 0-RTT packets, which somebody may have replayed: the
    /// streams that they open are [early](segue::mux::Carrier::is_early).
    pub fn set_early(&mut self, early: bool) {
        self.early = early;
    }

    /// Returns the number of streams, including those that were let go of and are not over.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.streams.len()
    }

    /// Returns true if there are no streams.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Returns the code and the reason of the CONNECTION_CLOSE frame, once the connection was
    /// [closed](segue::mux::Carrier::close).
    #[must_use]
    pub fn closing(&self) -> Option<(u64, &str)> {
        self.closing.as_ref().map(|(code, why)| (*code, why.as_str()))
    }

    /// Raises the number of streams that the peer may open.
    fn allow(&mut self, direction: Direction, count: u64) {
        let counts = &mut self.counts[index(direction)];
        if counts.credit.raise_to(count) {
            counts.may |= core::mem::take(&mut counts.waits);
        }
    }

    /// Adds a stream.
    fn add(&mut self, id: StreamId) {
        let local = id.initiator() == self.role;
        let peer = &self.peer;
        let credit = match (id.direction(), local) {
            (Direction::Sending, _) => peer.initial_max_stream_data_uni,
            (Direction::Both, true) => peer.initial_max_stream_data_bidi_remote,
            (Direction::Both, false) => peer.initial_max_stream_data_bidi_local,
        };
        let receive = id.is_sent_by(self.role.peer());
        let receive = receive.then(|| ReceiveStream::new(self.limits.window, &self.window));
        let send = id.is_sent_by(self.role);
        let send =
            send.then(|| SendStream::new(id, credit.value()).max(self.limits.unacknowledged));
        let mut entry = Entry::new(receive, send, self.limits.output);
        entry.early = self.early && !local;
        self.streams.insert(id, entry);
    }

    /// Notes an event of a stream.
    fn tell(&mut self, id: StreamId, event: Events) {
        let Some(entry) = self.streams.get_mut(&id) else { return };
        // Nobody is told of a stream that was let go of, but for its end.
        if !entry.held && event != Events::RELEASED {
            return;
        }
        if !core::mem::replace(&mut entry.tells, true) {
            self.telling.push_back(id);
        }
        entry.events.add(event);
    }

    /// Queues a stream for its control frames.
    fn owe(&mut self, id: StreamId) {
        if let Some(entry) = self.streams.get_mut(&id)
            && !core::mem::replace(&mut entry.due, true)
        {
            self.due.push_back(id);
        }
    }

    /// Reports a stream that is over.
    fn settle(&mut self, id: StreamId) {
        if self.streams.get(&id).is_some_and(Entry::is_done) {
            self.tell(id, Events::RELEASED);
        }
    }

    fn take_event(&mut self) -> Option<Event<StreamId>> {
        while let Some(&id) = self.telling.front() {
            let Some(entry) = self.streams.get_mut(&id) else {
                self.telling.pop_front();
                continue;
            };
            let event = entry.next_event(id);
            if entry.events.is_empty() {
                entry.tells = false;
                self.telling.pop_front();
            }
            if let Some(Event::Released(_)) = event {
                self.remove(id);
            }
            if event.is_some() {
                return event;
            }
        }
        let may = self.counts.iter_mut().any(|counts| core::mem::take(&mut counts.may));
        may.then_some(Event::May)
    }

    fn remove(&mut self, id: StreamId) {
        self.streams.remove(&id);
        self.raise |= self.window.announce().is_some();
        self.turns.remove(id);
        if id.initiator() != self.role {
            let counts = &mut self.counts[index(id.direction())];
            counts.window.consume(1);
            counts.raise |= self.refuse.is_none() && counts.window.announce().is_some();
        }
    }
}

const fn index(direction: Direction) -> usize {
    match direction {
        Direction::Both => 0,
        Direction::Sending => 1,
    }
}

/// Shows the number of streams, but not their content.
impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams")
            .field("role", &self.role)
            .field("streams", &self.streams.len())
            .finish_non_exhaustive()
    }
}
