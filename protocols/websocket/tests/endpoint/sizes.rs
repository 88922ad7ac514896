//! Bytes that a task has for a method while it waits in it. A task is as large as the largest of
//! what it ever awaits, for as long as it lives, so what is cold is on the heap meanwhile.

use segue::{Handoff, driver::tokio::TokioTimer};
use segue_websocket::{
    ClientHandshake, CloseCode, KeepAlive, OwnedMessage, Role, ServerHandshake, endpoint::Error,
    futures, tokio::WebSocket,
};
use std::{mem::size_of_val, time::Duration};
use tokio::io::{DuplexStream, duplex};

/// The most bytes in the future of a method that is called once.
const COLD: usize = 96;
/// The most bytes in the future of a method that is called for each message.
const HOT: usize = 112;

/// Holds the futures of methods to a size.
macro_rules! at_most {
    ($most:expr; $($future:expr),+ $(,)?) => {$(
        let size = size_of_val(&$future);
        assert!(size <= $most, "{size} bytes: {}", stringify!($future));
    )+};
}

#[test]
fn handshakes_and_closes_are_small_to_await() {
    let io = || duplex(64).0;
    at_most!(COLD;
        WebSocket::accept(io()),
        WebSocket::accept_with(io(), ServerHandshake::new()),
        WebSocket::accept_handoff(Handoff::new(io(), &[][..]), ServerHandshake::new()),
        WebSocket::connect(io(), "localhost", "/"),
        WebSocket::connect_with(io(), ClientHandshake::new("localhost", "/")),
        WebSocket::connect_to("ws://localhost"),
        WebSocket::connect_to_with("ws://localhost", |handshake| handshake),
        futures::WebSocket::accept(smol::io::Cursor::new(Vec::new())),
        futures::WebSocket::connect(smol::io::Cursor::new(Vec::new()), "localhost", "/"),
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _inside = runtime.enter();
    let (mut keep_alive, mut timer) = (KeepAlive::new(Duration::ZERO), TokioTimer::new());
    let mut socket = socket(io());
    at_most!(COLD;
        socket.close(CloseCode::NORMAL),
        socket.close_by(CloseCode::NORMAL, &mut keep_alive, &mut timer),
        socket.close_unbounded(CloseCode::NORMAL),
    );
    let (mut sender, mut reader) = socket.split();
    at_most!(COLD;
        reader.close(CloseCode::NORMAL),
        sender.close(CloseCode::NORMAL),
    );
}

#[test]
fn messages_are_small_to_await() {
    let message = OwnedMessage::from("hello");
    let mut socket = socket(duplex(64).0);
    at_most!(HOT;
        socket.next(),
        socket.turn(),
        socket.queue(&message),
        socket.send(&message),
        socket.flush(),
    );
    let (mut sender, mut reader) = socket.split();
    at_most!(HOT; reader.next(), sender.queue(&message), sender.send(&message));
}

/// The task of a server as everybody writes it is little more than the endpoint in it.
#[test]
fn a_task_is_as_large_as_its_endpoint() {
    let size = size_of_val(&echo(duplex(64).0));
    let most = size_of::<WebSocket<DuplexStream>>() + 256;
    assert!(size <= most, "{size} bytes, and at most {most} are expected");
}

async fn echo(io: DuplexStream) -> Result<(), Error> {
    let mut socket = WebSocket::accept(io).await?;
    while let Some(message) = socket.next().await? {
        socket.queue(&message).await?;
    }
    socket.close(CloseCode::NORMAL).await
}

fn socket(io: DuplexStream) -> WebSocket<DuplexStream> {
    WebSocket::from_handoff(Handoff::new(io, &[][..]), Role::Server)
}
