//! How long a peer may take.

use std::{
    fmt, io,
    time::{Duration, Instant},
};

use super::transport::Passed;
use crate::Moment;

/// How long a peer may take for what, before a method that ends in `_by` gives it up.
///
/// The times count by the [`Timer`](super::Timer) that is passed to that method; it must be the
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
    /// From the last item, or the first time that one was asked for, until the first byte of the
    /// next one is there: 5 minutes, which keeps what people leave open over a short break. What a
    /// stage absorbs is no item and does not move it; while the stage has part of an item that it
    /// has absorbed, and no more bytes are there, this counts.
    pub idle: Duration,
    /// From the first byte of a record until all of it is there: 30 seconds, enough for a mebibyte
    /// at 35 kB/s. A handshake (`exchange_by`) that names no deadline of its own counts as
    /// one record, from the first call on.
    pub record: Duration,
    /// From when a flush begins until all that is queued has left, or for a caller that waits for
    /// room until there is some: 30 seconds. A caller that waits for an item has this deadline, and
    /// no other, while anything is still to be sent; the others stand still meanwhile. For that
    /// caller it begins anew whenever all has left that was queued when it began, and not with an
    /// item: a peer that asks and never reads is given up, and one that is slow and takes all is not.
    pub send: Duration,
}

impl Deadlines {
    /// The defaults that the fields name.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            idle: Duration::from_secs(300),
            record: Duration::from_secs(30),
            send: Duration::from_secs(30),
        }
    }

    /// The same deadlines with another for [`idle`](Self#structfield.idle) phases.
    #[must_use]
    pub const fn idle(mut self, time: Duration) -> Self {
        self.idle = time;
        self
    }

    /// The same deadlines with another for a [`record`](Self#structfield.record).
    #[must_use]
    pub const fn record(mut self, time: Duration) -> Self {
        self.record = time;
        self
    }

    /// The same deadlines with another to [`send`](Self#structfield.send).
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

/// The deadline that a peer has missed: what [`Error::late`](super::Error::late) finds in an
/// [`io::Error`] of kind [`TimedOut`](io::ErrorKind::TimedOut).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Late {
    /// Nothing came for too long. HTTP servers close without a word here.
    Idle,
    /// A record was not complete in time. HTTP servers answer 408 here.
    Record,
    /// The peer did not take what was sent to it. There is nobody to tell.
    Send,
}

impl Late {
    pub(super) fn error(self) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, self)
    }

    /// The missed deadline in an error, if that is its reason.
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

/// When the phases that a connection waits in began, by the caller's timer.
#[derive(Debug, Default)]
pub(super) struct Waits {
    pub(super) deadlines: Deadlines,
    idle: Option<Duration>,
    record: Option<Duration>,
    send: Option<Sending>,
    close: Option<Duration>,
    /// When a close by the transport's own clock began.
    epoch: Option<Instant>,
    /// The present time, while a method that ends in `_by` runs.
    now: Option<Duration>,
    /// When the stage wants to be let speak again, by the same clock.
    wake_at: Option<Duration>,
}

/// A phase in which something is to be sent.
#[derive(Debug)]
struct Sending {
    since: Duration,
    mark: Mark,
    /// Since when the caller has an item, and does not ask for another: nobody sends meanwhile.
    paused: Option<Duration>,
}

/// The last byte that was queued when a phase of sending began, on its way through the queues that
/// are below.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    /// In which queue it is, counted from the stage.
    queue: usize,
    /// How many bytes have left that queue once it has.
    at: usize,
}

impl Mark {
    /// The last byte of the first queue.
    fn last(passed: Passed) -> Self {
        Self { queue: 0, at: passed.end() }
    }

    /// Whether it has left the last queue. What the byte is on its way down is not known, as where a
    /// layer seals it: it counts as the last of the next queue.
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
    /// When the phase that a reader is in must be over. `queue` tells of the queues that are to be
    /// sent, counted from the stage.
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

    /// When a handshake must be over.
    pub(super) fn exchanged_until(&mut self, now: Duration) -> Duration {
        self.record.get_or_insert(now).saturating_add(self.deadlines.record)
    }

    /// When a flush must be over.
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

    /// When a close must be over.
    pub(super) fn closed_until(&mut self, now: Duration, linger: Duration) -> Duration {
        self.close.get_or_insert(now).saturating_add(linger)
    }

    /// The epoch of the transport's own clock, which begins `now`.
    pub(super) fn epoch(&mut self, now: Instant) -> Instant {
        *self.epoch.get_or_insert(now)
    }

    /// Whether it is as it is made: nothing is watched, and the deadlines are the defaults.
    pub(super) fn is_at_rest(&self) -> bool {
        let Self { deadlines, idle, record, send, close, epoch, now, wake_at } = self;
        let since = [idle, record, close, now, wake_at];
        *deadlines == Deadlines::new()
            && since.iter().all(|time| time.is_none())
            && send.is_none()
            && epoch.is_none()
    }

    /// An item has come, and nobody knows the time.
    pub(super) fn heard(&mut self) {
        (self.idle, self.record, self.send) = (None, None, None);
    }

    /// An item has come. What was to be sent goes on to be, once the next item is asked for.
    #[inline]
    pub(super) fn heard_at(&mut self, now: impl FnOnce() -> Duration) {
        (self.idle, self.record) = (None, None);
        if let Some(sending) = &mut self.send {
            sending.paused = Some(now());
        }
    }

    /// It is `now`, or nobody knows the time any more.
    pub(super) fn set_now(&mut self, now: Option<Duration>) {
        (self.now, self.wake_at) = (now, None);
    }

    /// The moment for a stage that is let speak; until it has spoken nothing wakes it.
    #[inline]
    pub(super) fn moment(&mut self) -> Moment {
        self.wake_at = None;
        self.now.map_or(Moment::unknown(), Moment::at)
    }

    /// The stage has spoken; what it said is first in line if `is_first`, so that the time to send
    /// begins with it.
    pub(super) fn spoke(&mut self, moment: &Moment, is_first: bool) {
        self.wake_at = moment.wake_at();
        if let Some(now) = moment.now()
            && is_first
        {
            stand_still(&mut self.send, now, [&mut self.idle, &mut self.record]);
        }
    }

    /// Whether the stage wants to be let speak again at some time.
    pub(super) fn wakes(&self) -> bool {
        self.wake_at.is_some()
    }

    /// When the stage is to be let speak again, if that is before `at`.
    pub(super) fn wakes_before(&self, at: Duration) -> Option<Duration> {
        self.wake_at.filter(|wake_at| *wake_at < at)
    }

    /// What was queued has left, or there is room.
    pub(super) fn sent(&mut self) {
        self.send = None;
    }
}

/// Ends a phase of sending. A peer that takes what it is sent is neither idle nor slow to speak
/// meanwhile, so those phases stood still.
fn stand_still(send: &mut Option<Sending>, now: Duration, others: [&mut Option<Duration>; 2]) {
    let Some(began) = send.take() else { return };
    let sending = now.saturating_sub(began.since);
    for since in others.into_iter().flatten() {
        *since = since.saturating_add(sending);
    }
}
