//! An echo, and a client that puts an echo to the test, by endpoints under each driver.
//!
//! ```text
//! cargo run --release -p segue-websocket --all-features --example endpoints -- \
//!     serve --listen 127.0.0.1:9004 --driver tokio
//! cargo run --release -p segue-websocket --all-features --example endpoints -- \
//!     try --driver futures 127.0.0.1:9004
//! ```
//!
//! It is also what is tried against the servers and clients that others have written.
#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

use bytes::Bytes;
use clap::{Parser, ValueEnum};
use segue::driver::PollTransport;
use segue_websocket::{
    CloseCode, Fragment, Opcode, Outgoing, OwnedMessage, Refusal, ServerHandshake,
    endpoint::{self, Error},
    futures, sync, tokio as on_tokio,
};
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

/// An echo, and a client that puts an echo to the test.
#[derive(Parser)]
enum Arguments {
    /// Sends every message back, at `/ws`.
    Serve {
        /// The address to listen on; port 0 picks a free one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// What drives the connections.
        #[arg(long, value_enum)]
        driver: Driver,
    },
    /// Puts an echo to the test, and sees it close.
    Try {
        /// What drives the connection.
        #[arg(long, value_enum)]
        driver: Driver,
        /// Where the echo is.
        address: SocketAddr,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Driver {
    Sync,
    Tokio,
    Futures,
}

fn main() -> Result<(), Error> {
    match Arguments::parse() {
        Arguments::Serve { listen, driver } => {
            let listener = TcpListener::bind(listen)?;
            println!("ws://{}/ws", listener.local_addr()?);
            let runtime = tokio::runtime::Runtime::new()?;
            let _entered = runtime.enter();
            loop {
                let (socket, _) = listener.accept()?;
                socket.set_nodelay(true)?;
                match driver {
                    Driver::Sync => {
                        thread::spawn(move || report(echo(socket)));
                    }
                    Driver::Tokio => {
                        socket.set_nonblocking(true)?;
                        let socket = tokio::net::TcpStream::from_std(socket)?;
                        runtime.spawn(async move {
                            let opened = on_tokio::WebSocket::accept_with(socket, terms()).await;
                            report(echo_polled(opened.map(|(socket, _)| socket)).await);
                        });
                    }
                    Driver::Futures => {
                        let socket = smol::net::TcpStream::try_from(socket)?;
                        let task = async move {
                            let opened = futures::WebSocket::accept_with(socket, terms()).await;
                            report(echo_polled(opened.map(|(socket, _)| socket)).await);
                        };
                        smol::spawn(task).detach();
                    }
                }
            }
        }
        Arguments::Try { driver, address } => {
            let url = format!("ws://{address}/ws");
            match driver {
                Driver::Sync => {
                    tried(sync::WebSocket::connect_to(&url)?)?;
                    left(sync::WebSocket::connect_to(&url)?)?;
                }
                Driver::Tokio => tokio::runtime::Runtime::new()?.block_on(async {
                    tried_polled(on_tokio::WebSocket::connect_to(&url).await?).await?;
                    left_polled(on_tokio::WebSocket::connect_to(&url).await?).await
                })?,
                Driver::Futures => smol::block_on(async {
                    for leaves in [false, true] {
                        let socket = smol::net::TcpStream::connect(address).await?;
                        let host = address.to_string();
                        let socket = futures::WebSocket::connect(socket, &host, "/ws").await?;
                        match leaves {
                            false => tried_polled(socket).await?,
                            true => left_polled(socket).await?,
                        }
                    }
                    Ok::<_, Error>(())
                })?,
            }
            println!("messages of 0 B to 1 MiB, fragments and 5000 texts come back in order");
            println!("both ends close, whoever begins");
            Ok(())
        }
    }
}

/// There is an echo at `/ws`, and nothing elsewhere.
fn terms() -> ServerHandshake {
    ServerHandshake::new().decide(|request, _| {
        if request.target() == "/ws" { Ok(()) } else { Err(Refusal::new(404)) }
    })
}

fn report(result: Result<(), Error>) {
    if let Err(error) = result {
        eprintln!("{error}");
    }
}

fn echo(socket: TcpStream) -> Result<(), Error> {
    let (mut socket, _) = sync::WebSocket::accept_with(socket, terms())?;
    loop {
        match socket.next() {
            Ok(Some(OwnedMessage::Close(_))) => {}
            Ok(Some(message)) => socket.send(&message)?,
            Ok(None) => return socket.close(CloseCode::NORMAL, ""),
            Err(error) => {
                let _ = socket.close(CloseCode::NORMAL, "");
                return Err(error);
            }
        }
    }
}

async fn echo_polled<T: PollTransport>(
    opened: Result<endpoint::WebSocket<T>, Error>,
) -> Result<(), Error> {
    let mut socket = opened?;
    loop {
        match socket.next().await {
            Ok(Some(OwnedMessage::Close(_))) => {}
            Ok(Some(message)) => socket.send(&message).await?,
            Ok(None) => return socket.close(CloseCode::NORMAL, "").await,
            Err(error) => {
                let _ = socket.close(CloseCode::NORMAL, "").await;
                return Err(error);
            }
        }
    }
}

/// What is sent one by one.
fn messages() -> impl Iterator<Item = OwnedMessage> {
    let sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20];
    let payload = |size| (0..size).map(|i: usize| i.to_le_bytes()[0]).collect::<Bytes>();
    let texts = ["", "hello", "käse 🧀"].map(OwnedMessage::from);
    sizes.into_iter().map(move |size| OwnedMessage::Binary(payload(size))).chain(texts)
}

/// A text in fragments, one of them empty, one that ends inside a character.
const FRAGMENTS: [(Opcode, bool, &[u8]); 4] = [
    (Opcode::Text, false, b"in "),
    (Opcode::Continuation, false, b""),
    (Opcode::Continuation, false, b"thr\xc3"),
    (Opcode::Continuation, true, b"\xa9e parts"),
];

fn fragment((opcode, fin, payload): (Opcode, bool, &[u8])) -> Outgoing<'_> {
    Outgoing::Fragment(Fragment { opcode, fin, payload })
}

fn same(got: Option<OwnedMessage>, wanted: &OwnedMessage) -> Result<(), Error> {
    match got {
        Some(got) if got == *wanted => Ok(()),
        other => Err(std::io::Error::other(format!("{wanted:?} came back as {other:?}")).into()),
    }
}

/// How many texts go in a batch, so that no end has to hold more than the kernel does.
const BATCH: usize = 100;

fn tried(mut socket: sync::WebSocket<TcpStream>) -> Result<(), Error> {
    for message in messages() {
        socket.send(&message)?;
        same(socket.next()?, &message)?;
    }
    for part in FRAGMENTS {
        socket.feed(fragment(part))?;
    }
    same(socket.next()?, &"in thrée parts".into())?;
    socket.send(Outgoing::Ping(b"there?"))?;
    same(socket.next()?, &OwnedMessage::Pong(Bytes::from_static(b"there?")))?;
    for batch in 0..50 {
        let texts = || (0..BATCH).map(|i| format!("text {}", batch * BATCH + i));
        texts().try_for_each(|text| socket.feed(&text))?;
        for text in texts() {
            same(socket.next()?, &text.into())?;
        }
    }
    socket.close(CloseCode(4000), "enough")
}

/// The server is asked to close.
fn left(mut socket: sync::WebSocket<TcpStream>) -> Result<(), Error> {
    socket.send("close")?;
    same(socket.next()?, &OwnedMessage::Close(Some((CloseCode(4001), "asked".into()))))?;
    assert_eq!(socket.next()?, None);
    socket.close(CloseCode::NORMAL, "")
}

async fn tried_polled<T: PollTransport>(mut socket: endpoint::WebSocket<T>) -> Result<(), Error> {
    for message in messages() {
        socket.send(&message).await?;
        same(socket.next().await?, &message)?;
    }
    for part in FRAGMENTS {
        socket.feed(fragment(part)).await?;
    }
    same(socket.next().await?, &"in thrée parts".into())?;
    socket.send(Outgoing::Ping(b"there?")).await?;
    same(socket.next().await?, &OwnedMessage::Pong(Bytes::from_static(b"there?")))?;
    for batch in 0..50 {
        let texts = || (0..BATCH).map(|i| format!("text {}", batch * BATCH + i));
        for text in texts() {
            socket.feed(&text).await?;
        }
        for text in texts() {
            same(socket.next().await?, &text.into())?;
        }
    }
    socket.close(CloseCode(4000), "enough").await
}

async fn left_polled<T: PollTransport>(mut socket: endpoint::WebSocket<T>) -> Result<(), Error> {
    socket.send("close").await?;
    same(socket.next().await?, &OwnedMessage::Close(Some((CloseCode(4001), "asked".into()))))?;
    assert_eq!(socket.next().await?, None);
    socket.close(CloseCode::NORMAL, "").await
}
