//! A line server that gives up on slow clients, under each driver.
//!
//! ```text
//! cargo run --example deadlines
//! cargo run --example deadlines -- --driver tokio
//! ```
//!
//! A read time-out bounds each read, so a client that sends a byte now and then holds its
//! connection for ever. [`Deadlines`] bound a whole record, a whole idle phase, and the time that a
//! client may take for what it is sent, which alone counts while something is to be sent. Four
//! clients try them: one sends a byte every 60 ms, one falls silent after its first line, one does
//! not read, and one is served. The example fails if any of them is treated otherwise.

use clap::{Parser, ValueEnum};
use segue::{
    driver::{
        Connection, Deadlines, Error, Late, Options, PollTransport, Timer, Turn,
        futures::{self, AsyncIoTimer},
        sync::{self, SocketClock},
        tokio::{self as on_tokio, TokioTimer},
    },
    separator::{self, Line},
};
use std::{
    convert::Infallible,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

/// A line server that gives up on slow clients.
#[derive(Parser)]
struct Arguments {
    /// The driver of the connections; each in turn by default.
    #[arg(long, value_enum)]
    driver: Option<Driver>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Driver {
    Sync,
    Tokio,
    Futures,
}

/// From the first byte of a line until its end.
const RECORD: Duration = Duration::from_millis(400);
/// From a line until the first byte of the next.
const IDLE: Duration = Duration::from_millis(800);
/// Until what was sent is taken.
const SEND: Duration = Duration::from_millis(600);
/// The time between two bytes of the slow client.
const TRICKLE: Duration = Duration::from_millis(60);
/// The longest line, in bytes.
const MAX_LINE: usize = 64 * 1024;
/// The bytes to read of what a client still sends after the last answer.
const DRAIN: u64 = 64 * 1024;

fn lines() -> Line {
    separator::line().max(MAX_LINE)
}

fn deadlines() -> Deadlines {
    Deadlines::new().record(RECORD).idle(IDLE).send(SEND)
}

fn options() -> Options {
    Options::new().linger(Duration::from_millis(500))
}

/// Sends lines back until the client ends (`None`), or has missed a deadline.
fn blocking(socket: TcpStream) -> io::Result<Option<Late>> {
    let mut connection =
        sync::Connection::new(socket, lines()).with_options(options()).with_deadlines(deadlines());
    let (mut clock, mut writer) = (SocketClock::new(), lines());
    let late = loop {
        let has_room = match connection.turn_by(&mut clock) {
            Ok(Some(Turn { item, mut output })) => {
                output.queue(&mut writer, &*item)?;
                output.has_room()
            }
            Ok(None) => break None,
            Err(error) => break Some(late(error)?),
        };
        // A little output leaves with what follows, before the connection waits.
        if !has_room && let Err(error) = connection.flush_by(&mut clock) {
            return Late::of(&error).ok_or(error).map(Some);
        }
    };
    if late == Some(Late::Send) {
        return Ok(late); // it takes nothing, so there is no last word to wait for
    }
    if late == Some(Late::Record) {
        connection.queue_by(&mut writer, b"too slow", &mut clock)?;
    }
    connection.close(DRAIN)?;
    Ok(late)
}

/// Does the same for both polled drivers.
async fn polled<T: PollTransport>(
    connection: Connection<T, Line>,
    timer: &mut impl Timer,
) -> io::Result<Option<Late>> {
    let mut connection = connection.with_options(options()).with_deadlines(deadlines());
    let mut writer = lines();
    let late = loop {
        let has_room = match connection.turn_by(timer).await {
            Ok(Some(Turn { item, mut output })) => {
                output.queue(&mut writer, &*item)?;
                output.has_room()
            }
            Ok(None) => break None,
            Err(error) => break Some(late(error)?),
        };
        if !has_room && let Err(error) = connection.flush_by(timer).await {
            return Late::of(&error).ok_or(error).map(Some);
        }
    };
    if late == Some(Late::Send) {
        return Ok(late); // it takes nothing, so there is no last word to wait for
    }
    if late == Some(Late::Record) {
        connection.queue_by(&mut writer, b"too slow", timer).await?;
    }
    connection.close_by(DRAIN, timer).await?;
    Ok(late)
}

/// Returns the missed deadline, or the error if it is another.
fn late(error: Error<Infallible>) -> io::Result<Late> {
    error.late().ok_or_else(|| error.into())
}

fn serve(driver: Driver, socket: TcpStream) -> io::Result<Option<Late>> {
    match driver {
        Driver::Sync => blocking(socket),
        Driver::Tokio => {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
                socket.set_nonblocking(true)?;
                let socket = tokio::net::TcpStream::from_std(socket)?;
                polled(on_tokio::Connection::new(socket, lines()), &mut TokioTimer::new()).await
            })
        }
        Driver::Futures => smol::block_on(async {
            let socket = smol::net::TcpStream::try_from(socket)?;
            polled(futures::Connection::new(socket, lines()), &mut AsyncIoTimer::new()).await
        }),
    }
}

/// A client, its expected end, and the least time until then.
struct Scene {
    name: &'static str,
    client: fn(TcpStream) -> io::Result<Vec<u8>>,
    late: Option<Late>,
    after: Duration,
    /// The bytes that it is sent, or `None` if that does not matter.
    hears: Option<&'static [u8]>,
}

const SCENES: [Scene; 4] = [
    Scene {
        name: "sends a byte every 60 ms",
        client: trickles,
        late: Some(Late::Record),
        after: RECORD,
        hears: Some(b"too slow\n"),
    },
    Scene {
        name: "falls silent after a line",
        client: falls_silent,
        late: Some(Late::Idle),
        after: IDLE,
        hears: Some(b"hello\n"),
    },
    Scene {
        name: "does not read",
        client: does_not_read,
        late: Some(Late::Send),
        after: SEND,
        hears: None,
    },
    Scene {
        name: "sends lines and reads",
        client: is_good,
        late: None,
        after: Duration::ZERO,
        hears: Some(b"one\ntwo\nthree\n"),
    },
];

/// The longest that any client may keep its connection.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> io::Result<ExitCode> {
    let drivers = match Arguments::parse().driver {
        Some(driver) => vec![driver],
        None => vec![Driver::Sync, Driver::Tokio, Driver::Futures],
    };
    let mut is_well = true;
    for driver in drivers {
        println!("{driver:?}: {RECORD:?} for a line, {IDLE:?} between lines, {SEND:?} to read");
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let mut played = Vec::new();
        for scene in &SCENES {
            let near = TcpStream::connect(listener.local_addr()?)?;
            let (far, _) = listener.accept()?;
            let client = thread::spawn(move || (scene.client)(near));
            let server = thread::spawn(move || {
                let begun = Instant::now();
                (serve(driver, far), begun.elapsed())
            });
            played.push((scene, client, server));
        }
        for (scene, client, server) in played {
            let (late, time) = server.join().expect("a server has panicked");
            let heard = client.join().expect("a client has panicked")?;
            let late = late?;
            let is_right = late == scene.late
                && (scene.after..PATIENCE).contains(&time)
                && scene.hears.is_none_or(|hears| heard == hears);
            is_well &= is_right;
            let end = match late {
                Some(late) => late.to_string(),
                None => "served to its end".to_owned(),
            };
            let verdict = if is_right { "" } else { "  WRONG" };
            println!("  {:<28} {end:<50} {time:>7.0?}{verdict}", scene.name);
        }
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Never pauses for 200 ms, so a read time-out of that length never ends this.
fn trickles(mut socket: TcpStream) -> io::Result<Vec<u8>> {
    let begun = Instant::now();
    socket.set_read_timeout(Some(TRICKLE))?;
    let (mut heard, mut into) = (Vec::new(), [0; 64]);
    while begun.elapsed() < PATIENCE {
        if heard.is_empty() && socket.write_all(b"x").is_err() {
            break;
        }
        match socket.read(&mut into) {
            Ok(0) => break,
            Ok(count) => heard.extend_from_slice(&into[..count]),
            Err(_) => {}
        }
    }
    Ok(heard)
}

fn falls_silent(mut socket: TcpStream) -> io::Result<Vec<u8>> {
    socket.write_all(b"hello\n")?;
    until_end(socket)
}

/// Sends until nothing more is taken, then holds its connection until the server has left.
fn does_not_read(mut socket: TcpStream) -> io::Result<Vec<u8>> {
    let (begun, line) = (Instant::now(), [&[b'x'; MAX_LINE - 1][..], b"\n"].concat());
    socket.set_write_timeout(Some(TRICKLE))?;
    let mut rest = &line[..];
    while begun.elapsed() < PATIENCE {
        match socket.write(rest) {
            Ok(count) if count == rest.len() => rest = &line,
            Ok(count) => rest = &rest[count..],
            Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe) => break,
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionReset) => break,
            Err(_) => {}
        }
    }
    Ok(Vec::new())
}

fn is_good(mut socket: TcpStream) -> io::Result<Vec<u8>> {
    for line in [&b"one\n"[..], b"two\n", b"three\n"] {
        socket.write_all(line)?;
        thread::sleep(TRICKLE);
    }
    socket.shutdown(Shutdown::Write)?;
    until_end(socket)
}

fn until_end(mut socket: TcpStream) -> io::Result<Vec<u8>> {
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut heard = Vec::new();
    socket.read_to_end(&mut heard)?;
    Ok(heard)
}
