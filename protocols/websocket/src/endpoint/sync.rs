//! WebSockets over `std::io`: blocking, or non-blocking for a readiness loop such as mio's.
//!
//! ```
//! use segue_websocket::sync::WebSocket;
//! use segue_websocket::{CloseCode, OwnedMessage};
//! # use segue_websocket::endpoint::Error;
//! use std::{net::TcpListener, thread};
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr()?;
//! let server = thread::spawn(move || {
//!     let mut socket = WebSocket::accept(listener.accept()?.0)?;
//!     while let Some(message) = socket.next()? {
//!         socket.queue(&message)?; // an echo, sent before the next wait
//!     }
//!     socket.close(CloseCode::NORMAL)
//! });
//! let mut socket = WebSocket::connect_to(&format!("ws://{address}/echo"))?;
//! socket.send("hello")?;
//! assert_eq!(socket.next()?, Some(OwnedMessage::from("hello")));
//! socket.close(CloseCode::NORMAL)?;
//! server.join().unwrap()?;
//! # Ok::<(), Error>(())
//! ```

use segue::{
    Exchange, Handoff,
    driver::{
        self, Deadlines, Timeouts,
        sync::{CloseWrite, Connection, SocketClock, Std},
    },
};
use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::{Duration, Instant},
};

use super::{
    Error, blocking,
    engine::{DRAIN_REFUSED, stages},
    sync_halves,
    url::Url,
};
use crate::{Accepted, ClientHandshake, Connected, Messages, Role, ServerHandshake, Writer};

pub use super::over_socket::OverSocket;

/// A WebSocket over [`Read`] and [`Write`]. A TLS stream is wrapped in an [`OverSocket`].
pub type WebSocket<T> = blocking::WebSocket<Std<T>>;
/// The half that reads, and answers control frames.
pub type Receiver<T> = sync_halves::Receiver<Std<T>>;
/// The half that sends.
pub type Sender<T> = sync_halves::Sender<Std<T>>;

impl<T: Read + Write + CloseWrite + Timeouts> WebSocket<T> {
    /// Accepts a client: reads its request for a WebSocket, any that RFC 6455 §4.2.1 allows, and
    /// agrees.
    ///
    /// The transport must be in blocking mode here. A time-out that it has limits each call;
    /// without one the whole handshake may take 30 seconds.
    ///
    /// # Errors
    /// Errors of the transport, or [`Error::Request`]: the client was sent a proper HTTP answer,
    /// and the connection is closed.
    pub fn accept(io: T) -> Result<Self, Error> {
        Ok(Self::accept_with(io, ServerHandshake::new())?.0)
    }

    /// Accepts a client with a handshake of your own, for subprotocols and other terms.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn accept_with(io: T, handshake: ServerHandshake) -> Result<(Self, Accepted), Error> {
        Self::accept_handoff(Handoff::new(io, &[][..]), handshake)
    }

    /// Accepts a client on a connection that another library or stage has read from: the request is
    /// in the hand-off, or begins there.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn accept_handoff(
        handoff: Handoff<T>,
        mut handshake: ServerHandshake,
    ) -> Result<(Self, Accepted), Error> {
        let mut connection = Connection::from_handoff(handoff, ());
        match exchange(&mut connection, &mut handshake) {
            Ok(accepted) => {
                connection.flush()?;
                Ok((Self::opened(connection, accepted.halves())?, accepted))
            }
            Err(error) => Err(Self::refused(connection, error.into())),
        }
    }

    /// Connects to `target` (path and query) at the server `host` (with a port unless it is the
    /// default one), over a transport that leads there.
    ///
    /// # Errors
    /// Errors of the transport, or [`Error::Response`] if the server does not agree.
    pub fn connect(io: T, host: &str, target: &str) -> Result<Self, Error> {
        Ok(Self::connect_with(io, ClientHandshake::new(host, target))?.0)
    }

    /// Connects with a handshake of your own, for subprotocols and further headers.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub fn connect_with(io: T, mut handshake: ClientHandshake) -> Result<(Self, Connected), Error> {
        let mut connection = Connection::new(io, ());
        match exchange(&mut connection, &mut handshake) {
            Ok(opened) => Ok((Self::opened(connection, opened.halves())?, opened)),
            Err(error) => Err(Self::refused(connection, error.into())),
        }
    }

    fn opened(
        connection: Connection<T, ()>,
        (messages, writer): (Messages, Writer),
    ) -> Result<Self, Error> {
        let connection = connection.follow(|()| messages).map_err(io::Error::from)?;
        Ok(Self::new(connection, writer).parting())
    }

    /// Ends a connection whose handshake failed. The handshake error wins over an error of the
    /// close.
    fn refused(mut connection: Connection<T, ()>, error: Error) -> Error {
        if !matches!(error, Error::Io(_)) {
            let _ = connection.close(DRAIN_REFUSED);
        }
        error
    }
}

/// Runs a handshake within the deadline of a record, or as long as a time-out of the transport lets
/// each call wait.
fn exchange<T: Read + Write + Timeouts, X: Exchange>(
    connection: &mut Connection<T, ()>,
    handshake: &mut X,
) -> Result<X::Output, driver::Error<X::Error>> {
    match connection.io().timeouts()? {
        (None, None) => connection.exchange_by(handshake, &mut SocketClock::new()),
        _ => connection.exchange(handshake),
    }
}

/// Connects to the first address of a host that answers, within the time of a record in all.
fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let deadline = Instant::now() + Deadlines::new().record;
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (host, port).to_socket_addrs()? {
        let left = deadline.saturating_duration_since(Instant::now());
        match TcpStream::connect_timeout(&address, left.max(Duration::from_millis(1))) {
            Ok(socket) => return Ok(socket),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

impl WebSocket<TcpStream> {
    /// Connects to `ws://host:port/path?query`, with `TCP_NODELAY` set. The socket has 30 seconds to
    /// connect, and then the handshake as much.
    ///
    /// # Errors
    /// [`Error::Url`] for any other URL: for `wss`, give [`connect`](Self::connect) a TLS stream.
    /// Otherwise as there.
    pub fn connect_to(url: &str) -> Result<Self, Error> {
        Ok(Self::connect_to_with(url, |handshake| handshake)?.0)
    }

    /// Connects with terms added to the request for the URL: subprotocols, headers, compression.
    ///
    /// ```no_run
    /// # fn connect() -> Result<(), segue_websocket::endpoint::Error> {
    /// use segue_websocket::sync::WebSocket;
    ///
    /// let url = "ws://example.org/chat";
    /// let terms = |handshake: segue_websocket::ClientHandshake| {
    ///     handshake.protocols(["chat"]).header("Authorization", "Bearer of news")
    /// };
    /// let (socket, opened) = WebSocket::connect_to_with(url, terms)?;
    /// println!("they speak {:?}", opened.protocol);
    /// # let _ = socket;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`connect_to`](Self::connect_to).
    pub fn connect_to_with(
        url: &str,
        terms: impl FnOnce(ClientHandshake) -> ClientHandshake,
    ) -> Result<(Self, Connected), Error> {
        let url = Url::parse(url).map_err(Error::Url)?;
        let io = tcp(url.host, url.port)?;
        io.set_nodelay(true)?;
        let handshake = ClientHandshake::new(url.authority, url.target());
        Self::connect_with(io, terms(handshake))
    }
}

impl<T: Read + Write> WebSocket<T> {
    /// Makes a WebSocket after a handshake done elsewhere. Bytes that the peer sent behind its HTTP
    /// head are in the hand-off, and are read first.
    ///
    /// After a [fault](Error::Fault) of the peer close it: without a bound in time that is known
    /// here, `next` returns the fault at once, and a socket that is dropped while the peer sends
    /// may destroy the close frame on its way. [`accept`](Self::accept) and
    /// [`connect`](Self::connect) know a bound.
    pub fn from_handoff(handoff: Handoff<T>, role: Role) -> Self {
        let (messages, writer) = stages(role);
        Self::new(Connection::from_handoff(handoff, messages), writer)
    }
}
