//! The shared part of the echo programs: every message on an open connection is sent back.

use std::{io, net::TcpStream};

use clap::ValueEnum;
use segue::driver::{
    self, Connection, Error, Late, PollTransport, SendError, Timer, Turn, sync::SocketClock,
};
use segue_websocket::{
    Close, CloseCode, Error as Violation, Limits, Message, Messages, Outgoing, WriteError, Writer,
};

/// The driver of the connections.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Driver {
    /// Blocking std::io, a thread for each connection.
    Sync,
    /// tokio, a task for each connection.
    Tokio,
    /// futures-io on smol, a task for each connection.
    Futures,
}

/// The number of bytes from the other end that are read after the last answer.
pub const DRAIN: u64 = 1 << 20;

/// The longest message that is sent back, in bytes.
const LIMITS: Limits = Limits { message: 16 << 20, ..Limits::DEFAULT };

/// The close frame for a peer that has missed a deadline.
const TOO_SLOW: Outgoing<'static> =
    Outgoing::Close(Some(Close { code: CloseCode::POLICY, reason: "too slow" }));

/// Both halves of an open connection.
pub type Halves = (Messages, Writer);

/// Sends every message back until the close frame, over a blocking connection.
pub fn blocking(
    connection: driver::sync::Connection<TcpStream, ()>,
    (messages, mut writer): Halves,
    clock: &mut SocketClock,
) -> io::Result<()> {
    let mut connection = connection.follow(|()| messages.limits(LIMITS))?;
    loop {
        match connection.turn_by(clock) {
            Ok(Some(Turn { item, mut output })) => {
                if let Some(answer) = answer(item) {
                    passed(output.queue(&mut writer, answer))?;
                }
            }
            Ok(None) => break,
            Err(Error::Fault(fault)) => {
                if let Some(violation) = fault.error() {
                    let reason = violation.to_string();
                    let close = last_word(violation, &reason);
                    passed(connection.queue_by(&mut writer, close, clock))?;
                }
                break;
            }
            Err(error) if matches!(error.late(), Some(Late::Idle | Late::Record)) => {
                passed(connection.queue_by(&mut writer, TOO_SLOW, clock))?;
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    connection.close(DRAIN).map(drop)
}

/// The same over a connection that is polled: tokio's and futures-io's alike.
pub async fn polled<T: PollTransport>(
    connection: Connection<T, ()>,
    (messages, mut writer): Halves,
    timer: &mut impl Timer,
) -> io::Result<()> {
    let mut connection = connection.follow(|()| messages.limits(LIMITS))?;
    loop {
        match connection.turn_by(timer).await {
            Ok(Some(Turn { item, mut output })) => {
                if let Some(answer) = answer(item) {
                    passed(output.queue(&mut writer, answer))?;
                }
            }
            Ok(None) => break,
            Err(Error::Fault(fault)) => {
                if let Some(violation) = fault.error() {
                    let reason = violation.to_string();
                    let close = last_word(violation, &reason);
                    passed(connection.queue_by(&mut writer, close, timer).await)?;
                }
                break;
            }
            Err(error) if matches!(error.late(), Some(Late::Idle | Late::Record)) => {
                passed(connection.queue_by(&mut writer, TOO_SLOW, timer).await)?;
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    connection.close_by(DRAIN, timer).await.map(drop)
}

/// The answer to a message; the stage answers pings and closes.
fn answer(message: Message<'_>) -> Option<Outgoing<'_>> {
    match message {
        Message::Text(text) => Some(Outgoing::Text(text)),
        Message::Binary(payload) => Some(Outgoing::Binary(payload)),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => None,
    }
}

/// The close frame for a peer that broke a rule.
fn last_word<'a>(violation: &Violation, reason: &'a str) -> Outgoing<'a> {
    Outgoing::Close(Some(Close { code: violation.close_code(), reason }))
}

/// Nothing follows a close frame that was sent, which is no failure here.
fn passed(sent: Result<(), SendError<WriteError>>) -> io::Result<()> {
    match sent {
        Err(SendError::Refused(WriteError::Closed)) => Ok(()),
        sent => Ok(sent?),
    }
}

/// A socket on which answers leave at once.
pub fn ready(socket: TcpStream) -> io::Result<TcpStream> {
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// The same for tokio.
pub fn for_tokio(socket: TcpStream) -> io::Result<tokio::net::TcpStream> {
    socket.set_nonblocking(true)?;
    tokio::net::TcpStream::from_std(ready(socket)?)
}

/// The same for futures-io on smol.
pub fn for_smol(socket: TcpStream) -> io::Result<smol::net::TcpStream> {
    smol::net::TcpStream::try_from(ready(socket)?)
}

/// Says on standard error what a connection ended in, if in no peace.
pub fn report(result: io::Result<()>) {
    if let Err(error) = result {
        eprintln!("{error}");
    }
}
