//! Lines and records in yamux in deflate in a WebSocket in HTTP/1.1, and nothing is lost.
//!
//! ```text
//! cargo run --release --example tunnel
//! cargo run --release --example tunnel -- --driver tokio
//! cargo run --release --example tunnel -- --driver sync --trace tunnel.html
//! ```
//!
//! ```text
//!   lines        records   records   records      stages, each on a stream of its own
//!   ---------------------------------------
//!                    yamux                        a session: many streams, credit for each
//!   ---------------------------------------
//!                   deflate                       a layer
//!   ---------------------------------------
//!                  WebSocket                      a layer, behind a handshake in HTTP/1.1
//!   ---------------------------------------
//!                     TCP                         a transport: blocking, tokio's, futures-io's
//! ```
//!
//! A server and a client talk over loopback, once under each driver, from the same stages and
//! layers. The client sends lines on one stream and length-prefixed records on three others, the
//! longest of them longer than a yamux window; the server sends everything back. For each run the
//! example prints which layer took and made which bytes, and how much credit an end granted the
//! other and when. It fails if a byte is lost or has overtaken another, if more came than was
//! granted, or if a client that only connects is not given up.

#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod blocking;
mod deflate;
mod frames;
mod polled;
mod report;
mod stack;
mod tap;
mod work;

use clap::{Parser, ValueEnum};
use segue::driver::{futures, futures::AsyncIoTimer, tokio as on_tokio, tokio::TokioTimer};
use stack::Books;
use std::{
    io::{self, Read},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

/// Lines and records in yamux in deflate in a WebSocket in HTTP/1.1.
#[derive(Parser)]
struct Arguments {
    /// The driver of the connections; each in turn by default.
    #[arg(long, value_enum)]
    driver: Option<Driver>,
    /// Writes the trace of the last run into this file: .html, .json, .svg, a table for others; -
    /// prints it.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// The end whose trace is written.
    #[arg(long, value_enum, default_value = "client", requires = "trace")]
    side: End,
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum End {
    Client,
    Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Driver {
    Sync,
    Tokio,
    Futures,
}

impl Driver {
    const ALL: [Self; 3] = [Self::Sync, Self::Tokio, Self::Futures];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sync => "std::io",
            Self::Tokio => "tokio",
            Self::Futures => "futures-io",
        }
    }
}

/// The number of clients: one that talks, and one that only connects.
pub const CLIENTS: usize = 2;

/// The time for which a server waits after it could not accept a client.
pub const PATIENCE: Duration = Duration::from_millis(50);

/// A client, as the server saw it.
#[derive(Debug)]
pub struct Visit {
    pub books: Books,
    pub end: io::Result<()>,
}

/// One run under one driver, seen from both ends.
#[derive(Debug)]
pub struct Run {
    pub driver: Driver,
    pub time: Duration,
    pub client: Books,
    pub visits: Vec<Visit>,
}

fn main() -> ExitCode {
    let Arguments { driver, trace, side } = Arguments::parse();
    let drivers = driver.map_or_else(|| Driver::ALL.to_vec(), |driver| vec![driver]);
    report::explain();
    let mut is_well = true;
    let mut last = None;
    for driver in drivers {
        match run(driver) {
            Ok(run) => {
                is_well &= report::print(&run);
                last = Some(run);
            }
            Err(error) => {
                eprintln!("under {}: {error}", driver.name());
                is_well = false;
            }
        }
    }
    if let (Some(path), Some(run)) = (trace, last)
        && let Err(error) = run.books(side).recorder.recording().save(&path)
    {
        eprintln!("{}: {error}", path.display());
        is_well = false;
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Run {
    /// Returns the records of one end. The server has served one client; the other was silent.
    fn books(&self, end: End) -> &Books {
        let served = self.visits.iter().find(|visit| visit.end.is_ok());
        match (end, served) {
            (End::Server, Some(visit)) => &visit.books,
            _ => &self.client,
        }
    }
}

fn run(driver: Driver) -> io::Result<Run> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let begun = Instant::now();
    let server = thread::spawn(move || serve(driver, listener));
    let silent = thread::spawn(move || says_nothing(address));
    let client = talk(driver, address);
    let panicked = |_| io::Error::other("a thread has panicked");
    silent.join().map_err(panicked)??;
    let visits = server.join().map_err(panicked)??;
    let client = client.inspect_err(|_| {
        // An error of the server may be the reason.
        visits.iter().filter_map(|visit| visit.end.as_ref().err()).for_each(|error| {
            eprintln!("the server: {error}");
        });
    })?;
    Ok(Run { driver, time: begun.elapsed(), client, visits })
}

fn serve(driver: Driver, listener: TcpListener) -> io::Result<Vec<Visit>> {
    match driver {
        Driver::Sync => Ok(blocking::serve(&listener)),
        Driver::Tokio => on_runtime(async {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let accept = async || {
                let (socket, _) = listener.accept().await?;
                socket.set_nodelay(true)?;
                Ok(on_tokio::Connection::new(socket, ()))
            };
            Ok(polled::serve(accept, TokioTimer::new).await)
        }),
        Driver::Futures => smol::block_on(async {
            let listener = smol::net::TcpListener::try_from(listener)?;
            let accept = async || {
                let (socket, _) = listener.accept().await?;
                socket.set_nodelay(true)?;
                Ok(futures::Connection::new(socket, ()))
            };
            Ok(polled::serve(accept, AsyncIoTimer::new).await)
        }),
    }
}

fn talk(driver: Driver, address: SocketAddr) -> io::Result<Books> {
    match driver {
        Driver::Sync => blocking::talk(TcpStream::connect(address)?),
        Driver::Tokio => on_runtime(async {
            let socket = tokio::net::TcpStream::connect(address).await?;
            socket.set_nodelay(true)?;
            polled::talk(on_tokio::Connection::new(socket, ()), TokioTimer::new).await
        }),
        Driver::Futures => smol::block_on(async {
            let socket = smol::net::TcpStream::connect(address).await?;
            socket.set_nodelay(true)?;
            polled::talk(futures::Connection::new(socket, ()), AsyncIoTimer::new).await
        }),
    }
}

fn on_runtime<R>(task: impl Future<Output = io::Result<R>>) -> io::Result<R> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task)
}

/// Connects, and waits to be given up.
fn says_nothing(address: SocketAddr) -> io::Result<()> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    match socket.read(&mut [0]) {
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
        _ => Ok(()),
    }
}
