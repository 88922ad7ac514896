//! WebSockets over futures-io's `AsyncRead` and `AsyncWrite`: smol, async-std, and others.
//!
//! ```
//! use segue_websocket::futures::WebSocket;
//! use segue_websocket::{CloseCode, OwnedMessage};
//!
//! # smol::block_on(async {
//! let listener = smol::net::TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let server = async {
//!     let mut socket = WebSocket::accept(listener.accept().await?.0).await?;
//!     while let Some(message) = socket.next().await? {
//!         socket.queue(&message).await?; // an echo, sent before the next wait
//!     }
//!     socket.close(CloseCode::NORMAL).await
//! };
//! let client = async {
//!     let io = smol::net::TcpStream::connect(address).await?;
//!     let mut socket = WebSocket::connect(io, "localhost", "/echo").await?;
//!     socket.send("hello").await?;
//!     assert_eq!(socket.next().await?, Some(OwnedMessage::from("hello")));
//!     socket.close(CloseCode::NORMAL).await
//! };
//! smol::future::try_zip(server, client).await?;
//! # Ok::<(), segue_websocket::endpoint::Error>(()) }).unwrap();
//! ```

use futures_io::{AsyncRead, AsyncWrite};
use segue::{
    Handoff,
    driver::futures::{Connection, Futures},
};

#[cfg(feature = "async-io")]
use super::clocked;
use super::{Error, constructors::constructors, engine::stages, halves, polled};
use crate::{Accepted, ClientHandshake, Connected, Role, ServerHandshake};

/// A WebSocket over futures-io's [`AsyncRead`] and [`AsyncWrite`].
pub type WebSocket<T> = polled::WebSocket<Futures<T>>;
/// The half that reads, and answers control frames.
pub type Receiver<T> = halves::Receiver<Futures<T>>;
/// The half that sends.
pub type Sender<T> = halves::Sender<Futures<T>>;

#[cfg(feature = "async-io")]
constructors!(
    Connection,
    clocked::exchange,
    clocked::end,
    Some(clocked::clock::<Futures<T>>),
    AsyncRead + AsyncWrite + Unpin
);
#[cfg(not(feature = "async-io"))]
constructors!(
    Connection,
    Connection::exchange,
    polled::end_at_once,
    None,
    AsyncRead + AsyncWrite + Unpin
);
