//! Layers under connections, over real sockets: one suite, stamped on the three drivers.
//!
//! `suite.rs` is written once and compiled three times. Each driver says what a `Connection` is, how
//! a test is run (`play!`), what it is to wait for a call (`wait!`), and how two peers run side by
//! side (`both!`).
#![expect(clippy::duplicate_mod, reason = "that is how the suite is stamped")]
#![allow(clippy::unwrap_used, reason = "a scene is a test, though it may not be marked as one")]

mod bounds;
#[path = "../../examples/tunnel/deflate.rs"]
mod deflate;
mod endings;
mod futures;
mod laws;
mod numbered;
mod sync;
mod threads;
mod tokio;
mod way_out;

use std::{
    net::{TcpListener, TcpStream},
    time::Duration,
};

/// Two ends of a connection, which do not wait for ever.
fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap().0;
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
    }
    (client, server)
}

/// A test that takes longer has stopped.
const PATIENCE: Duration = Duration::from_secs(20);
