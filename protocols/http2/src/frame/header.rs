use core::fmt;

use segue::Output;

/// The number of a stream; 0 is the connection (RFC 9113 §5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u32);

impl StreamId {
    /// The connection.
    pub const CONNECTION: Self = Self(0);
    /// The largest number.
    pub const MAX: Self = Self(0x7fff_ffff);

    /// Reads a number, and ignores the reserved bit in front of it (RFC 9113 §4.1).
    #[must_use]
    pub const fn read(bytes: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(bytes) & Self::MAX.0)
    }

    /// Returns true if a client opens streams of this number: an odd one.
    #[must_use]
    pub const fn is_client(self) -> bool {
        self.0 % 2 == 1
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The type of a frame (RFC 9113 §6).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind(pub u8);

impl Kind {
    /// DATA (§6.1).
    pub const DATA: Self = Self(0x00);
    /// HEADERS (§6.2).
    pub const HEADERS: Self = Self(0x01);
    /// PRIORITY (§6.3).
    pub const PRIORITY: Self = Self(0x02);
    /// `RST_STREAM` (§6.4).
    pub const RST_STREAM: Self = Self(0x03);
    /// SETTINGS (§6.5).
    pub const SETTINGS: Self = Self(0x04);
    /// `PUSH_PROMISE` (§6.6).
    pub const PUSH_PROMISE: Self = Self(0x05);
    /// PING (§6.7).
    pub const PING: Self = Self(0x06);
    /// GOAWAY (§6.8).
    pub const GOAWAY: Self = Self(0x07);
    /// `WINDOW_UPDATE` (§6.9).
    pub const WINDOW_UPDATE: Self = Self(0x08);
    /// CONTINUATION (§6.10).
    pub const CONTINUATION: Self = Self(0x09);
    /// `PRIORITY_UPDATE` (RFC 9218 §7.1).
    pub const PRIORITY_UPDATE: Self = Self(0x10);
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::DATA => "DATA",
            Self::HEADERS => "HEADERS",
            Self::PRIORITY => "PRIORITY",
            Self::RST_STREAM => "RST_STREAM",
            Self::SETTINGS => "SETTINGS",
            Self::PUSH_PROMISE => "PUSH_PROMISE",
            Self::PING => "PING",
            Self::GOAWAY => "GOAWAY",
            Self::WINDOW_UPDATE => "WINDOW_UPDATE",
            Self::CONTINUATION => "CONTINUATION",
            Self::PRIORITY_UPDATE => "PRIORITY_UPDATE",
            Self(other) => return write!(f, "type {other:#04x}"),
        })
    }
}

/// Shows the name.
impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The flags of a frame. Those that its type does not define are ignored (RFC 9113 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The frame is the last of its sender on its stream: of DATA and HEADERS.
    pub const END_STREAM: Self = Self(0x01);
    /// The frame answers one of the other end: of SETTINGS and PING.
    pub const ACK: Self = Self(0x01);
    /// The header block ends in this frame.
    pub const END_HEADERS: Self = Self(0x04);
    /// The payload begins with the length of its padding.
    pub const PADDED: Self = Self(0x08);
    /// The payload has a priority.
    pub const PRIORITY: Self = Self(0x20);

    /// Returns true if all of `flags` are set.
    #[must_use]
    pub const fn has(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Returns these flags, and `flags` if `condition` is true.
    #[must_use]
    pub const fn with(self, flags: Self, condition: bool) -> Self {
        if condition { Self(self.0 | flags.0) } else { self }
    }
}

/// The header that each frame begins with (RFC 9113 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The length of the payload in bytes: at most [`MAX_LENGTH`](Self::MAX_LENGTH).
    pub length: u32,
    /// The type.
    pub kind: Kind,
    /// The flags.
    pub flags: Flags,
    /// The stream.
    pub stream: StreamId,
}

impl Header {
    /// The length of a header, in bytes.
    pub const LENGTH: usize = 9;

    /// The greatest length of a payload: 2^24 - 1.
    pub const MAX_LENGTH: u32 = 0xff_ffff;

    /// Reads a header. There is none that is wrong by itself.
    #[inline]
    #[must_use]
    pub const fn decode(bytes: &[u8; Self::LENGTH]) -> Self {
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = *bytes;
        Self {
            length: u32::from_be_bytes([0, l0, l1, l2]),
            kind: Kind(kind),
            flags: Flags(flags),
            stream: StreamId::read([s0, s1, s2, s3]),
        }
    }

    /// Appends the header to `output`.
    #[inline]
    pub fn encode(&self, output: &mut Output) {
        let [_, l0, l1, l2] = self.length.to_be_bytes();
        let [s0, s1, s2, s3] = self.stream.0.to_be_bytes();
        output.put(&[l0, l1, l2, self.kind.0, self.flags.0, s0, s1, s2, s3]);
    }

    /// Returns the length of the payload.
    pub(super) const fn payload(&self) -> usize {
        self.length as usize
    }
}
