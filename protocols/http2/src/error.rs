//! The ways in which a peer can break the rules, and the codes that it is told.

use core::fmt;

use segue_http::{Full, Malformed};

use crate::{
    ErrorCode,
    frame::{FrameError, Kind, StreamId},
    hpack::BlockError,
};

/// The reason why a session failed. Each is fatal, and the peer is told its [code](Self::code) by a
/// GOAWAY frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A frame breaks the rules.
    Frame(FrameError),
    /// A header block breaks the rules.
    Block(BlockError),
    /// The client did not begin with the preface (RFC 9113 §3.4).
    Preface,
    /// The first frame is not SETTINGS (RFC 9113 §3.4).
    FirstFrame(Kind),
    /// A server promises a response, or says that it takes promises; a client promises one (RFC 9113
    /// §6.5.2, §8.4).
    Push,
    /// A frame came for a stream that was never opened (RFC 9113 §5.1).
    Idle(Kind, StreamId),
    /// A frame came for a stream that is over (RFC 9113 §5.1).
    Closed(Kind, StreamId),
    /// The peer opens a stream by a number that is not its own, or not above the last (RFC 9113
    /// §5.1.1).
    WrongId(StreamId),
    /// More came on all streams than the window of the connection allows (RFC 9113 §6.9.1).
    Window,
    /// The peer lets a window grow beyond 2^31 - 1 (RFC 9113 §6.9.1, §6.9.2).
    WindowOverflow,
    /// The peer makes too much work (RFC 9113 §10.5).
    Calm(Excess),
    /// The peer did not acknowledge settings in time (RFC 9113 §6.5.3).
    SettingsTimeout,
}

/// The frames of which there were too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Excess {
    /// Resets, and streams that had to be reset or refused: see [`Limits::resets`](crate::Limits).
    Resets,
    /// Frames that carry no message: see [`Limits::control`](crate::Limits).
    Control,
    /// DATA frames without data: see [`Limits::empty_data`](crate::Limits).
    EmptyData,
}

/// The reason why a stream failed and was reset. The others go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamError {
    /// A head or trailers break the rules of HTTP (RFC 9113 §8.1.1).
    Malformed(Malformed),
    /// A head or trailers are larger than the limits.
    TooLarge(Full),
    /// The length of the content is not what Content-Length says (RFC 9113 §8.1.1).
    ContentLength,
    /// Data or trailers came where the message has none (RFC 9113 §8.1, §8.5).
    Unexpected(Kind),
    /// A frame came behind the end of the stream (RFC 9113 §5.1).
    AfterEnd(Kind),
    /// More came than the window of the stream allows (RFC 9113 §6.9.1).
    Window,
    /// The window of the stream grows beyond 2^31 - 1 (RFC 9113 §6.9.1).
    WindowOverflow,
    /// A frame breaks the rules.
    Frame(FrameError),
    /// Extended CONNECT came without having been announced (RFC 8441 §3).
    ConnectProtocol,
}

impl Error {
    /// Returns the code to tell the peer.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Frame(error) => error.code(),
            Self::Block(_) => ErrorCode::COMPRESSION_ERROR,
            Self::Closed(..) => ErrorCode::STREAM_CLOSED,
            Self::Window | Self::WindowOverflow => ErrorCode::FLOW_CONTROL_ERROR,
            Self::Calm(_) => ErrorCode::ENHANCE_YOUR_CALM,
            Self::SettingsTimeout => ErrorCode::SETTINGS_TIMEOUT,
            _ => ErrorCode::PROTOCOL_ERROR,
        }
    }

    /// Returns the section of the standard with the rule.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::Frame(error) => error.section(),
            Self::Block(error) => error.kind.section(),
            Self::Preface | Self::FirstFrame(_) => "RFC 9113 §3.4",
            Self::Push => "RFC 9113 §8.4",
            Self::Idle(..) | Self::Closed(..) => "RFC 9113 §5.1",
            Self::WrongId(_) => "RFC 9113 §5.1.1",
            Self::Window | Self::WindowOverflow => "RFC 9113 §6.9.1",
            Self::Calm(_) => "RFC 9113 §10.5",
            Self::SettingsTimeout => "RFC 9113 §6.5.3",
        }
    }
}

impl StreamError {
    /// Returns the code to tell the peer.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::TooLarge(_) => ErrorCode::ENHANCE_YOUR_CALM,
            Self::AfterEnd(_) => ErrorCode::STREAM_CLOSED,
            Self::Window | Self::WindowOverflow => ErrorCode::FLOW_CONTROL_ERROR,
            Self::Frame(error) => error.code(),
            _ => ErrorCode::PROTOCOL_ERROR,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(error) => return error.fmt(f),
            Self::Block(error) => return error.fmt(f),
            Self::Preface => f.write_str("the client does not begin with the preface of HTTP/2")?,
            Self::FirstFrame(kind) => write!(f, "the first frame is {kind}, not SETTINGS")?,
            Self::Push => f.write_str("responses must not be promised")?,
            Self::Idle(kind, id) => write!(f, "a {kind} frame for stream {id}, never opened")?,
            Self::Closed(kind, id) => write!(f, "a {kind} frame for stream {id}, which is over")?,
            Self::WrongId(id) => write!(f, "stream {id} cannot be opened")?,
            Self::Window => f.write_str("more data than the window of the connection allows")?,
            Self::WindowOverflow => f.write_str("a window grows beyond 2^31 - 1")?,
            Self::Calm(Excess::Resets) => f.write_str("too many streams are reset or refused")?,
            Self::Calm(Excess::Control) => f.write_str("too many frames without a message")?,
            Self::Calm(Excess::EmptyData) => f.write_str("too many DATA frames without data")?,
            Self::SettingsTimeout => f.write_str("settings were not acknowledged in time")?,
        }
        write!(f, " ({})", self.section())
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::TooLarge(full) => full.fmt(f),
            Self::ContentLength => {
                f.write_str("the content has another length than Content-Length (RFC 9113 §8.1.1)")
            }
            Self::Unexpected(kind) => {
                write!(f, "a {kind} frame where the message has none (RFC 9113 §8.1)")
            }
            Self::AfterEnd(kind) => {
                write!(f, "a {kind} frame behind the end of the stream (RFC 9113 §5.1)")
            }
            Self::Window => {
                f.write_str("more data than the window of the stream allows (RFC 9113 §6.9.1)")
            }
            Self::WindowOverflow => {
                f.write_str("the window of a stream grows beyond 2^31 - 1 (RFC 9113 §6.9.1)")
            }
            Self::Frame(error) => error.fmt(f),
            Self::ConnectProtocol => {
                f.write_str("extended CONNECT was not announced (RFC 8441 §3)")
            }
        }
    }
}

impl core::error::Error for Error {}
impl core::error::Error for StreamError {}
