//! The suite over `std::io`. Would-block is tried again, as a readiness loop would.

use std::io;

use segue::driver::{Error, SendError};

/// Runs a test.
macro_rules! play {
    ($body:block) => {
        $body
    };
}

/// Runs a part of a test, and gives what comes of it.
macro_rules! run {
    ($body:block) => {
        $body
    };
}

/// Waits for a method of a connection.
macro_rules! wait {
    ($call:expr) => {
        loop {
            match $call {
                Err(error) if super::super::WouldBlock::would_block(&error) => {
                    crate::executor::wait_until_ready();
                }
                Err(error) if super::super::WouldBlock::is_again(&error) => {}
                result => break result,
            }
        }
    };
}

/// Polls a method of a connection once.
macro_rules! once {
    ($call:expr) => {
        match $call {
            Err(error) if super::super::WouldBlock::would_block(&error) => std::task::Poll::Pending,
            result => std::task::Poll::Ready(result),
        }
    };
}

/// Waits for a method of each of two connections at the same time.
macro_rules! both {
    ($first:expr, $second:expr) => {{
        let (mut first, mut second) = (None, None);
        let mut turns = 0;
        loop {
            if first.is_none()
                && let std::task::Poll::Ready(result) = once!($first)
            {
                first = Some(result);
            }
            if second.is_none()
                && let std::task::Poll::Ready(result) = once!($second)
            {
                second = Some(result);
            }
            match (first.take(), second.take()) {
                (Some(first), Some(second)) => break (first, second),
                waiting => (first, second) = waiting,
            }
            turns += 1;
            assert!(turns < 100_000, "two peers have stopped");
        }
    }};
}

pub(crate) use segue::driver::sync::Connection;

/// True if everything is sent before each read, and not only before waiting.
pub(crate) const FLUSH_FIRST: bool = true;

/// True if a short read counts as having taken everything there was.
pub(crate) const SHORT_IS_ALL: bool = false;

/// Errors that may stand for "not now".
pub(crate) trait WouldBlock {
    fn would_block(&self) -> bool;

    /// Returns true if the same call goes on at once.
    fn is_again(&self) -> bool {
        false
    }
}

impl WouldBlock for io::Error {
    fn would_block(&self) -> bool {
        self.kind() == io::ErrorKind::WouldBlock
    }

    fn is_again(&self) -> bool {
        segue::driver::is_again(self)
    }
}

impl<E> WouldBlock for Error<E> {
    fn would_block(&self) -> bool {
        Error::would_block(self)
    }

    fn is_again(&self) -> bool {
        Error::is_again(self)
    }
}

impl<E> WouldBlock for SendError<E> {
    fn would_block(&self) -> bool {
        SendError::would_block(self)
    }
}

#[path = "suite/mod.rs"]
pub(crate) mod suite;
