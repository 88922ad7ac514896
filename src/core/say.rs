//! What a stage has to say without having been asked.

use core::{fmt, time::Duration};

use super::Output;

/// The time as a stage is told it, and the time at which the stage wants to be asked again.
///
/// Whoever drives a stage makes one for each time that it lets the stage [speak](crate::Decode::speak).
/// Times count from an epoch that the driver's timer has chosen.
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
    /// A moment at which nobody knows the time: without a timer.
    #[must_use]
    pub const fn unknown() -> Self {
        Self { now: None, wake_at: None }
    }

    /// The time `now` since the epoch of the driver's timer.
    #[must_use]
    pub const fn at(now: Duration) -> Self {
        Self { now: Some(now), wake_at: None }
    }

    /// The present time, if a timer tells it.
    #[must_use]
    pub const fn now(&self) -> Option<Duration> {
        self.now
    }

    /// The earliest time at which the stage has asked to be let speak again.
    #[must_use]
    pub const fn wake_at(&self) -> Option<Duration> {
        self.wake_at
    }
}

/// The chance of a stage to [speak](crate::Decode::speak): an output, how much may be added to it,
/// and the time.
///
/// ```
/// use segue::{Moment, Output, Say};
///
/// let (mut output, mut moment) = (Output::new(), Moment::unknown());
/// let mut say = Say::new(&mut output, 8, &mut moment);
/// say.output().put(b"hello");
/// assert_eq!(say.room(), 3);
/// say.output().put(b"a window update");
/// assert_eq!(say.room(), 0); // control messages may pass the room, data must not
/// ```
pub struct Say<'a> {
    output: &'a mut Output,
    /// The length of the output from which on there is no room.
    most: usize,
    moment: &'a mut Moment,
}

impl<'a> Say<'a> {
    /// A chance to add `room` bytes of data to `output`.
    pub fn new(output: &'a mut Output, room: usize, moment: &'a mut Moment) -> Self {
        let most = output.len().saturating_add(room);
        Self { output, most, moment }
    }

    /// Returns how many bytes of data may still be added.
    ///
    /// The driver leaves out what waits in the layers below, which a stage does not see. At 0 only
    /// control messages are to be added: each once, and no more until something else was read or
    /// has happened.
    #[inline]
    #[must_use]
    pub fn room(&self) -> usize {
        self.most.saturating_sub(self.output.len())
    }

    /// The output to add to.
    #[inline]
    pub fn output(&mut self) -> &mut Output {
        self.output
    }

    /// The time since the epoch of the driver's timer. None where the driver has no timer.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Option<Duration> {
        self.moment.now
    }

    /// Asks to be let speak again at a time since the same epoch, even if nothing else happens.
    ///
    /// The earliest of all that are asked for counts, and only until the stage is next let speak.
    /// A driver without a timer does not come back by itself. A stage that asks for a time that is
    /// not later than [`now`](Self::now) and adds nothing is stopped by a fault, or its driver
    /// would never rest.
    #[inline]
    pub fn wake_at(&mut self, at: Duration) {
        self.moment.wake_at = Some(self.moment.wake_at.map_or(at, |before| before.min(at)));
    }

    /// The same chance on another output, to which `most` bytes may be added: for a stage that
    /// speaks inside another one.
    pub fn on<'b>(&'b mut self, output: &'b mut Output, most: usize) -> Say<'b> {
        Say::new(output, most, self.moment)
    }

    /// The same chance, lent on.
    pub fn reborrow(&mut self) -> Say<'_> {
        Say { output: self.output, most: self.most, moment: self.moment }
    }
}

impl fmt::Debug for Say<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Say").field("room", &self.room()).field("moment", &self.moment).finish()
    }
}
