//! A blocking server and a client: lines on many streams over one socket, one loop at each end.
//!
//! ```text
//! cargo run --release -p segue-yamux --example blocking -- 200
//! ```
//!
//! The server sends each line back. The client has as many streams as the argument says, 20 by
//! default, and says on each a line that is longer than yamux's window, two short ones, and the end.
//! Each end is a [`Mux`]: a session with a stage of lines on each stream. One thread drives it: what
//! it reads, what it sends and its pings come from one loop, and the clock is the socket's.

#![allow(missing_docs, reason = "a program, not a library")]

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    net::{TcpListener, TcpStream},
    thread,
    time::Instant,
};

use segue::{
    driver::sync::{Connection, SocketClock},
    mux::{Carrier, Direction, Event, Item, Mux, Opens},
    separator::{self, Line},
};
use segue_yamux::{GoAway, Session, StreamId};

type Lines = Mux<Session, Line>;

/// The longest line: longer than the window, within what a stream may be granted.
const LONGEST: usize = 512 * 1024;

fn lines() -> Line {
    separator::line().max(LONGEST)
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let streams = env::args().nth(1).map_or(Ok(20), |streams| streams.parse())?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || -> Result<_, Box<dyn Error + Send + Sync>> {
        let (socket, _) = listener.accept()?;
        serve(socket)
    });
    let begun = Instant::now();
    let bytes = ask(TcpStream::connect(address)?, streams)?;
    println!("{streams} streams, {bytes} bytes there and back in {:?}", begun.elapsed());
    let served = server.join().map_err(|_| "the server has panicked")??;
    assert_eq!(served, 3 * streams, "each line was served");
    Ok(())
}

/// Sends each line back, until the client has gone. How many there were.
fn serve(socket: TcpStream) -> Result<usize, Box<dyn Error + Send + Sync>> {
    socket.set_nodelay(true)?;
    let mut connection = Connection::new(socket, Lines::new(Session::server()));
    let (mut clock, mut served) = (SocketClock::new(), 0);
    while let Some(turn) = connection.turn_by(&mut clock)? {
        let opened = match turn.item {
            Item::Event(Event::Opened(id), _) => id,
            Item::Event(Event::Away(_), _) => break,
            Item::Inner(id, line, session) => {
                served += 1;
                put(session, id, &line?);
                continue;
            }
            // The client has ended its side, or a fault has ended both.
            Item::End(id, fault, session) => {
                fault.map_or(Ok(()), Err)?;
                session.let_go(id);
                continue;
            }
            Item::Event(..) => continue,
        };
        connection.stage_mut().attach(opened, lines());
    }
    Ok(served)
}

/// Says three lines on each of so many streams, and has them sent back. How many bytes they are.
fn ask(socket: TcpStream, streams: usize) -> Result<usize, Box<dyn Error + Send + Sync>> {
    socket.set_nodelay(true)?;
    let mut connection = Connection::new(socket, Lines::new(Session::client()));
    let (mut clock, mut expected, mut bytes) = (SocketClock::new(), BTreeMap::new(), 0);
    for n in 0..streams {
        let mux = connection.stage_mut();
        let Some(id) = mux.carrier_mut().open(Direction::Both) else {
            return Err("the peer accepts too few streams".into());
        };
        mux.attach(id, lines());
        let said = [format!("stream {n}"), "long ".repeat(60_000), "bye".into()];
        for line in &said {
            put(mux.carrier_mut(), id, line.as_bytes());
            bytes += line.len() + 1;
        }
        mux.carrier_mut().finish(id);
        expected.insert(id, said.into_iter().collect::<Vec<_>>());
    }
    while !expected.is_empty() {
        let Some(turn) = connection.turn_by(&mut clock)? else {
            return Err("the server has gone too early".into());
        };
        match turn.item {
            Item::Inner(id, line, _) => {
                let line = line?;
                let said = expected.get_mut(&id).map(|lines| lines.remove(0));
                assert!(said.is_some_and(|said| line == said.as_str()), "another line on {id}");
            }
            Item::End(id, fault, session) => {
                fault.map_or(Ok(()), Err)?;
                assert_eq!(expected.remove(&id), Some(Vec::new()), "all lines of {id}");
                session.let_go(id);
            }
            Item::Event(..) => {}
        }
    }
    connection.stage_mut().carrier_mut().away(GoAway::NORMAL.0.into());
    connection.flush()?;
    Ok(bytes)
}

/// Queues a line on a stream.
fn put(session: &mut Session, id: StreamId, line: &[u8]) {
    if let Some(output) = session.stream(id).and_then(|stream| stream.output) {
        output.put(line);
        output.put(b"\n");
    }
}
