//! A small server: a page at `/`, an echo WebSocket at `/ws`.
//!
//! ```text
//! cargo run --release --example serve -- --listen 127.0.0.1:8080 --driver tokio
//! ```
//!
//! It gives up on slow clients, and goes on when the process has no descriptors left.

#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod blocking;
mod polled;
mod site;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
    time::Duration,
};

use clap::{Parser, ValueEnum};
use segue::driver::{self, futures::AsyncIoTimer, tokio::TokioTimer};
use site::Site;

/// A small server: a page at `/`, an echo WebSocket at `/ws`.
#[derive(Parser)]
struct Arguments {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The driver of the connections.
    #[arg(long, value_enum, default_value_t = Driver::Tokio)]
    driver: Driver,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Driver {
    /// Blocking std::io, a thread for each connection.
    Sync,
    /// tokio, a task for each connection.
    Tokio,
    /// futures-io on smol, a task for each connection.
    Futures,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen)?;
    let address = listener.local_addr()?;
    println!("http://{address}/ is a page, ws://{address}/ws an echo");
    match arguments.driver {
        Driver::Sync => on_threads(&listener),
        Driver::Tokio => on_tokio(listener),
        Driver::Futures => on_smol(listener),
    }
}

/// The number of clients served at a time. Further ones are dropped at once.
const CLIENTS: usize = 1000;

/// The time for which a failed listener is left alone. Usually the process has no descriptors left,
/// which passes, or a client has left before it was accepted.
const PAUSE: Duration = Duration::from_millis(50);

fn on_threads(listener: &TcpListener) -> io::Result<()> {
    let seats = Arc::new(());
    loop {
        match listener.accept() {
            Ok((socket, _)) if Arc::strong_count(&seats) <= CLIENTS => {
                let seat = Arc::clone(&seats);
                let thread = thread::Builder::new().spawn(move || {
                    report(blocking::serve(socket));
                    drop(seat);
                });
                report(thread.map(drop));
            }
            Ok(_) => {}
            Err(error) => {
                report(Err(error));
                thread::sleep(PAUSE);
            }
        }
    }
}

fn on_tokio(listener: TcpListener) -> io::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let seats = Arc::new(());
        loop {
            match listener.accept().await {
                Ok((socket, _)) if Arc::strong_count(&seats) <= CLIENTS => {
                    let seat = Arc::clone(&seats);
                    tokio::spawn(async move {
                        let _ = socket.set_nodelay(true);
                        let connection = driver::tokio::Connection::new(socket, Site::head());
                        report(polled::serve(connection, TokioTimer::new()).await);
                        drop(seat);
                    });
                }
                Ok(_) => {}
                Err(error) => {
                    report(Err(error));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    })
}

fn on_smol(listener: TcpListener) -> io::Result<()> {
    smol::block_on(async {
        let listener = smol::net::TcpListener::try_from(listener)?;
        let seats = Arc::new(());
        loop {
            match listener.accept().await {
                Ok((socket, _)) if Arc::strong_count(&seats) <= CLIENTS => {
                    let seat = Arc::clone(&seats);
                    let task = async move {
                        let _ = socket.set_nodelay(true);
                        let connection = driver::futures::Connection::new(socket, Site::head());
                        report(polled::serve(connection, AsyncIoTimer::new()).await);
                        drop(seat);
                    };
                    smol::spawn(task).detach();
                }
                Ok(_) => {}
                Err(error) => {
                    report(Err(error));
                    smol::Timer::after(PAUSE).await;
                }
            }
        }
    })
}

fn report(result: io::Result<()>) {
    if let Err(error) = result {
        eprintln!("{error}");
    }
}
