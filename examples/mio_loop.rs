//! A mio readiness loop that serves many clients on one thread, with the blocking driver.
//!
//! ```text
//! cargo run --release --example mio_loop
//! ```
//!
//! A connection over a non-blocking socket has the same methods: each goes as far as it can, and
//! answers would-block there. Nothing is lost by that, so it is called again when the socket is
//! ready. A call that has done a bounded amount of work answers "again", and the others are served.
//! The server echoes length-prefixed records, and gives up on slow clients; its clients are threads.

use mio::{
    Events, Interest, Poll, Registry, Token,
    net::{TcpListener, TcpStream},
};
use segue::{
    driver::{Deadlines, Options, Timer, Turn, sync::Connection},
    length::{self, Prefixed, U16Be},
};
use std::{
    collections::HashMap,
    error::Error,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr},
    task::Context,
    thread,
    time::{Duration, Instant},
};

const CLIENTS: usize = 100;
const LISTENER: Token = Token(0);

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = listener.local_addr()?;
    println!("listening on {address}");
    let clients: Vec<_> = (0..CLIENTS).map(|n| thread::spawn(move || client(address, n))).collect();
    serve(listener)?;
    for client in clients {
        client.join().expect("a client has panicked")?;
    }
    println!("{CLIENTS} clients got all their records back");
    Ok(())
}

/// A client, and the readiness it waits for.
struct Client {
    connection: Connection<TcpStream, Prefixed<U16Be>>,
    interest: Interest,
}

/// The result of serving a client.
enum Went {
    /// Its socket would block.
    Waits,
    /// It has had enough for now, and there may be more.
    Again,
    /// It has ended and received everything.
    Over,
}

/// The number of clients served at a time. Further ones are dropped at once.
const MOST: usize = 1000;

/// The interval at which the loop looks for slow clients, and at a listener that has failed:
/// usually descriptors have run out, which passes.
const TICK: Duration = Duration::from_millis(250);

/// The machine's clock. It needs no alarm, since the loop looks at it by itself.
struct Clock(Instant);

impl Timer for Clock {
    fn now(&mut self) -> Duration {
        self.0.elapsed()
    }

    fn poll_at(&mut self, _: &mut Context<'_>, at: Duration) -> std::task::Poll<()> {
        if self.now() >= at { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    }
}

fn serve(mut listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(128);
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut clients: HashMap<Token, Client> = HashMap::new();
    let mut clock = Clock(Instant::now());
    let (mut seen, mut ticks) = (0, TICK);
    // The clients to serve next. Those that had enough come once more, behind the others.
    let mut turns: Vec<Token> = Vec::new();
    while seen < CLIENTS || !clients.is_empty() {
        let wait = if turns.is_empty() { TICK } else { Duration::ZERO };
        match poll.poll(&mut events, Some(wait)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            polled => polled?,
        }
        turns
            .extend(events.iter().map(mio::event::Event::token).filter(|token| *token != LISTENER));
        loop {
            match listener.accept() {
                Ok((socket, _)) if clients.len() < MOST => {
                    seen += 1;
                    match Client::new(socket, Token(seen), poll.registry()) {
                        Ok(client) => drop(clients.insert(Token(seen), client)),
                        Err(error) => eprintln!("client {seen}: {error}"),
                    }
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    eprintln!("accept: {error}");
                    break;
                }
            }
        }
        // All are looked at once a tick. A loop with many clients keeps them in order of their
        // deadlines.
        if clock.now() >= ticks {
            ticks = clock.now() + TICK;
            turns = clients.keys().copied().collect();
        }
        for token in std::mem::take(&mut turns) {
            let Some(client) = clients.get_mut(&token) else { continue };
            let went = client.goes_on(&mut clock).and_then(|went| {
                client.waits_for_what_it_wants(token, poll.registry())?;
                Ok(went)
            });
            match went {
                Ok(Went::Waits) => {}
                Ok(Went::Again) => turns.push(token),
                Ok(Went::Over) => drop(clients.remove(&token)),
                Err(error) => {
                    eprintln!("client {}: {error}", token.0);
                    clients.remove(&token);
                }
            }
        }
    }
    Ok(())
}

impl Client {
    fn new(mut socket: TcpStream, token: Token, registry: &Registry) -> io::Result<Self> {
        let interest = Interest::READABLE;
        registry.register(&mut socket, token, interest)?;
        // A connection that never waits reads on while it has something to send, and one that is
        // sent much returns in between, so that the others are served.
        let options = Options::new().nonblocking(true);
        let seconds = Duration::from_secs;
        let deadlines = Deadlines::new().record(seconds(5)).idle(seconds(60)).send(seconds(5));
        let connection = Connection::new(socket, length::u16_be())
            .with_options(options)
            .with_deadlines(deadlines);
        Ok(Self { connection, interest })
    }

    /// Goes on until it would block, has had enough, is over, or is late, which is an error.
    fn goes_on(&mut self, clock: &mut Clock) -> Result<Went, Box<dyn Error>> {
        let mut writer = length::u16_be();
        loop {
            match self.connection.turn_by(clock) {
                Ok(Some(Turn { item, mut output })) => output.queue(&mut writer, &*item)?,
                Ok(None) => {
                    // Nothing is read any more, so this does not wait for the client.
                    self.connection.close_with(0, |socket| socket.shutdown(Shutdown::Write))?;
                    return Ok(Went::Over);
                }
                Err(error) if error.would_block() => return Ok(Went::Waits),
                Err(error) if error.is_again() => return Ok(Went::Again),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for writability only while something is to be sent.
    fn waits_for_what_it_wants(&mut self, token: Token, registry: &Registry) -> io::Result<()> {
        let mut interest = Interest::READABLE;
        if self.connection.wants_write() {
            interest |= Interest::WRITABLE;
        }
        if interest != self.interest {
            registry.reregister(self.connection.io_mut(), token, interest)?;
            self.interest = interest;
        }
        Ok(())
    }
}

/// Sends records of all lengths, and reads them at the same time.
fn client(address: SocketAddr, number: usize) -> io::Result<()> {
    let mut socket = std::net::TcpStream::connect(address)?;
    let mut sender = socket.try_clone()?;
    let lengths = (0..50).map(move |record| (record * 1237 + number * 7919) % 60_000);
    let records: Vec<u8> = lengths
        .flat_map(|length| {
            let prefix = u16::try_from(length).unwrap_or_default().to_be_bytes();
            prefix.into_iter().chain(std::iter::repeat_n(number.to_le_bytes()[0], length))
        })
        .collect();
    let sent = records.clone();
    let sending = thread::spawn(move || {
        sender.write_all(&sent)?;
        sender.shutdown(Shutdown::Write)
    });
    let mut received = Vec::new();
    socket.read_to_end(&mut received)?;
    sending.join().expect("a sender has panicked")?;
    if received == records { Ok(()) } else { Err(io::Error::other("what came back is not it")) }
}
