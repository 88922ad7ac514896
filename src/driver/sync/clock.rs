//! The clock of sockets with time-outs.

use std::{
    io,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::Blocking;
use crate::driver::{HasLeaf, Leaf, Timeouts, TimerFor};

/// The machine's clock, with the time-outs of the connection's own socket as alarm. They are
/// restored after each call that it watches.
///
/// ```no_run
/// use segue::{driver::sync::{Connection, SocketClock}, separator};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let socket = std::net::TcpStream::connect("127.0.0.1:4000")?;
/// let mut connection = Connection::new(socket, separator::line());
/// let line = connection.turn_by(&mut SocketClock::new())?.map(|turn| turn.item.to_vec());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SocketClock {
    epoch: Instant,
    /// The time-outs that the socket had before the alarm was set.
    before: Option<(Option<Duration>, Option<Duration>)>,
}

impl SocketClock {
    /// Makes a clock whose epoch is now. One serves a connection for its whole life.
    #[must_use]
    pub fn new() -> Self {
        Self::since(Instant::now())
    }

    /// Makes a clock with another epoch.
    pub(super) fn since(epoch: Instant) -> Self {
        Self { epoch, before: None }
    }
}

impl Default for SocketClock {
    fn default() -> Self {
        Self::new()
    }
}

impl<X: HasLeaf<Leaf: Leaf<Io: Timeouts>>> TimerFor<Blocking<X>> for SocketClock {
    fn time(&mut self) -> Duration {
        self.epoch.elapsed()
    }

    fn poll_until(&mut self, _: &mut Context<'_>, at: Duration) -> Poll<()> {
        if self.epoch.elapsed() >= at { Poll::Ready(()) } else { Poll::Pending }
    }

    fn arm_for(&mut self, transport: &Blocking<X>, at: Option<Duration>) -> io::Result<bool> {
        let socket = transport.leaf().io();
        match at {
            Some(at) => {
                if self.before.is_none() {
                    self.before = Some(socket.timeouts()?);
                }
                // Sockets refuse a time-out of zero, and some take it for "for ever".
                let left = at.saturating_sub(self.epoch.elapsed()).max(Duration::from_millis(1));
                socket.set_timeouts(Some(left), Some(left))?;
            }
            None => {
                if let Some((read, write)) = self.before.take() {
                    socket.set_timeouts(read, write)?;
                }
            }
        }
        Ok(true)
    }
}
