//! A blocking connection, in a thread of its own.

use std::{io, net::TcpStream};

use segue::{
    Cause,
    driver::{
        Error, Late, Turn,
        sync::{Connection, SocketClock},
    },
};
use segue_http1::RequestDecoder;
use segue_websocket::{Close, CloseCode, Message, Outgoing};

use crate::site::{Next, Site};

/// The bytes to read of what a client still sends after the last answer.
const DRAIN: u64 = 64 * 1024;

/// Answers requests, one after the other, until one ends the connection or makes it a WebSocket.
pub fn serve(socket: TcpStream) -> io::Result<()> {
    // Answers leave a batch at a time; there is nothing to wait for.
    socket.set_nodelay(true)?;
    let mut connection = Connection::new(socket, Site::head()).with_deadlines(Site::deadlines());
    let mut clock = SocketClock::new();
    loop {
        let next = match connection.turn_by(&mut clock) {
            Ok(Some(Turn { item, mut output })) => Site::answer(&item, output.output())?,
            Ok(None) => Next::Close,
            Err(Error::Fault(fault)) => {
                // A client that leaves between two requests is no error.
                let leaves = fault.cause == Cause::Truncated && connection.buffer().is_empty();
                if leaves { Next::Close } else { Site::refuse(&fault, connection.output_mut())? }
            }
            Err(error) => match error.late() {
                Some(late @ (Late::Idle | Late::Record)) => {
                    Site::late(late, connection.output_mut())?
                }
                _ => return Err(error.into()),
            },
        };
        connection = match next {
            Next::Request => connection.follow(|_| Site::head())?,
            Next::Echo => return echo(connection, &mut clock),
            Next::Close => return connection.close(DRAIN).map(drop),
        };
    }
}

/// Sends every message back, first those that the client glued to its request.
fn echo(
    connection: Connection<TcpStream, RequestDecoder>,
    clock: &mut SocketClock,
) -> io::Result<()> {
    let (messages, mut writer) = segue_websocket::server();
    let mut connection = connection.follow(|_| messages.limits(Site::LIMITS))?;
    loop {
        match connection.turn_by(clock) {
            Ok(Some(Turn { item, mut output })) => match item {
                Message::Text(text) => output.queue(&mut writer, Outgoing::Text(text))?,
                Message::Binary(bytes) => output.queue(&mut writer, Outgoing::Binary(bytes))?,
                _ => {} // pings and closes are answered by the stage
            },
            Ok(None) => break,
            Err(Error::Fault(fault)) => {
                if let Some(error) = fault.error() {
                    let close = Close { code: error.close_code(), reason: &error.to_string() };
                    connection.queue_by(&mut writer, Outgoing::Close(Some(close)), clock)?;
                }
                break;
            }
            Err(error) if matches!(error.late(), Some(Late::Idle | Late::Record)) => {
                let close = Close { code: CloseCode::POLICY, reason: "too slow" };
                connection.queue_by(&mut writer, Outgoing::Close(Some(close)), clock)?;
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    connection.close(DRAIN).map(drop)
}
