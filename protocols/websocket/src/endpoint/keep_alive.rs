use core::time::Duration;

/// The times at which an endpoint sends a ping, closes an idle connection and gives a silent peer
/// up.
///
/// It reads no clock: times are durations since an epoch of the caller. Report events to it, wait
/// until its [`deadline`](Self::deadline), and do what it returns. The `next_by` of the endpoints
/// does all that.
///
/// - A peer that was silent for [`ping_after`](Self::ping_after) is sent a ping; if it stays silent
///   for [`answer_within`](Self::answer_within) it is given up. Any received byte is a sign of
///   life, even a part of a message.
/// - If no message came for [`idle_after`](Self::idle_after) the connection is closed.
/// - A peer that has not answered the close frame after [`close_within`](Self::close_within) is
///   given up.
///
/// ```
/// use core::time::Duration;
/// use segue_websocket::{Beat, KeepAlive};
///
/// let seconds = Duration::from_secs;
/// let mut keep_alive = KeepAlive::new(seconds(0)).ping_after(seconds(20));
/// keep_alive.received(seconds(5));
/// assert_eq!(keep_alive.deadline(), Some(seconds(25)));
/// assert_eq!(keep_alive.on_deadline(seconds(25)), Beat::Ping);
/// assert_eq!(keep_alive.deadline(), Some(seconds(35))); // for the answer
/// assert_eq!(keep_alive.on_deadline(seconds(35)), Beat::GiveUp);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepAlive {
    ping_after: Option<Duration>,
    answer_within: Duration,
    idle_after: Option<Duration>,
    close_within: Duration,
    /// The last sign of life.
    heard: Duration,
    /// The last message.
    active: Duration,
    /// The time of the ping that is not answered yet.
    asked: Option<Duration>,
    /// The time at which the close frame was sent.
    closing: Option<Duration>,
}

/// The action due at a [deadline](KeepAlive::deadline).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use]
pub enum Beat {
    /// Do nothing: it is not time yet.
    Nothing,
    /// Send a ping.
    Ping,
    /// Send a close frame: the connection was idle for too long.
    Close,
    /// Drop the connection: the peer is gone.
    GiveUp,
}

impl KeepAlive {
    /// The time a peer has for its answer to a ping or a close frame unless another is set: 10
    /// seconds, several times what the slowest links need.
    pub const PATIENCE: Duration = Duration::from_secs(10);

    /// Watches from `now` on. Unless more is set, it only gives up a peer that does not answer the
    /// close frame within 10 seconds.
    #[must_use]
    pub const fn new(now: Duration) -> Self {
        Self {
            ping_after: None,
            answer_within: Self::PATIENCE,
            idle_after: None,
            close_within: Self::PATIENCE,
            heard: now,
            active: now,
            asked: None,
            closing: None,
        }
    }

    /// Sends a ping to a peer that was silent for this long.
    #[must_use]
    pub const fn ping_after(mut self, quiet: Duration) -> Self {
        self.ping_after = Some(quiet);
        self
    }

    /// Gives up a peer that stays silent for this long after a ping.
    #[must_use]
    pub const fn answer_within(mut self, time: Duration) -> Self {
        self.answer_within = time;
        self
    }

    /// Closes a connection on which no message came for this long.
    #[must_use]
    pub const fn idle_after(mut self, quiet: Duration) -> Self {
        self.idle_after = Some(quiet);
        self
    }

    /// Gives up a peer that has not answered the close frame after this long.
    #[must_use]
    pub const fn close_within(mut self, time: Duration) -> Self {
        self.close_within = time;
        self
    }

    /// Reports that bytes were received, even a part of a message.
    pub const fn received(&mut self, now: Duration) {
        self.heard = now;
        self.asked = None;
    }

    /// Reports that a whole message was received, or sent if that counts.
    pub const fn active(&mut self, now: Duration) {
        self.active = now;
    }

    /// Reports that the close frame was sent. Only the first time counts.
    pub const fn closing(&mut self, now: Duration) {
        if self.closing.is_none() {
            self.closing = Some(now);
        }
    }

    /// Returns the time to call [`on_deadline`](Self::on_deadline) at, if nothing happens until
    /// then.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        if let Some(closing) = self.closing {
            return Some(closing.saturating_add(self.close_within));
        }
        let sign = match self.asked {
            Some(asked) => Some(asked.saturating_add(self.answer_within)),
            None => self.ping_after.map(|quiet| self.heard.saturating_add(quiet)),
        };
        let idle = self.idle_after.map(|quiet| self.active.saturating_add(quiet));
        match (sign, idle) {
            (Some(sign), Some(idle)) => Some(sign.min(idle)),
            (sign, idle) => sign.or(idle),
        }
    }

    /// Returns the action that is due now, and counts it as done.
    pub fn on_deadline(&mut self, now: Duration) -> Beat {
        let has_come = |since: Duration, time: Duration| now >= since.saturating_add(time);
        if let Some(closing) = self.closing {
            return if has_come(closing, self.close_within) { Beat::GiveUp } else { Beat::Nothing };
        }
        if self.asked.is_some_and(|asked| has_come(asked, self.answer_within)) {
            return Beat::GiveUp;
        }
        if self.idle_after.is_some_and(|quiet| has_come(self.active, quiet)) {
            self.closing = Some(now);
            return Beat::Close;
        }
        if self.asked.is_none() && self.ping_after.is_some_and(|quiet| has_come(self.heard, quiet))
        {
            self.asked = Some(now);
            return Beat::Ping;
        }
        Beat::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn whatever_is_received_is_a_sign_of_life() {
        let mut keep_alive = KeepAlive::new(s(0)).ping_after(s(20)).answer_within(s(5));
        for round in 0..3 {
            let begun = 100 * round;
            keep_alive.received(s(begun));
            assert_eq!(keep_alive.on_deadline(s(begun + 19)), Beat::Nothing);
            assert_eq!(keep_alive.on_deadline(s(begun + 20)), Beat::Ping);
            assert_eq!(keep_alive.on_deadline(s(begun + 24)), Beat::Nothing);
            keep_alive.received(s(begun + 24));
            assert_eq!(keep_alive.deadline(), Some(s(begun + 44)));
        }
    }

    #[test]
    fn pongs_do_not_keep_an_idle_connection() {
        let mut keep_alive = KeepAlive::new(s(0)).ping_after(s(20)).idle_after(s(50));
        keep_alive.active(s(1));
        assert_eq!(keep_alive.on_deadline(s(20)), Beat::Ping);
        keep_alive.received(s(21));
        assert_eq!(keep_alive.on_deadline(s(41)), Beat::Ping);
        keep_alive.received(s(42));
        assert_eq!(keep_alive.deadline(), Some(s(51)));
        assert_eq!(keep_alive.on_deadline(s(51)), Beat::Close);
        assert_eq!(keep_alive.deadline(), Some(s(61)));
        keep_alive.received(s(60));
        assert_eq!(keep_alive.on_deadline(s(61)), Beat::GiveUp);
    }

    #[test]
    fn a_close_frame_is_waited_for_from_when_it_was_first_sent() {
        let mut keep_alive = KeepAlive::new(s(0)).ping_after(s(20)).close_within(s(3));
        keep_alive.closing(s(10));
        keep_alive.closing(s(12));
        assert_eq!(keep_alive.on_deadline(s(12)), Beat::Nothing);
        assert_eq!(keep_alive.on_deadline(s(13)), Beat::GiveUp);
    }

    #[test]
    fn without_a_time_set_there_is_no_deadline() {
        let mut keep_alive = KeepAlive::new(s(7));
        assert_eq!(keep_alive.deadline(), None);
        assert_eq!(keep_alive.on_deadline(Duration::MAX), Beat::Nothing);
    }
}
