use core::fmt;

use segue::{Fault, mux::Exceeded};

use super::StreamId;
use crate::{ErrorCode, TransportError};

/// A violation of the rules of streams by the peer. Each ends the connection, with the
/// [`code`](Self::code) that the peer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamError {
    /// The end of a frame's data is beyond 2^62 - 1.
    TooLong {
        /// The offset of the frame.
        offset: u64,
        /// The number of bytes.
        length: u64,
    },
    /// Data came beyond the end of the stream.
    BeyondFinalSize {
        /// The final size that was told before.
        size: u64,
        /// The end of the data.
        end: u64,
    },
    /// Another final size was told.
    FinalSizeChanged {
        /// The final size that was told before.
        size: u64,
        /// The new final size.
        other: u64,
    },
    /// The final size is less than what had already come.
    FinalSizeTooSmall {
        /// The end of the data that had come.
        received: u64,
        /// The final size that was told.
        size: u64,
    },
    /// More came on a stream than its limit allows.
    StreamData(Exceeded),
    /// More came on all streams together than the limit of the connection allows.
    ConnectionData(Exceeded),
    /// A stream was opened beyond the limit on their number.
    StreamCount(Exceeded),
    /// More came in CRYPTO frames than is buffered.
    CryptoBuffer(Exceeded),
    /// A frame is for a direction that the stream does not have: data where only this end sends, or
    /// a limit for data that only the peer sends.
    NoSuchDirection(StreamId),
    /// A frame is of a stream that this end has not opened, but would have to.
    NotOpened(StreamId),
}

impl StreamError {
    /// Returns the code for the CONNECTION_CLOSE frame to the peer.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.told().0
    }

    /// Returns the section of the standard with the rule: `RFC 9000 §12.4`.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        self.told().1
    }

    /// The code, the section, and the violation in words, without figures.
    const fn told(&self) -> (ErrorCode, &'static str, &'static str) {
        match self {
            Self::TooLong { .. } => (
                ErrorCode::FRAME_ENCODING_ERROR,
                "RFC 9000 §19.8",
                "the data of a frame ends beyond 2^62 - 1",
            ),
            Self::BeyondFinalSize { .. } => (
                ErrorCode::FINAL_SIZE_ERROR,
                "RFC 9000 §4.5",
                "data is from behind the end of the stream",
            ),
            Self::FinalSizeChanged { .. } => {
                (ErrorCode::FINAL_SIZE_ERROR, "RFC 9000 §4.5", "the final size of a stream changed")
            }
            Self::FinalSizeTooSmall { .. } => (
                ErrorCode::FINAL_SIZE_ERROR,
                "RFC 9000 §4.5",
                "a stream ends before data that had come",
            ),
            Self::StreamData(_) => (
                ErrorCode::FLOW_CONTROL_ERROR,
                "RFC 9000 §4.1",
                "more data than MAX_STREAM_DATA allows",
            ),
            Self::ConnectionData(_) => {
                (ErrorCode::FLOW_CONTROL_ERROR, "RFC 9000 §4.1", "more data than MAX_DATA allows")
            }
            Self::StreamCount(_) => {
                (ErrorCode::STREAM_LIMIT_ERROR, "RFC 9000 §4.6", "more streams than allowed")
            }
            Self::CryptoBuffer(_) => (
                ErrorCode::CRYPTO_BUFFER_EXCEEDED,
                "RFC 9000 §7.5",
                "more in CRYPTO frames than is buffered",
            ),
            Self::NoSuchDirection(_) => (
                ErrorCode::STREAM_STATE_ERROR,
                "RFC 9000 §19.8",
                "a frame is for a direction that its stream does not have",
            ),
            Self::NotOpened(_) => (
                ErrorCode::STREAM_STATE_ERROR,
                "RFC 9000 §19.8",
                "a frame is of a stream that was not opened",
            ),
        }
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, section, reason) = self.told();
        write!(f, "{reason}: ")?;
        match self {
            Self::TooLong { offset, length } => write!(f, "{length} bytes at {offset}")?,
            Self::BeyondFinalSize { size, end } => write!(f, "up to {end} where it has {size}")?,
            Self::FinalSizeChanged { size, other } => write!(f, "from {size} to {other}")?,
            Self::FinalSizeTooSmall { received, size } => {
                write!(f, "at {size} where {received} had come")?;
            }
            Self::StreamData(exceeded)
            | Self::ConnectionData(exceeded)
            | Self::StreamCount(exceeded)
            | Self::CryptoBuffer(exceeded) => exceeded.fmt(f)?,
            Self::NoSuchDirection(id) | Self::NotOpened(id) => write!(f, "stream {}", id.value())?,
        }
        write!(f, " ({section}; {code})")
    }
}

impl core::error::Error for StreamError {}

/// Drops the figures; the caller adds the type of the frame.
impl From<StreamError> for TransportError {
    fn from(error: StreamError) -> Self {
        let (code, section, reason) = error.told();
        Self::new(code, reason, section)
    }
}

/// The reason why nothing could be read from a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError<E> {
    /// The peer reset the stream, with this error code of the application protocol (RFC 9000
    /// §19.4). Data that had come and was not read is gone.
    Reset(u64),
    /// The data breaks the rules of the stage. The offset of the fault is one in the stream.
    Fault(Fault<E>),
}

impl<E> From<Fault<E>> for ReadError<E> {
    fn from(fault: Fault<E>) -> Self {
        Self::Fault(fault)
    }
}

impl<E: fmt::Display> fmt::Display for ReadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset(code) => write!(f, "the peer reset the stream with code {code:#x}"),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for ReadError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Reset(_) => None,
            Self::Fault(fault) => fault.source(),
        }
    }
}
