//! hyper serves HTTP, and gives its connection away: our WebSocket takes it, with what hyper had
//! read too far.
//!
//! ```text
//! cargo run --release -p segue-peers --example hyper_upgrade
//! ```

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{
    Method, Request, Response, StatusCode, body::Incoming, header, server::conn::http1,
    service::service_fn, upgrade::Upgraded,
};
use hyper_util::rt::TokioIo;
use segue::{
    Handoff,
    driver::{
        Deadlines, Turn,
        tokio::{Connection, TokioTimer},
    },
};
use segue_websocket::{Limits, Message, Outgoing, accept_key};
use std::{convert::Infallible, error::Error, io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    println!("hyper listens on {address}");
    tokio::spawn(async move {
        loop {
            let socket = match listener.accept().await {
                Ok((socket, _)) => socket,
                Err(error) => {
                    // Without descriptors, for one. That passes.
                    eprintln!("accept: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            // With a timer, hyper gives 30 s to a client for its head.
            let connection = http1::Builder::new()
                .timer(hyper_util::rt::TokioTimer::new())
                .serve_connection(TokioIo::new(socket), service_fn(answer))
                .with_upgrades();
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    eprintln!("hyper: {error}");
                }
            });
        }
    });

    let echo = glued_client(TcpStream::connect(address).await?).await?;
    assert_eq!(echo, b"\x81\x05Hello", "the frame behind the request was lost");
    println!("the frame that was glued to the request came back");
    Ok(())
}

/// A hyper service, with one more thing that it can do.
async fn answer(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let refuse = |status| {
        let mut response = Response::new(Empty::new());
        *response.status_mut() = status;
        Ok(response)
    };
    if request.method() != Method::GET {
        return refuse(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY) else {
        return refuse(StatusCode::UPGRADE_REQUIRED);
    };
    let accept = accept_key(key.as_bytes());
    tokio::spawn(async move {
        match hyper::upgrade::on(&mut request).await {
            Ok(upgraded) => {
                if let Err(error) = echo(upgraded).await {
                    eprintln!("websocket: {error}");
                }
            }
            Err(error) => eprintln!("upgrade: {error}"),
        }
    });
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept)
        .body(Empty::new());
    Ok(response.unwrap_or_default())
}

/// Our WebSocket, on a connection that was hyper's.
async fn echo(upgraded: Upgraded) -> io::Result<()> {
    let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
        return Err(io::Error::other("hyper serves another transport"));
    };
    println!("hyper had read {} bytes too far", parts.read_buf.len());
    let handoff = Handoff::new(parts.io.into_inner(), parts.read_buf);

    let (messages, mut writer) = segue_websocket::server();
    let deadlines = Deadlines::new().idle(Duration::from_secs(60));
    let messages = messages.limits(Limits { message: 1024 * 1024, ..Limits::DEFAULT });
    let mut connection = Connection::from_handoff(handoff, messages).with_deadlines(deadlines);
    let mut timer = TokioTimer::new();
    while let Some(Turn { item, mut output }) = connection.turn_by(&mut timer).await? {
        match item {
            Message::Text(text) => output.queue(&mut writer, Outgoing::Text(text))?,
            Message::Binary(bytes) => output.queue(&mut writer, Outgoing::Binary(bytes))?,
            _ => {} // pings and closes are answered by the stage
        }
    }
    connection.close(1024).await.map(drop)
}

/// Sends a request with a masked frame glued to it, in one write, and gives what follows the 101.
async fn glued_client(mut socket: TcpStream) -> io::Result<Vec<u8>> {
    const REQUEST: &[u8] = b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // The example of RFC 6455 §5.7, and a close frame.
    const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    const CLOSE: &[u8] = b"\x88\x80\0\0\0\0";
    socket.write_all(&[REQUEST, HELLO, CLOSE].concat()).await?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await?;
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let head = head.ok_or_else(|| io::Error::other("hyper did not answer"))? + 4;
    assert!(answer.starts_with(b"HTTP/1.1 101"));
    assert!(answer.ends_with(b"\x88\0"), "the close was answered");
    Ok(answer[head..answer.len() - 2].to_vec())
}
