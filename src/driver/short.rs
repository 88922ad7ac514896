//! The short way to the next record.
//!
//! Most waits of a polled connection want one read and nothing else. So a need of the stage goes to
//! `poll_usual` if nobody watches, nothing is being ended and there is room to answer. Anything else
//! that turns up there goes on the long way, in `engine`, from where it was met: both do the same,
//! and each rule stands in the long one alone.

use std::{
    io,
    task::{Context, Poll},
};

use super::{
    Connection, Error,
    engine::{AtOnce, Pace},
    tasks::Wants,
    transport::Transport,
};
use crate::{Decode, Fault, Framing, Need, Pulled};

/// [`at_once`](Connection::at_once) has the same arms, written out: with a conversion there it takes
/// 8 instructions more for a record at hand.
impl<E> From<Option<Result<Framing, Fault<E>>>> for AtOnce<E> {
    #[inline(always)]
    fn from(framed: Option<Result<Framing, Fault<E>>>) -> Self {
        match framed {
            Some(Ok(framing)) => Self::Framed(framing),
            Some(Err(fault)) => Self::Fault(fault),
            None => Self::Nothing,
        }
    }
}

impl<T: Transport, S: Decode> Connection<T, S> {
    /// Goes on if there was no record at once. Usually more is to be read, and that is all.
    #[inline(never)]
    pub(super) fn poll_ready_past(
        &mut self,
        cx: &mut Context<'_>,
        first: AtOnce<S::Error>,
    ) -> Poll<Result<bool, Error<S::Error>>> {
        if T::FLUSH_FIRST {
            return self.poll_ready_any(cx, first);
        }
        let first = match first {
            AtOnce::Nothing if self.read.input.is_usual() => self.read.framed().into(),
            first => first,
        };
        match first {
            AtOnce::Framed(Framing::Need(need)) if self.is_usual(need) => self.poll_usual(cx),
            first => self.poll_ready_any(cx, first),
        }
    }

    /// Returns true if the stage's need of a read is all there is to see to: there is room to answer,
    /// nobody else waits, nothing has failed, and the peer may go on.
    #[inline(always)]
    fn is_usual(&mut self, need: Need) -> bool {
        self.waits.is_none()
            && !self.tasks.is_shared(Wants::Read)
            && self.write.is_roomy(&self.io)
            && self.read.input.is_usual()
            && !(T::SHORT_IS_ALL && self.read.input.is_drained)
            && !self.read.input.is_too_long(need)
    }

    /// Reads until there is a record, or nothing more comes, where all [is usual](Self::is_usual).
    /// Anything else goes the long way, with what was found until then.
    fn poll_usual(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error<S::Error>>> {
        loop {
            let read = match self.read.input.poll_more(&mut self.io, cx) {
                Poll::Ready(read) => read,
                Poll::Pending => {
                    let pace = self.pace();
                    return match self.poll_idle_spoken(cx, pace) {
                        Poll::Pending => {
                            self.tasks.note(Wants::Read, cx.waker(), true);
                            self.read.input.rest_now();
                            Poll::Pending
                        }
                        Poll::Ready(pulled) => self.poll_ready_after(cx, pulled),
                    };
                }
            };
            let count = match read {
                Ok(Some(count)) if count > 0 => count,
                read => return self.poll_ready_unusual(cx, read),
            };
            if self.read.input.worked(count.max(Pace::READ)) >= self.max_work() {
                return self.poll_ready_after(cx, Ok(Pulled::Absorbed(0)));
            }
            match self.read.framed() {
                Some(Ok(Framing::Record(length))) if self.read.found(length) => {
                    self.read.keep(length);
                    self.tasks.note(Wants::Read, cx.waker(), false);
                    return Poll::Ready(Ok(true));
                }
                Some(Ok(Framing::Need(need))) if self.is_usual(need) => {}
                framed => return self.poll_ready_any(cx, framed.into()),
            }
        }
    }

    /// Goes on after a read that has failed or has brought nothing.
    #[cold]
    #[inline(never)]
    fn poll_ready_unusual(
        &mut self,
        cx: &mut Context<'_>,
        read: io::Result<Option<usize>>,
    ) -> Poll<Result<bool, Error<S::Error>>> {
        let pulled = match read {
            Err(error) => Err(error),
            Ok(_) => match self.write.failure_at(self.read.input.eof) {
                Some(error) => Err(error),
                None => Ok(Pulled::Absorbed(Pace::READ)),
            },
        };
        self.poll_ready_after(cx, pulled.map_err(Error::Io))
    }
}
