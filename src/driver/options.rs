//! How a connection reads, and how much it holds.

use crate::Output;

/// How far a connection reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadPolicy {
    /// As much as comes. The fastest; what was read too far goes along with the hand-off.
    #[default]
    ReadAhead,
    /// Never past what the stage claims ([`Need::claim`](crate::Need::claim)), so that the socket
    /// can be given away with nothing over-read. Right for stages that know their length; a
    /// separator costs a system call a byte. Where a stage only looks ahead it needs a transport
    /// that can peek, and is refused with [`Unsupported`](std::io::ErrorKind::Unsupported) without.
    Exact,
    /// Looks into the kernel's queue first, and takes out at once what surely belongs to the
    /// record: nothing over-read, and two system calls for a head. Bytes that a stage has to wait
    /// behind while it only looks ahead (`claim` 0) are taken into the buffer, since no socket can
    /// be waited on for more than it already has; the hand-off carries them.
    Peek,
}

/// How a connection reads, and how much it holds.
///
/// ```
/// use segue::driver::{Options, ReadPolicy};
///
/// let options = Options { policy: ReadPolicy::Exact, ..Options::default() };
/// assert_eq!(options.read_size, 16 * 1024);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How far it reads.
    pub policy: ReadPolicy,
    /// Bytes of a buffer that is leased for reading: 16 KiB, four times what a TLS record or an
    /// MTU-sized burst brings on average, and what one `read` copies in about a microsecond. Where
    /// reads fill it the next ones have up to eight times as much, until they bring little again.
    pub read_size: usize,
    /// The longest record in bytes; one that is longer is refused as too long, however it comes and
    /// as soon as that is known: 64 MiB, a backstop behind the stage's own limits, which are there
    /// to be set.
    pub input_limit: usize,
    /// The most bytes that are read ahead while a write is pending: 256 KiB. Reading on keeps two
    /// peers that flush at each other from stopping for ever; a limit keeps one that never reads
    /// from filling the memory.
    pub read_ahead_limit: usize,
    /// From how many unsent bytes on no more items are delivered: see
    /// [`Output::HIGH_WATER`]. It counts when the connection is made.
    pub high_water: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            policy: ReadPolicy::default(),
            read_size: 16 * 1024,
            input_limit: 64 * 1024 * 1024,
            read_ahead_limit: 256 * 1024,
            high_water: Output::HIGH_WATER,
        }
    }
}
