//! Transports with a layer over them.

use std::{
    error, fmt, io,
    task::{Context, Poll, ready},
};

use super::{
    error::Again,
    layer_state::{LayerState, Outcome},
    poll::PollTransport,
    transport::{EndOf, HasLeaf, Passed, Transport, poll_both},
};
use crate::{Buffer, Layer, Need, Output};

/// A transport with a layer over it, which is a transport again, made by
/// [`layered`](super::Connection::layered).
///
/// # Guarantees
/// - Answers of the layer leave before a read waits. Alerts leave, as far as one attempt goes,
///   before the error is reported.
/// - Nothing more is opened while twice the high-water mark of sealed bytes waits.
/// - Every way to close a connection sends the layer's end of this side.
/// - It holds no buffer while nothing can be received, unless it has part of a record.
pub struct Layered<T, L> {
    io: T,
    state: LayerState<L>,
    /// A failure to send an answer of the layer: the next call that sends reports it.
    unsent: Option<io::Error>,
}

impl<T, L> Layered<T, L> {
    /// Returns the layer.
    pub fn layer(&self) -> &L {
        &self.state.layer
    }

    /// Returns the layer, to be changed: for example to update keys.
    pub fn layer_mut(&mut self) -> &mut L {
        &mut self.state.layer
    }

    /// Returns the transport below the layer, which may have a layer itself.
    pub fn below(&self) -> &T {
        &self.io
    }

    /// Returns the transport below the layer, to be changed. Do not replace it: the layer goes on
    /// with its bytes.
    pub fn below_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// Returns the transport below, the layer with its bytes, and the failure to send its answers.
    pub(super) fn apart(self) -> (T, LayerState<L>, Option<io::Error>) {
        (self.io, self.state, self.unsent)
    }

    /// Makes a layered transport of the parts of [`apart`](Self::apart).
    pub(super) fn of(io: T, state: LayerState<L>, unsent: Option<io::Error>) -> Self {
        Self { io, state, unsent }
    }

    /// Returns true if the wire has ended between two records of a layer that has no end of its own
    /// ([`Layer::ENDS`]). The end may be the peer's, or a cut by somebody in between.
    pub fn is_bare_end(&self) -> bool {
        self.state.is_bare()
    }
}

impl<T: Transport, L: Layer> Layered<T, L>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    /// Sends what was sealed; a polled transport as far as that goes without waiting.
    fn poll_sealed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.state.sealed.is_empty() {
            return Poll::Ready(());
        }
        if let Err(error) = ready!(self.io.poll_send(cx, &mut self.state.sealed)) {
            self.keep_unsent(error);
        }
        self.state.release_sealed();
        Poll::Ready(())
    }

    /// Receives more of the wire by one call. Answers of the layer leave before a read that may
    /// wait, or once a read does wait.
    fn poll_wire(&mut self, cx: &mut Context<'_>, need: Need) -> Poll<io::Result<()>> {
        if T::FLUSH_FIRST && !self.state.sealed.is_empty() {
            match self.io.poll_send_once(cx, &mut self.state.sealed) {
                Poll::Ready(Ok(true)) => self.state.release_sealed(),
                Poll::Ready(Ok(false)) => return Poll::Ready(Err(Again::error())),
                Poll::Ready(Err(error)) => self.keep_unsent(error),
                // Read on: it may be necessary to read from the peer first.
                Poll::Pending => {}
            }
        }
        if !T::MAKES_ROOM {
            self.state.make_room(need, self.state.layer.lease());
        }
        match self.io.poll_fill(cx, &mut self.state.wire, usize::MAX) {
            Poll::Ready(Ok(0)) => {
                self.state.wire_has_ended();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(received) => Poll::Ready(received.map(drop)),
            Poll::Pending => {
                let _ = self.poll_sealed(cx);
                self.state.release();
                Poll::Pending
            }
        }
    }

    /// Keeps a failure to send sealed bytes, which the next call that sends reports.
    fn keep_unsent(&mut self, error: io::Error) {
        self.state.cannot_send();
        self.unsent.get_or_insert(error);
    }

    /// Seals some of `output`, and sends it by `send`. What was sealed leaves, as far as one
    /// attempt goes, even if nothing more can be sealed: it may be an alert.
    fn poll_sealing<R>(
        &mut self,
        output: &mut Output,
        send: impl FnOnce(&mut T, &mut Output) -> Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if let Some(error) = self.unsent.take() {
            return Poll::Ready(Err(error));
        }
        let sealed = self.state.seal(output);
        let sent = send(&mut self.io, &mut self.state.sealed);
        if let Poll::Ready(Err(_)) = &sent {
            self.state.cannot_send();
        }
        sealed?;
        sent
    }

    /// Ends this side: the layer first, then by `end` the transport below.
    fn poll_ended(
        &mut self,
        cx: &mut Context<'_>,
        end: impl FnOnce(&mut T, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        self.state.close();
        // The ends of all layers leave together: a peer that has read the topmost one may be gone.
        let mut sent = self.io.take_over(&mut self.state.sealed);
        if sent.is_ok() && !self.state.sealed.is_empty() {
            sent = ready!(self.io.poll_send(cx, &mut self.state.sealed));
        }
        if sent.is_err() {
            self.state.cannot_send();
        }
        self.state.release_sealed();
        // The transport is ended even if a layer in between can seal nothing more.
        let ended = end(&mut self.io, cx);
        poll_both(&mut self.unsent, sent, ended)
    }
}

impl<T: Transport, L: Layer> Transport for Layered<T, L>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    type Leaf = T::Leaf;
    const FLUSH_FIRST: bool = T::FLUSH_FIRST;

    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        let mut has_received = false;
        loop {
            match self.state.open(into, most) {
                Ok(Outcome::Some(count)) => return Poll::Ready(Ok(count)),
                Ok(Outcome::End) => return Poll::Ready(Ok(0)),
                // A caller that watches the time looks at it after each call.
                Ok(Outcome::Need(_)) if has_received => return Poll::Ready(Err(Again::error())),
                Ok(Outcome::Need(need)) => {
                    ready!(self.poll_wire(cx, need))?;
                    has_received = true;
                }
                Ok(Outcome::Full) => ready!(self.poll_sealed(cx)),
                Ok(Outcome::Enough) => {
                    let _ = self.poll_sealed(cx);
                    return Poll::Ready(Err(Again::error()));
                }
                Err(error) => {
                    // The alert goes first, as far as one attempt goes.
                    let _ = self.poll_sealed(cx);
                    return Poll::Ready(Err(error));
                }
            }
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_sealing(output, |io, sealed| io.poll_send(cx, sealed)))?;
            if output.is_empty() {
                self.state.release_sealed();
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn poll_send_once(
        &mut self,
        cx: &mut Context<'_>,
        output: &mut Output,
    ) -> Poll<io::Result<bool>> {
        let sent = self.poll_sealing(output, |io, sealed| io.poll_send_once(cx, sealed));
        let is_sent = ready!(sent)?;
        self.state.release_sealed();
        Poll::Ready(Ok(is_sent && output.is_empty()))
    }

    fn take_over(&mut self, output: &mut Output) -> io::Result<()> {
        self.state.seal_all(output)
    }

    fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        end: &mut EndOf<'_, T::Leaf>,
    ) -> Poll<io::Result<()>> {
        self.poll_ended(cx, |io, cx| io.poll_end(cx, end))
    }

    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.state.drop_wire();
        self.state.make_room(Need::ONE, 0);
        let count = self.io.poll_fill(cx, &mut self.state.wire, usize::MAX);
        self.state.drop_wire();
        self.state.release();
        match ready!(count)? {
            0 => self.io.poll_rest(cx),
            count => Poll::Ready(Ok(count)),
        }
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn queued(&self) -> usize {
        self.state.sealed.len() + self.io.queued()
    }

    fn unsent(&self) -> usize {
        self.state.sealed.len() + self.io.unsent() + usize::from(self.unsent.is_some())
    }

    fn passed(&self, queue: usize) -> Option<Passed> {
        match queue.checked_sub(1) {
            None => Some(Passed::of(&self.state.sealed)),
            Some(below) => self.io.passed(below),
        }
    }

    fn held(&self) -> usize {
        self.state.held() + self.io.held()
    }

    fn holds_part(&self) -> bool {
        !self.state.wire.is_empty() || self.io.holds_part()
    }

    fn poll_left(&mut self, cx: &mut Context<'_>, below: usize) -> Poll<()> {
        self.io.poll_left(cx, below)
    }

    fn is_closed(&self) -> bool {
        self.io.is_closed()
    }
}

impl<T: PollTransport, L: Layer> PollTransport for Layered<T, L>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    fn poll_close_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ended(cx, T::poll_close_write)
    }
}

impl<T: HasLeaf, L: Layer> HasLeaf for Layered<T, L>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    fn leaf(&self) -> &T::Leaf {
        self.io.leaf()
    }

    fn leaf_mut(&mut self) -> &mut T::Leaf {
        self.io.leaf_mut()
    }
}

impl<T: fmt::Debug, L: fmt::Debug> fmt::Debug for Layered<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered")
            .field("io", &self.io)
            .field("layer", &self.state.layer)
            .field("wire", &self.state.wire)
            .field("sealed", &self.state.sealed)
            .finish_non_exhaustive()
    }
}
