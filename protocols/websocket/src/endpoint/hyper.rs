//! WebSockets on connections that hyper has served so far, and every framework on top of it.
//!
//! [`upgrade`] answers a request; once the answer has been sent hyper gives the connection away,
//! with the frames that it has read too far, whatever the transport is: TCP, TLS, a socket of the
//! caller's. Serve the connection `with_upgrades`, over HTTP/1.1: WebSockets over HTTP/2 (RFC 8441)
//! are refused by name so far.
//!
//! ```
//! use http::{Request, Response};
//! use hyper::body::Incoming;
//! use segue_websocket::{CloseCode, ServerHandshake, endpoint};
//!
//! async fn service(mut request: Request<Incoming>) -> Result<Response<String>, hyper::Error> {
//!     let handshake = ServerHandshake::new().protocols(["chat"]);
//!     let (response, outcome) = endpoint::hyper::upgrade(&mut request, handshake);
//!     if let Ok(upgrading) = outcome {
//!         tokio::spawn(async move {
//!             let (mut socket, _) = upgrading.open().await?;
//!             while let Some(message) = socket.next().await? {
//!                 socket.queue(message).await?; // an echo
//!             }
//!             socket.close(CloseCode::NORMAL).await
//!         });
//!     }
//!     Ok(response) // a 101, or what was wrong
//! }
//! ```

use ::hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use segue::{Handoff, driver::tokio::Connection};
use std::io;

use super::{Error, tokio};
use crate::{Accepted, Limits, RequestError, ServerHandshake};

/// A WebSocket on a connection of hyper.
pub type WebSocket = tokio::WebSocket<TokioIo<Upgraded>>;

/// An agreed WebSocket whose answer hyper has to send first.
#[derive(Debug)]
pub struct Upgrading {
    on: OnUpgrade,
    accepted: Accepted,
    limits: Limits,
}

/// Answers a request with a handshake. The response is to be returned to hyper in any case; open
/// the WebSocket in another task, since hyper sends the answer when the service returns.
///
/// # Errors
/// As [`ServerHandshake::respond_to`], and [`RequestError::NotUpgradable`] if hyper does not give
/// the connection away.
pub fn upgrade<B>(
    request: &mut http::Request<B>,
    mut handshake: ServerHandshake,
) -> (http::Response<String>, Result<Upgrading, RequestError>) {
    let on = request.extensions_mut().remove::<OnUpgrade>();
    let (response, outcome) = handshake.respond_to(request);
    match (outcome, on) {
        (Ok(accepted), Some(on)) => {
            (response, Ok(Upgrading { on, accepted, limits: Limits::DEFAULT }))
        }
        (Ok(_), None) => {
            let error = RequestError::NotUpgradable;
            (ServerHandshake::refusal(&error), Err(error))
        }
        (Err(error), _) => (response, Err(error)),
    }
}

impl Upgrading {
    /// Returns the agreement, with the head of the request.
    #[must_use]
    pub fn accepted(&self) -> &Accepted {
        &self.accepted
    }

    /// Sets the limits on messages.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Waits until hyper has sent the answer, and opens the WebSocket. Frames that the client sent
    /// behind its request are its first messages.
    ///
    /// # Errors
    /// [`Error::Io`] if hyper does not give the connection away: the client has gone, the answer
    /// was dropped, or the connection is not served `with_upgrades`.
    pub async fn open(self) -> Result<(WebSocket, Accepted), Error> {
        let Self { on, accepted, limits } = self;
        // What hyper has read too far comes out of the upgraded connection first.
        let io = TokioIo::new(on.await.map_err(io::Error::other)?);
        let (messages, writer) = accepted.halves();
        let connection =
            Connection::from_handoff(Handoff::new(io, &[][..]), messages.limits(limits));
        Ok((WebSocket::new(connection, writer).clocked(), accepted))
    }
}
