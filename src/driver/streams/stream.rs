//! Streams of an endpoint, as transports.

use std::{
    error, fmt, io,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    Carrier,
    shared::{Interest, Shared, Wake},
};
use crate::{
    Buffer, Output,
    driver::{
        poll::PollTransport,
        transport::{EndOf, HasLeaf, IntoIo, Leaf, Transport},
    },
    mux::{Ending, Priority},
};

/// A stream of an [`Endpoint`](super::Endpoint): a transport for a connection of any stage, made by
/// [`Connection::over`](crate::driver::Connection::over).
///
/// - The peer may send as much again as a connection over the stream has taken out of it, which it
///   does when its stage asks for more.
/// - A flush ends when everything is in the hands of the session, whose driver sends it.
/// - Closing the writing side ends the stream behind what was sent. Dropping the stream lets it go:
///   what was sent is still delivered, and what comes is dropped. Use [`reset`](Self::reset) to
///   break it off instead. A stream is reset with code 0 if a panic drops it, or if it is dropped
///   with output that the session had no room for: its peer must not take what it has for
///   everything.
pub struct Stream<C: Carrier> {
    shared: Arc<Shared<C>>,
    id: C::Id,
    /// Some of the last output is not in the hands of the session.
    is_cut: bool,
}

impl<C: Carrier> Stream<C> {
    pub(super) fn of(shared: &Arc<Shared<C>>, id: C::Id) -> Self {
        shared.join();
        Self { shared: Arc::clone(shared), id, is_cut: false }
    }

    /// Returns the id of the stream.
    pub const fn id(&self) -> C::Id {
        self.id
    }

    /// Gives up both sides of the stream, and drops what was not sent. Carriers without codes send
    /// none.
    pub fn reset(&self, code: u64) {
        self.change(|carrier, id| carrier.reset(id, code));
    }

    /// Asks the peer to stop sending. Returns false if the protocol has no such message.
    pub fn stop(&self, code: u64) -> bool {
        self.change(|carrier, id| carrier.stop(id, code))
    }

    /// Sets the priority of what is sent on the stream.
    pub fn prioritise(&self, priority: Priority) {
        self.change(|carrier, id| carrier.prioritise(id, priority));
    }

    /// Returns true if input may have been replayed: it came as early data.
    pub fn is_early(&self) -> bool {
        self.shared.state().carrier.is_early(self.id)
    }

    fn change<R>(&self, change: impl FnOnce(&mut C, C::Id) -> R) -> R {
        let mut wake = Wake::default();
        let mut state = self.shared.state();
        let result = change(&mut state.carrier, self.id);
        wake.add(state.call_driver());
        drop(state);
        result
    }
}

impl<C: Carrier> Transport for Stream<C> {
    type Leaf = Self;
    const FLUSH_FIRST: bool = false;
    const MAKES_ROOM: bool = true;

    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Buffer,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        let mut wake = Wake::default();
        let mut state = self.shared.state();
        let Some(stream) = state.carrier.stream(self.id) else {
            return Poll::Ready(Err(state.failure().unwrap_or_else(gone)));
        };
        let ending = stream.ending;
        let Some(input) = stream.input else { return Poll::Ready(Ok(0)) };
        let count = input.len().min(most);
        if count > 0 {
            if count == input.len() {
                into.append(input);
            } else {
                into.extend(&input.as_slice()[..count]);
                input.consume(count);
            }
            state.carrier.release_credit(self.id, count);
            wake.add(state.call_driver());
            drop(state);
            return Poll::Ready(Ok(count));
        }
        match ending {
            Ending::Ended => Poll::Ready(Ok(0)),
            Ending::Reset(_) if state.is_closed => {
                Poll::Ready(Err(state.failure().unwrap_or_else(gone)))
            }
            Ending::Reset(code) => Poll::Ready(Err(reset(code))),
            Ending::Open => {
                if let Some(failure) = state.failure() {
                    return Poll::Ready(Err(failure));
                }
                state.wait(self.id, Interest::Reader, cx);
                Poll::Pending
            }
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        if output.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let mut wake = Wake::default();
        let mut state = self.shared.state();
        if let Some(failure) = state.failure() {
            return Poll::Ready(Err(failure));
        }
        let Some(stream) = state.carrier.stream(self.id) else {
            return Poll::Ready(Err(gone()));
        };
        let ending = stream.ending;
        let Some(waiting) = stream.output else {
            return Poll::Ready(Err(match ending {
                Ending::Reset(code) => reset(code),
                Ending::Open | Ending::Ended => gone(),
            }));
        };
        let room = waiting.high_water().saturating_sub(waiting.len());
        if output.len() <= room {
            waiting.append(output);
        } else {
            output.move_to(waiting, room);
        }
        wake.add(state.call_driver());
        self.is_cut = !output.is_empty();
        if output.is_empty() {
            return Poll::Ready(Ok(()));
        }
        state.wait(self.id, Interest::Writer, cx);
        drop(state);
        Poll::Pending
    }

    fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        end: &mut EndOf<'_, Self>,
    ) -> Poll<io::Result<()>> {
        end.poll(self, cx)
    }
}

impl<C: Carrier> PollTransport for Stream<C> {
    fn poll_close_write(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.change(C::finish);
        Poll::Ready(Ok(()))
    }
}

impl<C: Carrier> IntoIo for Stream<C> {
    type Io = Self;

    fn into_io(self) -> Self {
        self
    }
}

impl<C: Carrier> Leaf for Stream<C> {
    type Io = Self;

    fn io(&self) -> &Self {
        self
    }

    fn io_mut(&mut self) -> &mut Self {
        self
    }
}

impl<C: Carrier> HasLeaf for Stream<C> {
    fn leaf(&self) -> &Self {
        self
    }

    fn leaf_mut(&mut self) -> &mut Self {
        self
    }
}

impl<C: Carrier> Drop for Stream<C> {
    fn drop(&mut self) {
        if self.is_cut || std::thread::panicking() {
            self.reset(0);
        }
        self.change(C::let_go);
        self.shared.state().forget(self.id);
        self.shared.leave();
    }
}

/// Returns the code with which the peer has reset a stream, if that is the cause of an error.
#[must_use]
pub fn reset_code(error: &io::Error) -> Option<u64> {
    error.get_ref()?.downcast_ref().map(|Reset(code)| *code)
}

#[derive(Debug)]
struct Reset(u64);

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the peer has reset the stream with code {}", self.0)
    }
}

impl error::Error for Reset {}

/// Makes the error of a stream that the peer has reset.
fn reset(code: u64) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, Reset(code))
}

/// Makes the error of a stream that takes nothing more.
fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the stream takes nothing more")
}

impl<C: Carrier> fmt::Debug for Stream<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.id).finish()
    }
}
