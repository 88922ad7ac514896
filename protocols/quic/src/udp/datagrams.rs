//! The engine that both drivers are shells of.

use std::{
    fmt, io,
    task::{Context, Poll},
    time::Duration,
};

use segue::driver::Timer;

use super::{Batch, Notice, Options, Outgoing, Socket, incoming::Incoming};

/// Datagrams in and out of a socket, in batches, in memory that is used again.
///
/// See [`sync::Datagrams`](super::sync::Datagrams) and `tokio::Datagrams` for the methods that wait.
pub struct Datagrams<S> {
    socket: S,
    incoming: Incoming,
    outgoing: Outgoing,
    notices: Vec<Notice>,
    /// Whether the notices were given to the caller.
    told: bool,
}

/// What a turn has brought: datagrams, notices, or, where both are empty, the deadline.
#[derive(Debug)]
pub struct DatagramTurn<'a> {
    /// What has come.
    pub datagrams: Batch<'a>,
    /// What happened to single datagrams since the last turn.
    pub notices: &'a [Notice],
    /// Where answers are queued, which the next turn sends.
    pub outgoing: &'a mut Outgoing,
}

impl DatagramTurn<'_> {
    /// Whether nothing came before the deadline did.
    #[must_use]
    pub fn is_deadline(&self) -> bool {
        self.datagrams.len() == 0 && self.notices.is_empty()
    }
}

impl<S> Datagrams<S> {
    /// Drives `socket`, which any [`Socket`] may be.
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

    /// What is queued to be sent.
    pub fn outgoing(&mut self) -> &mut Outgoing {
        &mut self.outgoing
    }

    /// The driven socket.
    pub fn io(&self) -> &S {
        &self.socket
    }

    /// The driven socket, to be used otherwise. What is queued is dropped.
    pub fn into_io(self) -> S {
        self.socket
    }

    /// The turn that [`poll_ready`](Self::poll_ready) has made ready.
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
    /// Sends what is queued as far as it goes, then takes what has come. Ready where there are
    /// datagrams or notices, to be [taken](Self::take) before this is asked again.
    ///
    /// # Errors
    /// The socket's: those that end it.
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

    /// The same, ready as well once `until` has come by `timer`.
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

    /// Sends all that is queued. Notices are kept for the next turn, up to 64 of them.
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

/// Shows numbers and not payload.
impl<S> fmt::Debug for Datagrams<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datagrams").field("outgoing", &self.outgoing).finish_non_exhaustive()
    }
}

/// The most notices of what was sent that are kept for the next turn: as many as answer a batch
/// twice over. Who sends on without a turn learns nothing from more.
const NOTICES: usize = 64;
