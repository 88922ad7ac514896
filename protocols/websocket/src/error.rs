use core::fmt;

use crate::CloseCode;

/// A rule of frames or messages that the peer broke.
///
/// All of them are fatal: RFC 6455 §7.1.7 demands that the connection fails, and
/// [`close_code`](Self::close_code) returns the code to send. The offset of the fault is that of
/// the wrong field: the first byte of a frame for its flags and opcode, the second for the mask bit
/// and a length that fits there, the third for a longer length, the wrong byte itself for UTF-8. In
/// a compressed message the offset is one in the inflated layer below: counted over all compressed
/// messages of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Reserved bits are set without an extension that uses them.
    ReservedBits(u8),
    /// No frame has this opcode.
    UnknownOpcode(u8),
    /// A control frame is marked as a fragment.
    FragmentedControl,
    /// A control frame is longer than 125 bytes.
    ControlTooLong,
    /// A continuation frame without a fragmented message under way.
    UnexpectedContinuation,
    /// A new message begins before the fragmented one has ended.
    UnfinishedMessage,
    /// A client must mask its frames.
    NotMasked,
    /// A server must not mask its frames.
    Masked,
    /// The length would have fitted a shorter form.
    LengthNotMinimal,
    /// The highest bit of a 64-bit length is set.
    LengthTopBit,
    /// The payload of a frame is longer than the limit of the stage.
    FrameTooLong {
        /// The announced length in bytes.
        length: u64,
        /// The limit of the stage in bytes.
        limit: usize,
    },
    /// A message is longer than the limit of the stage.
    MessageTooLong {
        /// The length of the fragments, including the announced one, in bytes.
        length: u64,
        /// The limit of the stage in bytes.
        limit: usize,
    },
    /// A message has more frames than the limit of the stage.
    TooManyFragments {
        /// The limit of the stage.
        limit: u32,
    },
    /// A compressed message inflates to more than the limit of the stage.
    InflatedTooLong {
        /// The limit of the stage in bytes.
        limit: usize,
    },
    /// The data of a compressed message is not DEFLATE.
    Deflate,
    /// A compressed message ends inside a block of DEFLATE: more is missing than the tail that
    /// senders leave out.
    DeflateUnfinished,
    /// Text, or the reason in a close frame, is not UTF-8.
    Utf8,
    /// The payload of a close frame is one byte, where a code takes two.
    CloseLength,
    /// This code must not stand in a close frame.
    CloseCode(u16),
    /// A case that this crate has ruled out before: a bug in it, and no mistake of the peer.
    Unreachable,
}

impl Error {
    /// Returns the code for the close frame to the peer (RFC 6455 §7.4.1).
    #[must_use]
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::Utf8 | Self::Deflate | Self::DeflateUnfinished => CloseCode::INVALID_DATA,
            Self::FrameTooLong { .. }
            | Self::MessageTooLong { .. }
            | Self::InflatedTooLong { .. } => CloseCode::TOO_BIG,
            Self::TooManyFragments { .. } => CloseCode::POLICY,
            Self::Unreachable => CloseCode::INTERNAL_ERROR,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }

    /// Returns the section of the standard with the rule: `RFC 6455 §5.2`; empty for
    /// [`Unreachable`](Self::Unreachable).
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::ReservedBits(_)
            | Self::UnknownOpcode(_)
            | Self::LengthNotMinimal
            | Self::LengthTopBit => "RFC 6455 §5.2",
            Self::FragmentedControl | Self::ControlTooLong => "RFC 6455 §5.5",
            Self::UnexpectedContinuation | Self::UnfinishedMessage => "RFC 6455 §5.4",
            Self::NotMasked | Self::Masked => "RFC 6455 §5.1",
            Self::FrameTooLong { .. }
            | Self::MessageTooLong { .. }
            | Self::TooManyFragments { .. } => "RFC 6455 §10.4",
            Self::InflatedTooLong { .. } => "RFC 7692 §8",
            Self::Deflate | Self::DeflateUnfinished => "RFC 7692 §7.2.2",
            Self::Utf8 => "RFC 6455 §8.1",
            Self::CloseLength => "RFC 6455 §5.5.1",
            Self::CloseCode(_) => "RFC 6455 §7.4",
            Self::Unreachable => "",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits(bits) => {
                write!(f, "reserved bits {bits:#04x} are set without an extension")?;
            }
            Self::UnknownOpcode(opcode) => write!(f, "opcode {opcode:#x} is unknown")?,
            Self::FragmentedControl => f.write_str("a control frame is fragmented")?,
            Self::ControlTooLong => f.write_str("a control frame is longer than 125 bytes")?,
            Self::UnexpectedContinuation => f.write_str("a fragment continues no message")?,
            Self::UnfinishedMessage => f.write_str("a message begins inside a fragmented one")?,
            Self::NotMasked => f.write_str("a frame of a client is not masked")?,
            Self::Masked => f.write_str("a frame of a server is masked")?,
            Self::LengthNotMinimal => f.write_str("a length is not in its shortest form")?,
            Self::LengthTopBit => f.write_str("the highest bit of a 64-bit length is set")?,
            Self::FrameTooLong { length, limit } => {
                write!(f, "a frame has {length} bytes where at most {limit} are allowed")?;
            }
            Self::MessageTooLong { length, limit } => {
                write!(f, "a message has {length} bytes where at most {limit} are allowed")?;
            }
            Self::TooManyFragments { limit } => {
                write!(f, "a message has more than the {limit} fragments that are allowed")?;
            }
            Self::InflatedTooLong { limit } => {
                write!(f, "a message inflates to more than the {limit} bytes that are allowed")?;
            }
            Self::Deflate => f.write_str("a compressed message is not DEFLATE data")?,
            Self::DeflateUnfinished => {
                f.write_str("a compressed message ends inside a block of DEFLATE")?;
            }
            Self::Utf8 => f.write_str("text is not UTF-8")?,
            Self::CloseLength => f.write_str("a close frame has one byte")?,
            Self::CloseCode(code) => write!(f, "close code {code} is not for the wire")?,
            Self::Unreachable => {
                return f.write_str("a bug in segue-websocket: an impossible case");
            }
        }
        write!(f, " ({})", self.section())
    }
}

impl core::error::Error for Error {}
