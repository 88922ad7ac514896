//! A readiness loop of mio's that serves many clients on one thread, with the blocking driver.
//!
//! ```text
//! cargo run --release --example mio_loop
//! ```
//!
//! A connection over a non-blocking socket has the same methods: each goes as far as it can, and
//! answers would-block there. Nothing is lost by that, so it is called again when the socket is
//! ready. The server echoes records with their length in front; its clients are threads.

use mio::{
    Events, Interest, Poll, Registry, Token,
    net::{TcpListener, TcpStream},
};
use segue::{
    driver::{Options, Turn, sync::Connection},
    length::{self, Prefixed, U16Be},
};
use std::{
    collections::HashMap,
    error::Error,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr},
    thread,
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
    println!("{CLIENTS} clients had all their records back");
    Ok(())
}

/// A client, and what it is waited for.
struct Client {
    connection: Connection<TcpStream, Prefixed<U16Be>>,
    interest: Interest,
}

fn serve(mut listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(128);
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut clients = HashMap::new();
    let (mut seen, mut gone) = (0, 0);
    while gone < CLIENTS {
        poll.poll(&mut events, None)?;
        for event in &events {
            let token = event.token();
            if token == LISTENER {
                while let Some(socket) = ready(listener.accept())? {
                    seen += 1;
                    clients.insert(Token(seen), Client::new(socket.0, Token(seen), &poll)?);
                }
            } else if let Some(client) = clients.get_mut(&token) {
                let goes_on = client.goes_on().unwrap_or_else(|error| {
                    eprintln!("client {}: {error}", token.0);
                    false
                });
                if goes_on {
                    client.waits_for_what_it_wants(token, poll.registry())?;
                } else {
                    clients.remove(&token);
                    gone += 1;
                }
            }
        }
    }
    Ok(())
}

impl Client {
    fn new(mut socket: TcpStream, token: Token, poll: &Poll) -> io::Result<Self> {
        let interest = Interest::READABLE;
        poll.registry().register(&mut socket, token, interest)?;
        // A connection that never waits reads on while it has something to send, and one that is
        // sent much comes back in between, so that the others have their turn.
        let options = Options::new().nonblocking(true);
        let connection = Connection::new(socket, length::u16_be()).with_options(options);
        Ok(Self { connection, interest })
    }

    /// Goes on until it would block (true), or the client has ended and got everything (false).
    fn goes_on(&mut self) -> Result<bool, Box<dyn Error>> {
        let mut writer = length::u16_be();
        loop {
            match self.connection.turn() {
                Ok(Some(Turn { item, mut output })) => output.queue(&mut writer, &*item)?,
                Ok(None) => {
                    self.connection.close_with(0, |socket| socket.shutdown(Shutdown::Write))?;
                    return Ok(false);
                }
                Err(error) if error.would_block() => return Ok(true),
                // This loop serves few; one with many puts the client at the end of a queue.
                Err(error) if error.is_again() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// While something is to be sent, and only then, it is woken for that, too.
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

/// What a call comes to, unless it would block.
fn ready<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
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
