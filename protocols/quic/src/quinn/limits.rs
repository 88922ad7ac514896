use segue::Output;

/// Limits on what [`Streams`](super::Streams) buffer, beside the connection itself.
///
/// ```
/// use segue_quic::quinn::Limits;
///
/// let limits = Limits { streams: 16, ..Limits::DEFAULT };
/// # let _ = limits;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most streams of each direction that the peer has opened and that were not let go of, or
    /// have data left to send. Others wait inside the connection, where they count against
    /// [`max_concurrent_bidi_streams`](quinn_proto::TransportConfig::max_concurrent_bidi_streams)
    /// and its like. With 0 none is ever accepted: set those limits to 0 as well, or the peer opens
    /// streams that get no answer.
    ///
    /// 256: as each may have its window full, this bounds the inputs to 16 MiB a direction.
    pub streams: usize,
    /// The most bytes of a stream that are read ahead of its consumer; 0 counts as 1.
    ///
    /// 64 KiB. The connection lets the peer send its own
    /// [`stream_receive_window`](quinn_proto::TransportConfig::stream_receive_window) beyond that.
    pub window: u64,
    /// The most bytes beyond the window that are read of one stream for a record that is longer.
    ///
    /// 1 MiB: records of a mebibyte pass.
    pub excess: u64,
    /// The most bytes beyond their windows that all streams together are granted.
    ///
    /// 16 MiB: sixteen streams can have the most at a time, and others wait for them.
    pub excess_of_all: u64,
    /// The high-water mark of each stream's output, in bytes.
    ///
    /// 64 KiB, as that of connections. The connection takes up to its
    /// [`send_window`](quinn_proto::TransportConfig::send_window) out of all outputs.
    pub output: usize,
}

impl Limits {
    /// The default limits, with their reasons at the fields.
    pub const DEFAULT: Self = Self {
        streams: 256,
        window: 64 * 1024,
        excess: 1 << 20,
        excess_of_all: 16 << 20,
        output: Output::HIGH_WATER,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
