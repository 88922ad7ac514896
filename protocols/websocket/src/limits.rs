//! Limits on received messages.

/// The limits on what [`Messages`](crate::Messages), [`Pieces`](crate::Pieces) and
/// [`Frames`](crate::Frames) accept from the peer.
///
/// ```
/// use segue_websocket::{Limits, Messages};
///
/// let messages = Messages::server().limits(Limits { message: 1 << 20, ..Limits::DEFAULT });
/// # let _ = messages;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The longest message in bytes, inflated if it was compressed. [`Frames`](crate::Frames), which
    /// know no messages, ignore it.
    ///
    /// 64 MiB, four frames of the longest. It bounds what fragments make a connection hold.
    pub message: usize,
    /// The longest payload of one frame in bytes. Control frames are limited to 125 in any case.
    ///
    /// 16 MiB. A frame is held in memory whole, so this is what any peer can make a connection hold.
    /// Peers that send more in one frame than browsers do are known in advance: raise it for them.
    pub frame: usize,
    /// The most frames of one message; 0 counts as 1.
    ///
    /// 1,048,576. Fragments hold no memory beyond their payload, so this only bounds a message that
    /// goes on for ever without any.
    pub fragments: u32,
}

impl Limits {
    /// The limits unless others are set: 64 MiB a message, 16 MiB a frame, 1,048,576 frames a
    /// message.
    pub const DEFAULT: Self = Self { message: 64 << 20, frame: 16 << 20, fragments: 1 << 20 };

    /// The limits of [`Pieces`](crate::Pieces) unless others are set: no limit on the length of a
    /// message or a frame, as nothing is held of either.
    pub const PIECES: Self = Self { message: usize::MAX, frame: usize::MAX, ..Self::DEFAULT };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
