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

use std::{
    io::{self, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use clap::{Parser, ValueEnum};
use segue::{
    Fault, Output,
    driver::{
        self, Connection, Deadlines, Error, Late, PollTransport, Timer, Turn,
        futures::AsyncIoTimer,
        sync::{self, SocketClock},
        tokio::TokioTimer,
    },
    length,
};
use segue_http1::{
    BodyLength, End, ForwardedTrailers, Refusal, RequestEvent, ResponseParts, Whole, server,
};

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

/// The answers. There is no I/O in here: all drivers share it.
struct Echo {
    writer: server::Writer,
    answer: Answer,
}

/// The answer to the request that is being read.
enum Answer {
    /// It follows the end of the request.
    Greeting,
    /// So does the change to bytes that are sent back.
    Switch,
    /// Each piece is sent back as it comes.
    Echo,
    /// It is that the method is not for this server.
    NotAllowed,
    /// It has been sent.
    Sent,
}

impl Echo {
    fn new(writer: server::Writer) -> Self {
        Self { writer, answer: Answer::Sent }
    }

    /// Queues what `event` is answered with.
    fn answer(&mut self, event: RequestEvent<'_>, output: &mut Output) -> io::Result<()> {
        let Self { writer, answer } = self;
        tell_time(writer);
        let queued = match event {
            RequestEvent::Head(head) => {
                let path = head.target();
                let length = head.body().unwrap_or(BodyLength::None);
                let kind = head.headers().find("content-type").unwrap_or(b"text/plain");
                *answer = match length {
                    _ if head.method() == "CONNECT" => Answer::NotAllowed,
                    _ if path == "/refuse" => Answer::Sent,
                    // An upgrade that is asked for wrongly is none (RFC 9110 §7.8).
                    _ if head.offers_upgrade()
                        && head.headers().contains_token("upgrade", "echo") =>
                    {
                        Answer::Switch
                    }
                    BodyLength::None | BodyLength::Known(0) => Answer::Greeting,
                    _ => Answer::Echo,
                };
                match (&answer, length) {
                    (Answer::Echo, BodyLength::Known(length)) => {
                        go_on(writer, output)?;
                        let length = length.to_string();
                        let headers =
                            [("Content-Type", kind), ("Content-Length", length.as_bytes())];
                        output.try_encode(writer, ResponseParts::new(200, headers))
                    }
                    (Answer::Echo, _) => {
                        go_on(writer, output)?;
                        let headers = [("Content-Type", kind)];
                        output.try_encode(writer, ResponseParts::new(200, headers))
                    }
                    (Answer::Sent, _) => {
                        let head = ResponseParts::new(413, [("Connection", "close")]);
                        output.try_encode(writer, Whole::new(head, &b"too much\n"[..]))
                    }
                    _ => Ok(()),
                }
            }
            RequestEvent::Piece(piece) if matches!(answer, Answer::Echo) => {
                output.try_encode(writer, piece)
            }
            RequestEvent::Trailers(trailers) if matches!(answer, Answer::Echo) => {
                *answer = Answer::Sent;
                // A header that cannot be a trailer, or has no place behind this answer, is left
                // out.
                output.try_encode(writer, ForwardedTrailers(trailers))
            }
            RequestEvent::End => match std::mem::replace(answer, Answer::Sent) {
                Answer::Greeting => {
                    let head = ResponseParts::new(200, [("Content-Type", "text/plain")]);
                    output.try_encode(writer, Whole::new(head, &b"hello\n"[..]))
                }
                Answer::Switch => {
                    output.try_encode(writer, ResponseParts::new(101, [("Upgrade", "echo")]))
                }
                Answer::Echo => output.try_encode(writer, End),
                Answer::NotAllowed => {
                    let allow = [("Allow", "GET, HEAD, POST, PUT, OPTIONS")];
                    output.try_encode(writer, Whole::new(ResponseParts::new(405, allow), &b""[..]))
                }
                Answer::Sent => Ok(()),
            },
            // HTTP/2 is not spoken here, and what is left to be said is nothing.
            _ => Ok(()),
        };
        queued.map_err(io::Error::other)
    }

    /// Tells a client that has broken the rules, if it can still be told.
    fn refuse(&mut self, fault: &Fault<segue_http1::Error>, output: &mut Output) {
        tell_time(&mut self.writer);
        if let Err(error) = output.try_encode(&mut self.writer, fault) {
            eprintln!("{fault}; not sent to the client: {error}");
        }
    }

    /// Tells a client that was too slow with its request (RFC 9110 §15.5.9). One that is idle is
    /// let go without a word, and one that has an answer already gets no second one.
    fn late(&mut self, late: Late, output: &mut Output) {
        if late == Late::Record {
            tell_time(&mut self.writer);
            let _ = output.try_encode(&mut self.writer, Refusal(408));
        }
    }

    fn is_done(&self) -> bool {
        self.writer.is_done()
    }
}

/// Has a `Date` sent in what is answered. A clock that is set before 1970 tells nothing.
fn tell_time(writer: &mut server::Writer) {
    if let Ok(since_1970) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        writer.set_time(since_1970);
    }
}

/// Tells a client that waits for it to send the body.
fn go_on(writer: &mut server::Writer, output: &mut Output) -> io::Result<()> {
    if writer.is_awaited() {
        let head = ResponseParts::bare(100);
        output.try_encode(writer, head).map_err(io::Error::other)?;
    }
    Ok(())
}

/// The number of bytes from a client that are read after the last answer.
const DRAIN: u64 = 1024 * 1024;

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

/// The deadlines: 30 s for a head, a minute until the next piece of a body or the next request
/// begins, 30 s for the client to take what it is sent.
fn deadlines() -> Deadlines {
    Deadlines::new().idle(Duration::from_secs(60))
}

fn blocking(socket: TcpStream) -> io::Result<()> {
    // Answers leave a batch at a time; there is nothing to wait for.
    socket.set_nodelay(true)?;
    let (requests, writer) = segue_http1::server();
    let mut connection = sync::Connection::new(socket, requests).with_deadlines(deadlines());
    let mut clock = SocketClock::new();
    let mut echo = Echo::new(writer);
    while !echo.is_done() {
        match connection.turn_by(&mut clock) {
            Ok(Some(Turn { item, mut output })) => echo.answer(item, output.output())?,
            Ok(None) => break,
            Err(Error::Fault(fault)) => {
                echo.refuse(&fault, connection.output_mut());
                break;
            }
            Err(error) => match error.late() {
                Some(late @ (Late::Idle | Late::Record)) => {
                    echo.late(late, connection.output_mut());
                    break;
                }
                _ => return Err(error.into()),
            },
        }
    }
    if connection.stage().is_switched() {
        let mut connection = connection.follow(|_| length::rest())?;
        while let Some(Turn { item, mut output }) = connection.turn_by(&mut clock)? {
            output.output().put(&item);
        }
        return connection.close(DRAIN).map(drop);
    }
    connection.close(DRAIN).map(drop)
}

async fn polled<T: PollTransport>(
    connection: Connection<T, server::Reader>,
    writer: server::Writer,
    mut timer: impl Timer,
) -> io::Result<()> {
    let mut connection = connection.with_deadlines(deadlines());
    let mut echo = Echo::new(writer);
    while !echo.is_done() {
        match connection.turn_by(&mut timer).await {
            Ok(Some(Turn { item, mut output })) => echo.answer(item, output.output())?,
            Ok(None) => break,
            Err(Error::Fault(fault)) => {
                echo.refuse(&fault, connection.output_mut());
                break;
            }
            Err(error) => match error.late() {
                Some(late @ (Late::Idle | Late::Record)) => {
                    echo.late(late, connection.output_mut());
                    break;
                }
                _ => return Err(error.into()),
            },
        }
    }
    if connection.stage().is_switched() {
        let mut connection = connection.follow(|_| length::rest())?;
        while let Some(Turn { item, mut output }) = connection.turn_by(&mut timer).await? {
            output.output().put(&item);
        }
        return connection.close_by(DRAIN, &mut timer).await.map(drop);
    }
    connection.close_by(DRAIN, &mut timer).await.map(drop)
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
                        report(blocking(socket));
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
                            report(polled(connection, writer, TokioTimer::new()).await);
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
                            report(polled(connection, writer, AsyncIoTimer::new()).await);
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
