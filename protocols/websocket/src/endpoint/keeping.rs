//! An endpoint that is watched over by a clock.

use segue::driver::{Timer, Transport};
use std::task::{Context, Poll, ready};

use super::{Beat, Error, KeepAlive, OwnedMessage, engine::Endpoint};
use crate::{Close, CloseCode, Outgoing};

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

/// What an idle peer is told.
const IDLE: Close<'static> = Close { code: CloseCode::GOING_AWAY, reason: "idle" };
