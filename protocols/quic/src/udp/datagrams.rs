//! The engine of both drivers.

use std::{
    fmt, io,
    task::{Context, Poll},
    time::Duration,
};

use segue::driver::Timer;

use super::{Batch, Notice, Options, Outgoing, Socket, incoming::Incoming};

/// A socket with queues of datagrams, received in batches, in reused memory.
///
/// See [`sync::Datagrams`](super::sync::Datagrams) and `tokio::Datagrams` for the methods that wait.
pub struct Datagrams<S> {
    socket: S,
    incoming: Incoming,
    outgoing: Outgoing,
    notices: Vec<Notice>,
    /// The caller has seen the notices.
    told: bool,
}

/// The outcome of a turn: datagrams, notices, or neither, which means that the deadline has come.
#[derive(Debug)]
pub struct DatagramTurn<'a> {
    /// The received datagrams.
    pub datagrams: Batch<'a>,
    /// Events of single datagrams since the last turn.
    pub notices: &'a [Notice],
    /// The queue for answers, which the next turn sends.
    pub outgoing: &'a mut Outgoing,
}

impl DatagramTurn<'_> {
    /// Returns true if nothing came before the deadline.
    #[must_use]
    pub fn is_deadline(&self) -> bool {
        self.datagrams.len() == 0 && self.notices.is_empty()
    }
}

impl<S> Datagrams<S> {
    /// Drives any [`Socket`].
    #[must_use]
    pub fn over(socket: S, options: Options) -> Self {
        Self {
            socket,
            incoming: Incoming::new(&options),
            outgoing: Outgoing::new(options.high_water),
            notices: Vec::new(),
            told: false,
        }
    }

    /// Returns the queue of datagrams to send.
    pub fn outgoing(&mut self) -> &mut Outgoing {
        &mut self.outgoing
    }

    /// Returns the driven socket.
    pub fn io(&self) -> &S {
        &self.socket
    }

    /// Returns the driven socket. The queue is dropped.
    pub fn into_io(self) -> S {
        self.socket
    }

    /// Returns the turn that [`poll_ready`](Self::poll_ready) has made ready.
    pub fn take(&mut self) -> DatagramTurn<'_> {
        self.told = true;
        DatagramTurn {
            datagrams: self.incoming.lend(),
            notices: &self.notices,
            outgoing: &mut self.outgoing,
        }
    }
}

impl<S: Socket> Datagrams<S> {
    /// Sends queued datagrams as far as possible, then receives. Ready if there are datagrams or
    /// notices: [take](Self::take) them before the next call.
    ///
    /// # Errors
    /// The fatal errors of the socket.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.incoming.clear();
        if std::mem::take(&mut self.told) {
            self.notices.clear();
        }
        if let Poll::Ready(Err(error)) = self.poll_flush(cx) {
            return Poll::Ready(Err(error));
        }
        if !self.notices.is_empty() && !self.socket.never_blocks() {
            return Poll::Ready(Ok(()));
        }
        self.incoming.poll_fill(&mut self.socket, cx, &mut self.notices)
    }

    /// Polls as [`poll_ready`](Self::poll_ready) does, and is also ready once `until` has come by
    /// `timer`.
    ///
    /// # Errors
    /// As [`poll_ready`](Self::poll_ready).
    pub fn poll_ready_by(
        &mut self,
        cx: &mut Context<'_>,
        until: Option<Duration>,
        timer: &mut impl Timer,
    ) -> Poll<io::Result<()>> {
        match (self.poll_ready(cx), until) {
            (Poll::Pending, Some(until)) => timer.poll_at(cx, until).map(Ok),
            (ready, _) => ready,
        }
    }

    /// Sends all queued datagrams. Notices are kept for the next turn, up to 64 of them.
    ///
    /// # Errors
    /// As [`poll_ready`](Self::poll_ready). The datagram that failed is dropped.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((datagram, to)) = self.outgoing.front() {
            let length = datagram.len();
            let Poll::Ready(sent) = self.socket.poll_send(cx, datagram, to) else {
                return Poll::Pending;
            };
            if let Err(error) = sent {
                if error.kind() == io::ErrorKind::Interrupted {
                    continue;
                }
                match Notice::of_sending(&error, length, to) {
                    Some(_) if self.notices.len() >= NOTICES => {}
                    Some(notice) => self.notices.push(notice),
                    None => {
                        self.outgoing.pop();
                        return Poll::Ready(Err(error));
                    }
                }
            }
            self.outgoing.pop();
        }
        Poll::Ready(Ok(()))
    }
}

/// Shows numbers, but no payload.
impl<S> fmt::Debug for Datagrams<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datagrams").field("outgoing", &self.outgoing).finish_non_exhaustive()
    }
}

/// The most notices about sent datagrams that are kept for the next turn: twice the answers to a
/// batch. Later ones are dropped.
const NOTICES: usize = 64;
