//! The ways in which a peer can break the rules, and the codes that it is told.

use core::fmt;

use segue::mux::{Ended, Exceeded};

/// The code of a GoAway frame: the reason why a session ends.
///
/// The specification defines no other number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GoAway(pub u32);

impl GoAway {
    /// The session ended normally.
    pub const NORMAL: Self = Self(0);
    /// The peer broke the rules.
    pub const PROTOCOL_ERROR: Self = Self(1);
    /// The sender had an internal error.
    pub const INTERNAL_ERROR: Self = Self(2);
}

/// The reason why a session failed. Each is fatal.
///
/// The offset of the fault is that of the wrong field of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The version is not 0.
    Version(u8),
    /// The kind of frame is unknown.
    UnknownKind(u8),
    /// A frame of data or a window update has the id 0.
    NoStream,
    /// A ping or a GoAway has the id of a stream.
    SessionFrameOnStream(u32),
    /// A stream is opened with an id of the other end's streams.
    WrongSide(u32),
    /// A stream is opened with an id that was used before.
    OpenedTwice(u32),
    /// Data or credit came for a stream that was never opened.
    NeverOpened(u32),
    /// Data came behind the end of its stream.
    DataAfterEnd(u32),
    /// More came on a stream than its window allows.
    Window(Exceeded),
    /// The window of a stream grew beyond 2^32 - 1.
    TooMuchCredit(u32),
    /// The peer opens streams faster than it reads the refusals.
    TooManyRefused,
    /// The peer opens streams and resets them, over and over.
    TooManyResets,
    /// The peer did not answer a ping in time.
    NoPong,
    /// The transport ends behind a GoAway frame of the peer, but not properly: streams were open,
    /// or its code is not [`GoAway::NORMAL`]. Without such a frame the stream is
    /// [truncated](segue::Cause::Truncated).
    Ended(Ended),
}

impl Error {
    /// Returns the code to tell the peer.
    #[must_use]
    pub const fn go_away(&self) -> GoAway {
        match self {
            // It may well have kept all rules and be gone.
            Self::NoPong | Self::Ended(_) => GoAway::NORMAL,
            _ => GoAway::PROTOCOL_ERROR,
        }
    }

    /// Returns the section of the specification with the rule.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::Version(_) => "yamux, Version Field",
            Self::UnknownKind(_) => "yamux, Type Field",
            Self::NoStream | Self::SessionFrameOnStream(_) | Self::WrongSide(_) => {
                "yamux, StreamID Field"
            }
            Self::OpenedTwice(_)
            | Self::NeverOpened(_)
            | Self::TooManyRefused
            | Self::TooManyResets => "yamux, Opening a stream",
            Self::DataAfterEnd(_) => "yamux, Closing a stream",
            Self::Window(_) | Self::TooMuchCredit(_) => "yamux, Flow Control",
            Self::NoPong => "yamux, Type Field",
            Self::Ended(_) => "yamux, Session termination",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "the version is {version} and not 0")?,
            Self::UnknownKind(kind) => write!(f, "frames of type {kind} are unknown")?,
            Self::NoStream => f.write_str("a frame of a stream has the id 0")?,
            Self::SessionFrameOnStream(id) => {
                write!(f, "a frame of the session has the id {id}")?;
            }
            Self::WrongSide(id) => {
                write!(f, "stream {id} is opened by the end that must not open it")?;
            }
            Self::OpenedTwice(id) => write!(f, "stream {id} is opened for a second time")?,
            Self::NeverOpened(id) => write!(f, "stream {id} was never opened")?,
            Self::DataAfterEnd(id) => write!(f, "stream {id} goes on after its end")?,
            Self::Window(exceeded) => write!(f, "a stream has {exceeded} bytes")?,
            Self::TooMuchCredit(id) => write!(f, "the window of stream {id} passes 2^32 - 1")?,
            Self::TooManyRefused => f.write_str("too many streams are opened beyond the limit")?,
            Self::TooManyResets => f.write_str("too many streams are opened and reset")?,
            Self::NoPong => f.write_str("a ping was not answered in time")?,
            Self::Ended(ended) => ended.fmt(f)?,
        }
        write!(f, " ({})", self.section())
    }
}

impl core::error::Error for Error {}
