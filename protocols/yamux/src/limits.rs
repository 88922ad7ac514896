//! What a session takes of its peer, and does by itself.

use core::time::Duration;

use segue::Output;

/// What a session takes of its peer, and does by itself.
///
/// ```
/// use segue_yamux::{Limits, Session};
///
/// let session = Session::server().limits(Limits { streams: 16, ..Limits::DEFAULT });
/// # let _ = session;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most streams of the peer's that are open at a time: those that were opened and not let
    /// go of, or that have data left to be sent. More are refused, each by a reset; with 0, all.
    ///
    /// 256 is the backlog of the first implementation. As each may have its window full, this
    /// bounds what a session buffers: 64 MiB by default.
    pub streams: usize,
    /// The most streams of this end's that the peer has not accepted yet. Beyond it
    /// [`open`](segue::mux::Opens::open) gives none until one is; with 0 this end opens none at all.
    ///
    /// 256, since other implementations reset what is more than that.
    pub backlog: usize,
    /// The most streams of this end's that are open at a time, counted as
    /// [`streams`](Self::streams) are. Beyond it [`open`](segue::mux::Opens::open) gives none until
    /// one is let go of and sent; with 0 this end opens none at all.
    ///
    /// 4096: with all windows full, 1 GiB. An end that opens streams for others, as a proxy does,
    /// has one for each of theirs, so this is the bound on what they make it hold.
    pub opened: usize,
    /// How much more than the window of 256 KiB one stream may be granted for a record that is
    /// longer, in bytes.
    ///
    /// 1 MiB: records of 1.25 MiB pass.
    pub excess: u64,
    /// The same for all streams together, in bytes.
    ///
    /// 16 MiB: sixteen streams can have the most at a time, and others wait for them.
    pub excess_of_all: u64,
    /// The most bytes in a frame of data; 0 counts as 1.
    ///
    /// 16 KiB, as other implementations have it: at 100 Mbit/s another stream waits 1.3 ms for it.
    pub frame: usize,
    /// The high-water mark of each stream's output, in bytes; 0 counts as 1.
    ///
    /// 64 KiB, as that of connections: four frames.
    pub output: usize,
    /// The most refusals that wait to be sent. The peer is not read from while so much waits, so
    /// more come only of one read.
    ///
    /// 1024: that many openings fit a read of 16 KiB, less a few.
    pub refused: usize,
    /// The most streams that the peer may open and reset over those that it ends properly, with one
    /// more for every 4 KiB that either end sends, and for every 10 ms where the session is told the
    /// time.
    ///
    /// 1000: each costs a stream's beginning and end, so about a millisecond in all.
    pub resets: u32,
    /// The most pings of the peer's that wait to be answered; of more, the earliest get no answer. 0
    /// counts as 1. The session speaks once for what one read has brought, so this is the most that
    /// a flood of pings has sent back for each read, and all that it has held.
    ///
    /// 16: nobody waits for the answers to more than one or two.
    pub pongs: usize,
    /// The most streams that were let go of and sent to their end whose peer goes on. Of more, the
    /// one that has been waiting longest is reset.
    ///
    /// 256: as many as may be open.
    pub lingering: usize,
    /// After how long without a frame from the peer it is sent a ping; `None` sends none. Takes
    /// effect where the session is told the time.
    ///
    /// 30 s, below the time after which middle boxes forget a connection.
    pub keep_alive: Option<Duration>,
    /// How long the answer to a ping may take.
    ///
    /// 30 s: longer than the queues of the slowest links.
    pub pong: Duration,
}

impl Limits {
    /// The limits unless others are set: see each field.
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

/// What each end may send on a stream before it is granted more, in bytes.
pub(crate) const WINDOW: u64 = 256 * 1024;
