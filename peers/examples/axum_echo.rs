//! axum serves HTTP, and gives one of its connections away: our WebSocket takes it, with what axum
//! had read too far.
//!
//! ```text
//! cargo run --release -p segue-peers --example axum_echo
//! cargo run --release -p segue-peers --example axum_echo -- --listen 127.0.0.1:9003
//! ```
//!
//! The first runs a client that does not wait to be let in before it speaks, and sees its message
//! come back. The second serves: a page at `/`, the echo at `/ws`. axum itself survives a failed
//! accept; how long it waits for a request is for a layer in front of it to say.
#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

use axum::{Router, response::Response, routing::get};
use clap::Parser;
use segue_websocket::{
    CloseCode, Deflate, KeepAlive, Limits, Timer, TokioTimer,
    endpoint::{
        Error,
        axum::{WebSocket, WebSocketUpgrade},
    },
};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// An echo WebSocket in an axum server.
#[derive(Parser)]
struct Arguments {
    /// Serves at this address, until it is stopped.
    #[arg(long)]
    listen: Option<SocketAddr>,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let listen = Arguments::parse().listen;
    let listener = TcpListener::bind(listen.unwrap_or(([127, 0, 0, 1], 0).into())).await?;
    let address = listener.local_addr()?;
    println!("http://{address}/ is a page, ws://{address}/ws an echo");
    let app =
        Router::new().route("/", get(|| async { "an echo is at /ws\n" })).route("/ws", get(ws));
    let serving = axum::serve(listener, app);
    if listen.is_some() {
        return serving.await;
    }
    tokio::spawn(async move { serving.await });
    let echo = glued_client(TcpStream::connect(address).await?).await?;
    assert_eq!(echo, b"\x81\x05Hello\x88\0", "the frame behind the request was lost");
    println!("the frame behind the request came back");
    Ok(())
}

/// A handler like others: it answers at once, and what it upgrades to runs in a task of its own.
async fn ws(upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .limits(Limits::message(1024 * 1024))
        .deflate(Deflate::new())
        .on_failed_upgrade(|error| eprintln!("upgrade: {error}"))
        .on_upgrade(|socket| async move {
            if let Err(error) = echo(socket).await {
                eprintln!("websocket: {error}");
            }
        })
}

/// Our WebSocket, on a connection that was axum's.
async fn echo(mut socket: WebSocket) -> Result<(), Error> {
    // A client that is not there any more, and one that reads nothing, are given up.
    let mut timer = TokioTimer::new();
    let mut keep_alive = KeepAlive::new(timer.now()).idle_after(Duration::from_secs(300));
    while let Some(message) = socket.next_by(&mut keep_alive, &mut timer).await? {
        if message.is_data() {
            socket.queue_by(message, &mut timer).await?;
        }
    }
    socket.close(CloseCode::NORMAL).await
}

/// Sends a request with a masked frame and a close frame glued to it, in one write, and gives what
/// follows the 101.
async fn glued_client(mut socket: TcpStream) -> io::Result<Vec<u8>> {
    const REQUEST: &[u8] = b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // The example of RFC 6455 §5.7, and a close frame.
    const FRAMES: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x80\0\0\0\0";
    socket.write_all(&[REQUEST, FRAMES].concat()).await?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await?;
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "axum did not upgrade");
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    Ok(answer.split_off(head.ok_or_else(|| io::Error::other("half an answer"))? + 4))
}
