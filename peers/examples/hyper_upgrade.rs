//! hyper serves HTTP, and gives its connection away: our WebSocket takes it, with what hyper had
//! read too far.
//!
//! ```text
//! cargo run --release -p segue-peers --example hyper_upgrade
//! ```

use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use segue_websocket::{
    CloseCode, KeepAlive, Limits, ServerHandshake, Timer, TokioTimer,
    endpoint::{self, Error, hyper::Upgrading},
};
use std::{convert::Infallible, io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
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
async fn answer(mut request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let (response, outcome) = endpoint::hyper::upgrade(&mut request, ServerHandshake::new());
    match outcome {
        Ok(upgrading) => {
            tokio::spawn(async move {
                if let Err(error) = echo(upgrading).await {
                    eprintln!("websocket: {error}");
                }
            });
        }
        Err(error) => eprintln!("no websocket: {error}"),
    }
    Ok(response)
}

/// Our WebSocket, on a connection that was hyper's.
async fn echo(upgrading: Upgrading) -> Result<(), Error> {
    let (mut socket, _) = upgrading.limits(Limits::message(1024 * 1024)).open().await?;
    // A client that is silent, and one that takes nothing, are given up.
    let mut timer = TokioTimer::new();
    let mut keep_alive = KeepAlive::new(timer.now()).idle_after(Duration::from_secs(60));
    while let Some(message) = socket.next_by(&mut keep_alive, &mut timer).await? {
        if message.is_data() {
            socket.queue_by(message, &mut timer).await?;
        }
    }
    socket.close(CloseCode::NORMAL).await
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
