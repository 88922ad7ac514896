//! The sender's side of flow control.

/// The bytes that may still be sent, or the streams that may still be opened: the credit of a
/// sender (RFC 9000 §4.1, §4.6).
///
/// Use one for each stream (MAX_STREAM_DATA), one for all streams of a connection (MAX_DATA), and
/// one for the streams of each kind (MAX_STREAMS). Sending something again takes no credit.
///
/// ```
/// use segue::mux::Credit;
///
/// let mut credit = Credit::new(100); // initial_max_data of the peer
/// assert_eq!(credit.take(80), 80);
/// assert_eq!(credit.take(80), 20);
/// assert_eq!(credit.blocked(), Some(100)); // for a DATA_BLOCKED frame
/// assert_eq!(credit.blocked(), None); // which is sent once
/// assert!(credit.raise_to(150)); // there was a MAX_DATA frame
/// assert!(!credit.raise_to(120)); // an older one, overtaken
/// assert_eq!(credit.available(), 50);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    limit: u64,
    used: u64,
    /// The limit that was last reported to the peer as blocking, or [`NEVER`].
    told: u64,
}

impl Credit {
    /// Makes a credit of `limit` in all.
    #[must_use]
    pub const fn new(limit: u64) -> Self {
        Self { limit, used: 0, told: NEVER }
    }

    /// Returns the rest.
    #[inline]
    #[must_use]
    pub fn available(&self) -> u64 {
        self.limit - self.used
    }

    /// Takes up to `wanted` of the rest, and returns the amount.
    #[inline]
    pub fn take(&mut self, wanted: u64) -> u64 {
        let taken = wanted.min(self.available());
        self.used += taken;
        taken
    }

    /// Returns to the credit what was taken and then never sent. Returns false, and gives nothing
    /// back, if that is more than was taken: a mistake in the count, which would allow too much.
    #[must_use = "if false, more is given back than was taken"]
    pub fn give_back(&mut self, count: u64) -> bool {
        match self.used.checked_sub(count) {
            Some(used) => {
                self.used = used;
                true
            }
            None => false,
        }
    }

    /// Allows `limit` in all. Returns false if that is not more than before: a frame that was
    /// overtaken, and does not count (RFC 9000 §4.1).
    pub fn raise_to(&mut self, limit: u64) -> bool {
        let more = limit > self.limit;
        self.limit = self.limit.max(limit);
        more
    }

    /// Allows `by` more, as HTTP/2 does (RFC 9113 §6.9). Returns false, and allows nothing, if that
    /// would pass `most`.
    pub fn raise_by(&mut self, by: u64, most: u64) -> bool {
        let fits = self.available().saturating_add(by) <= most;
        match self.limit.checked_add(by) {
            Some(limit) if fits => {
                self.limit = limit;
                true
            }
            _ => false,
        }
    }

    /// Returns the limit that blocks this endpoint, for a DATA_BLOCKED, STREAM_DATA_BLOCKED or
    /// STREAMS_BLOCKED frame. Ask when there is more to send. `None` while there is credit, and if
    /// that limit was reported before.
    pub fn blocked(&mut self) -> Option<u64> {
        let tell = self.available() == 0 && self.told != self.limit;
        tell.then(|| {
            self.told = self.limit;
            self.limit
        })
    }

    /// Notes that the frame was lost: [`blocked`](Self::blocked) reports the limit again if it
    /// still blocks.
    pub fn blocked_was_lost(&mut self) {
        self.told = NEVER;
    }

    /// Returns the limit in all.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Returns the amount taken so far.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used
    }
}

/// A credit of nothing.
impl Default for Credit {
    fn default() -> Self {
        Self::new(0)
    }
}

/// More than any limit on the wire.
const NEVER: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn increments_stop_at_the_most_that_may_be_left() {
        let mut credit = Credit::new(10);
        assert!(credit.raise_by(90, 100));
        assert!(!credit.raise_by(1, 100));
        assert_eq!(credit.take(60), 60);
        assert!(credit.raise_by(60, 100));
        assert!(!credit.raise_by(u64::MAX, u64::MAX));
        assert_eq!((credit.limit(), credit.available()), (160, 100));
    }

    #[test]
    fn a_limit_is_told_again_only_when_that_was_lost() {
        let mut credit = Credit::new(0);
        assert_eq!((credit.blocked(), credit.blocked()), (Some(0), None));
        credit.blocked_was_lost();
        assert_eq!(credit.blocked(), Some(0));
        credit.raise_to(5);
        assert_eq!((credit.blocked(), credit.take(9), credit.blocked()), (None, 5, Some(5)));
        assert!(credit.give_back(2));
        assert_eq!((credit.available(), credit.used()), (2, 3));
        // RFC 9000 §4.1: no more may be sent than was allowed.
        assert!(!credit.give_back(4));
        assert_eq!((credit.available(), credit.used()), (2, 3));
    }
}
