//! Bytes that a stage sends without having read anything.

use core::{fmt, time::Duration};

use super::Output;

/// The time as told to a stage, and the time at which the stage asks to be called again.
///
/// A driver makes one each time it lets the stage [speak](crate::Decode::speak). Times count from
/// an epoch that the driver's timer has chosen.
///
/// ```
/// use core::time::Duration;
/// use segue::{Moment, Output, Say};
///
/// let (mut output, mut moment) = (Output::new(), Moment::at(Duration::from_secs(7)));
/// let mut say = Say::new(&mut output, 1024, &mut moment);
/// say.wake_at(Duration::from_secs(20));
/// say.wake_at(Duration::from_secs(10));
/// assert_eq!(moment.wake_at(), Some(Duration::from_secs(10))); // the earlier one
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    now: Option<Duration>,
    wake_at: Option<Duration>,
}

impl Moment {
    /// Makes a moment without a time, for a driver without a timer.
    #[must_use]
    pub const fn unknown() -> Self {
        Self { now: None, wake_at: None }
    }

    /// Makes a moment at the time `now` since the epoch of the driver's timer.
    #[must_use]
    pub const fn at(now: Duration) -> Self {
        Self { now: Some(now), wake_at: None }
    }

    /// Returns the present time, if there is a timer.
    #[must_use]
    pub const fn now(&self) -> Option<Duration> {
        self.now
    }

    /// Returns the earliest time at which the stage asked to be let speak again.
    #[must_use]
    pub const fn wake_at(&self) -> Option<Duration> {
        self.wake_at
    }
}

/// An opportunity for a stage to [speak](crate::Decode::speak): an output, the room in it, and the
/// time.
///
/// ```
/// use segue::{Moment, Output, Say};
///
/// let (mut output, mut moment) = (Output::new(), Moment::unknown());
/// let mut say = Say::new(&mut output, 8, &mut moment);
/// say.output().put(b"hello");
/// assert_eq!(say.room(), 3);
/// say.output().put(b"a window update");
/// assert_eq!(say.room(), 0); // control messages may exceed the room, data must not
/// ```
pub struct Say<'a> {
    output: &'a mut Output,
    /// The length of the output at which the room is used up.
    most: usize,
    moment: &'a mut Moment,
}

impl<'a> Say<'a> {
    /// Lets a stage add `room` bytes of data to `output`.
    pub fn new(output: &'a mut Output, room: usize, moment: &'a mut Moment) -> Self {
        let most = output.len().saturating_add(room);
        Self { output, most, moment }
    }

    /// Returns the number of bytes of data that may still be added.
    ///
    /// The driver subtracts the bytes waiting in the layers below, which a stage does not see. At 0
    /// add only control messages, each once, and no more of them before something else was read or
    /// has happened.
    #[inline]
    #[must_use]
    pub fn room(&self) -> usize {
        self.most.saturating_sub(self.output.len())
    }

    /// Returns the output to add to.
    #[inline]
    pub fn output(&mut self) -> &mut Output {
        self.output
    }

    /// Returns the time since the epoch of the driver's timer. `None` if the driver has no timer.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Option<Duration> {
        self.moment.now
    }

    /// Asks to be let speak again at a time since the same epoch, even if nothing else happens.
    ///
    /// The earliest of all requested times counts, and only until the stage speaks next. A driver
    /// without a timer does not call back by itself. A request for a time not later than
    /// [`now`](Self::now), with nothing added, is a fault, since the driver would never rest.
    #[inline]
    pub fn wake_at(&mut self, at: Duration) {
        self.moment.wake_at = Some(self.moment.wake_at.map_or(at, |before| before.min(at)));
    }

    /// Lends the same opportunity with another output, to which `most` bytes may be added, for a
    /// stage that speaks inside another one.
    pub fn on<'b>(&'b mut self, output: &'b mut Output, most: usize) -> Say<'b> {
        Say::new(output, most, self.moment)
    }

    /// Lends the same opportunity on.
    pub fn reborrow(&mut self) -> Say<'_> {
        Say { output: self.output, most: self.most, moment: self.moment }
    }
}

impl fmt::Debug for Say<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Say").field("room", &self.room()).field("moment", &self.moment).finish()
    }
}
