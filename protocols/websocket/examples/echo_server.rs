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
    sync::Arc,
    thread,
    time::Duration,
};

use clap::Parser;
use echo::{Driver, report};
use segue::driver::{self, Timer, futures::AsyncIoTimer, sync::SocketClock, tokio::TokioTimer};
use segue_websocket::{Deflate, ServerHandshake};

/// Sends every WebSocket message back.
#[derive(Parser, Clone, Copy)]
struct Arguments {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:9001")]
    listen: SocketAddr,
    /// The driver of the connections.
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
    let seats = Arc::new(());
    loop {
        match listener.accept() {
            Ok((socket, _)) if Arc::strong_count(&seats) <= CLIENTS => {
                report(serve(socket, arguments, &tokio, Arc::clone(&seats)));
            }
            Ok(_) => {}
            Err(error) => {
                report(Err(error));
                thread::sleep(PAUSE);
            }
        }
    }
}

/// The number of clients served at a time. Further ones are dropped at once.
const CLIENTS: usize = 1000;

/// The pause after a failed accept. Usually the process has no descriptors left, which passes, or a
/// client was gone before it was accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// Has a thread or a task serve a client, which keeps its seat until then.
fn serve(
    socket: TcpStream,
    arguments: Arguments,
    tokio: &tokio::runtime::Runtime,
    seat: Arc<()>,
) -> io::Result<()> {
    match arguments.driver {
        Driver::Sync => {
            let thread = thread::Builder::new().spawn(move || {
                report(on_thread(socket, arguments));
                drop(seat);
            });
            return thread.map(drop);
        }
        Driver::Tokio => {
            let connection = driver::tokio::Connection::new(echo::for_tokio(socket)?, ());
            tokio.spawn(async move {
                report(in_task(connection, arguments, TokioTimer::new()).await);
                drop(seat);
            });
        }
        Driver::Futures => {
            let connection = driver::futures::Connection::new(echo::for_smol(socket)?, ());
            let task = async move {
                report(in_task(connection, arguments, AsyncIoTimer::new()).await);
                drop(seat);
            };
            smol::spawn(task).detach();
        }
    }
    Ok(())
}

fn on_thread(socket: TcpStream, arguments: Arguments) -> io::Result<()> {
    let mut connection = driver::sync::Connection::new(echo::ready(socket)?, ());
    let mut clock = SocketClock::new();
    match connection.exchange_by(&mut arguments.handshake(), &mut clock) {
        Ok(accepted) => echo::blocking(connection, accepted.halves(), &mut clock),
        // The answer says what was wrong, and is queued.
        Err(driver::Error::Fault(_)) => connection.close(echo::DRAIN).map(drop),
        Err(error) => Err(error.into()),
    }
}

async fn in_task<T: driver::PollTransport>(
    mut connection: driver::Connection<T, ()>,
    arguments: Arguments,
    mut timer: impl Timer,
) -> io::Result<()> {
    match connection.exchange_by(&mut arguments.handshake(), &mut timer).await {
        Ok(accepted) => echo::polled(connection, accepted.halves(), &mut timer).await,
        Err(driver::Error::Fault(_)) => {
            connection.close_by(echo::DRAIN, &mut timer).await.map(drop)
        }
        Err(error) => Err(error.into()),
    }
}
