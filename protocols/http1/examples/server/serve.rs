//! A connection from its first request to its close: blocking, and polled by tokio or smol.

use std::{io, net::TcpStream, time::Duration};

use segue::{
    driver::{
        Connection, Deadlines, Error, Late, PollTransport, Timer, Turn,
        sync::{self, SocketClock},
    },
    length,
};
use segue_http1::server;

use crate::echo::Echo;

/// The number of bytes from a client that are read after the last answer.
const DRAIN: u64 = 1024 * 1024;

/// The deadlines: 30 s for a head, a minute until the next piece of a body or the next request
/// begins, 30 s for the client to take what it is sent.
pub fn deadlines() -> Deadlines {
    Deadlines::new().idle(Duration::from_secs(60))
}

/// Serves a client by a thread of its own.
pub fn blocking(socket: TcpStream, deadlines: Deadlines) -> io::Result<()> {
    // Answers leave a batch at a time; there is nothing to wait for.
    socket.set_nodelay(true)?;
    let (requests, writer) = segue_http1::server();
    let mut connection = sync::Connection::new(socket, requests).with_deadlines(deadlines);
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

/// Serves a client by a task of its own.
pub async fn polled<T: PollTransport>(
    connection: Connection<T, server::Reader>,
    writer: server::Writer,
    mut timer: impl Timer,
    deadlines: Deadlines,
) -> io::Result<()> {
    let mut connection = connection.with_deadlines(deadlines);
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
