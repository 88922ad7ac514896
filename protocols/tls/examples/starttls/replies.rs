//! Answers of several lines, in SMTP and IMAP: each is a stage that ends behind its last line.

use segue::{
    DecodeExt,
    combine::Through,
    driver::{
        Connection, TimerFor, Transport,
        sync::{Blocking, SocketClock},
    },
    separator::{self, Line},
};

use crate::Failure;

pub(crate) type Reply = Through<Line, fn(&[u8]) -> bool>;

/// Lines of at most 4 KiB, up to the first for which `is_last` holds.
pub(crate) fn reply(is_last: fn(&[u8]) -> bool) -> Reply {
    separator::line().max(4096).through(is_last)
}

/// Prints an answer, whose last line must begin so.
pub(crate) fn expect<T: Transport>(
    connection: &mut Connection<Blocking<T>, Reply>,
    clock: &mut SocketClock,
    wanted: &str,
) -> Result<Vec<String>, Failure>
where
    SocketClock: TimerFor<Blocking<T>>,
{
    let mut lines = Vec::new();
    while let Some(turn) = connection.turn_by(clock)? {
        let line = String::from_utf8_lossy(&turn.item).into_owned();
        println!("< {line}");
        lines.push(line);
    }
    match lines.last() {
        Some(last) if last.starts_with(wanted) => Ok(lines),
        Some(last) => Err(format!("the server says {last:?}").into()),
        None => Err("the server has gone".into()),
    }
}

/// Asks first, of a connection that has no stage yet.
pub(crate) fn begin<T: Transport>(
    connection: Connection<Blocking<T>, ()>,
    line: &str,
    answer: Reply,
) -> Result<Connection<Blocking<T>, Reply>, Failure> {
    println!("> {line}");
    let mut connection = connection.begin(answer);
    connection.queue(&mut separator::line().crlf(), line.as_bytes())?;
    Ok(connection)
}

/// Asks, and makes the answer the next stage.
pub(crate) fn ask<T: Transport>(
    connection: Connection<Blocking<T>, Reply>,
    line: &str,
    answer: Reply,
) -> Result<Connection<Blocking<T>, Reply>, Failure> {
    println!("> {line}");
    let mut connection = connection.follow(|_| answer).map_err(|refused| refused.to_string())?;
    connection.queue(&mut separator::line().crlf(), line.as_bytes())?;
    Ok(connection)
}
