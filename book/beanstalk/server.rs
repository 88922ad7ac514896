//! A blocking server.

use super::{Error, Jobs, Replies, Reply, commands};
use segue::{
    Cause, Fault,
    driver::{
        Deadlines, Turn,
        sync::{Connection, SocketClock},
    },
};
use std::{
    io,
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// Returns the error to answer a fault with, or `None` if nobody is there to read it.
pub fn answer(fault: &Fault<Error>) -> Option<Error> {
    match fault.cause {
        Cause::Stage(error) => Some(error),
        Cause::TooLong => Some(Error::BadFormat), // a line without an end
        _ => None,                                // the client has gone inside a record
    }
}

/// Serves one client.
pub fn serve(socket: TcpStream, jobs: &Mutex<Jobs>) -> io::Result<()> {
    let deadlines = Deadlines::new().record(Duration::from_secs(5)).idle(Duration::from_secs(60));
    let mut connection = Connection::new(socket, commands()).with_deadlines(deadlines);
    let mut clock = SocketClock::new();
    loop {
        match connection.turn_by(&mut clock) {
            Ok(Some(Turn { item, mut output })) => {
                let mut jobs = jobs.lock().expect("no command panics");
                output.queue(&mut Replies, jobs.carry_out(item))?;
            }
            Ok(None) => break,
            Err(error) => {
                let fault = error.into_fault()?; // a failed socket or a missed deadline ends it
                if let Some(error) = answer(&fault) {
                    connection.queue_by(&mut Replies, Reply::Error(error), &mut clock)?;
                }
                if fault.fatal {
                    break;
                }
            }
        }
    }
    connection.close(64 * 1024)?; // 10 s at most
    Ok(())
}

/// Serves all clients, each on a thread of its own.
pub fn listen(listener: &TcpListener, jobs: &Arc<Mutex<Jobs>>) {
    for socket in listener.incoming() {
        let jobs = Arc::clone(jobs);
        let spawned = socket.and_then(|socket| {
            thread::Builder::new().spawn(move || {
                if let Err(error) = serve(socket, &jobs) {
                    eprintln!("a client: {error}");
                }
            })
        });
        if let Err(error) = spawned {
            eprintln!("no client: {error}");
            thread::sleep(Duration::from_millis(100)); // it may be out of file descriptors
        }
    }
}
