//! The servers that echo, each as its documentation shows it.

use std::{future::Future, io, net::TcpStream};

use futures_util::{SinkExt, StreamExt, TryStreamExt};
use segue::driver::{self, Turn};

use crate::{load::Load, raw};

/// Serves one connection until its end. A client that leaves is no news to a benchmark.
pub(crate) type Echo = fn(TcpStream);

pub(crate) const RAW: &str = "raw loop, blocking";
pub(crate) const RAW_TOKIO: &str = "raw loop, tokio";
pub(crate) const RAW_SMOL: &str = "raw loop, smol";
pub(crate) const CONNECTION: &str = "segue connection, tokio";
pub(crate) const CONNECTION_SYNC: &str = "segue connection, sync";
pub(crate) const TURN: &str = "segue endpoint, turn";
pub(crate) const SEND: &str = "segue endpoint, next and send";
pub(crate) const FASTWEBSOCKETS: &str = "fastwebsockets";
pub(crate) const TOKIO_WEBSOCKETS: &str = "tokio-websockets, forward";
pub(crate) const CONNECTION_FUTURES: &str = "segue connection, futures";
pub(crate) const QUEUE: &str = "segue endpoint, next and queue";

/// All of them; those that others are held against come first.
pub(crate) const ALL: &[(&str, Echo)] = &[
    (RAW, |socket| drop(raw::blocking(socket))),
    (RAW_TOKIO, |socket| on_tokio(socket, raw::on_tokio)),
    (RAW_SMOL, |socket| on_smol(socket, raw::on_smol)),
    (CONNECTION_SYNC, |socket| drop(connection_sync(socket))),
    (CONNECTION, |socket| on_tokio(socket, connection_tokio)),
    (CONNECTION_FUTURES, |socket| on_smol(socket, connection_futures)),
    ("segue endpoint, sync turn", |socket| drop(turn_sync(socket))),
    (TURN, |socket| on_tokio(socket, turn)),
    (QUEUE, |socket| on_tokio(socket, queue)),
    (SEND, |socket| on_tokio(socket, send)),
    ("segue endpoint, forward", |socket| on_tokio(socket, forward)),
    ("tungstenite, read and send", |socket| drop(tungstenite(socket))),
    ("tokio-tungstenite, send", |socket| on_tokio(socket, tokio_tungstenite_send)),
    ("tokio-tungstenite, forward", |socket| on_tokio(socket, tokio_tungstenite_forward)),
    (FASTWEBSOCKETS, |socket| on_tokio(socket, fastwebsockets)),
    (TOKIO_WEBSOCKETS, |socket| on_tokio(socket, tokio_websockets)),
];

/// Returns true if `name` is measured with this load.
pub(crate) fn takes(name: &str, load: Load) -> bool {
    const LONG: [&str; 6] =
        [CONNECTION_SYNC, CONNECTION, TURN, SEND, FASTWEBSOCKETS, TOKIO_WEBSOCKETS];
    !load.is_long() || LONG.contains(&name)
}

/// Runs one of tokio's to its end, on this thread.
fn on_tokio<F: Future>(socket: TcpStream, echo: impl FnOnce(tokio::net::TcpStream) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        socket.set_nonblocking(true).expect("a socket");
        echo(tokio::net::TcpStream::from_std(socket).expect("a socket")).await;
    });
}

/// The same for those over futures-io, on smol.
fn on_smol<F: Future>(socket: TcpStream, echo: impl FnOnce(smol::net::TcpStream) -> F) {
    smol::block_on(async {
        echo(smol::net::TcpStream::try_from(socket).expect("a socket")).await;
    });
}

fn connection_sync(socket: TcpStream) -> io::Result<()> {
    let (messages, mut writer) = segue_websocket::server();
    let mut connection = driver::sync::Connection::new(socket, messages);
    while let Some(Turn { item, mut output }) = connection.turn()? {
        output.queue(&mut writer, item)?;
    }
    Ok(())
}

async fn connection_tokio(socket: tokio::net::TcpStream) -> io::Result<()> {
    let (messages, mut writer) = segue_websocket::server();
    let mut connection = driver::tokio::Connection::new(socket, messages);
    while let Some(Turn { item, mut output }) = connection.turn().await? {
        output.queue(&mut writer, item)?;
    }
    Ok(())
}

async fn connection_futures(socket: smol::net::TcpStream) -> io::Result<()> {
    let (messages, mut writer) = segue_websocket::server();
    let mut connection = driver::futures::Connection::new(socket, messages);
    while let Some(Turn { item, mut output }) = connection.turn().await? {
        output.queue(&mut writer, item)?;
    }
    Ok(())
}

type Outcome = Result<(), segue_websocket::endpoint::Error>;

fn turn_sync(socket: TcpStream) -> Outcome {
    let (messages, writer) = segue_websocket::server();
    let connection = driver::sync::Connection::new(socket, messages);
    let mut websocket = segue_websocket::sync::WebSocket::new(connection, writer);
    while let Some(mut turn) = websocket.turn()? {
        turn.answer.queue(turn.message)?;
    }
    Ok(())
}

type Endpoint = segue_websocket::tokio::WebSocket<tokio::net::TcpStream>;

fn endpoint(socket: tokio::net::TcpStream) -> Endpoint {
    let (messages, writer) = segue_websocket::server();
    Endpoint::new(driver::tokio::Connection::new(socket, messages), writer)
}

async fn turn(socket: tokio::net::TcpStream) -> Outcome {
    let mut websocket = endpoint(socket);
    while let Some(mut turn) = websocket.turn().await? {
        turn.answer.queue(turn.message)?;
    }
    Ok(())
}

async fn queue(socket: tokio::net::TcpStream) -> Outcome {
    let mut websocket = endpoint(socket);
    while let Some(message) = websocket.next().await? {
        websocket.queue(&message).await?;
    }
    Ok(())
}

async fn send(socket: tokio::net::TcpStream) -> Outcome {
    let mut websocket = endpoint(socket);
    while let Some(message) = websocket.next().await? {
        websocket.send(&message).await?;
    }
    Ok(())
}

async fn forward(socket: tokio::net::TcpStream) -> Outcome {
    let (sender, reader) = endpoint(socket).split();
    reader.try_filter(|message| std::future::ready(message.is_data())).forward(sender).await
}

fn tungstenite(socket: TcpStream) -> tungstenite::Result<()> {
    use tungstenite::protocol::{Role, WebSocket};

    let mut websocket = WebSocket::from_raw_socket(socket, Role::Server, None);
    loop {
        let message = websocket.read()?;
        websocket.send(message)?;
    }
}

type Tungstenite = tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>;

async fn tokio_tungstenite(socket: tokio::net::TcpStream) -> Tungstenite {
    let role = tungstenite::protocol::Role::Server;
    Tungstenite::from_raw_socket(socket, role, None).await
}

async fn tokio_tungstenite_send(socket: tokio::net::TcpStream) -> tungstenite::Result<()> {
    let mut websocket = tokio_tungstenite(socket).await;
    while let Some(message) = websocket.next().await {
        websocket.send(message?).await?;
    }
    Ok(())
}

async fn tokio_tungstenite_forward(socket: tokio::net::TcpStream) -> tungstenite::Result<()> {
    let (sink, stream) = tokio_tungstenite(socket).await.split();
    stream.forward(sink).await
}

async fn fastwebsockets(
    socket: tokio::net::TcpStream,
) -> Result<(), fastwebsockets::WebSocketError> {
    use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};

    let websocket = WebSocket::after_handshake(socket, Role::Server);
    let mut websocket = FragmentCollector::new(websocket);
    loop {
        let frame = websocket.read_frame().await?;
        match frame.opcode {
            OpCode::Text | OpCode::Binary => websocket.write_frame(frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}

async fn tokio_websockets(socket: tokio::net::TcpStream) -> Result<(), tokio_websockets::Error> {
    // Messages of more than 4 MiB would go out in fragments, and come in by no more than 64 MiB.
    let config = tokio_websockets::Config::default().frame_size(usize::MAX);
    let builder = tokio_websockets::ServerBuilder::new().config(config);
    let (sink, stream) = builder.serve(socket).split();
    stream.forward(sink).await
}
