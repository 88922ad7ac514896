//! The suite. `Connection`, `play!`, `run!`, `wait!` and `once!` are the driver's that it is
//! stamped on.

use super::{Connection, FLUSH_FIRST};

use std::io::ErrorKind;

use segue::{
    Cause, Fault,
    driver::{Error, SendError},
};

use crate::talk::Mistake;

/// What a connection has told its caller.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) items: Vec<Vec<u8>>,
    pub(crate) faults: Vec<Fault<Mistake>>,
    /// Failures of the transport, in the order in which they were reported.
    pub(crate) failures: Vec<ErrorKind>,
    /// Whether the stage was over and everything sent.
    pub(crate) ended: bool,
}

impl Log {
    /// Takes an error down; whether the connection can go on.
    pub(crate) fn error(&mut self, error: Error<Mistake>) -> bool {
        match error {
            Error::Fault(fault) => {
                self.faults.push(fault);
                !fault.fatal
            }
            Error::Io(error) => {
                self.failures.push(error.kind());
                self.failures.len() < 4
            }
            _ => unreachable!("there are no other errors"),
        }
    }

    /// Takes down why an answer was not queued: sending has failed before.
    pub(crate) fn unsent(&mut self, error: SendError<Mistake>) {
        match error {
            SendError::Io(error) => self.failures.push(error.kind()),
            error => panic!("{error:?}"),
        }
    }

    /// The items, as text.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.items.iter().map(|item| item.escape_ascii().to_string()).collect()
    }

    pub(crate) fn causes(&self) -> Vec<Cause<Mistake>> {
        self.faults.iter().map(|fault| fault.cause).collect()
    }
}

/// Takes down every item, and sends it back.
macro_rules! echo {
    ($connection:expr) => {{
        let mut log = super::Log::default();
        loop {
            match wait!($connection.turn()) {
                Ok(Some(segue::driver::Turn { item, mut output })) => {
                    log.items.push(item.to_vec());
                    if let Err(error) = output.send(&mut crate::talk::Talk::default(), item) {
                        log.unsent(error);
                    }
                }
                Ok(None) => {
                    log.ended = true;
                    break log;
                }
                Err(error) => {
                    if !log.error(error) {
                        break log;
                    }
                }
            }
        }
    }};
}

/// Takes down every item.
macro_rules! listen {
    ($connection:expr) => {{
        let mut log = super::Log::default();
        loop {
            match wait!($connection.turn()) {
                Ok(Some(turn)) => log.items.push(turn.item.to_vec()),
                Ok(None) => {
                    log.ended = true;
                    break log;
                }
                Err(error) => {
                    if !log.error(error) {
                        break log;
                    }
                }
            }
        }
    }};
}

mod closing;
mod exchanging;
mod foreign;
mod handing_off;
mod idling;
mod leading;
mod peers;
mod policies;
mod reading;
mod room;
mod seams;
mod splitting;
mod steps;
mod timing;
mod writing;
