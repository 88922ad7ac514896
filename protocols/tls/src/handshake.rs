//! The handshake, for either end.
//!
//! rustls is fed record by record, so that bytes glued to the last message of a handshake stay in the
//! connection's buffer for the layer, and bytes glued to a `close_notify` are left alone.

use std::{fmt, sync::Arc};

use rustls::{
    ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection,
    pki_types::ServerName,
};
use segue::{Buffer, Cause, Exchange, Fault, Output, Progress};

use crate::{Error, Limits, Tls, session::Session};

/// Creates the handshake of a client that wants to reach `name`.
///
/// # Errors
/// Those of rustls, for a configuration that offers nothing.
pub fn client(
    config: impl Into<Arc<ClientConfig>>,
    name: ServerName<'static>,
) -> Result<Handshake, rustls::Error> {
    ClientConnection::new(config.into(), name).map(Handshake::new)
}

/// Creates the handshake of a server.
///
/// # Errors
/// Those of rustls, for a configuration that accepts nothing.
pub fn server(config: impl Into<Arc<ServerConfig>>) -> Result<Handshake, rustls::Error> {
    ServerConnection::new(config.into()).map(Handshake::new)
}

/// The handshake of TLS, whose output is the [layer](Tls).
///
/// It has no deadline of its own: run it with a connection's `exchange_by` and a timer, which gives
/// up after [`Deadlines::record`](segue::driver::Deadlines::record). An alert is queued before a
/// fault is reported. No data is sent or accepted before the handshake is done.
pub struct Handshake {
    /// `None` once it is done.
    session: Option<Session>,
    limits: Limits,
}

impl Handshake {
    /// Creates a handshake of a connection that was made elsewhere, and has not begun.
    #[must_use]
    pub fn new(connection: impl Into<Connection>) -> Self {
        let session = Some(Session::new(connection.into()));
        Self { session, limits: Limits::DEFAULT }
    }

    /// Sets the limits, which the layer keeps.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("is_done", &self.session.is_none())
            .finish_non_exhaustive()
    }
}

impl Exchange for Handshake {
    type Output = Tls;
    type Error = Error;

    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<Tls>, Fault<Error>> {
        let Some(session) = &mut self.session else {
            return Err(Fault::from_cause(Cause::Contract).at(input.position()));
        };
        session.send(output);
        while session.is_handshaking() {
            if let Err(need) = session.take_record(input, output)? {
                if eof {
                    return Err(Fault::truncated(input.position() + input.len() as u64));
                }
                return Ok(Progress::NeedRead(need));
            }
        }
        match self.session.take() {
            Some(session) => Ok(Progress::Done(Tls::new(session, self.limits))),
            None => Err(Fault::new(Error::Unreachable).at(input.position())),
        }
    }
}
