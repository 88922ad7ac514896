//! A client that sends every message back: the one that the Autobahn test suite's server tests.
//!
//! ```text
//! cargo run --release -p segue-websocket --example echo_client -- ws://127.0.0.1:9001
//! ```
//!
//! It asks the server for the number of cases, runs through each of them, and has the reports
//! written. With a path in the URL it opens that one connection.
#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod echo;

use std::{io, net::TcpStream};

use clap::Parser;
use echo::{Driver, report};
use segue::driver::{
    self, Timer, Turn, futures::AsyncIoTimer, sync::SocketClock, tokio::TokioTimer,
};
use segue_websocket::{ClientHandshake, Deflate, Message};

/// Sends every WebSocket message back, to the server of the Autobahn test suite.
#[derive(Parser)]
struct Arguments {
    /// The address of the server: `ws://127.0.0.1:9001`, with a path for a single connection.
    url: String,
    /// The driver of the connections.
    #[arg(long, value_enum, default_value_t = Driver::Tokio)]
    driver: Driver,
    /// Offer to compress messages.
    #[arg(long)]
    deflate: bool,
    /// The name of this client in the reports.
    #[arg(long, default_value = "segue")]
    agent: String,
}

impl Arguments {
    /// The host with its port, and the path.
    fn place(&self) -> io::Result<(&str, &str)> {
        let Some(place) = self.url.strip_prefix("ws://") else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the URL begins with ws://"));
        };
        Ok(place.find('/').map_or((place, ""), |path| place.split_at(path)))
    }

    fn handshake(&self, host: &str, target: &str) -> ClientHandshake {
        let handshake = ClientHandshake::new(host, target);
        match self.deflate {
            true => handshake.deflate(Deflate::new()),
            false => handshake,
        }
    }
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let (host, path) = arguments.place()?;
    if !path.is_empty() {
        return arguments.talk(host, path);
    }
    let count = cases(host)?;
    let agent = &arguments.agent;
    for case in 1..=count {
        // The suite judges what a case does to the connection.
        report(arguments.talk(host, &format!("/runCase?case={case}&agent={agent}")));
    }
    // The suite may hang up as soon as it has heard; whether it has written shows in the reports.
    report(arguments.talk(host, &format!("/updateReports?agent={agent}")));
    Ok(())
}

/// Asks how many cases there are.
fn cases(host: &str) -> io::Result<u32> {
    let mut connection = driver::sync::Connection::new(TcpStream::connect(host)?, ());
    let mut clock = SocketClock::new();
    connection.exchange_by(&mut ClientHandshake::new(host, "/getCaseCount"), &mut clock)?;
    let (messages, _writer) = segue_websocket::client();
    let mut connection = connection.follow(|()| messages)?;
    while let Some(Turn { item, .. }) = connection.turn_by(&mut clock)? {
        if let Message::Text(text) = item {
            return text.parse().map_err(io::Error::other);
        }
    }
    Err(io::Error::other("the server does not say how many cases there are"))
}

impl Arguments {
    /// Opens a connection and sends every message back.
    fn talk(&self, host: &str, target: &str) -> io::Result<()> {
        let socket = TcpStream::connect(host)?;
        let mut handshake = self.handshake(host, target);
        match self.driver {
            Driver::Sync => {
                let mut connection = driver::sync::Connection::new(echo::ready(socket)?, ());
                let mut clock = SocketClock::new();
                let opened = connection.exchange_by(&mut handshake, &mut clock)?;
                echo::blocking(connection, opened.halves(), &mut clock)
            }
            Driver::Tokio => {
                let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                tokio.block_on(async {
                    let socket = echo::for_tokio(socket)?;
                    let connection = driver::tokio::Connection::new(socket, ());
                    self.echo(connection, handshake, TokioTimer::new()).await
                })
            }
            Driver::Futures => {
                let socket = echo::for_smol(socket)?;
                let connection = driver::futures::Connection::new(socket, ());
                smol::block_on(self.echo(connection, handshake, AsyncIoTimer::new()))
            }
        }
    }

    async fn echo<T: driver::PollTransport>(
        &self,
        mut connection: driver::Connection<T, ()>,
        mut handshake: ClientHandshake,
        mut timer: impl Timer,
    ) -> io::Result<()> {
        let opened = connection.exchange_by(&mut handshake, &mut timer).await?;
        echo::polled(connection, opened.halves(), &mut timer).await
    }
}
