//! How a peer can break the rules of frames and messages.

use core::fmt;

use crate::CloseCode;

/// How a peer broke the rules of frames and messages.
///
/// All of them are fatal: RFC 6455 has the connection failed (§7.1.7), for which
/// [`close_code`](Self::close_code) tells what the peer should be sent. The offset of the fault is
/// that of the field that is wrong: the first byte of a frame for its flags and opcode, the second
/// for the mask bit and a length that fits there, the third for a longer length, the very byte for
/// UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Reserved bits are set that no extension was negotiated for (RFC 6455 §5.2).
    ReservedBits(u8),
    /// No frame has this opcode (RFC 6455 §5.2).
    UnknownOpcode(u8),
    /// A control frame is marked as a fragment (RFC 6455 §5.5).
    FragmentedControl,
    /// A control frame is longer than 125 bytes (RFC 6455 §5.5).
    ControlTooLong,
    /// A continuation of nothing: no fragmented message is under way (RFC 6455 §5.4).
    UnexpectedContinuation,
    /// A new message begins before the fragmented one has ended (RFC 6455 §5.4).
    UnfinishedMessage,
    /// A client must mask its frames (RFC 6455 §5.1).
    NotMasked,
    /// A server must not mask its frames (RFC 6455 §5.1).
    Masked,
    /// The length would have fitted a shorter form (RFC 6455 §5.2).
    LengthNotMinimal,
    /// The highest bit of a 64-bit length is set (RFC 6455 §5.2).
    LengthTopBit,
    /// The payload of a frame is longer than the limit of the stage.
    FrameTooLong {
        /// What the frame announces, in bytes.
        length: u64,
        /// What the stage takes, in bytes.
        limit: usize,
    },
    /// A message is longer than the limit of the stage.
    MessageTooLong {
        /// What its fragments come to, with the one that is announced, in bytes.
        length: u64,
        /// What the stage takes, in bytes.
        limit: usize,
    },
    /// Text, or the reason in a close frame, is not UTF-8 (RFC 6455 §8.1).
    Utf8,
    /// The payload of a close frame is one byte, where a code takes two (RFC 6455 §5.5.1).
    CloseLength,
    /// This code must not stand in a close frame (RFC 6455 §7.4).
    CloseCode(u16),
}

impl Error {
    /// What to tell the peer in a close frame (RFC 6455 §7.4.1).
    #[must_use]
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::Utf8 => CloseCode::INVALID_DATA,
            Self::FrameTooLong { .. } | Self::MessageTooLong { .. } => CloseCode::TOO_BIG,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits(bits) => {
                write!(f, "reserved bits {bits:#04x} set without an extension")
            }
            Self::UnknownOpcode(opcode) => write!(f, "unknown opcode {opcode:#x}"),
            Self::FragmentedControl => f.write_str("fragmented control frame"),
            Self::ControlTooLong => f.write_str("control frame of more than 125 bytes"),
            Self::UnexpectedContinuation => f.write_str("continuation without a message"),
            Self::UnfinishedMessage => f.write_str("new message inside a fragmented one"),
            Self::NotMasked => f.write_str("frame of a client without a mask"),
            Self::Masked => f.write_str("frame of a server with a mask"),
            Self::LengthNotMinimal => f.write_str("length not in its shortest form"),
            Self::LengthTopBit => f.write_str("highest bit of a 64-bit length set"),
            Self::FrameTooLong { length, limit } => {
                write!(f, "frame of {length} bytes where at most {limit} are taken")
            }
            Self::MessageTooLong { length, limit } => {
                write!(f, "message of {length} bytes or more where at most {limit} are taken")
            }
            Self::Utf8 => f.write_str("text is not UTF-8"),
            Self::CloseLength => f.write_str("close frame of one byte"),
            Self::CloseCode(code) => write!(f, "close code {code} is not for the wire"),
        }
    }
}

impl core::error::Error for Error {}
