//! The results that a connection has returned to its caller.

use std::io::ErrorKind;

use segue::{
    Cause, Fault,
    driver::{Error, SendError},
};

use crate::talk::Mistake;

/// The results that a connection has returned to its caller.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) items: Vec<Vec<u8>>,
    pub(crate) faults: Vec<Fault<Mistake>>,
    /// Failures of the transport, in the order in which they were reported.
    pub(crate) failures: Vec<ErrorKind>,
    /// True if the stage was done and everything sent.
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

    /// Takes down what a turn came to.
    pub(crate) fn turn(&mut self, turn: Result<Option<Vec<u8>>, Error<Mistake>>) {
        match turn {
            Ok(Some(item)) => self.items.push(item),
            Ok(None) => self.ended = true,
            Err(error) => {
                self.error(error);
            }
        }
    }

    /// Returns true if nothing more can come.
    pub(crate) fn is_over(&self) -> bool {
        self.ended || self.faults.last().is_some_and(|fault| fault.fatal)
    }

    /// The items, as text.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.items.iter().map(|item| item.escape_ascii().to_string()).collect()
    }

    pub(crate) fn causes(&self) -> Vec<Cause<Mistake>> {
        self.faults.iter().map(|fault| fault.cause).collect()
    }
}
