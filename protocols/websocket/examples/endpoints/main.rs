//! An echo, and a client that puts an echo to the test, by endpoints under each driver.
//!
//! ```text
//! cargo run --release -p segue-websocket --all-features --example endpoints -- \
//!     serve --listen 127.0.0.1:9004 --driver tokio --deflate
//! cargo run --release -p segue-websocket --all-features --example endpoints -- \
//!     try --driver futures --deflate 'client_max_window_bits=9' 127.0.0.1:9004
//! ```
//!
//! It is also what is tried against the servers and clients that others have written.
#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod talk;
mod terms;

use clap::{Parser, ValueEnum};
use segue::driver::{futures::AsyncIoTimer, sync::SocketClock, tokio::TokioTimer};
use segue_websocket::{endpoint::Error, futures, sync, tokio as on_tokio};
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};
use talk::{CODES, Conversation, blocking, polled};
use terms::Terms;

/// An echo, and a client that puts an echo to the test.
#[derive(Parser)]
enum Arguments {
    /// Sends every message back, at `/ws`; the text `close` has it close.
    Serve {
        /// The address to listen on; port 0 picks a free one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// The driver of the connections.
        #[arg(long, value_enum)]
        driver: Driver,
        #[command(flatten)]
        terms: Terms,
    },
    /// Puts an echo to the test, and sees it close.
    Try {
        /// The driver of the connections.
        #[arg(long, value_enum)]
        driver: Driver,
        #[command(flatten)]
        terms: Terms,
        /// The address of the echo.
        address: SocketAddr,
    },
    /// Prints what a server has to say, until it closes.
    Hear {
        /// The driver of the connection.
        #[arg(long, value_enum)]
        driver: Driver,
        #[command(flatten)]
        terms: Terms,
        /// The address of the server.
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
        Arguments::Serve { listen, driver, terms } => serve(listen, driver, terms),
        Arguments::Try { driver, terms, address } => {
            let compressed = terms.compresses();
            talk(driver, terms, address, Conversation::Tried { compressed })?;
            println!("messages of 0 B to 1 MiB and more, fragments and texts come back in order");
            if !compressed {
                talk(driver, terms, address, Conversation::Left)?;
                for code in CODES {
                    talk(driver, terms, address, Conversation::Closed(code))?;
                }
                println!("either end closes, with every code");
            }
            Ok(())
        }
        Arguments::Hear { driver, terms, address } => {
            talk(driver, terms, address, Conversation::Heard)
        }
    }
}

fn serve(listen: SocketAddr, driver: Driver, terms: Terms) -> Result<(), Error> {
    let listener = TcpListener::bind(listen)?;
    println!("ws://{}/ws", listener.local_addr()?);
    let runtime = tokio::runtime::Runtime::new()?;
    let _entered = runtime.enter();
    loop {
        match listener.accept() {
            Ok((socket, _)) => report(admit(socket, driver, terms, &runtime)),
            Err(error) => {
                // Without descriptors, for one, or a client was gone already. That passes.
                report(Err(error.into()));
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Has a thread or a task serve a client. Each has 30 s for its handshake, which is what `accept`
/// gives where there is a clock.
fn admit(
    socket: TcpStream,
    driver: Driver,
    terms: Terms,
    runtime: &tokio::runtime::Runtime,
) -> Result<(), Error> {
    socket.set_nodelay(true)?;
    match driver {
        Driver::Sync => {
            thread::Builder::new().spawn(move || {
                let opened = sync::WebSocket::accept_with(socket, terms.of_server());
                report(
                    opened.and_then(|(socket, _)| blocking::echo(socket, &mut SocketClock::new())),
                );
            })?;
        }
        Driver::Tokio => {
            socket.set_nonblocking(true)?;
            let socket = tokio::net::TcpStream::from_std(socket)?;
            runtime.spawn(async move {
                match on_tokio::WebSocket::accept_with(socket, terms.of_server()).await {
                    Ok((socket, _)) => report(polled::echo(socket, &mut TokioTimer::new()).await),
                    Err(error) => report(Err(error)),
                }
            });
        }
        Driver::Futures => {
            let socket = smol::net::TcpStream::try_from(socket)?;
            let task = async move {
                match futures::WebSocket::accept_with(socket, terms.of_server()).await {
                    Ok((socket, _)) => {
                        report(polled::echo(socket, &mut AsyncIoTimer::new()).await);
                    }
                    Err(error) => report(Err(error)),
                }
            };
            smol::spawn(task).detach();
        }
    }
    Ok(())
}

fn report(result: Result<(), Error>) {
    if let Err(error) = result {
        eprintln!("{error}");
    }
}

/// Has a conversation.
fn talk(
    driver: Driver,
    terms: Terms,
    address: SocketAddr,
    conversation: Conversation,
) -> Result<(), Error> {
    let host = address.to_string();
    let target = if matches!(conversation, Conversation::Heard) { "/greet" } else { "/ws" };
    let handshake = terms.of_client(&host, target);
    match driver {
        Driver::Sync => {
            let socket = TcpStream::connect(address)?;
            socket.set_nodelay(true)?;
            let (socket, opened) = sync::WebSocket::connect_with(socket, handshake)?;
            terms.check(&opened)?;
            blocking::converse(socket, conversation)
        }
        Driver::Tokio => tokio::runtime::Runtime::new()?.block_on(async {
            let socket = tokio::net::TcpStream::connect(address).await?;
            socket.set_nodelay(true)?;
            let (socket, opened) = on_tokio::WebSocket::connect_with(socket, handshake).await?;
            terms.check(&opened)?;
            polled::converse(socket, conversation).await
        }),
        Driver::Futures => smol::block_on(async {
            let socket = smol::net::TcpStream::connect(address).await?;
            socket.set_nodelay(true)?;
            let (socket, opened) = futures::WebSocket::connect_with(socket, handshake).await?;
            terms.check(&opened)?;
            polled::converse(socket, conversation).await
        }),
    }
}
