//! The servers, each as its documentation has it: a task for each connection, which accepts it and
//! then loops.

use std::io;

use futures_util::{SinkExt, StreamExt};
use segue_websocket::{CloseCode, accept_key};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net,
};

/// Starts the task of a connection, and returns the bytes that the task has.
type Start = fn(net::TcpStream) -> usize;

pub(crate) const ALL: &[(&str, Start)] = &[
    (QUEUE, |socket| started(queue(socket))),
    ("segue endpoint, turn", |socket| started(turn(socket))),
    ("tokio-tungstenite", |socket| started(tokio_tungstenite(socket))),
    (FASTWEBSOCKETS, |socket| started(fastwebsockets(socket))),
    ("tokio-websockets", |socket| started(tokio_websockets(socket))),
];

pub(crate) const QUEUE: &str = "segue endpoint, next and queue";
pub(crate) const FASTWEBSOCKETS: &str = "fastwebsockets";

/// Serves for good. Prints the address, and then the size of the first task.
pub(crate) fn serve(name: &str) -> io::Result<()> {
    let server = ALL.iter().find(|(other, _)| *other == name);
    let (_, start) = server.ok_or_else(|| io::Error::other("no such server"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let mut is_first = true;
        loop {
            let (socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            let size = start(socket);
            if std::mem::take(&mut is_first) {
                println!("{size}");
            }
        }
    })
}

fn started<F: Future<Output: Send> + Send + 'static>(task: F) -> usize {
    let size = size_of_val(&task);
    tokio::spawn(task);
    size
}

async fn queue(io: net::TcpStream) -> Result<(), segue_websocket::endpoint::Error> {
    let mut socket = segue_websocket::tokio::WebSocket::accept(io).await?;
    while let Some(message) = socket.next().await? {
        socket.queue(&message).await?;
    }
    socket.close(CloseCode::NORMAL).await
}

async fn turn(io: net::TcpStream) -> Result<(), segue_websocket::endpoint::Error> {
    let mut socket = segue_websocket::tokio::WebSocket::accept(io).await?;
    while let Some(mut turn) = socket.turn().await? {
        turn.answer.queue(turn.message)?;
    }
    socket.close(CloseCode::NORMAL).await
}

async fn tokio_tungstenite(io: net::TcpStream) -> tungstenite::Result<()> {
    let mut socket = tokio_tungstenite::accept_async(io).await?;
    while let Some(message) = socket.next().await {
        socket.send(message?).await?;
    }
    Ok(())
}

/// Its own handshake is hyper's; done by hand it leaves nothing in the task.
async fn fastwebsockets(mut io: net::TcpStream) -> Result<(), fastwebsockets::WebSocketError> {
    use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};

    Box::pin(let_in(&mut io)).await?;
    let mut socket = FragmentCollector::new(WebSocket::after_handshake(io, Role::Server));
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}

async fn tokio_websockets(io: net::TcpStream) -> Result<(), tokio_websockets::Error> {
    let (_, mut socket) = tokio_websockets::ServerBuilder::new().accept(io).await?;
    while let Some(message) = socket.next().await {
        socket.send(message?).await?;
    }
    Ok(())
}

/// Agrees to the one request that clients make here.
async fn let_in(io: &mut net::TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(io.read_u8().await?);
    }
    io.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n").await?;
    io.write_all(b"Upgrade: websocket\r\nSec-WebSocket-Accept: ").await?;
    io.write_all(accept_key(b"dGhlIHNhbXBsZSBub25jZQ==").as_bytes()).await?;
    io.write_all(b"\r\n\r\n").await
}
