//! How a connection reads, and how much it holds.

use std::{num::NonZeroUsize, time::Duration};

use crate::{Output, core::MAX_RECORD};

/// How far a connection reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ReadPolicy {
    /// As much as comes. The fastest; what was read too far goes along with the hand-off.
    #[default]
    ReadAhead,
    /// Never past what the stage claims ([`Need::claim`](crate::Need::claim)), so that the socket
    /// can be given away with nothing over-read. Right for stages that know their length; a
    /// separator costs a system call a byte. Where a stage only looks ahead it needs a transport
    /// that can peek, and is refused with [`Unsupported`](std::io::ErrorKind::Unsupported) without.
    Exact,
    /// Looks into the kernel's queue first, and takes out at once what surely belongs to the
    /// record: nothing over-read, and two system calls for a head. Bytes that a stage has to wait
    /// behind while it only looks ahead (`claim` 0) are taken into the buffer, since no socket can
    /// be waited on for more than it already has; the hand-off carries them.
    Peek,
}

/// How a connection reads, how much it holds, and how much it does at a time.
///
/// ```
/// use segue::driver::{Options, ReadPolicy};
///
/// let options = Options::new().policy(ReadPolicy::Exact).high_water(16 * 1024);
/// assert_eq!(options.read_size, 16 * 1024);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// How far it reads.
    pub policy: ReadPolicy,
    /// Whether a transport of the blocking driver never waits, but answers would-block: set it
    /// for a readiness loop such as mio's. Such a connection reads ahead while a write is pending,
    /// and comes back at the [`max_work`](Self::max_work). Polled drivers do so always.
    pub nonblocking: bool,
    /// Bytes of a buffer that is leased for reading: 16 KiB, four times what a TLS record or an
    /// MTU-sized burst brings on average, and what one `read` copies in about a microsecond. Where
    /// reads fill it the next ones have up to eight times as much, and who is sent longer records has
    /// storage for one of those, if the thread has it to spare, until little comes again.
    pub read_size: usize,
    /// The longest record in bytes; one that is longer is refused as too long, however it comes and
    /// as soon as that is known: 64 MiB, a backstop behind the stage's own limits, which are there
    /// to be set.
    pub max_record: usize,
    /// The most bytes that are read ahead while a write is pending: 256 KiB. Reading on keeps two
    /// peers that flush at each other from stopping for ever; a limit keeps one that never reads
    /// from filling the memory, and storage does not grow beyond the limit for it, rounded up to a
    /// multiple of [`read_size`](Self::read_size). A caller that asks for an item is read for
    /// beyond it, up to [`max_record`](Self::max_record).
    pub max_read_ahead: usize,
    /// From how many unsent bytes on callers wait before they add more: see
    /// [`Output::HIGH_WATER`]. It counts when the connection is made. Items that are buffered are
    /// delivered at any level. Once a stage, or a caller that does not wait, has added as much
    /// again, nothing is read but ahead, nothing is absorbed, and what was read ahead is not
    /// delivered, until output has left.
    pub high_water: usize,
    /// How many bytes are read or absorbed before a call comes back, so that other tasks run or a
    /// clock is looked at; a read counts for at least 8 KiB. It counts over calls that give an item,
    /// until one gives none. A polled connection wakes its task and is pending then, others answer
    /// an error that [says "again"](super::Error::is_again). `None` is 1 MiB, about 100
    /// microseconds' worth of cheap records, but for blocking transports, which go on without end.
    /// With a limit those come back after each call that may have waited.
    pub max_work: Option<NonZeroUsize>,
    /// How long `close` waits in all, for what is queued to leave and for the peer's end to come:
    /// 10 seconds, several round trips of the slowest links. The clock is the transport's own, or
    /// the timer of `close_by`.
    pub linger: Duration,
}

impl Options {
    /// The defaults that the fields name.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            policy: ReadPolicy::ReadAhead,
            nonblocking: false,
            read_size: 16 * 1024,
            max_record: MAX_RECORD,
            max_read_ahead: 256 * 1024,
            high_water: Output::HIGH_WATER,
            max_work: None,
            linger: Duration::from_secs(10),
        }
    }
}

/// Writes a method for each field that sets it in passing.
macro_rules! setters {
    ($($field:ident: $Type:ty;)*) => {
        impl Options {
            $(
                #[doc = concat!("The same options with another [`", stringify!($field), "`](Self#structfield.", stringify!($field), ").")]
                #[must_use]
                pub const fn $field(mut self, $field: $Type) -> Self {
                    self.$field = $field;
                    self
                }
            )*
        }
    };
}

setters! {
    policy: ReadPolicy;
    nonblocking: bool;
    read_size: usize;
    max_record: usize;
    max_read_ahead: usize;
    high_water: usize;
    linger: Duration;
}

impl Options {
    /// The same options with another [`max_work`](Self#structfield.max_work); a limit of 0 is one
    /// of 1.
    #[must_use]
    pub const fn max_work(mut self, limit: Option<usize>) -> Self {
        self.max_work = match limit {
            Some(limit) => match NonZeroUsize::new(limit) {
                None => Some(NonZeroUsize::MIN),
                limit => limit,
            },
            None => None,
        };
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}
