//! Both halves of one end, made together.

use crate::{Client, ClientWriter, Server, ServerWriter};

/// The two halves of a server's end of a connection, with the usual limits.
#[must_use]
pub fn server() -> (Server, ServerWriter) {
    Server::new().paired()
}

/// The two halves of a client's end of a connection, with the usual limits.
#[must_use]
pub fn client() -> (Client, ClientWriter) {
    Client::new().paired()
}
