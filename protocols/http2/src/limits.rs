use core::time::Duration;

use crate::frame::FrameLimits;

/// Limits on what a session accepts from its peer, and the settings of what it does by itself.
///
/// ```
/// use segue_http2::{Limits, Session};
///
/// let session = Session::server(Limits { streams: 16, ..Limits::DEFAULT });
/// # let _ = session;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most streams of the peer at a time: those that its consumer has not let go of, or that
    /// have something left to send. Further ones are refused, and paid for out of
    /// [`resets`](Self::resets).
    ///
    /// 100, the least that RFC 9113 §6.5.2 recommends.
    pub streams: u32,
    /// The most streams of this end at a time, where the peer allows more.
    ///
    /// 1,000: an end that opens streams for others opens one for each of theirs, so this bounds the
    /// memory that they can make it hold.
    pub opened: u32,
    /// The bytes that the peer may send on a stream before its consumer has released any: its
    /// window, up to 2^31 - 1.
    ///
    /// 256 KiB: at 50 ms of round trip 40 Mbit/s on one stream.
    pub window: u32,
    /// The bytes that the peer may send on all streams together, from 65,535 to 2^31 - 1.
    ///
    /// 1 MiB: four streams can have their windows full.
    pub connection_window: u32,
    /// The limits on frames and header blocks.
    pub frames: FrameLimits,
    /// The limits on the fields of a head: 64 KiB and 128 fields. A request that passes them is
    /// answered 431.
    pub fields: segue_http::Limits,
    /// The bytes of the table that the peer's heads are compressed with.
    ///
    /// 4,096, which needs no setting.
    pub table: u32,
    /// The bytes of the table that this end's heads are compressed with, if the peer allows as many.
    ///
    /// 4,096, which the peer must allow until it says otherwise.
    pub encoder_table: u32,
    /// The most resets of the peer, refused streams, and resets that the peer makes this end send,
    /// that are not made up for. A stream that ends properly makes up for one.
    ///
    /// 100: a page that is closed cancels as many requests as it had.
    pub resets: u32,
    /// The most frames that carry no message and are not made up for: PING, SETTINGS, PRIORITY,
    /// `PRIORITY_UPDATE`, `WINDOW_UPDATE`, and frames of unknown types. A stream that ends properly
    /// makes up for 10, a frame of data that is sent for two, and every KiB of data for one.
    ///
    /// 1,000: it takes longer to send that many than to answer them.
    pub control: u32,
    /// The most DATA frames without data and without an end that are not made up for.
    ///
    /// 1,000, as for [`control`](Self::control).
    pub empty_data: u32,
    /// The high-water mark of each stream's output, in bytes; 0 counts as 1.
    ///
    /// 64 KiB, as that of connections.
    pub output: usize,
    /// True if requests may ask for another protocol by extended CONNECT (RFC 8441). Of a server.
    ///
    /// False: who does not look at [`protocol`](segue_http::RequestHead::protocol) would answer as to
    /// an ordinary CONNECT.
    pub connect_protocol: bool,
    /// The time in which the peer must acknowledge settings, where the session is told the time.
    ///
    /// 30 seconds: it may be behind a slow link with much in flight.
    pub settings_ack: Duration,
    /// The time after which the budgets of [`resets`](Self::resets), [`control`](Self::control) and
    /// [`empty_data`](Self::empty_data) are full again, where the session is told the time.
    ///
    /// 10 seconds: 100 frames a second are no burden.
    pub calm: Duration,
}

impl Limits {
    /// The limits unless others are set.
    pub const DEFAULT: Self = Self {
        streams: 100,
        opened: 1000,
        window: 256 * 1024,
        connection_window: 1024 * 1024,
        frames: FrameLimits::DEFAULT,
        fields: segue_http::Limits::DEFAULT,
        table: 4096,
        encoder_table: 4096,
        resets: 100,
        control: 1000,
        empty_data: 1000,
        output: 64 * 1024,
        connect_protocol: false,
        settings_ack: Duration::from_secs(30),
        calm: Duration::from_secs(10),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
