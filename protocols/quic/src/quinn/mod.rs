//! The streams of a [quinn-proto](quinn_proto) connection as a [`Carrier`] (RFC 9000 §2-4).
//!
//! [`Streams`] wraps a [`Connection`]. [`Mux`] runs stages on its streams, as on those of any other
//! carrier, and [`Datagrams`] sends and receives datagrams (RFC 9221).
//!
//! [`Carrier`]: segue::mux::Carrier
//! [`Datagrams`]: segue::mux::Datagrams
//! [`Mux`]: segue::mux::Mux

mod carrier;
mod events;
mod limits;
mod read;
mod stream;
mod write;

use std::{collections::VecDeque, fmt, time::Instant};

use quinn_proto::{
    Connection, ConnectionError, ConnectionEvent, Dir, EndpointEvent, StreamId, Transmit, VarInt,
};
use segue::mux::{Ended, Grants, Scheduler, Table};

pub use self::limits::Limits;
use self::stream::Stream;

/// A quinn-proto connection with buffers for its streams.
///
/// # How to drive it
/// Drive it as quinn-proto's [`Connection`], by the methods of the same names:
///
/// 1. Pass in events of the endpoint ([`handle_event`](Self::handle_event)), and time-outs.
/// 2. Handle all [events](segue::mux::Carrier::next_event), or items of a [`Mux`](segue::mux::Mux)
///    of it; then let its stages speak.
/// 3. Ask for datagrams by [`poll_transmit`](Self::poll_transmit), which first writes the outputs.
///    This causes events: go back to 2 if there are any.
/// 4. Pass [endpoint events](Self::poll_endpoint_events) on, and wait until
///    [`poll_timeout`](Self::poll_timeout) or for the next datagram.
///
/// ```no_run
/// use std::time::Instant;
/// use quinn_proto::{ConnectionHandle, DatagramEvent, Endpoint};
/// use segue::{length, mux::{Item, Mux}};
/// use segue_quic::quinn::Streams;
///
/// type Lengths = length::Prefixed<length::U16Be>;
///
/// /// One round of a connection whose records are counted.
/// fn turn(
///     mux: &mut Mux<Streams, Lengths>,
///     (endpoint, handle): (&mut Endpoint, ConnectionHandle),
///     received: Option<DatagramEvent>,
///     send: &mut dyn FnMut(&[u8]),
///     records: &mut usize,
/// ) {
///     let now = Instant::now();
///     if let Some(DatagramEvent::ConnectionEvent(_, event)) = received {
///         mux.carrier_mut().handle_event(event);
///     }
///     if mux.carrier_mut().poll_timeout().is_some_and(|at| at <= now) {
///         mux.carrier_mut().handle_timeout(now);
///     }
///     loop {
///         let mut opened = None;
///         while let Some(item) = mux.next() {
///             match item {
///                 Item::Event(segue::mux::Event::Opened(id), _) => opened = Some(id),
///                 Item::Inner(_, Ok(_record), _) => *records += 1,
///                 _ => {}
///             }
///             if let Some(id) = opened.take() {
///                 mux.attach(id, length::u16_be());
///             }
///         }
///         mux.speak_stages(None);
///         let mut datagram = Vec::new();
///         if mux.carrier_mut().poll_transmit(now, 1, &mut datagram).is_none() {
///             break;
///         }
///         send(&datagram);
///     }
///     while let Some(event) = mux.carrier_mut().poll_endpoint_events() {
///         if let Some(event) = endpoint.handle_event(handle, event) {
///             mux.carrier_mut().handle_event(event);
///         }
///     }
/// }
/// # let _ = turn;
/// ```
///
/// # Streams
/// - Streams on which only one side sends have no [input](segue::mux::StreamMut::input) or no
///   [output](segue::mux::StreamMut::output).
/// - A reset ends both directions. The peer may end one alone: [`Event::Reset`] reports that its
///   side broke off, [`Event::Stopped`] that it does not want this side, which is reset then (RFC
///   9000 §3.5).
/// - The peer learns of a stream by the data sent on it: one without data does not exist for it.
/// - [`Event::Sent`] reports data that went into the connection, [`Event::Released`] that the peer
///   has acknowledged all of it.
/// - If a server rejects early data, all streams opened before are released, even those that were
///   not let go of; their ids are used again.
/// - [Urgencies](segue::mux::Priority::urgency) are the connection's priorities; streams of one
///   urgency take turns even if they are not incremental.
/// - QUIC has no frame for [`away`](segue::mux::Carrier::away): the peer gets no more streams, and
///   those that it opens are stopped and reset with that code.
/// - All codes, such as that of [`close`](segue::mux::Carrier::close), are the application's (RFC
///   9000 §20.2); codes above 2^62 - 1 become 2^62 - 1.
///
/// [`Event::Reset`]: segue::mux::Event::Reset
/// [`Event::Sent`]: segue::mux::Event::Sent
/// [`Event::Stopped`]: segue::mux::Event::Stopped
/// [`Event::Released`]: segue::mux::Event::Released
///
/// # Credit
/// The connection grants its peer more when data is read from it. Data is read at most
/// [`Limits::window`] ahead of the consumer, or as far as the consumer
/// [wants](segue::mux::Carrier::want), so the peer can send that and one
/// [`stream_receive_window`](quinn_proto::TransportConfig::stream_receive_window) more. Limit the
/// sum by [`receive_window`](quinn_proto::TransportConfig::receive_window), which has no limit by
/// default.
pub struct Streams {
    connection: Connection,
    limits: Limits,
    streams: Table<StreamId, Stream>,
    /// The streams with data to write.
    turns: Scheduler<StreamId>,
    /// The streams with events, each once.
    telling: VecDeque<StreamId>,
    /// The streams of rejected early data.
    rejected: VecDeque<StreamId>,
    grants: Grants<StreamId>,
    /// The number of the peer's streams that count against the limit, of both directions.
    counted: [usize; 2],
    /// The number of writes.
    writes: u64,
    connected: bool,
    /// Events of the whole connection.
    told: Told,
    /// The code with which new streams are refused.
    refuse: Option<VarInt>,
    life: Life,
    /// The peer has closed the connection, and streams were open.
    ended: Option<Ended>,
    datagram_room: usize,
}

/// Events that are not of a stream.
#[derive(Debug, Default)]
struct Told {
    /// A stream could not be opened.
    waits: bool,
    may: bool,
    away: Option<u64>,
}

enum Life {
    Open,
    /// This end closes the connection, and the event for that is due.
    Closing(VarInt, Vec<u8>),
    Closed,
    Lost(ConnectionError),
}

impl Streams {
    /// Wraps a connection of which no streams or events have been taken, with these limits.
    #[must_use]
    pub fn new(connection: Connection, mut limits: Limits) -> Self {
        limits.window = limits.window.max(1);
        let mut streams = Self {
            connection,
            limits,
            streams: Table::new(),
            turns: Scheduler::new(),
            telling: VecDeque::new(),
            rejected: VecDeque::new(),
            grants: Grants::new(limits.excess, limits.excess_of_all),
            counted: [0; 2],
            writes: 0,
            connected: false,
            told: Told::default(),
            refuse: None,
            life: Life::Open,
            ended: None,
            datagram_room: 0,
        };
        streams.hear(streams.connection.is_handshaking());
        streams
    }

    /// Takes an event of the endpoint for the connection.
    pub fn handle_event(&mut self, event: ConnectionEvent) {
        // Streams that come with the last packets of a handshake may be early, too.
        let early = self.connection.is_handshaking();
        self.connection.handle_event(event);
        self.hear(early);
    }

    /// Handles time-outs, once
    pub fn handle_timeout(&mut self, now: Instant) {
        self.connection.handle_timeout(now);
        self.hear(self.connection.is_handshaking());
    }

    /// Returns the time at which to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        self.connection.poll_timeout()
    }

    /// Writes the outputs, and puts up to `max_datagrams` datagrams into `buffer`, as
    /// [`Connection::poll_transmit`] does. Call it after any change to streams, until it returns
    /// none.
    ///
    /// # Panics
    /// If `max_datagrams` is 0.
    #[must_use]
    pub fn poll_transmit(
        &mut self,
        now: Instant,
        max_datagrams: usize,
        buffer: &mut Vec<u8>,
    ) -> Option<Transmit> {
        if let Life::Closing(code, why) = &mut self.life {
            let (code, why) = (*code, std::mem::take(why));
            self.life = Life::Closed;
            self.connection.close(now, code, why.into());
        }
        self.write_all();
        let transmit = self.connection.poll_transmit(now, max_datagrams, buffer);
        self.measure_datagrams();
        transmit
    }

    /// Returns the next event for the connection's endpoint.
    #[must_use]
    pub fn poll_endpoint_events(&mut self) -> Option<EndpointEvent> {
        self.connection.poll_endpoint_events()
    }

    /// Returns true if the handshake has succeeded.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.connected
    }

    /// Returns the error by which the connection was lost, if it was: closed by the peer or
    /// otherwise.
    #[must_use]
    pub const fn lost(&self) -> Option<&ConnectionError> {
        match &self.life {
            Life::Lost(error) => Some(error),
            _ => None,
        }
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

    /// Returns the connection.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns the connection, for everything but streams. Do not take its events or streams.
    #[must_use]
    pub const fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Returns true if the connection carries nothing any more.
    const fn is_done(&self) -> bool {
        !matches!(self.life, Life::Open)
    }
}

/// The nearest code that QUIC can send.
fn varint(code: u64) -> VarInt {
    VarInt::from_u64(code).unwrap_or(VarInt::MAX)
}

/// The index of a direction's count.
const fn index(direction: Dir) -> usize {
    match direction {
        Dir::Bi => 0,
        Dir::Uni => 1,
    }
}

/// Shows the number of streams, but not their content.
impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams")
            .field("side", &self.connection.side())
            .field("streams", &self.streams.len())
            .field("lost", &self.lost())
            .finish_non_exhaustive()
    }
}
