//! An HTTP/1.1 connection is upgraded to WebSocket, and nothing is lost.
//!
//! ```text
//! cargo run --release --example upgrade
//! cargo run --release --example upgrade -- --trace upgrade.html
//! ```
//!
//! A server and a client talk over loopback TCP, once under each driver, from the same stages. The
//! client's first three messages are glued to its request, as a hostile peer would send them: a
//! proper client waits for the 101 (RFC 6455 §4.1, RFC 9931). The server's first message is glued
//! to its answer, as it may be; reads are cut at hostile places. For each run the example prints which stage took
//! which bytes, where the hand-off happened and how many bytes that were read too far crossed it.
//! Then it measures the throughput of an echo. It fails if a byte is lost.
//!
//! With `--trace` one upgrade is made and its trace written: as a page (`.html`), JSON, a picture
//! (`.svg`), or a table (`-` prints it).

#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod blocking;
mod cut;
mod opening;
mod polled;
mod report;
mod throughput;

use std::{
    io,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::ExitCode,
    thread,
};

use clap::{Parser, ValueEnum};
use cut::{Cut, Place};
use opening::Opening;
use report::{Heard, Run, Side};
use segue::{
    driver::{self, SocketTimer, futures::AsyncIoTimer, sync, tokio::TokioTimer},
    trace::Recorder,
};
use segue_websocket::Outgoing;

/// An HTTP/1.1 connection is upgraded to WebSocket, and nothing is lost.
#[derive(Parser)]
struct Arguments {
    /// Traces one upgrade into this file: .html, .json, .svg, a table for others; - prints it.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// The driver of the upgrade that is traced.
    #[arg(long, value_enum, default_value = "sync", requires = "trace")]
    driver: Driver,
    /// The place at which its reads are cut.
    #[arg(long, value_enum, default_value = "nowhere", requires = "trace")]
    cut: Place,
    /// Traces one side only: server or client.
    #[arg(long, value_name = "NAME", requires = "trace")]
    side: Option<String>,
    /// Shows up to this many bytes of payload of each range.
    #[arg(long, value_name = "BYTES", default_value_t = 0, requires = "trace")]
    payload: usize,
}

/// The drivers, which run the same stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Driver {
    Sync,
    Tokio,
    Futures,
}

impl Driver {
    const ALL: [Self; 3] = [Self::Sync, Self::Tokio, Self::Futures];

    fn name(self) -> &'static str {
        match self {
            Self::Sync => "std::io",
            Self::Tokio => "tokio",
            Self::Futures => "futures-io",
        }
    }
}

/// The messages that the client sends right behind its request, before it has received anything.
/// Only a hostile client does that: it must wait until the change is confirmed (RFC 6455 §4.1).
pub const GLUED: [Outgoing<'static>; 3] =
    [Outgoing::Text("glued to the request"), Outgoing::Binary(&[0; 130]), Outgoing::Text("")];

/// The message that the server sends right behind its `101 Switching Protocols`.
pub const GREETING: &str = "glued to the 101";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.trace.is_some() {
        return match trace(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the upgrade was not traced: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let mut runs = Vec::new();
    for driver in Driver::ALL {
        for place in Place::ALL {
            match run(driver, place) {
                Ok(run) => runs.push(run),
                Err(error) => {
                    eprintln!("{} under {}: {error}", place.name(), driver.name());
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    let whole = report::print(&runs);
    match Driver::ALL.map(throughput::measure).into_iter().collect::<io::Result<Vec<_>>>() {
        Ok(figures) => throughput::print(&figures),
        Err(error) => {
            eprintln!("the echo failed: {error}");
            return ExitCode::FAILURE;
        }
    }
    if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Traces one upgrade. Both sides go into one recording, in the order in which they came to it.
fn trace(arguments: &Arguments) -> io::Result<()> {
    let Arguments { trace, driver, cut, side, payload } = arguments;
    let recorder = Recorder::new().with_payload(*payload);
    let on = |name| match side {
        Some(side) if side != name => Recorder::off(),
        _ => recorder.on(name),
    };
    upgrade(*driver, *cut, &on("server"), &on("client"))?;
    trace.as_ref().map_or(Ok(()), |path| recorder.recording().save(path))
}

/// Runs one upgrade under `driver`, with reads of both sides cut at `place`.
fn run(driver: Driver, place: Place) -> io::Result<Run> {
    let (server, client) = (Recorder::new(), Recorder::new());
    let heard = upgrade(driver, place, &server, &client)?;
    let [server, client] = [(server, heard.0), (client, heard.1)]
        .map(|(recorder, heard)| Side { recording: recorder.recording(), heard });
    Ok(Run { driver, place, server, client })
}

/// Does the same with these recorders, and returns what the server and the client heard.
fn upgrade(
    driver: Driver,
    place: Place,
    server: &Recorder,
    client: &Recorder,
) -> io::Result<(Heard, Heard)> {
    let (near, far) = pair()?;
    let server = server.clone();
    let server = thread::spawn(move || serve(driver, near, place, &server));
    let client = talk(driver, far, place, client)?;
    let server = server.join().map_err(|_| io::Error::other("the server panicked"))??;
    Ok((server, client))
}

fn serve(
    driver: Driver,
    socket: TcpStream,
    place: Place,
    recorder: &Recorder,
) -> io::Result<Heard> {
    match driver {
        Driver::Sync => {
            let mut timer = SocketTimer::new(socket.try_clone()?);
            let socket = Cut::new(socket, place.for_server());
            blocking::serve(sync::Connection::new(socket, ()), &mut timer, recorder)
        }
        Driver::Tokio => on_tokio(async {
            socket.set_nonblocking(true)?;
            let socket = ::tokio::net::TcpStream::from_std(socket)?;
            let socket = Cut::new(socket, place.for_server());
            let connection = driver::tokio::Connection::new(socket, ());
            polled::serve(connection, &mut TokioTimer::new(), recorder).await
        }),
        Driver::Futures => smol::block_on(async {
            let socket = smol::net::TcpStream::try_from(socket)?;
            let socket = Cut::new(socket, place.for_server());
            let connection = driver::futures::Connection::new(socket, ());
            polled::serve(connection, &mut AsyncIoTimer::new(), recorder).await
        }),
    }
}

fn talk(driver: Driver, socket: TcpStream, place: Place, recorder: &Recorder) -> io::Result<Heard> {
    let mut opening = Opening::new(recorder)?;
    let sizes = place.for_client();
    match driver {
        Driver::Sync => {
            let mut timer = SocketTimer::new(socket.try_clone()?);
            let handoff = opening.on(Cut::new(socket, sizes));
            blocking::talk(sync::Connection::from_handoff(handoff, ()), opening, &mut timer)
        }
        Driver::Tokio => on_tokio(async {
            socket.set_nonblocking(true)?;
            let handoff = opening.on(Cut::new(::tokio::net::TcpStream::from_std(socket)?, sizes));
            let connection = driver::tokio::Connection::from_handoff(handoff, ());
            polled::talk(connection, opening, &mut TokioTimer::new()).await
        }),
        Driver::Futures => smol::block_on(async {
            let handoff = opening.on(Cut::new(smol::net::TcpStream::try_from(socket)?, sizes));
            let connection = driver::futures::Connection::from_handoff(handoff, ());
            polled::talk(connection, opening, &mut AsyncIoTimer::new()).await
        }),
    }
}

fn on_tokio<R>(task: impl Future<Output = io::Result<R>>) -> io::Result<R> {
    ::tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task)
}

/// Connects two sockets over loopback.
fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let far = TcpStream::connect(listener.local_addr()?)?;
    let (near, _) = listener.accept()?;
    for socket in [&near, &far] {
        socket.set_nodelay(true)?;
    }
    Ok((near, far))
}
