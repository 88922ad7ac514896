//! Both ends over a blocking connection, where a session is one loop.

use segue::{
    Encode,
    driver::{
        Turn,
        sync::{Connection, SocketClock},
    },
    mux::{Carrier, Direction, Event, Item, Mux, Opens},
};
use segue_websocket::{ClientHandshake, ServerHandshake};
use segue_yamux::{Session, StreamId};
use std::{
    io,
    net::{TcpListener, TcpStream},
    thread,
};

use crate::{
    CLIENTS, PATIENCE, Visit,
    stack::{Books, DRAIN, Yamux, deadlines, greeting, limits, options},
    work::{Inside, Kind, Said, TALKS, Talk, cut_short, wrong},
};

/// Accepts all clients, and serves each on a thread for as long as it keeps its deadlines.
pub fn serve(listener: &TcpListener) -> Vec<Visit> {
    let mut clients = Vec::new();
    while clients.len() < CLIENTS {
        match listener.accept() {
            Ok((socket, _)) => clients.push(thread::spawn(move || {
                let books = Books::new();
                let end = serve_client(socket, &books);
                Visit { books, end }
            })),
            // A client that has left already, or no free descriptor: the next attempt may succeed.
            Err(error) => {
                eprintln!("a client could not be accepted: {error}");
                thread::sleep(PATIENCE);
            }
        }
    }
    clients.into_iter().filter_map(|client| client.join().ok()).collect()
}

/// Echoes each stream, of either kind.
fn serve_client(socket: TcpStream, books: &Books) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut clock = SocketClock::new();
    let connection = Connection::new(socket, ()).with_options(options());
    let mut connection = connection.with_deadlines(greeting());
    let accepted =
        connection.exchange_by(&mut books.handshake(ServerHandshake::new()), &mut clock)?;
    let connection = books.over_blocking(connection, accepted.tunnel());
    let session = books.session(Session::server().limits(limits()));
    let mut connection = connection.begin(Mux::new(session)).with_deadlines(deadlines());
    let mut served = Ok(());
    while let Some(Turn { item, .. }) = connection.turn_by(&mut clock)? {
        // An item lends the session, so stages are attached once it is gone.
        let (id, stage) = match item {
            Item::Event(Event::Opened(id), _) => (id, Inside::opening()),
            Item::Inner(id, Ok(Said::Opening(line)), session) => match Kind::announced(&line) {
                Ok(kind) => (id, kind.stage()),
                Err(error) => {
                    session.reset(id, 0);
                    served = served.and(Err(error));
                    continue;
                }
            },
            Item::Inner(id, Ok(said), session) => {
                // A stage is not asked while the output of its stream is full.
                answer(session, id, &said)?;
                continue;
            }
            // This stream ends alone, and the others go on.
            Item::Inner(_, Err(fault), _) => {
                served = served.and(Err(wrong(fault)));
                continue;
            }
            Item::End(id, fault, session) => {
                session.let_go(id);
                served = served.and(fault.map_or(Ok(()), |fault| Err(wrong(fault))));
                continue;
            }
            Item::Event(..) => continue,
        };
        connection.stage_mut().attach(id, stage);
    }
    connection.close_by(DRAIN, &mut clock)?;
    served
}

fn answer(session: &mut Yamux, id: StreamId, said: &Said<'_>) -> io::Result<()> {
    let mut kind = match said {
        Said::Opening(_) => return Ok(()),
        Said::Lines(_) => Kind::Lines,
        Said::Records(_) => Kind::Records,
    };
    match session.stream(id).and_then(|stream| stream.output) {
        Some(output) => kind.encode(said.as_ref(), output).map_err(io::Error::other),
        None => Ok(()), // the peer has reset the stream
    }
}

/// Sends everything on alternate streams, and expects it back.
pub fn talk(socket: TcpStream) -> io::Result<Books> {
    socket.set_nodelay(true)?;
    let (books, mut clock) = (Books::new(), SocketClock::new());
    let connection = Connection::new(socket, ()).with_options(options());
    let mut connection = connection.with_deadlines(greeting());
    let mut handshake = books.handshake(ClientHandshake::new("tunnel.example", "/tunnel"));
    let opened = connection.exchange_by(&mut handshake, &mut clock)?;
    let connection = books.over_blocking(connection, opened.tunnel());
    let session = books.session(Session::client().limits(limits()));
    let mut connection = connection.begin(Mux::new(session)).with_deadlines(deadlines());
    let mut talks = Vec::new();
    for talk in &TALKS {
        talks.push(Held::open(connection.stage_mut(), talk)?);
    }
    loop {
        ask(&mut talks, connection.stage_mut().carrier_mut())?;
        if talks.is_empty() {
            connection.stage_mut().carrier_mut().close(0, "");
        }
        let Some(Turn { item, .. }) = connection.turn_by(&mut clock)? else { break };
        match item {
            Item::Inner(id, Ok(said), _) => {
                if let Some(held) = talks.iter_mut().find(|held| held.id == id) {
                    held.heard(said.as_ref())?;
                }
            }
            Item::Inner(_, Err(fault), _) | Item::End(_, Some(fault), _) => {
                return Err(wrong(fault));
            }
            Item::End(id, None, session) => {
                session.let_go(id);
                if let Some(at) = talks.iter().position(|held| held.id == id) {
                    talks.swap_remove(at).ended()?;
                }
            }
            Item::Event(..) => {}
        }
    }
    connection.close_by(DRAIN, &mut clock)?;
    Ok(books)
}

/// A stream of the client.
struct Held {
    id: StreamId,
    talk: &'static Talk,
    said: usize,
    /// The next item.
    next: Vec<u8>,
    heard: usize,
    /// Bytes that were sent and did not come back yet.
    out: usize,
}

impl Held {
    fn open(mux: &mut Mux<Yamux, Inside>, talk: &'static Talk) -> io::Result<Self> {
        let session = mux.carrier_mut();
        let id = session.open(Direction::Both).ok_or(io::ErrorKind::ConnectionRefused)?;
        if let Some(output) = session.stream(id).and_then(|stream| stream.output) {
            talk.kind.announce(output);
        }
        mux.attach(id, talk.kind.stage());
        Ok(Self { id, talk, said: 0, next: talk.item(0), heard: 0, out: 0 })
    }

    fn heard(&mut self, item: &[u8]) -> io::Result<()> {
        self.talk.check(self.heard, item)?;
        self.heard += 1;
        self.out -= item.len();
        Ok(())
    }

    fn ended(self) -> io::Result<()> {
        if self.heard == self.talk.count { Ok(()) } else { Err(cut_short(self.talk, self.heard)) }
    }
}

/// The bytes that the client sends before some come back, unless one record alone is longer.
///
/// A blocking thread either reads or writes. Two of them that both write, until each has filled the
/// kernel's queue for the other, wait for ever, or here for their deadline. So the client never has
/// more under way than any socket holds. Polled drivers do both at once.
const AT_ONCE: usize = 16 * 1024;

/// Sends what may be sent now, an item of each stream in turn.
fn ask(talks: &mut [Held], session: &mut Yamux) -> io::Result<()> {
    let mut out: usize = talks.iter().map(|held| held.out).sum();
    let mut has_asked = true;
    while std::mem::take(&mut has_asked) {
        for held in &mut *talks {
            if held.said == held.talk.count {
                continue;
            }
            if out > 0 && out + held.next.len() > AT_ONCE {
                continue;
            }
            let output = session.stream(held.id).and_then(|stream| stream.output);
            let output = output.ok_or(io::ErrorKind::BrokenPipe)?;
            if !output.has_room() {
                continue;
            }
            let mut kind = held.talk.kind;
            kind.encode(&held.next, output).map_err(io::Error::other)?;
            held.said += 1;
            held.out += held.next.len();
            out += held.next.len();
            has_asked = true;
            if held.said == held.talk.count {
                session.finish(held.id);
            } else {
                held.next = held.talk.item(held.said);
            }
        }
    }
    Ok(())
}
