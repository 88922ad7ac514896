//! Options of a connection.

use std::{num::NonZeroUsize, time::Duration};

use crate::{Output, core::MAX_RECORD};

/// The extent to which a connection reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ReadPolicy {
    /// As much as comes. The fastest policy; what was read too far goes along with the hand-off.
    #[default]
    ReadAhead,
    /// Never past what the stage claims ([`Need::claim`](crate::Need::claim)), so that the socket
    /// can be given away with nothing over-read. Right for stages that know their length; a
    /// separator costs a system call a byte. A stage that only looks ahead needs a transport that
    /// can peek, and otherwise fails with [`Unsupported`](std::io::ErrorKind::Unsupported).
    Exact,
    /// By a look into the kernel's queue first. Bytes that belong to the record for certain are
    /// taken out at once: nothing is over-read, and a head costs two system calls. Bytes that a
    /// stage must wait behind while it only looks ahead (`claim` 0) are taken into the buffer,
    /// since no socket can be waited on for more than it already has; the hand-off carries them.
    Peek,
}

/// Bounds on how far a connection reads, how much it holds, and how much it does at a time.
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
    /// The read policy.
    pub policy: ReadPolicy,
    /// True if a transport of the blocking driver never waits, but answers would-block: set it for
    /// a readiness loop such as mio's. Such a connection reads ahead while a write is pending, and
    /// returns at [`max_work`](Self::max_work). Polled drivers always do.
    pub nonblocking: bool,
    /// The bytes of a buffer that is leased for reading: 16 KiB, four times what a TLS record or a
    /// burst of network packets brings on average, and what one `read` copies in about a
    /// microsecond. If reads fill it, the next leases have up to eight times as much. A connection
    /// that receives longer records has storage for one of those, if the thread has it to spare,
    /// until little comes again.
    pub read_size: usize,
    /// The longest record in bytes: 64 MiB. A longer one is refused as too long, as soon as that is
    /// known and however it comes. It is a backstop; set the limits of the stage itself.
    pub max_record: usize,
    /// The most bytes that are read ahead while a write is pending: 256 KiB. Reading on keeps two
    /// peers that flush at each other from stopping for ever. The limit keeps a peer that never
    /// reads from filling the memory; storage grows to the limit at most, rounded up to a multiple
    /// of [`read_size`](Self::read_size). A caller that asks for an item may exceed it, up to
    /// [`max_record`](Self::max_record).
    pub max_read_ahead: usize,
    /// The number of unsent bytes from which on callers wait before they add more: see
    /// [`Output::HIGH_WATER`]. It is applied when the connection is made. Buffered items are
    /// delivered at any level. Once a stage, or a caller that does not wait, has added as much
    /// again, the connection only reads ahead, absorbs nothing, and does not deliver what was read
    /// ahead, until output has left.
    pub high_water: usize,
    /// The number of bytes read or absorbed before a call returns, so that other tasks run or a
    /// clock is looked at. A read counts for at least 8 KiB, and calls that return an item are
    /// added up until one returns none. Then a polled connection wakes its task and is pending;
    /// others return an error that [says "again"](super::Error::is_again). `None` is 1 MiB, about
    /// 100 microseconds of cheap records; but blocking transports then have no limit. With a limit
    /// they return after each call that may have waited.
    pub max_work: Option<NonZeroUsize>,
    /// The time that `close` waits in all, for what is queued to leave and for the peer's end to
    /// come: 10 seconds, several round trips of the slowest links. The clock is the transport's
    /// own, or the timer of `close_by`.
    pub linger: Duration,
}

impl Options {
    /// Makes options with the defaults that the fields document.
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

/// Writes a method for each field that sets it.
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
    /// Sets [`max_work`](Self#structfield.max_work); 0 counts as 1.
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
