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

use std::{io, net::SocketAddr, time::Duration};

use clap::Parser;
use segue::{
    Edge,
    driver::{
        Deadlines, Error, Options, ReadPolicy, Turn,
        tokio::{Connection, TokioTimer},
    },
};
use segue_http1::{RequestEvent, ResponseParts, Whole, server};
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
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                // Without descriptors, for one, or the client was gone already. That passes.
                eprintln!("accept: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
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
    socket.set_nodelay(true)?;
    let deadlines = Deadlines::new().idle(Duration::from_secs(60));
    let mut connection =
        Connection::new(socket, requests).with_options(options).with_deadlines(deadlines).peeking();
    let mut timer = TokioTimer::new();
    let mut authority = None;
    while !writer.is_done() {
        match connection.turn_by(&mut timer).await {
            Ok(Some(Turn { item: RequestEvent::Head(head), .. })) => {
                authority = (head.method() == "CONNECT").then(|| head.target().to_owned());
            }
            Ok(Some(Turn { item: RequestEvent::End, mut output })) => {
                let Some(authority) = &authority else {
                    let allow = ResponseParts::new(405, [("Allow", "CONNECT")]);
                    output.queue(&mut writer, Whole::new(allow, &b"only CONNECT\n"[..]))?;
                    continue;
                };
                match connected(authority).await {
                    Ok(far) => {
                        far.set_nodelay(true)?;
                        output.queue(&mut writer, ResponseParts::bare(200))?;
                        return tunnel(connection, far, timer).await;
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
                connection.queue_by(&mut writer, &fault, &mut timer).await?;
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    connection.close_by(64 * 1024, &mut timer).await.map(drop)
}

/// A connection to where the client wants to go.
async fn connected(authority: &str) -> io::Result<TcpStream> {
    tokio::time::timeout(Duration::from_secs(10), TcpStream::connect(authority)).await?
}

/// Gives the socket away, which carries on right behind the request.
async fn tunnel(
    mut connection: Connection<TcpStream, server::Reader>,
    mut far: TcpStream,
    mut timer: TokioTimer,
) -> io::Result<()> {
    connection.flush_by(&mut timer).await?;
    let mut near = connection.hand_off(Edge::MustBeEmpty)?.into_io().map_err(|rest| {
        io::Error::other(format!("something was left in the connection: {rest:?}"))
    })?;
    // A tunnel may be quiet for long, but is not kept for ever.
    let copy = tokio::io::copy_bidirectional(&mut near, &mut far);
    tokio::time::timeout(Duration::from_secs(3600), copy).await?.map(drop)
}
