//! Lines behind the PROXY protocol: a server that says what the proxy has told of the client and sends
//! each line back, and a client that puts a header in front of its lines.
//!
//! ```text
//! cargo run -p segue-proxy --example clients -- serve 127.0.0.1:7000
//! printf 'one\ntwo\n' | cargo run -p segue-proxy --example clients -- \
//!     ask 127.0.0.1:7000 v2 192.0.2.1:56324
//! ```
//!
//! The server takes headers of either version, and only from this machine. It gives clients up that
//! dawdle, and bounds their number.

#![allow(missing_docs, reason = "a program, not a library")]

use std::{
    env,
    error::Error,
    io::{self, BufRead as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use segue::{
    driver::{
        Deadlines,
        sync::{Connection, SocketClock},
    },
    separator::{self, Line},
};
use segue_proxy::{Endpoints, Header, OptionalHeader, Presence, ProxyHeader, Tlv};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", address] => serve(address.parse()?),
        ["ask", address, version] => ask(address.parse()?, version, None),
        ["ask", address, version, client] => ask(address.parse()?, version, Some(client.parse()?)),
        _ => Err("arguments: serve ADDRESS, or ask ADDRESS none|v1|v2|local [CLIENT]".into()),
    }
}

fn serve(address: SocketAddr) -> Result<(), Failure> {
    let listener = TcpListener::bind(address)?;
    println!("{}", listener.local_addr()?);
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        if open.load(Ordering::Relaxed) >= MOST {
            thread::sleep(PAUSE);
            continue;
        }
        let socket = match listener.accept() {
            Ok((socket, _)) => socket,
            Err(error) => {
                eprintln!("accept: {error}");
                thread::sleep(PAUSE);
                continue;
            }
        };
        let open = open.clone();
        open.fetch_add(1, Ordering::Relaxed);
        thread::spawn(move || {
            if let Err(error) = echo(socket) {
                eprintln!("refused: {error}");
            }
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// The rule: proxies are on this machine, and nobody else may say who they are.
fn presence(peer: SocketAddr) -> Presence {
    if peer.ip().to_canonical().is_loopback() { Presence::Required } else { Presence::Forbidden }
}

fn echo(socket: TcpStream) -> Result<(), Failure> {
    socket.set_write_timeout(Some(DEADLINE))?;
    let peer = socket.peer_addr()?;
    let mut clock = SocketClock::new();
    let stage = OptionalHeader::new(presence(peer));
    let mut connection = Connection::new(socket, stage).with_deadlines(deadlines());
    let Some(turn) = connection.turn_by(&mut clock)? else { return Ok(()) };
    match turn.item {
        Some(header) => println!("{}", told(&header)),
        None => println!("direct {peer}"),
    }
    let mut connection = connection.follow(|_| lines())?;
    while let Some(mut turn) = connection.turn_by(&mut clock)? {
        turn.output.queue(&mut lines(), &turn.item[..])?;
    }
    connection.close_by(DRAINED, &mut clock)?;
    Ok(())
}

/// What a header says, on one line.
fn told(header: &Header<'_>) -> String {
    let mut told = format!("{:?}", header.version());
    match header.endpoints() {
        Endpoints::Local => told += " local",
        Endpoints::Unspecified => told += " unknown",
        Endpoints::Unix { source, destination, .. } => {
            told += &format!(" {source:?} {destination:?}");
        }
        _ => {
            for address in [header.source(), header.destination()].into_iter().flatten() {
                told += &format!(" {}", address.ip());
            }
        }
    }
    for tlv in header.tlvs().iter() {
        told += &match &tlv {
            Tlv::Alpn(name) => format!(" alpn={}", name.escape_ascii()),
            Tlv::Authority(name) => format!(" authority={}", name.escape_default()),
            Tlv::Crc32c(_) => " checksum".into(),
            Tlv::UniqueId(id) => format!(" id={}", id.escape_ascii()),
            Tlv::Ssl(ssl) => format!(
                " tls={} cipher={} verified={} name={}",
                ssl.version().unwrap_or("-"),
                ssl.cipher().unwrap_or("-"),
                ssl.is_verified(),
                ssl.common_name().unwrap_or("-").escape_default()
            ),
            other => format!(" {:#04x}", other.kind()),
        };
    }
    told
}

fn ask(address: SocketAddr, version: &str, client: Option<SocketAddr>) -> Result<(), Failure> {
    let socket = TcpStream::connect(address)?;
    let ends = Endpoints::tcp(client.map_or_else(|| socket.local_addr(), Ok)?, address);
    let header = match version {
        "none" => None,
        "v1" => Some(Header::v1(ends)),
        "v2" => Some(
            Header::v2(ends)
                .with(Tlv::Authority("example.org"))?
                .with(Tlv::UniqueId(b"from segue"))?
                .with(Tlv::Crc32c(0))?,
        ),
        "local" => Some(Header::v2(Endpoints::Local)),
        other => return Err(format!("no version {other}").into()),
    };
    let mut clock = SocketClock::new();
    let mut connection = Connection::new(socket, lines()).with_deadlines(deadlines());
    if let Some(header) = header {
        connection.queue(&mut ProxyHeader::new(), header)?;
    }
    for line in io::stdin().lock().split(b'\n') {
        connection.send(&mut lines(), &line?[..])?;
        match connection.turn_by(&mut clock)? {
            Some(turn) => println!("{}", turn.item.escape_ascii()),
            None => return Err("the server has closed".into()),
        }
    }
    connection.close_by(DRAINED, &mut clock)?;
    Ok(())
}

fn lines() -> Line {
    separator::line().max(64 * 1024)
}

/// Three seconds at least, since a segment may be lost (§2 of the specification).
fn deadlines() -> Deadlines {
    Deadlines::new().idle(DEADLINE).record(DEADLINE)
}

const DEADLINE: Duration = Duration::from_secs(5);

/// The most clients at a time.
const MOST: usize = 256;

/// The pause after a failure to accept, and while there are too many.
const PAUSE: Duration = Duration::from_millis(50);

/// The most bytes of a client that are dropped at the end.
const DRAINED: u64 = 64 * 1024;
