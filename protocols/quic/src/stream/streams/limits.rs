use core::fmt;

use segue::{Output, mux::Window};

use crate::{VarInt, transport_parameters::TransportParameters};

/// Limits on what [`Streams`](super::Streams) allow the peer, and on what they buffer.
///
/// ```
/// use segue_quic::{stream::Limits, transport_parameters::TransportParameters};
///
/// let limits = Limits { streams: 16, ..Limits::DEFAULT };
/// let mut parameters = TransportParameters::new();
/// limits.declare(&mut parameters)?;
/// assert_eq!(parameters.initial_max_streams_bidi.value(), 16);
///
/// let error = Limits { excess: 2 << 30, ..limits }.check().unwrap_err();
/// assert_eq!(error.to_string(), "the limit `excess` is more than `excess_of_all`");
/// # Ok::<(), segue_quic::stream::LimitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The window of each stream, in bytes. With 0 the peer may send only what a stage
    /// [wants](segue::mux::Carrier::want).
    ///
    /// 64 KiB: at 100 Mbit/s, a round trip of 5 ms.
    pub window: u64,
    /// The window of all streams together, in bytes. With 0 the peer may send nothing at all.
    ///
    /// 16 MiB: 256 streams whose windows are full.
    pub data: u64,
    /// The most streams of each direction that the peer has opened and that are not over. With 0 it
    /// may open none.
    ///
    /// 256: with full windows, no more than `data`.
    pub streams: u64,
    /// The most bytes beyond its window that a stream is granted for a record that is longer.
    ///
    /// 1 MiB: records of a mebibyte pass.
    pub excess: u64,
    /// The most bytes beyond their windows that all streams together are granted.
    ///
    /// 16 MiB: sixteen streams can have the most at a time, and others wait for them.
    pub excess_of_all: u64,
    /// The high-water mark of each stream's output, in bytes. At least 1.
    ///
    /// 64 KiB, as that of connections.
    pub output: usize,
    /// The most bytes of each stream that were put into packets and are not acknowledged. At least
    /// 1.
    ///
    /// [4 MiB](super::SendStream::MAX), whatever the peer and the congestion window allow.
    pub unacknowledged: usize,
}

impl Limits {
    /// The default limits, with their reasons at the fields.
    pub const DEFAULT: Self = Self {
        window: 64 * 1024,
        data: 16 << 20,
        streams: 256,
        excess: 1 << 20,
        excess_of_all: 16 << 20,
        output: Output::HIGH_WATER,
        unacknowledged: super::SendStream::MAX,
    };

    /// Checks that all of them can be told to a peer and kept.
    ///
    /// # Errors
    /// The limit that cannot be met.
    pub fn check(&self) -> Result<(), LimitError> {
        let wrong = |limit, why| Err(LimitError { limit, why });
        match *self {
            Self { window, .. } if window > Window::MAX_DATA => wrong("window", WIDE),
            Self { data, .. } if data > Window::MAX_DATA => wrong("data", WIDE),
            Self { streams, .. } if streams > Window::MAX_STREAMS => wrong("streams", MANY),
            Self { excess, excess_of_all, .. } if excess > excess_of_all => wrong("excess", UNEVEN),
            Self { output: 0, .. } => wrong("output", NOTHING),
            Self { unacknowledged: 0, .. } => wrong("unacknowledged", NOTHING),
            _ => Ok(()),
        }
    }

    /// Writes the limits into the transport parameters of this end (RFC 9000 §18.2).
    ///
    /// # Errors
    /// As [`check`](Self::check). Nothing is written then.
    pub fn declare(&self, parameters: &mut TransportParameters) -> Result<(), LimitError> {
        self.check()?;
        let window = varint(self.window);
        parameters.initial_max_data = varint(self.data);
        parameters.initial_max_stream_data_bidi_local = window;
        parameters.initial_max_stream_data_bidi_remote = window;
        parameters.initial_max_stream_data_uni = window;
        let streams = varint(self.streams);
        parameters.initial_max_streams_bidi = streams;
        parameters.initial_max_streams_uni = streams;
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The error for a limit that cannot be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitError {
    /// The field of the limit.
    pub limit: &'static str,
    /// The reason, in words.
    pub why: &'static str,
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the limit `{}` {}", self.limit, self.why)
    }
}

impl core::error::Error for LimitError {}

const WIDE: &str = "is more than the 2^62 - 1 that can be told (RFC 9000 §16)";
const MANY: &str = "is more than the 2^60 that can be told (RFC 9000 §4.6)";
const UNEVEN: &str = "is more than `excess_of_all`";
const NOTHING: &str = "is 0, so nothing could ever be sent";

/// The nearest integer that fits on the wire.
pub(super) fn varint(value: u64) -> VarInt {
    VarInt::new(value).unwrap_or(VarInt::MAX)
}
