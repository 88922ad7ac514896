//! Deadlines of a peer.

use std::{
    fmt, io,
    time::{Duration, Instant},
};

use super::transport::Passed;
use crate::Moment;

/// The times that a peer may take before a method that ends in `_by` gives up on it.
///
/// The times count by the [`Timer`](super::Timer) that is passed to that method, which must be the
/// same, or have the same epoch, in all calls on one connection. [`Duration::MAX`] is no deadline.
/// A deadline is for a whole phase: a peer that sends a byte now and then does not move it.
///
/// ```
/// use segue::driver::Deadlines;
/// use std::time::Duration;
///
/// let deadlines = Deadlines::new().record(Duration::from_secs(5)).idle(Duration::from_secs(60));
/// assert_eq!(deadlines.send, Duration::from_secs(30));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlines {
    /// The time from the last item, or from the first call that asked for one, to the first byte of
    /// the next: 5 minutes, enough for a short break of a user. Absorbed bytes do not move it. It
    /// also applies while the stage has absorbed part of an item and no more bytes are there.
    pub idle: Duration,
    /// The time from the first byte of a record to its last: 30 seconds, enough for a mebibyte at
    /// 35 kB/s. A handshake (`exchange_by`) without a deadline of its own counts as one record,
    /// from the first call on.
    pub record: Duration,
    /// The time from the begin of a flush until everything queued has left, or for a caller that
    /// waits for room until there is some: 30 seconds. A caller that waits for an item has this
    /// deadline and no other while anything is still to be sent; the others stand still meanwhile.
    /// For that caller it begins anew whenever everything has left that was queued when it began,
    /// and not with an item. So a peer that asks and never reads is given up, and one that is slow
    /// but takes everything is not.
    pub send: Duration,
}

impl Deadlines {
    /// Makes deadlines with the defaults that the fields document.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            idle: Duration::from_secs(300),
            record: Duration::from_secs(30),
            send: Duration::from_secs(30),
        }
    }

    /// Sets the deadline of [`idle`](Self#structfield.idle) phases.
    #[must_use]
    pub const fn idle(mut self, time: Duration) -> Self {
        self.idle = time;
        self
    }

    /// Sets the deadline of a [`record`](Self#structfield.record).
    #[must_use]
    pub const fn record(mut self, time: Duration) -> Self {
        self.record = time;
        self
    }

    /// Sets the deadline to [`send`](Self#structfield.send).
    #[must_use]
    pub const fn send(mut self, time: Duration) -> Self {
        self.send = time;
        self
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self::new()
    }
}

/// The deadline that a peer has missed. [`Error::late`](super::Error::late) finds it in an
/// [`io::Error`] of kind [`TimedOut`](io::ErrorKind::TimedOut).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Late {
    /// Nothing came for too long. HTTP servers close without an answer here.
    Idle,
    /// A record was not complete in time. HTTP servers answer 408 here.
    Record,
    /// The peer did not take what was sent to it. An answer would not reach it.
    Send,
}

impl Late {
    pub(super) fn error(self) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, self)
    }

    /// Returns the missed deadline of an error, if that is its reason.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "no item came from the peer for too long",
            Self::Record => "the peer did not complete a record in time",
            Self::Send => "the peer did not take in time what was sent",
        })
    }
}

impl std::error::Error for Late {}

/// The phases that a connection is in, with the time at which each began.
#[derive(Debug, Default)]
pub(super) struct Waits {
    pub(super) deadlines: Deadlines,
    idle: Option<Duration>,
    record: Option<Duration>,
    send: Option<Sending>,
    close: Option<Duration>,
    /// The time at which a close by the transport's own clock began.
    epoch: Option<Instant>,
    /// The present time, while a method that ends in `_by` runs.
    now: Option<Duration>,
    /// The time at which the stage asks to speak again, by the same clock.
    wake_at: Option<Duration>,
}

/// A phase of sending.
#[derive(Debug)]
struct Sending {
    since: Duration,
    mark: Mark,
    /// The time since which the caller has an item and does not ask for another: nobody sends
    /// meanwhile.
    paused: Option<Duration>,
}

/// The last byte that was queued when a phase of sending began, on its way through the queues
/// below.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    /// The queue it is in, counted from the stage.
    queue: usize,
    /// The number of bytes that have left that queue once it has.
    at: usize,
}

impl Mark {
    /// Marks the last byte of the first queue.
    fn last(passed: Passed) -> Self {
        Self { queue: 0, at: passed.end() }
    }

    /// Returns true if it has left the last queue. A layer seals the byte on its way down, so its
    /// place is not known there: it counts as the last of the next queue.
    fn has_left(&mut self, queue: &impl Fn(usize) -> Option<Passed>) -> bool {
        while let Some(passed) = queue(self.queue) {
            let left = self.at.wrapping_sub(passed.left);
            if left > 0 && left <= usize::MAX / 2 {
                return false;
            }
            self.queue += 1;
            self.at = queue(self.queue).map_or(0, Passed::end);
        }
        true
    }
}

impl Waits {
    /// Returns the time at which the phase of a reader must end. `queue` returns the state of the
    /// queues to be sent, counted from the stage.
    pub(super) fn until(
        &mut self,
        phase: Late,
        now: Duration,
        queue: &impl Fn(usize) -> Option<Passed>,
    ) -> Duration {
        if phase == Late::Send {
            if self.send.as_mut().is_some_and(|send| send.mark.has_left(queue)) {
                let Self { idle, record, send, .. } = self;
                stand_still(send, now, [idle, record]);
            }
            return self.sent_until(now, queue);
        }
        let Self { deadlines, idle, record, send, .. } = self;
        stand_still(send, now, [&mut *idle, &mut *record]);
        // An idle phase goes on behind a record that was absorbed.
        let since = *idle.get_or_insert(now);
        if phase == Late::Idle {
            *record = None;
            return since.saturating_add(deadlines.idle);
        }
        record.get_or_insert(now).saturating_add(deadlines.record)
    }

    /// Returns the time at which a handshake must end.
    pub(super) fn exchanged_until(&mut self, now: Duration) -> Duration {
        self.record.get_or_insert(now).saturating_add(self.deadlines.record)
    }

    /// Returns the time at which a flush must end.
    pub(super) fn sent_until(
        &mut self,
        now: Duration,
        queue: &impl Fn(usize) -> Option<Passed>,
    ) -> Duration {
        let sending = self.send.get_or_insert_with(|| Sending {
            since: now,
            mark: queue(0).map(Mark::last).unwrap_or_default(),
            paused: None,
        });
        if let Some(paused) = sending.paused.take() {
            sending.since = sending.since.saturating_add(now.saturating_sub(paused));
        }
        sending.since.saturating_add(self.deadlines.send)
    }

    /// Returns the time at which a close must end.
    pub(super) fn closed_until(&mut self, now: Duration, linger: Duration) -> Duration {
        self.close.get_or_insert(now).saturating_add(linger)
    }

    /// Returns the epoch of the transport's own clock, which begins `now`.
    pub(super) fn epoch(&mut self, now: Instant) -> Instant {
        *self.epoch.get_or_insert(now)
    }

    /// Returns true if nothing is watched and the deadlines are the defaults.
    pub(super) fn is_at_rest(&self) -> bool {
        let Self { deadlines, idle, record, send, close, epoch, now, wake_at } = self;
        let since = [idle, record, close, now, wake_at];
        *deadlines == Deadlines::new()
            && since.iter().all(|time| time.is_none())
            && send.is_none()
            && epoch.is_none()
    }

    /// Notes an item, where the time is not known.
    pub(super) fn heard(&mut self) {
        (self.idle, self.record, self.send) = (None, None, None);
    }

    /// Notes an item. Sending goes on once the next item is asked for.
    #[inline]
    pub(super) fn heard_at(&mut self, now: impl FnOnce() -> Duration) {
        (self.idle, self.record) = (None, None);
        if let Some(sending) = &mut self.send {
            sending.paused = Some(now());
        }
    }

    /// Sets the present time; `None` if it is not known any more.
    pub(super) fn set_now(&mut self, now: Option<Duration>) {
        (self.now, self.wake_at) = (now, None);
    }

    /// Returns the moment for a stage that is let speak. Until it has spoken, nothing wakes it.
    #[inline]
    pub(super) fn moment(&mut self) -> Moment {
        self.wake_at = None;
        self.now.map_or(Moment::unknown(), Moment::at)
    }

    /// Notes that the stage has spoken. If `is_first`, nothing was queued before, so the time to
    /// send begins now.
    pub(super) fn spoke(&mut self, moment: &Moment, is_first: bool) {
        self.wake_at = moment.wake_at();
        if let Some(now) = moment.now()
            && is_first
        {
            stand_still(&mut self.send, now, [&mut self.idle, &mut self.record]);
        }
    }

    /// Returns the time at which the stage asks to speak again, if that is before `at`.
    pub(super) fn wakes_before(&self, at: Duration) -> Option<Duration> {
        self.wake_at.filter(|wake_at| *wake_at < at)
    }

    /// Notes that what was queued has left, or that there is room.
    pub(super) fn sent(&mut self) {
        self.send = None;
    }
}

/// Ends a phase of sending. A peer that takes what it is sent is neither idle nor slow meanwhile,
/// so those phases stood still.
fn stand_still(send: &mut Option<Sending>, now: Duration, others: [&mut Option<Duration>; 2]) {
    let Some(began) = send.take() else { return };
    let sending = now.saturating_sub(began.since);
    for since in others.into_iter().flatten() {
        *since = since.saturating_add(sending);
    }
}
