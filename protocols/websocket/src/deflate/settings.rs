//! What an end wants of permessage-deflate.

use super::WINDOW_BITS;

/// What an end wants of permessage-deflate (RFC 7692): the terms of a server, the offer of a
/// client.
///
/// # Memory
/// While messages may refer to earlier ones (context takeover), a connection holds, from the first
/// message on, for what it sends the state of a compressor, which is 244 KiB and four times its
/// window (372 KiB with the largest, 2¹⁵ bytes), and for what it receives that of a decompressor,
/// 47 KiB. Without takeover the state is there while a message is under way, and an idle
/// connection holds no more than what it last inflated and deflated into, at most 4 KiB each.
///
/// What a message inflates to is bound by [`Limits::message`](crate::Limits::message):
/// a bomb is stopped at the limit, and no memory beyond it is ever asked for.
///
/// ```
/// use segue_websocket::{Deflate, ServerHandshake};
///
/// // Little memory: what clients send is inflated in windows of 4 KiB, and forgotten.
/// let terms = Deflate::new().client_max_window_bits(12).client_no_context_takeover();
/// let handshake = ServerHandshake::new().deflate(terms);
/// # let _ = handshake;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deflate {
    /// How a server compresses.
    pub(super) server: SlidingWindow,
    /// How a client compresses.
    pub(super) client: SlidingWindow,
    pub(super) effort: Effort,
}

/// How one end compresses, which the other has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SlidingWindow {
    /// The logarithm of the window in bytes: how far back a message refers.
    pub(super) bits: u8,
    /// Whether it refers to earlier messages.
    pub(super) takeover: bool,
}

/// How an end compresses, which is nobody else's concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effort {
    pub(super) level: u8,
    pub(super) threshold: usize,
}

impl Deflate {
    /// Messages shorter than this are sent as they are unless another threshold is set, in bytes.
    pub const THRESHOLD: usize = 64;

    /// Windows of 2¹⁵ bytes and context takeover in both directions, level 1.
    #[must_use]
    pub const fn new() -> Self {
        let window = SlidingWindow { bits: *WINDOW_BITS.end(), takeover: true };
        let effort = Effort { level: 1, threshold: Self::THRESHOLD };
        Self { server: window, client: window, effort }
    }

    /// How hard to compress, from 1 (fast) to 9 (small); 0 stores. Higher counts as 9.
    #[must_use]
    pub const fn level(mut self, level: u8) -> Self {
        self.effort.level = if level > 9 { 9 } else { level };
        self
    }

    /// Sends messages of fewer than `bytes` bytes as they are.
    #[must_use]
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.effort.threshold = bytes;
        self
    }

    /// The server compresses with a window of at most 2^`bits` bytes, 8 to 15; others count as
    /// the nearest of them (RFC 7692 §7.1.2.1).
    #[must_use]
    pub const fn server_max_window_bits(mut self, bits: u8) -> Self {
        self.server.bits = within(bits);
        self
    }

    /// The client compresses with a window of at most 2^`bits` bytes, 8 to 15; others count as
    /// the nearest of them (RFC 7692 §7.1.2.2). A client that does not say that it can be told so
    /// uses 2¹⁵.
    #[must_use]
    pub const fn client_max_window_bits(mut self, bits: u8) -> Self {
        self.client.bits = within(bits);
        self
    }

    /// The server compresses every message by itself (RFC 7692 §7.1.1.1).
    #[must_use]
    pub const fn server_no_context_takeover(mut self) -> Self {
        self.server.takeover = false;
        self
    }

    /// The client compresses every message by itself (RFC 7692 §7.1.1.2).
    #[must_use]
    pub const fn client_no_context_takeover(mut self) -> Self {
        self.client.takeover = false;
        self
    }
}

impl Default for Deflate {
    fn default() -> Self {
        Self::new()
    }
}

const fn within(bits: u8) -> u8 {
    let (least, most) = (*WINDOW_BITS.start(), *WINDOW_BITS.end());
    if bits < least {
        least
    } else if bits > most {
        most
    } else {
        bits
    }
}
