//! The receiver's side of flow control.

use core::fmt;

/// The bytes that a peer may send, or the streams that it may open: the window of a receiver (RFC
/// 9000 §4.1, §4.6).
///
/// A window counts from 0 up to a limit that only grows: the bytes of a stream (MAX_STREAM_DATA),
/// the bytes of all streams of a connection (MAX_DATA), the streams of one kind (MAX_STREAMS). What
/// was [reached](Self::reach) must stay within the limit; what was [consumed](Self::consume) makes
/// room for as much again, which is [announced](Self::announce) in larger steps. The caller chooses
/// the size of the window and may change it.
///
/// ```
/// use segue::mux::Window;
///
/// let mut window = Window::new(1000);
/// assert_eq!(window.reach(900), Ok(900)); // new ones: they count for the connection, too
/// assert!(window.reach(1001).is_err());
/// window.consume(400);
/// assert_eq!(window.announce(), None); // too little to tell
/// window.consume(200);
/// assert_eq!(window.announce(), Some(1600)); // goes into a MAX_STREAM_DATA frame
/// assert_eq!(window.announce(), None);
/// assert_eq!(window.limit(), 1600); // and into another one should the first be lost
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    size: u64,
    limit: u64,
    reached: u64,
    consumed: u64,
    cap: u64,
}

impl Window {
    /// The most streams of a kind (RFC 9000 §4.6).
    pub const MAX_STREAMS: u64 = 1 << 60;

    /// The most bytes on a stream, or on a connection: 2^62 - 1.
    pub const MAX_DATA: u64 = (1 << 62) - 1;

    /// Makes a window of `size` bytes. The peer learns it from a transport parameter, or knows it
    /// by the rules of the protocol.
    #[must_use]
    pub const fn new(size: u64) -> Self {
        Self::capped(size, Self::MAX_DATA)
    }

    /// Makes a window of `count` streams of one kind that are open at a time. Reach the number of a
    /// stream among those of its kind, counted from 1, and consume one when it is over.
    ///
    /// ```
    /// use segue::mux::Window;
    ///
    /// let mut streams = Window::streams(2);
    /// assert!(streams.reach(2).is_ok()); // the second, and so the first
    /// assert!(streams.reach(3).is_err());
    /// streams.consume(1);
    /// assert_eq!(streams.announce(), Some(3));
    /// ```
    #[must_use]
    pub const fn streams(count: u64) -> Self {
        Self::capped(count, Self::MAX_STREAMS)
    }

    const fn capped(size: u64, cap: u64) -> Self {
        let size = if size < cap { size } else { cap };
        Self { size, limit: size, reached: 0, consumed: 0, cap }
    }

    /// Counts everything below `to` as sent by the peer. Returns how much of that is new; 0 if more
    /// was reached before.
    ///
    /// # Errors
    /// If `to` is over the limit. Nothing is counted then.
    #[inline]
    pub fn reach(&mut self, to: u64) -> Result<u64, Exceeded> {
        self.check(to)?;
        let new = to.saturating_sub(self.reached);
        self.reached += new;
        Ok(new)
    }

    /// Counts `by` more as sent by the peer, where there are no positions: all streams of a
    /// connection together.
    ///
    /// # Errors
    /// As for [`reach`](Self::reach).
    pub fn advance(&mut self, by: u64) -> Result<(), Exceeded> {
        self.reach(self.reached.saturating_add(by)).map(drop)
    }

    /// Checks that the peer may send everything below `to`.
    ///
    /// # Errors
    /// If `to` is over the limit.
    #[inline]
    pub fn check(&self, to: u64) -> Result<(), Exceeded> {
        if to <= self.limit { Ok(()) } else { Err(Exceeded { limit: self.limit, reached: to }) }
    }

    /// Counts `count` as consumed: read by the application, or closed. It never counts more than
    /// was reached.
    pub fn consume(&mut self, count: u64) {
        self.consumed = self.consumed.saturating_add(count).min(self.reached);
    }

    /// Returns the limit to tell the peer now, once half the window is new to it. A peer that keeps
    /// the window full is told twice a window then, and as long as half a window outlasts a round
    /// trip it never waits.
    ///
    /// The limit then counts as told: if the frame is lost, send the [`limit`](Self::limit) of that
    /// time.
    pub fn announce(&mut self) -> Option<u64> {
        self.is_worthwhile().then(|| {
            self.limit = self.target();
            self.limit
        })
    }

    /// Returns true if [`announce`](Self::announce) has a limit to tell.
    #[must_use]
    pub fn is_worthwhile(&self) -> bool {
        self.target().saturating_sub(self.limit) >= (self.size / 2).max(1)
    }

    /// Returns the increment to tell the peer now, for protocols such as HTTP/2 (RFC 9113 §6.9).
    pub fn announce_increment(&mut self) -> Option<u64> {
        let before = self.limit;
        self.announce().map(|limit| limit - before)
    }

    /// Returns the limit to tell the peer if there is anything new, however little: in a frame that
    /// costs nothing, or when the peer reports that it is blocked.
    pub fn announce_all(&mut self) -> Option<u64> {
        let target = self.target();
        (target > self.limit).then(|| {
            self.limit = target;
            target
        })
    }

    /// Raises the limit to `to` once, whatever was consumed, for a record that is longer than the
    /// window. Returns how much more the peer may send, 0 if nothing.
    ///
    /// The size stays, so the allowance is taken back as more is consumed:
    /// [`announce`](Self::announce) returns nothing until the window has caught up.
    ///
    /// ```
    /// use segue::mux::Window;
    ///
    /// let mut window = Window::new(1000);
    /// assert_eq!(window.reach(1000), Ok(1000)); // the beginning of a record of 3000
    /// assert_eq!(window.allow(3000), 2000);
    /// assert_eq!(window.excess(), 2000);
    /// assert_eq!(window.reach(3000), Ok(2000));
    /// window.consume(3000);
    /// assert_eq!((window.excess(), window.announce()), (0, Some(4000)));
    /// ```
    pub fn allow(&mut self, to: u64) -> u64 {
        let more = to.min(self.cap).saturating_sub(self.limit);
        self.limit += more;
        more
    }

    /// Returns the excess: what [`allow`](Self::allow) has granted beyond the size, and the window
    /// has not caught up with.
    #[must_use]
    pub fn excess(&self) -> u64 {
        self.limit.saturating_sub(self.target())
    }

    fn target(&self) -> u64 {
        self.consumed.saturating_add(self.size).min(self.cap)
    }

    /// Returns the limit that the peer knows, or will know once it is told.
    #[inline]
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Returns the most that the peer has sent.
    #[inline]
    #[must_use]
    pub fn reached(&self) -> u64 {
        self.reached
    }

    /// Returns how much was consumed.
    #[inline]
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Returns the size: how much the peer may have under way.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Changes the size. A smaller one takes effect as the limit moves on: nothing allowed is taken
    /// back.
    pub fn resize(&mut self, size: u64) {
        self.size = size.min(self.cap);
    }
}

/// The error of a peer that sent more than it was allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// The limit.
    pub limit: u64,
    /// The position that the peer reached.
    pub reached: u64,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} where at most {} is allowed", self.reached, self.limit)
    }
}

impl core::error::Error for Exceeded {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_is_not_new() {
        let mut window = Window::new(10);
        assert_eq!(window.reach(7), Ok(7));
        assert_eq!(window.reach(3), Ok(0));
        assert_eq!(window.reach(10), Ok(3));
        assert_eq!(window.reach(11), Err(Exceeded { limit: 10, reached: 11 }));
        assert_eq!(window.advance(u64::MAX), Err(Exceeded { limit: 10, reached: u64::MAX }));
        assert_eq!(window.reached(), 10);
    }

    #[test]
    fn no_more_is_consumed_than_came() {
        let mut window = Window::new(10);
        window.reach(4).expect("it is allowed");
        window.consume(u64::MAX);
        assert_eq!((window.consumed(), window.announce()), (4, None));
        assert_eq!((window.announce_all(), window.announce_all()), (Some(14), None));
    }

    #[test]
    fn a_smaller_window_takes_nothing_back() {
        let mut window = Window::new(100);
        window.reach(100).expect("it is allowed");
        window.resize(10);
        window.consume(50);
        assert_eq!((window.announce_all(), window.limit()), (None, 100));
        window.consume(45);
        assert_eq!(window.announce(), Some(105));
    }

    #[test]
    fn limits_end_where_the_wire_ends() {
        let mut window = Window::streams(u64::MAX);
        assert_eq!(window.limit(), Window::MAX_STREAMS);
        window.reach(Window::MAX_STREAMS).expect("it is allowed");
        window.consume(9);
        assert_eq!(window.announce_all(), None);
        let mut none = Window::new(0);
        assert_eq!((none.announce(), none.reach(0), none.reach(1).is_err()), (None, Ok(0), true));
    }
}
