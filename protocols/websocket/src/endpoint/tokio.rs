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
//!         socket.send(&message).await?; // an echo
//!     }
//!     socket.close(CloseCode::NORMAL, "").await
//! };
//! let client = async {
//!     let mut socket = WebSocket::connect_to(&format!("ws://{address}/echo")).await?;
//!     socket.send("hello").await?;
//!     assert_eq!(socket.next().await?, Some(OwnedMessage::from("hello")));
//!     socket.close(CloseCode::NORMAL, "").await
//! };
//! tokio::try_join!(server, client)?;
//! # Ok::<(), segue_websocket::endpoint::Error>(()) }).unwrap();
//! ```

use ::tokio::io::{AsyncRead, AsyncWrite};
#[cfg(feature = "tokio-net")]
use ::tokio::net::TcpStream;
#[cfg(feature = "tokio-time")]
use segue::driver::{
    Half, Timer,
    tokio::{OnTokio, TokioTimer},
};
use segue::{
    Handoff,
    driver::tokio::{Connection, Tokio},
};

#[cfg(feature = "tokio-net")]
use super::url::Url;
use super::{Error, constructors::constructors, engine::stages, halves, polled};
#[cfg(feature = "tokio-time")]
use super::{KeepAlive, engine::Endpoint};
#[cfg(feature = "tokio-time")]
use crate::CloseCode;
use crate::{Accepted, ClientHandshake, Opened, Role, ServerHandshake};

/// A WebSocket over tokio's [`AsyncRead`] and [`AsyncWrite`].
pub type WebSocket<T> = polled::WebSocket<Tokio<T>>;
/// The half of it that reads.
pub type Reader<T> = halves::Reader<Tokio<T>>;
/// The half of it that sends.
pub type Sender<T> = halves::Sender<Tokio<T>>;

#[cfg(feature = "tokio-time")]
constructors!(Connection, end, AsyncRead + AsyncWrite + Unpin);
#[cfg(not(feature = "tokio-time"))]
constructors!(Connection, polled::end_at_once, AsyncRead + AsyncWrite + Unpin);

/// Ends a connection whose handshake failed, within the time that a close has.
#[cfg(feature = "tokio-time")]
async fn end<T: AsyncRead + AsyncWrite + Unpin>(connection: &mut Connection<T, ()>) {
    let _ = connection.close(super::engine::DRAIN_REFUSED).await;
}

#[cfg(feature = "tokio-time")]
impl<T: OnTokio> polled::WebSocket<T> {
    /// Closes the connection within [`Options::linger`](segue::driver::Options::linger) by tokio's
    /// clock, 10 seconds unless set: see [`close_by`](Self::close_by).
    ///
    /// # Errors
    /// As [`close_by`](Self::close_by), and where the runtime has no timers.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        close(&mut self.endpoint, code, reason).await
    }
}

#[cfg(feature = "tokio-time")]
impl<T: OnTokio> halves::Reader<T>
where
    Half<T>: OnTokio,
{
    /// Closes the connection, for both halves: see [`WebSocket::close`]. What the other half has
    /// queued and not flushed is not sent.
    ///
    /// # Errors
    /// As there.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        close(&mut self.endpoint, code, reason).await
    }
}

#[cfg(feature = "tokio-time")]
async fn close<T: OnTokio>(
    endpoint: &mut Endpoint<T>,
    code: CloseCode,
    reason: &str,
) -> Result<(), Error> {
    let mut timer = TokioTimer::try_new()?;
    let linger = endpoint.connection.options().linger;
    let mut keep_alive = KeepAlive::new(timer.now()).close_within(linger);
    polled::close_by(endpoint, code, reason, &mut keep_alive, &mut timer).await
}

#[cfg(feature = "tokio-net")]
impl WebSocket<TcpStream> {
    /// Connects to `ws://host:port/path?query`, with small packets sent at once.
    ///
    /// # Errors
    /// [`Error::Url`] where it is none of these: `wss` needs a TLS stream, which
    /// [`connect`](Self::connect) takes. Otherwise as there.
    pub async fn connect_to(url: &str) -> Result<Self, Error> {
        Ok(Self::connect_to_with(url, |handshake| handshake).await?.0)
    }

    /// The same, with terms added to the request that the URL comes to: subprotocols, headers,
    /// compression.
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
    pub async fn connect_to_with(
        url: &str,
        terms: impl FnOnce(ClientHandshake) -> ClientHandshake,
    ) -> Result<(Self, Opened), Error> {
        let url = Url::parse(url).map_err(Error::Url)?;
        let io = TcpStream::connect((url.host, url.port)).await?;
        io.set_nodelay(true)?;
        let handshake = ClientHandshake::new(url.authority, url.target());
        Self::connect_with(io, terms(handshake)).await
    }
}
