//! A server that sends every message back, under each driver.
//!
//! ```text
//! cargo run --release -p segue-websocket --example echo_server -- --listen 127.0.0.1:9001
//! ```
#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod echo;

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use clap::Parser;
use echo::{Driver, report};
use segue::driver;
use segue_websocket::{Deflate, ServerHandshake};

/// Sends every WebSocket message back.
#[derive(Parser, Clone, Copy)]
struct Arguments {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:9001")]
    listen: SocketAddr,
    /// What drives the connections.
    #[arg(long, value_enum, default_value_t = Driver::Tokio)]
    driver: Driver,
    /// Compress messages with clients that offer to.
    #[arg(long)]
    deflate: bool,
}

impl Arguments {
    fn handshake(self) -> ServerHandshake {
        match self.deflate {
            true => ServerHandshake::new().deflate(Deflate::new()),
            false => ServerHandshake::new(),
        }
    }
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen)?;
    println!("ws://{}", listener.local_addr()?);
    let tokio = tokio::runtime::Runtime::new()?;
    let _entered = tokio.enter();
    loop {
        let (socket, _) = listener.accept()?;
        match arguments.driver {
            Driver::Sync => {
                thread::spawn(move || report(on_thread(socket, arguments)));
            }
            Driver::Tokio => {
                let connection = driver::tokio::Connection::new(echo::for_tokio(socket)?, ());
                tokio.spawn(async move { report(in_task(connection, arguments).await) });
            }
            Driver::Futures => {
                let connection = driver::futures::Connection::new(echo::for_smol(socket)?, ());
                smol::spawn(async move { report(in_task(connection, arguments).await) }).detach();
            }
        }
    }
}

fn on_thread(socket: TcpStream, arguments: Arguments) -> io::Result<()> {
    let mut connection = driver::sync::Connection::new(echo::ready(socket)?, ());
    match connection.exchange(&mut arguments.handshake()) {
        Ok(accepted) => echo::blocking(connection, accepted.halves()),
        // The answer says what was wrong, and is queued.
        Err(driver::Error::Fault(_)) => connection.close(echo::DRAIN).map(drop),
        Err(error) => Err(error.into()),
    }
}

async fn in_task<T: driver::PollTransport>(
    mut connection: driver::Connection<T, ()>,
    arguments: Arguments,
) -> io::Result<()> {
    match connection.exchange(&mut arguments.handshake()).await {
        Ok(accepted) => echo::polled(connection, accepted.halves()).await,
        Err(driver::Error::Fault(_)) => connection.close_unbounded(echo::DRAIN).await.map(drop),
        Err(error) => Err(error.into()),
    }
}
