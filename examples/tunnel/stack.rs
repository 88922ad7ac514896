//! The layers of the tunnel, and the limits of an end.

use segue::driver::{
    Connection, Deadlines, Layered, Options, PollTransport,
    sync::{self, Blocking, Std},
};
use segue_websocket::Tunnel;
use segue_yamux::Limits;
use std::{net::TcpStream, sync::Arc, time::Duration};

use crate::{
    counted::{Counted, Flow, Shared},
    deflate::Deflate,
    tap::{Seen, Tap},
};

/// The tunnel over a transport: a connection on it carries yamux.
pub(crate) type Stacked<T> = Layered<Layered<Layered<T, Counted<Tunnel>>, Counted<Deflate>>, Tap>;

/// The counts of all layers of one end.
#[derive(Debug, Clone)]
pub struct Books {
    /// Bytes of the HTTP/1.1 handshake, in and out.
    pub handshake: (u64, u64),
    pub tunnel: Shared<Flow>,
    pub deflate: Shared<Flow>,
    pub yamux: Shared<Seen>,
}

impl Books {
    pub fn new() -> Self {
        Self {
            handshake: (0, 0),
            tunnel: Shared::default(),
            deflate: Shared::default(),
            yamux: Arc::new(Seen::new().into()),
        }
    }

    /// Puts the layers over a polled connection whose handshake is done.
    pub(crate) fn over<T: PollTransport>(
        &mut self,
        connection: Connection<T, ()>,
        tunnel: Tunnel,
    ) -> Connection<Stacked<T>, ()> {
        self.begin(&connection);
        connection
            .layered(Counted::new(tunnel, self.handshake.0, &self.tunnel))
            .layered(Counted::new(Deflate::new(), 0, &self.deflate))
            .layered(Tap::new(&self.yamux))
    }

    /// Does the same for a blocking one.
    pub(crate) fn over_blocking(
        &mut self,
        connection: sync::Connection<TcpStream, ()>,
        tunnel: Tunnel,
    ) -> Connection<Blocking<Stacked<Std<TcpStream>>>, ()> {
        self.begin(&connection);
        connection
            .layered(Counted::new(tunnel, self.handshake.0, &self.tunnel))
            .layered(Counted::new(Deflate::new(), 0, &self.deflate))
            .layered(Tap::new(&self.yamux))
    }

    fn begin<T>(&mut self, connection: &Connection<T, ()>) {
        // The tunnel first opens bytes that were read too far; an answer that is still queued
        // leaves before the first byte that it seals.
        let output = connection.output();
        self.handshake = (connection.position(), output.position() + output.len() as u64);
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
/// worth serving, and short enough to give up a peer that stands still.
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
