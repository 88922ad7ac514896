//! Endpoints with a keep-alive.

use segue::driver::{Connection, TimerFor, Transport, is_again};
use std::{
    io,
    num::NonZeroUsize,
    task::{Context, Poll},
    time::Duration,
};

use super::{Beat, Error, KeepAlive, OwnedMessage, engine::Endpoint};
use crate::{Close, CloseCode, Messages, Outgoing};

/// Waits for the next message, while `keep_alive` watches.
pub(super) fn poll_next<T: Transport>(
    endpoint: &mut Endpoint<T>,
    cx: &mut Context<'_>,
    keep_alive: &mut KeepAlive,
    timer: &mut impl TimerFor<T>,
) -> Poll<Result<Option<OwnedMessage>, Error>> {
    in_steps(endpoint, |endpoint| {
        loop {
            arm(endpoint, timer, keep_alive.deadline())?;
            let before = endpoint.received();
            let polled = endpoint.poll_next(cx);
            let now = timer.time();
            if endpoint.received() != before {
                keep_alive.received(now);
            }
            if endpoint.writer.is_closed() {
                keep_alive.closing(now);
            }
            let is_step = is_step(&polled);
            if let Poll::Ready(result) = polled
                && !is_step
            {
                if matches!(&result, Ok(Some(message)) if message.is_data()) {
                    keep_alive.active(now);
                }
                return Poll::Ready(result);
            }
            if !is_due(timer, cx, keep_alive.deadline()) {
                match is_step {
                    true => continue,
                    false => return Poll::Pending,
                }
            }
            let queued = match keep_alive.on_deadline(timer.time()) {
                Beat::Nothing => Ok(()),
                Beat::Ping => endpoint.encode(Outgoing::Ping(&[])),
                Beat::Close => endpoint.encode(Outgoing::Close(Some(IDLE))),
                Beat::GiveUp => Err(endpoint.take_untold().unwrap_or(Error::Silent)),
            };
            if let Err(error) = queued {
                return Poll::Ready(Err(error));
            }
        }
    })
}

/// Closes the connection, and gives the peer up when `keep_alive` does.
pub(super) fn poll_close<T: Transport>(
    endpoint: &mut Endpoint<T>,
    cx: &mut Context<'_>,
    close: Option<Close<'_>>,
    mut end: impl FnMut(&mut Connection<T, Messages>, &mut Context<'_>, u64) -> Poll<io::Result<bool>>,
    keep_alive: &mut KeepAlive,
    timer: &mut impl TimerFor<T>,
) -> Poll<Result<(), Error>> {
    let before = keep_alive.clone();
    keep_alive.closing(timer.time());
    in_steps(endpoint, |endpoint| {
        loop {
            arm(endpoint, timer, keep_alive.deadline())?;
            let polled = endpoint.poll_close(cx, close, &mut end);
            let is_step = is_step(&polled);
            if let Poll::Ready(result) = polled
                && !is_step
            {
                if matches!(result, Err(Error::Write(_))) {
                    // Nothing was closed.
                    *keep_alive = before;
                }
                return Poll::Ready(result);
            }
            if is_due(timer, cx, keep_alive.deadline()) {
                if keep_alive.on_deadline(timer.time()) == Beat::GiveUp {
                    return Poll::Ready(endpoint.give_up());
                }
            } else if !is_step {
                return Poll::Pending;
            }
        }
    })
}

/// Makes a blocking transport return after each call, so that a peer that sends a byte now and then
/// moves no deadline.
fn in_steps<T: Transport, R>(
    endpoint: &mut Endpoint<T>,
    poll: impl FnOnce(&mut Endpoint<T>) -> R,
) -> R {
    if !T::FLUSH_FIRST || endpoint.connection.options().nonblocking {
        return poll(endpoint);
    }
    let before = endpoint.connection.options_mut().max_work.replace(NonZeroUsize::MIN);
    let result = poll(endpoint);
    endpoint.connection.options_mut().max_work = before;
    result
}

/// Returns true if a poll came back only for the clock to be checked. On a connection that never
/// waits this is what the caller asked for, and the caller gets it.
fn is_step<R>(polled: &Poll<Result<R, Error>>) -> bool {
    matches!(polled, Poll::Ready(Err(Error::Io(error))) if is_again(error))
}

/// Makes a blocking transport return by `at`.
fn arm<T: Transport>(
    endpoint: &Endpoint<T>,
    timer: &mut impl TimerFor<T>,
    at: Option<Duration>,
) -> Result<(), Error> {
    if T::FLUSH_FIRST {
        timer.arm_for(endpoint.connection.transport(), at)?;
    }
    Ok(())
}

fn is_due<T>(timer: &mut impl TimerFor<T>, cx: &mut Context<'_>, at: Option<Duration>) -> bool {
    at.is_some_and(|at| timer.poll_until(cx, at).is_ready())
}

/// The close frame for an idle peer.
const IDLE: Close<'static> = Close { code: CloseCode::GOING_AWAY, reason: "idle" };
