//! An extractor for axum.
//!
//! It takes the place of axum's own `WebSocketUpgrade`, with the limits, the compression and the
//! bounded closes of this crate. HTTP/1.1 opens a WebSocket; a request over HTTP/2 (RFC 8441) is
//! refused by name so far, and browsers take HTTP/1.1 unless a server announces otherwise.
//!
//! ```
//! use axum::{Router, response::Response, routing::get};
//! use segue_websocket::{CloseCode, Deflate, Limits, endpoint::Error};
//! use segue_websocket::endpoint::axum::{WebSocket, WebSocketUpgrade};
//!
//! async fn chat(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade
//!         .protocols(["chat"])
//!         .origins(["https://example.org"])
//!         .limits(Limits::message(64 * 1024))
//!         .deflate(Deflate::new())
//!         .on_failed_upgrade(|error| eprintln!("no WebSocket: {error}"))
//!         .on_upgrade(|socket| async move {
//!             if let Err(error) = echo(socket).await {
//!                 eprintln!("{error}");
//!             }
//!         })
//! }
//!
//! async fn echo(mut socket: WebSocket) -> Result<(), Error> {
//!     while let Some(message) = socket.next().await? {
//!         socket.queue(message).await?; // leaves before the next wait
//!     }
//!     socket.close(CloseCode::NORMAL).await
//! }
//!
//! let app: Router = Router::new().route("/chat", get(chat));
//! # let _ = app;
//! ```

use ::axum_core::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use ::hyper::upgrade::OnUpgrade;
use std::fmt;

use super::{Error, hyper};
#[cfg(feature = "deflate")]
use crate::Deflate;
use crate::{Accepted, Limits, Refusal, RequestError, ServerHandshake};

pub use super::hyper::{Upgrading, WebSocket};

/// An extractor for requests that ask for a WebSocket. Every other request is answered with what is
/// wrong with it.
///
/// Terms are set on it, and [`on_upgrade`](Self::on_upgrade) makes the response.
#[must_use = "the client waits for the response that `on_upgrade` makes"]
pub struct WebSocketUpgrade {
    request: http::Request<()>,
    accepted: Accepted,
    handshake: ServerHandshake,
    origins: Option<Vec<String>>,
    limits: Limits,
    failed: Box<dyn FnOnce(Error) + Send>,
}

impl WebSocketUpgrade {
    /// Returns the request as it would be accepted without terms: its path, query and cookies.
    #[must_use]
    pub fn request(&self) -> &Accepted {
        &self.accepted
    }

    /// Returns the subprotocols that the client offers, the most preferred first.
    pub fn offered(&self) -> impl Iterator<Item = &str> {
        let values = self.request.headers().get_all(http::header::SEC_WEBSOCKET_PROTOCOL);
        let lists = values.into_iter().filter_map(|value| value.to_str().ok());
        lists.flat_map(|list| list.split(',')).map(str::trim).filter(|offer| !offer.is_empty())
    }

    /// Sets the subprotocols of this server, the most preferred first: see
    /// [`ServerHandshake::protocols`].
    pub fn protocols<P: Into<String>>(self, protocols: impl IntoIterator<Item = P>) -> Self {
        self.handshake(|handshake| handshake.protocols(protocols))
    }

    /// Compresses messages with clients that offer it, on these terms (RFC 7692).
    #[cfg(feature = "deflate")]
    pub fn deflate(self, terms: Deflate) -> Self {
        self.handshake(|handshake| handshake.deflate(terms))
    }

    /// Sets the limits on messages. [`Limits::DEFAULT`] unless it is called.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Refuses pages of other origins with status 403: `https://example.org`, or `http://a:8080`
    /// where the port is no default one (RFC 6455 §10.2). A request without `Origin` comes from no
    /// browser and is accepted.
    ///
    /// Unless it is called, pages of any origin may connect, with the cookies of their visitors.
    pub fn origins<O: Into<String>>(mut self, origins: impl IntoIterator<Item = O>) -> Self {
        self.origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Changes the handshake itself, for terms that have no method here: headers of the answer by
    /// [`ServerHandshake::decide`].
    pub fn handshake(mut self, change: impl FnOnce(ServerHandshake) -> ServerHandshake) -> Self {
        self.handshake = change(self.handshake);
        self
    }

    /// Calls `failed` if there is no WebSocket after all: the request does not meet the terms, or
    /// the client goes before it has the answer.
    pub fn on_failed_upgrade(mut self, failed: impl FnOnce(Error) + Send + 'static) -> Self {
        self.failed = Box::new(failed);
        self
    }

    /// Makes the response, and has a tokio task run `serve` on the WebSocket once it is open.
    ///
    /// It is a 101, or the answer to a request that does not meet the terms.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as [`tokio::spawn`].
    pub fn on_upgrade<F, S>(mut self, serve: F) -> Response
    where
        F: FnOnce(WebSocket) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let failed = std::mem::replace(&mut self.failed, Box::new(drop));
        let (response, outcome) = self.accept();
        match outcome {
            Ok(upgrading) => {
                ::tokio::spawn(async move {
                    match upgrading.open().await {
                        Ok((socket, _)) => serve(socket).await,
                        Err(error) => failed(error),
                    }
                });
            }
            Err(error) => failed(Error::Request(segue::Fault::new(error))),
        }
        response
    }

    /// Makes the response, and leaves it to the caller to open the WebSocket, in a task of its own:
    /// for what is known only then, such as the chosen subprotocol.
    ///
    /// # Errors
    /// The reason why there is no WebSocket. The response says so to the client.
    pub fn accept(self) -> (Response, Result<Upgrading, RequestError>) {
        let Self { mut request, mut handshake, origins, limits, .. } = self;
        if let Some(origins) = origins {
            let mut named = request.headers().get_all(http::header::ORIGIN).into_iter();
            let is_known = |origin: &http::HeaderValue| {
                origins.iter().any(|known| origin.as_bytes().eq_ignore_ascii_case(known.as_bytes()))
            };
            if !named.all(is_known) {
                handshake = handshake.decide(|_, _| Err(Refusal::new(403)));
            }
        }
        let (response, outcome) = hyper::upgrade(&mut request, handshake);
        (response.map(Body::from), outcome.map(|upgrading| upgrading.limits(limits)))
    }
}

impl<S: Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Rejected> {
        let mut request = http::Request::new(());
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = parts.uri.clone();
        *request.version_mut() = parts.version;
        *request.headers_mut() = parts.headers.clone();
        let handshake = ServerHandshake::new();
        let (response, outcome) = ServerHandshake::new().respond_to(&request);
        let accepted = outcome.map_err(|error| Rejected { error, response })?;
        let Some(on) = parts.extensions.remove::<OnUpgrade>() else {
            let error = RequestError::NotUpgradable;
            return Err(Rejected { response: ServerHandshake::refusal(&error), error });
        };
        request.extensions_mut().insert(on);
        let (limits, failed) = (Limits::DEFAULT, Box::new(drop));
        Ok(Self { request, accepted, handshake, origins: None, limits, failed })
    }
}

impl fmt::Debug for WebSocketUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUpgrade")
            .field("accepted", &self.accepted)
            .field("handshake", &self.handshake)
            .field("origins", &self.origins)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// A request that does not ask for a WebSocket as it should, with the answer to it.
#[derive(Debug)]
pub struct Rejected {
    error: RequestError,
    response: http::Response<String>,
}

impl Rejected {
    /// Returns what is wrong with the request.
    #[must_use]
    pub fn error(&self) -> &RequestError {
        &self.error
    }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        self.response.map(Body::from)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Rejected {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
