//! The suite. `Connection`, `play!`, `run!`, `wait!` and `once!` are the driver's that it is
//! stamped on.

use super::{Connection, FLUSH_FIRST, SHORT_IS_ALL};

use crate::log::Log;

/// Takes down every item, and sends it back.
macro_rules! echo {
    ($connection:expr) => {{
        let mut log = crate::log::Log::default();
        loop {
            match wait!($connection.turn()) {
                Ok(Some(segue::driver::Turn { item, mut output })) => {
                    log.items.push(item.to_vec());
                    if let Err(error) = output.queue(&mut crate::talk::Talk::default(), item) {
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
        let mut log = crate::log::Log::default();
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
mod deadlines;
mod exchanging;
mod failing;
mod flooded;
mod foreign;
mod given_away;
mod handing_off;
mod idling;
mod leading;
mod long;
mod nested;
mod peers;
pub(crate) mod playing;
mod policies;
mod reading;
mod room;
mod seams;
mod speaking;
mod splitting;
mod steps;
mod timing;
mod writing;
