//! An endpoint that is watched over by a clock.

use segue::driver::{Connection, Timer, Transport};
use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{Beat, Error, KeepAlive, OwnedMessage, engine::Endpoint};
use crate::{Close, CloseCode, Messages, Outgoing};

/// The next message, while `keep_alive` watches.
pub(super) fn poll_next<T: Transport>(
    endpoint: &mut Endpoint<T>,
    cx: &mut Context<'_>,
    keep_alive: &mut KeepAlive,
    timer: &mut impl Timer,
) -> Poll<Result<Option<OwnedMessage>, Error>> {
    loop {
        if T::FLUSH_FIRST {
            // A blocking transport comes back by then.
            timer.arm(keep_alive.deadline())?;
        }
        let before = endpoint.received();
        let polled = endpoint.poll_next(cx);
        let now = timer.now();
        if endpoint.received() != before {
            keep_alive.received(now);
        }
        if endpoint.writer.is_closed() {
            keep_alive.closing(now);
        }
        if let Poll::Ready(result) = polled {
            if matches!(&result, Ok(Some(message)) if message.is_data()) {
                keep_alive.active(now);
            }
            return Poll::Ready(result);
        }
        let Some(at) = keep_alive.deadline() else { return Poll::Pending };
        ready!(timer.poll_at(cx, at));
        let queued = match keep_alive.on_deadline(timer.now()) {
            Beat::Nothing => Ok(()),
            Beat::Ping => endpoint.encode(Outgoing::Ping(&[])),
            Beat::Close => endpoint.encode(Outgoing::Close(Some(IDLE))),
            Beat::GiveUp => Err(Error::Silent),
        };
        if let Err(error) = queued {
            return Poll::Ready(Err(error));
        }
    }
}

/// Closes the connection, and gives the peer up when `keep_alive` does.
pub(super) fn poll_close<T: Transport>(
    endpoint: &mut Endpoint<T>,
    cx: &mut Context<'_>,
    close: Close<'_>,
    mut end: impl FnMut(&mut Connection<T, Messages>, &mut Context<'_>, u64) -> Poll<io::Result<bool>>,
    keep_alive: &mut KeepAlive,
    timer: &mut impl Timer,
) -> Poll<Result<(), Error>> {
    let before = keep_alive.clone();
    keep_alive.closing(timer.now());
    loop {
        if T::FLUSH_FIRST {
            timer.arm(keep_alive.deadline())?;
        }
        let polled = endpoint.poll_close(cx, Some(close), &mut end);
        if let Poll::Ready(result) = polled {
            if matches!(result, Err(Error::Write(_))) {
                // Nothing was closed.
                *keep_alive = before;
            }
            return Poll::Ready(result);
        }
        let Some(at) = keep_alive.deadline() else { return Poll::Pending };
        ready!(timer.poll_at(cx, at));
        if keep_alive.on_deadline(timer.now()) == Beat::GiveUp {
            return Poll::Ready(endpoint.give_up());
        }
    }
}

/// What an idle peer is told.
const IDLE: Close<'static> = Close { code: CloseCode::GOING_AWAY, reason: "idle" };
