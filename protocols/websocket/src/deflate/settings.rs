use super::WINDOW_BITS;

/// The settings of permessage-deflate at one end (RFC 7692): the terms of a server, the offer of a
/// client.
///
/// # Memory
/// While messages may refer to earlier ones (context takeover), a connection holds from the first
/// message on: for sending, the state of a compressor, which is 244 KiB and four times its window
/// (372 KiB with the largest, 2¹⁵ bytes; 260 KiB with 2¹²); for receiving, that of a decompressor,
/// 47 KiB for any window. So the window of the peer saves this end nothing, and its own saves a
/// third at most. Without takeover this memory is held only while a message is under way, and an
/// idle connection holds at most 4 KiB of output for each direction.
///
/// [`Limits::message`](crate::Limits::message) bounds the inflated length of a message: a bomb is
/// stopped at the limit, and no memory beyond it is allocated.
///
/// ```
/// use segue_websocket::{Deflate, ServerHandshake};
///
/// // Little memory: nothing is held of either direction between messages, and while one is sent
/// // the compressor takes 260 KiB.
/// let terms = Deflate::new()
///     .server_no_context_takeover()
///     .client_no_context_takeover()
///     .server_max_window_bits(12);
/// let handshake = ServerHandshake::new().deflate(terms);
/// # let _ = handshake;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deflate {
    /// The window of what a server sends.
    pub(super) server: SlidingWindow,
    /// The window of what a client sends.
    pub(super) client: SlidingWindow,
    pub(super) effort: Effort,
}

/// The sliding window of one sender, which the receiver has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SlidingWindow {
    /// The logarithm of the window in bytes: how far back a message refers.
    pub(super) bits: u8,
    /// Messages refer to earlier ones.
    pub(super) takeover: bool,
}

/// The effort of the compressor, which the peer need not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effort {
    pub(super) level: u8,
    pub(super) threshold: usize,
}

impl Deflate {
    /// The default threshold in bytes: shorter messages are sent as they are.
    pub const THRESHOLD: usize = 64;

    /// Creates settings with windows of 2¹⁵ bytes, context takeover in both directions, and level
    /// 1.
    #[must_use]
    pub const fn new() -> Self {
        let window = SlidingWindow { bits: *WINDOW_BITS.end(), takeover: true };
        let effort = Effort { level: 1, threshold: Self::THRESHOLD };
        Self { server: window, client: window, effort }
    }

    /// Sets the level of compression, from 1 (fast) to 9 (small); 0 stores. Higher counts as 9.
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

    /// Limits the window of the server to 2^`bits` bytes, 8 to 15; other values count as the
    /// nearest of these (RFC 7692 §7.1.2.1). It saves memory at the server, which compresses.
    #[must_use]
    pub const fn server_max_window_bits(mut self, bits: u8) -> Self {
        self.server.bits = within(bits);
        self
    }

    /// Limits the window of the client to 2^`bits` bytes, 8 to 15; other values count as the
    /// nearest of these (RFC 7692 §7.1.2.2). A client that does not offer to be limited uses 2¹⁵.
    /// It saves memory at the client, which compresses, and none at a server made of this crate.
    #[must_use]
    pub const fn client_max_window_bits(mut self, bits: u8) -> Self {
        self.client.bits = within(bits);
        self
    }

    /// Compresses each message of the server independently (RFC 7692 §7.1.1.1).
    #[must_use]
    pub const fn server_no_context_takeover(mut self) -> Self {
        self.server.takeover = false;
        self
    }

    /// Compresses each message of the client independently (RFC 7692 §7.1.1.2).
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
