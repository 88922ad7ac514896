//! A `CONNECT` proxy that gives the raw socket away with nothing over-read.
//!
//! ```text
//! cargo run -p segue-http1 --example connect_proxy -- --listen 127.0.0.1:3128
//! curl -p -x http://127.0.0.1:3128 http://example.org/
//! ```
//!
//! Heads are read under [`ReadPolicy::Peek`]: what follows the request stays in the kernel's queue,
//! so the socket itself goes to whoever copies between the two ends, here `copy_bidirectional`,
//! and `hand_off` proves that nothing is left behind: [`Edge::MustBeEmpty`].

#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

use std::{io, net::SocketAddr};

use clap::Parser;
use segue::{
    Edge, Handoff,
    driver::{Error, Options, ReadPolicy, Turn, tokio::Connection},
};
use segue_http1::{RequestEvent, ResponseParts, Server, Whole};
use tokio::net::{TcpListener, TcpStream};

/// A CONNECT proxy.
#[derive(Parser)]
struct Arguments {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:3128")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind(Arguments::parse().listen).await?;
    println!("http://{}/", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(async move {
            if let Err(error) = serve(socket).await {
                eprintln!("{error}");
            }
        });
    }
}

/// Answers requests until one is a `CONNECT` that succeeds, and then copies.
async fn serve(socket: TcpStream) -> io::Result<()> {
    let (requests, mut writer) = segue_http1::server();
    let options = Options::new().policy(ReadPolicy::Peek);
    let nothing_yet = Handoff::new(socket, &b""[..]);
    let mut connection =
        Connection::from_handoff(nothing_yet, requests).with_options(options).peeking();
    let mut authority = None;
    while !writer.is_over() {
        match connection.turn().await {
            Ok(Some(Turn { item: RequestEvent::Head(head), .. })) => {
                authority = (head.method() == "CONNECT").then(|| head.target().to_owned());
            }
            Ok(Some(Turn { item: RequestEvent::End, mut output })) => {
                let Some(authority) = &authority else {
                    let allow = ResponseParts::new(405, [("Allow", "CONNECT")]);
                    output.queue(&mut writer, Whole::new(allow, &b"only CONNECT\n"[..]))?;
                    continue;
                };
                match TcpStream::connect(authority).await {
                    Ok(far) => {
                        far.set_nodelay(true)?;
                        output.queue(&mut writer, ResponseParts::new(200, [("", ""); 0]))?;
                        return tunnel(connection, far).await;
                    }
                    Err(error) => {
                        let why = format!("{authority}: {error}\n");
                        let head = ResponseParts::new(502, [("Content-Type", "text/plain")]);
                        output.queue(&mut writer, Whole::new(head, why.as_bytes()))?;
                    }
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(Error::Fault(fault)) => {
                connection.queue(&mut writer, &fault).await?;
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    connection.close(64 * 1024).await.map(drop)
}

/// Gives the socket away, which carries on right behind the request.
async fn tunnel(
    mut connection: Connection<TcpStream, Server>,
    mut far: TcpStream,
) -> io::Result<()> {
    connection.flush().await?;
    let mut near = connection.hand_off(Edge::MustBeEmpty)?.into_io().map_err(|rest| {
        io::Error::other(format!("something was left in the connection: {rest:?}"))
    })?;
    tokio::io::copy_bidirectional(&mut near, &mut far).await.map(drop)
}
