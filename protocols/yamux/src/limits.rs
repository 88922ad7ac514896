use core::time::Duration;

use segue::Output;

/// Limits on what a session accepts from its peer, and the settings of what it does by itself.
///
/// ```
/// use segue_yamux::{Limits, Session};
///
/// let session = Session::server().limits(Limits { streams: 16, ..Limits::DEFAULT });
/// # let _ = session;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most streams of the peer that are open at a time: those that were opened and not let go
    /// of, or that have data left to send. Further ones are refused, each by a reset; with 0, all
    /// of them.
    ///
    /// 256 is the backlog of the first implementation. As each may have its window full, this
    /// bounds what a session buffers: 64 MiB by default.
    pub streams: usize,
    /// The most streams of this end that the peer has not accepted yet. Beyond it
    /// [`open`](segue::mux::Opens::open) returns none until one is accepted; with 0 this end opens
    /// none at all.
    ///
    /// 256, since other implementations reset further ones.
    pub backlog: usize,
    /// The most streams of this end that are open at a time, counted as [`streams`](Self::streams)
    /// are. Beyond it [`open`](segue::mux::Opens::open) returns none until one is let go of and
    /// sent; with 0 this end opens none at all.
    ///
    /// 4096: with all windows full, 1 GiB. An end that opens streams for others, as a proxy does,
    /// opens one for each of theirs, so this bounds the memory that they can make it hold.
    pub opened: usize,
    /// The most bytes beyond the window of 256 KiB that a stream is granted for a record that is
    /// longer.
    ///
    /// 1 MiB: records of 1.25 MiB pass.
    pub excess: u64,
    /// The most bytes beyond their windows that all streams together are granted.
    ///
    /// 16 MiB: sixteen streams can have the most at a time, and others wait for them.
    pub excess_of_all: u64,
    /// The most bytes in a frame of data; 0 counts as 1.
    ///
    /// 16 KiB, as in other implementations: at 100 Mbit/s another stream waits 1.3 ms for it.
    pub frame: usize,
    /// The high-water mark of each stream's output, in bytes; 0 counts as 1.
    ///
    /// 64 KiB, as that of connections: four frames.
    pub output: usize,
    /// The most refusals that wait to be sent. While that many wait, the peer is not read from, so
    /// only one read can add more.
    ///
    /// 1024: about the number of openings that fit in a read of 16 KiB.
    pub refused: usize,
    /// The most resets of the peer that are not made up for. Ending a stream properly makes up for
    /// one, and so do every 4 KiB that either end sends, and every 10 ms if the session is told the
    /// time.
    ///
    /// 1000: each costs the work of opening and ending a stream, so about a millisecond in all.
    pub resets: u32,
    /// The most pings of the peer that wait to be answered; beyond that the earliest get no answer.
    /// 0 counts as 1. The session speaks once for each read, so this bounds both the answers to a
    /// flood of pings in one read and the memory that they take.
    ///
    /// 16: peers wait for the answers to one or two.
    pub pongs: usize,
    /// The most streams that were let go of and sent to their end while the peer goes on. Beyond
    /// that the one that has waited longest is reset.
    ///
    /// 256: the number that may be open.
    pub lingering: usize,
    /// The time without a frame from the peer after which it is sent a ping; `None` sends none. It
    /// takes effect if the session is told the time.
    ///
    /// 30 s, less than the time after which middleboxes forget a connection.
    pub keep_alive: Option<Duration>,
    /// The time that the answer to a ping may take.
    ///
    /// 30 s: longer than the queues of the slowest links.
    pub pong: Duration,
}

impl Limits {
    /// The default limits, with their reasons at the fields.
    pub const DEFAULT: Self = Self {
        streams: 256,
        backlog: 256,
        opened: 4096,
        excess: 1 << 20,
        excess_of_all: 16 << 20,
        frame: 16 * 1024,
        output: Output::HIGH_WATER,
        refused: 1024,
        resets: 1000,
        pongs: 16,
        lingering: 256,
        keep_alive: Some(Duration::from_secs(30)),
        pong: Duration::from_secs(30),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The number of bytes that each end may send on a stream before it is granted more.
pub(crate) const WINDOW: u64 = 256 * 1024;
