//! Endpoints, which open and accept streams.

use std::{
    fmt,
    future::poll_fn,
    io,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    Carrier, Stream,
    shared::{Shared, Wake},
    why,
};
use crate::mux::{Direction, Opens};

/// A handle that opens and accepts the streams of a connection. Clones are of the same connection.
pub struct Endpoint<C: Carrier> {
    shared: Arc<Shared<C>>,
}

impl<C: Carrier> Endpoint<C> {
    pub(super) fn of(shared: &Arc<Shared<C>>) -> Self {
        shared.join();
        Self { shared: Arc::clone(shared) }
    }

    /// Returns the next stream that the peer has opened. `None` once the connection is over.
    ///
    /// # Errors
    /// The failure of the connection, or the end of the session by the peer with streams open
    /// ([`session_end`](super::session_end)).
    pub async fn accept(&self) -> io::Result<Option<Stream<C>>> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// The polled form of [`accept`](Self::accept).
    ///
    /// # Errors
    /// Those of [`accept`](Self::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Stream<C>>>> {
        let mut state = self.shared.state();
        if let Some(id) = state.opened.pop_front() {
            drop(state);
            return Poll::Ready(Ok(Some(Stream::of(&self.shared, id))));
        }
        match (state.is_done(), state.failure()) {
            (true, _) => Poll::Ready(Ok(None)),
            (false, Some(failure)) => Poll::Ready(Err(failure)),
            (false, None) => {
                remember(&mut state.accepting, cx);
                Poll::Pending
            }
        }
    }

    /// Refuses new streams of the peer from now on, and tells it so with this code of the carrier's
    /// protocol. Open streams go on.
    pub fn away(&self, code: u64) {
        self.change(|carrier| carrier.away(code));
    }

    /// Ends the connection with this code of the carrier's protocol, and resets all streams.
    pub fn close(&self, code: u64, why: &str) {
        self.shared.state().is_closed = true;
        self.change(|carrier| carrier.close(code, why));
    }

    /// Gives access to the carrier, for example to read the round-trip time of its last ping. The
    /// lock that all streams share is held meanwhile, and the driver runs afterwards.
    pub fn with<R>(&self, ask: impl FnOnce(&mut C) -> R) -> R {
        self.change(ask)
    }

    fn change<R>(&self, change: impl FnOnce(&mut C) -> R) -> R {
        let mut wake = Wake::default();
        let mut state = self.shared.state();
        let result = change(&mut state.carrier);
        wake.add(state.call_driver());
        drop(state);
        result
    }
}

impl<C: Opens> Endpoint<C> {
    /// Opens a stream on which both sides send, once the peer allows it. It can be used at once.
    ///
    /// If the protocol does not say how many streams the peer takes, as in yamux, one too many is
    /// opened all the same, and reset by the peer.
    ///
    /// # Errors
    /// The failure of the connection, its end, or that the peer takes no new streams
    /// ([`away_code`](super::away_code)); [`QuotaExceeded`](io::ErrorKind::QuotaExceeded) if the
    /// carrier itself [never opens one again](Opens::opens_later).
    pub async fn open(&self) -> io::Result<Stream<C>> {
        poll_fn(|cx| self.poll_open(cx, Direction::Both)).await
    }

    /// The polled form of [`open`](Self::open), for streams of either direction. On a carrier
    /// without one-sided streams both sides can send on those, too: see [`Opens::open`].
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn poll_open(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
    ) -> Poll<io::Result<Stream<C>>> {
        let mut wake = Wake::default();
        let mut state = self.shared.state();
        if let Some(failure) = state.failure() {
            return Poll::Ready(Err(failure));
        }
        if let Some(id) = state.carrier.open(direction) {
            state.begins();
            wake.add(state.call_driver());
            drop(state);
            return Poll::Ready(Ok(Stream::of(&self.shared, id)));
        }
        if let Some(code) = state.away {
            return Poll::Ready(Err(why::away(code)));
        }
        if !state.carrier.opens_later(direction) {
            return Poll::Ready(Err(why::used_up()));
        }
        remember(&mut state.opening, cx);
        Poll::Pending
    }
}

/// Adds a task to those to be woken.
fn remember(wakers: &mut Vec<std::task::Waker>, cx: &Context<'_>) {
    if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
        wakers.push(cx.waker().clone());
    }
}

impl<C: Carrier> Clone for Endpoint<C> {
    fn clone(&self) -> Self {
        Self::of(&self.shared)
    }
}

impl<C: Carrier> Drop for Endpoint<C> {
    fn drop(&mut self) {
        self.shared.leave();
    }
}

impl<C: Carrier> fmt::Debug for Endpoint<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").finish_non_exhaustive()
    }
}
