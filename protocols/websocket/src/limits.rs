//! Limits on received messages.

/// The limits on what [`Messages`](crate::Messages), [`Pieces`](crate::Pieces) and
/// [`Frames`](crate::Frames) accept from the peer.
///
/// ```
/// use segue_websocket::{Limits, Messages};
///
/// let messages = Messages::server().limits(Limits::message(1 << 20)); // a mebibyte
/// let others = Messages::server().limits(Limits { message: 1 << 20, ..Limits::DEFAULT });
/// # let _ = (messages, others);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The longest message in bytes, inflated if it was compressed. It makes no difference to this
    /// limit if a message comes in one frame, as from Node, or in fragments, as from Chromium. For
    /// [`Frames`](crate::Frames), which know no messages, it is a limit on each frame.
    ///
    /// 16 MiB. A message is held in memory whole, so this is what any peer can make a connection
    /// hold. Set it to what your messages need.
    pub message: usize,
    /// The longest payload of one frame in bytes, for peers that have agreed to send no longer
    /// ones. Control frames are limited to 125 in any case. Frames of compressed messages only
    /// count by what they inflate to, as a part of their message: they are inflated as they come,
    /// and never held.
    ///
    /// No limit: a frame is a part of a message, which has one. A limit here that is lower than
    /// that of the message refuses senders that do not fragment.
    pub frame: usize,
    /// The most frames of one message; 0 counts as 1.
    ///
    /// 1,048,576. Fragments hold no memory beyond their payload, so this only bounds a message that
    /// goes on for ever without any.
    pub fragments: u32,
}

impl Limits {
    /// The limits unless others are set: 16 MiB a message, in 1,048,576 frames at most.
    pub const DEFAULT: Self = Self { message: 16 << 20, frame: usize::MAX, fragments: 1 << 20 };

    /// Limits messages to `bytes` bytes each; the rest are the defaults.
    #[must_use]
    pub const fn message(bytes: usize) -> Self {
        Self { message: bytes, ..Self::DEFAULT }
    }

    /// The limits of [`Pieces`](crate::Pieces) unless others are set: no limit on the length of a
    /// message or a frame, as nothing is held of either.
    pub const PIECES: Self = Self { message: usize::MAX, ..Self::DEFAULT };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
