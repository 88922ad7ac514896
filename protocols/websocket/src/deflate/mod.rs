//! permessage-deflate (RFC 7692): what is agreed on in the handshake, and what it does to messages.

mod agreed;
mod compress;
mod inflate;
mod params;
mod scratch;
mod settings;

pub use agreed::Agreed;
pub(crate) use compress::Compress;
pub(crate) use inflate::Inflate;
pub use settings::Deflate;

/// The reserved bit that marks a compressed message, in its first frame (RFC 7692 §6).
pub(crate) const COMPRESSED: u8 = 0x40;

/// The end of every flushed stretch of DEFLATE, which is left out on the wire (RFC 7692 §7.2.1):
/// the lengths of an empty stored block.
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The smallest and the largest window, as logarithms of its size in bytes (RFC 7692 §7.1.2).
const WINDOW_BITS: core::ops::RangeInclusive<u8> = 8..=15;

/// The window that zlib works with for one of `bits`: it takes 9 for 8, in both directions. That
/// is within what was agreed on, since it looks back no further than the window less 262 bytes.
fn zlib_bits(bits: u8) -> u8 {
    bits.max(9)
}
