//! The ways in which a frame breaks the rules.

use core::fmt;

use super::{Kind, StreamId};
use crate::ErrorCode;

/// A frame that breaks a rule of RFC 9113.
///
/// The offset of its [`Fault`](segue::Fault) is that of the field with the violation. A fault that is
/// not fatal ends a stream, [`stream`](Self::stream), and the others go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameError {
    /// The rule that was broken.
    pub kind: FrameErrorKind,
    /// The type of the frame.
    pub frame: Kind,
    /// The stream that ends; 0 if the connection does.
    pub stream: StreamId,
}

/// The rule that a frame broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameErrorKind {
    /// The payload is longer than SETTINGS_MAX_FRAME_SIZE allows (RFC 9113 §4.2).
    TooLong {
        /// The length, in bytes.
        length: u32,
        /// The greatest length that was allowed.
        max: u32,
    },
    /// Frames of this type have another length (RFC 9113 §4.2).
    Length(u32),
    /// A frame of the connection came on a stream (RFC 9113 §6).
    OnStream,
    /// A frame of a stream came without one (RFC 9113 §6).
    NoStream,
    /// The padding is as long as the payload or longer (RFC 9113 §6.1).
    Padding,
    /// A stream depends on itself (RFC 7540 §5.3.1; the priorities of that RFC are not used).
    SelfDependency,
    /// A window grows by nothing (RFC 9113 §6.9).
    ZeroIncrement,
    /// A setting has a value that is not allowed (RFC 9113 §6.5.2).
    Setting {
        /// The number of the setting.
        id: u16,
        /// Its value.
        value: u32,
    },
    /// A header block goes on, but another frame comes (RFC 9113 §6.10).
    Interrupted,
    /// There is no header block to continue (RFC 9113 §6.10).
    NothingToContinue,
    /// A header block has more frames than the limit (RFC 9113 §10.5.1).
    TooManyFrames(usize),
    /// A header block is longer than the limit (RFC 9113 §10.5.1).
    BlockTooLong {
        /// The length so far, in bytes.
        length: usize,
        /// The limit.
        max: usize,
    },
}

impl FrameError {
    /// Returns the code to tell the peer.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self.kind {
            FrameErrorKind::TooLong { .. } | FrameErrorKind::Length(_) => {
                ErrorCode::FRAME_SIZE_ERROR
            }
            FrameErrorKind::Setting { id: super::Setting::INITIAL_WINDOW_SIZE, .. } => {
                ErrorCode::FLOW_CONTROL_ERROR
            }
            FrameErrorKind::TooManyFrames(_) | FrameErrorKind::BlockTooLong { .. } => {
                ErrorCode::ENHANCE_YOUR_CALM
            }
            _ => ErrorCode::PROTOCOL_ERROR,
        }
    }

    /// Returns the section of the standard with the rule.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self.kind {
            FrameErrorKind::TooLong { .. } | FrameErrorKind::Length(_) => "RFC 9113 §4.2",
            FrameErrorKind::OnStream | FrameErrorKind::NoStream => "RFC 9113 §6",
            FrameErrorKind::Padding => "RFC 9113 §6.1",
            FrameErrorKind::SelfDependency => "RFC 7540 §5.3.1",
            FrameErrorKind::ZeroIncrement => "RFC 9113 §6.9",
            FrameErrorKind::Setting { .. } => "RFC 9113 §6.5.2",
            FrameErrorKind::Interrupted | FrameErrorKind::NothingToContinue => "RFC 9113 §6.10",
            FrameErrorKind::TooManyFrames(_) | FrameErrorKind::BlockTooLong { .. } => {
                "RFC 9113 §10.5.1"
            }
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, frame, stream } = self;
        match kind {
            FrameErrorKind::TooLong { length, max } => {
                write!(f, "a {frame} frame of {length} bytes where at most {max} are allowed")?;
            }
            FrameErrorKind::Length(length) => {
                write!(f, "no {frame} frame has {length} bytes")?;
            }
            FrameErrorKind::OnStream => write!(f, "a {frame} frame has a stream")?,
            FrameErrorKind::NoStream => write!(f, "a {frame} frame has no stream")?,
            FrameErrorKind::Padding => {
                write!(f, "the padding of a {frame} frame is longer than the frame")?;
            }
            FrameErrorKind::SelfDependency => write!(f, "stream {stream} depends on itself")?,
            FrameErrorKind::ZeroIncrement => f.write_str("a window grows by 0")?,
            FrameErrorKind::Setting { id, value } => {
                write!(f, "setting {id:#x} cannot be {value}")?;
            }
            FrameErrorKind::Interrupted => {
                write!(f, "a {frame} frame comes in the middle of a header block")?;
            }
            FrameErrorKind::NothingToContinue => {
                f.write_str("a CONTINUATION frame has nothing to continue")?;
            }
            FrameErrorKind::TooManyFrames(max) => {
                write!(f, "a header block has more than {max} frames")?;
            }
            FrameErrorKind::BlockTooLong { length, max } => {
                write!(f, "a header block has {length} bytes or more, where the limit is {max}")?;
            }
        }
        write!(f, " ({})", self.section())
    }
}

impl core::error::Error for FrameError {}
