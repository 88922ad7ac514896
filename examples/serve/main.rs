//! A small server for people: a page at `/`, an echo WebSocket at `/ws`.
//!
//! ```text
//! cargo run --release --example serve -- --listen 127.0.0.1:8080 --driver tokio
//! ```

#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod blocking;
mod polled;
mod site;

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use clap::{Parser, ValueEnum};
use segue::driver;
use site::Site;

/// A small server: a page at `/`, an echo WebSocket at `/ws`.
#[derive(Parser)]
struct Arguments {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// What drives the connections.
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

fn on_threads(listener: &TcpListener) -> io::Result<()> {
    loop {
        let socket = accepted(listener.accept())?;
        thread::spawn(move || {
            let stage = Site::head();
            report(blocking::serve(driver::sync::Connection::new(socket, stage)));
        });
    }
}

fn on_tokio(listener: TcpListener) -> io::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            tokio::spawn(async move {
                let stage = Site::head();
                report(polled::serve(driver::tokio::Connection::new(socket, stage)).await);
            });
        }
    })
}

fn on_smol(listener: TcpListener) -> io::Result<()> {
    smol::block_on(async {
        let listener = smol::net::TcpListener::try_from(listener)?;
        loop {
            let (socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            let task = async move {
                let stage = Site::head();
                report(polled::serve(driver::futures::Connection::new(socket, stage)).await);
            };
            smol::spawn(task).detach();
        }
    })
}

fn accepted(accept: io::Result<(TcpStream, SocketAddr)>) -> io::Result<TcpStream> {
    let (socket, _) = accept?;
    // Answers leave a batch at a time; there is nothing to wait for.
    socket.set_nodelay(true)?;
    Ok(socket)
}

fn report(result: io::Result<()>) {
    if let Err(error) = result {
        eprintln!("{error}");
    }
}
