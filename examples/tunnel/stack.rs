//! The layers of the tunnel, and the limits of an end.

use segue::driver::{
    Connection, Deadlines, Layered, Options, PollTransport,
    sync::{self, Blocking, Std},
};
use segue::trace::{Lane, Recorder, Traced};
use segue_websocket::Tunnel;
use segue_yamux::{Limits, Session};
use std::{net::TcpStream, sync::Arc, time::Duration};

use crate::{
    deflate::Deflate,
    tap::{Seen, Shared, Tap},
};

/// The tunnel over a transport: a connection on it carries yamux.
pub(crate) type Stacked<T> = Layered<Layered<Layered<T, Traced<Tunnel>>, Traced<Deflate>>, Tap>;

/// The carrier of the streams.
pub(crate) type Yamux = Traced<Session>;

/// The records of all layers of one end.
#[derive(Debug, Clone)]
pub struct Books {
    pub recorder: Recorder,
    pub yamux: Shared<Seen>,
}

/// The streams that layers make of each other.
const SOCKET: &str = "socket";
const IN_WEBSOCKET: &str = "in the WebSocket";
const IN_DEFLATE: &str = "in deflate";

impl Books {
    pub fn new() -> Self {
        Self { recorder: Recorder::new(), yamux: Arc::new(Seen::new().into()) }
    }

    /// Records a handshake.
    pub fn handshake<X>(&self, handshake: X) -> Traced<X> {
        self.recorder.on(SOCKET).trace("HTTP/1.1", handshake)
    }

    /// Puts the layers over a polled connection whose handshake is done.
    pub(crate) fn over<T: PollTransport>(
        &self,
        connection: Connection<T, ()>,
        tunnel: Tunnel,
    ) -> Connection<Stacked<T>, ()> {
        let (tunnel, deflate, tap) = self.layers(tunnel);
        connection.layered(tunnel).layered(deflate).layered(tap)
    }

    /// Does the same for a blocking one.
    pub(crate) fn over_blocking(
        &self,
        connection: sync::Connection<TcpStream, ()>,
        tunnel: Tunnel,
    ) -> Connection<Blocking<Stacked<Std<TcpStream>>>, ()> {
        let (tunnel, deflate, tap) = self.layers(tunnel);
        connection.layered(tunnel).layered(deflate).layered(tap)
    }

    fn layers(&self, tunnel: Tunnel) -> (Traced<Tunnel>, Traced<Deflate>, Tap) {
        (
            self.recorder.on(SOCKET).trace("WebSocket", tunnel),
            self.recorder.on(IN_WEBSOCKET).trace("deflate", Deflate::new()),
            Tap::new(&self.yamux),
        )
    }

    /// Records a session.
    pub fn session(&self, session: Session) -> Yamux {
        self.recorder.on(IN_DEFLATE).trace("yamux", session)
    }

    /// Returns what passed through the handshake, the WebSocket, deflate and yamux, in this
    /// order.
    pub fn lanes(&self) -> [Lane; 4] {
        let recording = self.recorder.recording();
        [
            (SOCKET, "HTTP/1.1"),
            (SOCKET, "WebSocket"),
            (IN_WEBSOCKET, "deflate"),
            (IN_DEFLATE, "yamux"),
        ]
        .map(|(stream, name)| recording.lane(stream, name).cloned().unwrap_or_default())
    }
}

/// Returns options that bound the memory of a connection and the time of its close.
pub fn options() -> Options {
    Options::new().linger(Duration::from_secs(2))
}

/// The time for the handshake in all. A client that only connects is given up.
pub const HANDSHAKE: Duration = Duration::from_millis(400);

/// Returns the deadlines of a handshake.
pub fn greeting() -> Deadlines {
    Deadlines::new().record(HANDSHAKE).send(HANDSHAKE)
}

/// Returns the deadlines of the tunnel, and of each stream in it: enough for the slowest links
/// worth serving, and short enough to give up on a peer that stands still.
pub fn deadlines() -> Deadlines {
    let seconds = Duration::from_secs;
    Deadlines::new().record(seconds(10)).idle(seconds(10)).send(seconds(10))
}

/// Returns the limits of a session.
pub fn limits() -> Limits {
    // A client of this example opens four streams. One record may lack what a window does not hold.
    Limits { streams: 16, excess: 512 * 1024, excess_of_all: 2 << 20, ..Limits::default() }
}

/// The bytes to read and drop of what a peer still sends after the last output.
pub const DRAIN: u64 = 64 * 1024;
