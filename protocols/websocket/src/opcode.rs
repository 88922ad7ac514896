/// The kind of a frame (RFC 6455 §5.2, §11.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// A further fragment of a message.
    Continuation = 0x0,
    /// A text message, or its first fragment.
    Text = 0x1,
    /// A binary message, or its first fragment.
    Binary = 0x2,
    /// The close frame, the last of its sender.
    Close = 0x8,
    /// A ping, which asks for a pong.
    Ping = 0x9,
    /// The answer to a ping, or a sign of life.
    Pong = 0xA,
}

impl Opcode {
    /// Returns true for control frames: they may come between the fragments of a message, are never
    /// fragmented, and carry at most 125 bytes (RFC 6455 §5.5).
    #[inline]
    #[must_use]
    pub const fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }

    /// Returns the opcode of these four bits, if RFC 6455 defines it.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }
}
