//! A server that sends back the body of each request, under any of the three drivers.
//!
//! ```text
//! cargo run --release -p segue-http1 --example server -- --listen 127.0.0.1:8080 --driver tokio
//! curl -T - http://127.0.0.1:8080/
//! ```
//!
//! Connections are kept, pipelined requests are answered in one write, `100 Continue` is sent where
//! it is waited for, trailers come back as they went. A request without a body gets a greeting,
//! `/refuse` is answered with 413 before the body has come, and one that offers to change to
//! `echo` gets its bytes back from then on. Every request has an answer: a `CONNECT`, which is
//! not for this server, a 405. Slow clients are told so and let go, and those above a thousand at
//! a time are told to come again.

#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod echo;
mod serve;

use std::{
    io::{self, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use clap::{Parser, ValueEnum};
use echo::tell_time;
use segue::{
    Output,
    driver::{self, futures::AsyncIoTimer, tokio::TokioTimer},
};
use segue_http1::Refusal;
use serve::{blocking, deadlines, polled};

/// A server that sends back the body of each request.
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

/// The number of clients served at a time. Further ones are told so and let go at once.
const CLIENTS: usize = 1000;

/// The pause after a failed accept. Usually the process has no descriptors left, which passes, or a
/// client was gone before it was accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// Tells a client that there are too many (RFC 9110 §15.6.4). It is not waited for: if the socket
/// takes no more, the client hears nothing.
fn turn_away(mut socket: &TcpStream) {
    let (_, mut writer) = segue_http1::server();
    let mut output = Output::new();
    tell_time(&mut writer);
    if output.try_encode(&mut writer, Refusal(503)).is_ok() {
        let _ = socket.write(&output.to_vec());
    }
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen)?;
    println!("http://{}/", listener.local_addr()?);
    let seats = Arc::new(());
    match arguments.driver {
        Driver::Sync => loop {
            match listener.accept() {
                Ok((socket, _)) if Arc::strong_count(&seats) <= CLIENTS => {
                    let seat = Arc::clone(&seats);
                    let thread = thread::Builder::new().spawn(move || {
                        report(blocking(socket, deadlines()));
                        drop(seat);
                    });
                    report(thread.map(drop));
                }
                Ok((socket, _)) => turn_away(&socket),
                Err(error) => {
                    report(Err(error));
                    thread::sleep(PAUSE);
                }
            }
        },
        Driver::Tokio => tokio::runtime::Runtime::new()?.block_on(async {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            loop {
                match listener.accept().await {
                    Ok((socket, _)) if Arc::strong_count(&seats) <= CLIENTS => {
                        let seat = Arc::clone(&seats);
                        tokio::spawn(async move {
                            let _ = socket.set_nodelay(true);
                            let (requests, writer) = segue_http1::server();
                            let connection = driver::tokio::Connection::new(socket, requests);
                            report(
                                polled(connection, writer, TokioTimer::new(), deadlines()).await,
                            );
                            drop(seat);
                        });
                    }
                    Ok((socket, _)) => {
                        socket.into_std().iter().for_each(turn_away);
                    }
                    Err(error) => {
                        report(Err(error));
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        }),
        Driver::Futures => smol::block_on(async {
            let listener = smol::net::TcpListener::try_from(listener)?;
            loop {
                match listener.accept().await {
                    Ok((socket, _)) if Arc::strong_count(&seats) <= CLIENTS => {
                        let seat = Arc::clone(&seats);
                        let task = async move {
                            let _ = socket.set_nodelay(true);
                            let (requests, writer) = segue_http1::server();
                            let connection = driver::futures::Connection::new(socket, requests);
                            report(
                                polled(connection, writer, AsyncIoTimer::new(), deadlines()).await,
                            );
                            drop(seat);
                        };
                        smol::spawn(task).detach();
                    }
                    Ok((socket, _)) => {
                        let socket: Arc<smol::Async<TcpStream>> = socket.into();
                        turn_away((*socket).get_ref());
                    }
                    Err(error) => {
                        report(Err(error));
                        smol::Timer::after(PAUSE).await;
                    }
                }
            }
        }),
    }
}

fn report(result: io::Result<()>) {
    if let Err(error) = result {
        eprintln!("{error}");
    }
}
