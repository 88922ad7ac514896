use core::fmt;

use crate::Version;

/// The reason why a packet cannot be written: a mistake of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// The room is too small.
    NoRoom,
    /// A connection id has this many bytes, more than the version allows.
    ConnectionIdTooLong(usize),
    /// The version has no packets of this kind, or is unknown.
    Version(Version),
    /// A packet of this kind carries no frames.
    NotProtected,
    /// The packet is longer than its Length field can express.
    LengthTooSmall,
    /// The crypto library refused.
    Refused,
    /// A case that this crate has ruled out before: a bug in it, and not a mistake of the caller.
    Unreachable,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom => f.write_str("the room is too small"),
            Self::ConnectionIdTooLong(length) => {
                write!(f, "a connection id of {length} bytes is too long (RFC 9000 §17.2)")
            }
            Self::Version(version) => write!(f, "no such packet is known of {version}"),
            Self::NotProtected => f.write_str("a packet of this kind has no frames"),
            Self::LengthTooSmall => f.write_str(
                "the packet is longer than its Length field can express (RFC 9000 §17.2)",
            ),
            Self::Refused => f.write_str("the keys refuse to protect the packet"),
            Self::Unreachable => f.write_str("a bug in segue-quic: an impossible case"),
        }
    }
}

impl core::error::Error for BuildError {}
