//! WebSockets over tokio's `AsyncRead` and `AsyncWrite`.
//!
//! ```
//! use segue_websocket::tokio::WebSocket;
//! use segue_websocket::{CloseCode, OwnedMessage};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let server = async {
//!     let mut socket = WebSocket::accept(listener.accept().await?.0).await?;
//!     while let Some(message) = socket.next().await? {
//!         socket.queue(&message).await?; // an echo, sent before the next wait
//!     }
//!     socket.close(CloseCode::NORMAL).await
//! };
//! let client = async {
//!     let mut socket = WebSocket::connect_to(&format!("ws://{address}/echo")).await?;
//!     socket.send("hello").await?;
//!     assert_eq!(socket.next().await?, Some(OwnedMessage::from("hello")));
//!     socket.close(CloseCode::NORMAL).await
//! };
//! tokio::try_join!(server, client)?;
//! # Ok::<(), segue_websocket::endpoint::Error>(()) }).unwrap();
//! ```

use ::tokio::io::{AsyncRead, AsyncWrite};
#[cfg(feature = "tokio-net")]
use ::tokio::net::TcpStream;
use segue::{
    Handoff,
    driver::tokio::{Connection, Tokio},
};

#[cfg(feature = "tokio-time")]
use super::clocked;
#[cfg(feature = "tokio-net")]
use super::url::Url;
use super::{Error, constructors::constructors, engine::stages, halves, polled};
use crate::{Accepted, ClientHandshake, Connected, Role, ServerHandshake};

/// A WebSocket over tokio's [`AsyncRead`] and [`AsyncWrite`].
pub type WebSocket<T> = polled::WebSocket<Tokio<T>>;
/// The half that reads, and answers control frames.
pub type Receiver<T> = halves::Receiver<Tokio<T>>;
/// The half that sends.
pub type Sender<T> = halves::Sender<Tokio<T>>;

#[cfg(feature = "tokio-time")]
constructors!(
    Connection,
    clocked::exchange,
    clocked::end,
    Some(clocked::clock::<Tokio<T>>),
    AsyncRead + AsyncWrite + Unpin
);
#[cfg(not(feature = "tokio-time"))]
constructors!(
    Connection,
    Connection::exchange,
    polled::end_at_once,
    None,
    AsyncRead + AsyncWrite + Unpin
);

#[cfg(feature = "hyper")]
impl<T: AsyncRead + AsyncWrite + Unpin> WebSocket<T> {
    /// Parts from a peer that breaks the rules by the clock of tokio.
    pub(super) fn clocked(self) -> Self {
        self.parting_by(Some(clocked::clock::<Tokio<T>>))
    }
}

#[cfg(feature = "tokio-net")]
impl WebSocket<TcpStream> {
    /// Connects to `ws://host:port/path?query`, with `TCP_NODELAY` set. The socket has 30 seconds to
    /// connect, and then the handshake as much.
    ///
    /// # Errors
    /// [`Error::Url`] for any other URL: for `wss`, give [`connect`](Self::connect) a TLS stream.
    /// Otherwise as there.
    pub async fn connect_to(url: &str) -> Result<Self, Error> {
        Ok(Self::connect_to_with(url, |handshake| handshake).await?.0)
    }

    /// Connects with terms added to the request for the URL: subprotocols, headers, compression.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<(), segue_websocket::endpoint::Error> {
    /// use segue_websocket::tokio::WebSocket;
    ///
    /// let url = "ws://example.org/chat";
    /// let terms = |handshake: segue_websocket::ClientHandshake| {
    ///     handshake.protocols(["chat"]).header("Authorization", "Bearer of news")
    /// };
    /// let (socket, opened) = WebSocket::connect_to_with(url, terms).await?;
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
    ) -> impl Future<Output = Result<(Self, Connected), Error>> {
        Box::pin(async move {
            let url = Url::parse(url).map_err(Error::Url)?;
            let connecting = TcpStream::connect((url.host, url.port));
            let io = clocked::within::<Tokio<TcpStream>, _>(connecting).await?;
            io.set_nodelay(true)?;
            let handshake = ClientHandshake::new(url.authority, url.target());
            Self::connect_with(io, terms(handshake)).await
        })
    }
}
