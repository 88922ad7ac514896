//! Pings of this end, and answers to those of the peer.

use alloc::collections::VecDeque;
use core::time::Duration;

use segue::{Fault, Say};

use crate::{
    Error, Limits,
    header::{Flags, Header, Kind},
};

/// Pings of this end, and answers to those of the peer.
#[derive(Debug, Default)]
pub(super) struct Pings {
    /// The values to send back.
    pongs: VecDeque<u32>,
    /// The value of the next ping: a counter, so that an answer to an earlier ping is not mistaken
    /// for one to the last.
    next: u32,
    asking: Asking,
    /// The start of the peer's silence: a time told just before or after its last frame.
    quiet: Option<Duration>,
    round_trip: Option<Duration>,
}

#[derive(Debug, Default)]
enum Asking {
    #[default]
    Nothing,
    /// A ping is to be sent.
    Due,
    /// It was sent, at this time if the time is known, and not answered.
    Waiting(Option<Duration>),
    /// It was answered; the time is told later.
    Answered(Option<Duration>),
}

impl Pings {
    /// The peer has pinged.
    pub(super) fn pinged(&mut self, value: u32, limits: &Limits) {
        if self.pongs.len() >= limits.pongs.max(1) {
            self.pongs.pop_front();
        }
        self.pongs.push_back(value);
    }

    /// Handles an answer of the peer. Unrequested answers are ignored, as in other implementations.
    pub(super) fn answered(&mut self, value: u32) {
        if let Asking::Waiting(sent) = self.asking
            && value.wrapping_add(1) == self.next
        {
            self.asking = Asking::Answered(sent);
        }
    }

    /// A frame came.
    pub(super) fn heard(&mut self) {
        self.quiet = None;
    }

    /// Sends a ping, unless one is under way.
    pub(super) fn ask(&mut self) {
        if matches!(self.asking, Asking::Nothing | Asking::Answered(_)) {
            self.asking = Asking::Due;
        }
    }

    pub(super) const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Queues the frames that are due.
    pub(super) fn speak(&mut self, say: &mut Say<'_>, limits: &Limits) -> Result<(), Fault<Error>> {
        while let Some(value) = self.pongs.pop_front() {
            ping(say, Flags::ACK, value);
        }
        let now = say.now();
        if let Asking::Answered(sent) = self.asking {
            self.asking = Asking::Nothing;
            if let (Some(sent), Some(now)) = (sent, now) {
                self.round_trip = Some(now.saturating_sub(sent));
            }
        }
        if let (Some(now), Some(after)) = (now, limits.keep_alive) {
            let due = self.quiet.get_or_insert(now).saturating_add(after);
            if matches!(self.asking, Asking::Nothing) {
                if now >= due {
                    self.asking = Asking::Due;
                } else {
                    say.wake_at(due);
                }
            }
        }
        if let Asking::Due = self.asking {
            ping(say, Flags::SYN, self.next);
            self.next = self.next.wrapping_add(1);
            self.asking = Asking::Waiting(now);
        }
        if let (Asking::Waiting(sent), Some(now)) = (&mut self.asking, now) {
            // A peer that sends something else is there.
            let last = (*sent.get_or_insert(now)).max(*self.quiet.get_or_insert(now));
            let late = last.saturating_add(limits.pong);
            if now >= late {
                return Err(Fault::new(Error::NoPong));
            }
            say.wake_at(late);
        }
        Ok(())
    }

    pub(super) fn held(&self) -> usize {
        self.pongs.capacity() * size_of::<u32>()
    }
}

fn ping(say: &mut Say<'_>, flags: Flags, length: u32) {
    Header { kind: Kind::Ping, flags, stream: 0, length }.write(say.output());
}
