//! How large datagrams may be, and how many are taken at once.

/// How large datagrams may be, and how many are taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The longest datagram that is taken in, in bytes; longer ones are dropped with a
    /// [`Notice`](super::Notice). The peer should be told the same in `max_udp_payload_size` (RFC
    /// 9000 §18.2). 1472, which is all that an Ethernet frame carries over IPv4.
    pub max_datagram: usize,
    /// The most datagrams of a turn: 32, the most that a burst has by RFC 9002 §7.7, with the answers
    /// to all going out together. A blocking socket has one a turn.
    pub batch: usize,
    /// From how many queued bytes on [`Outgoing::has_room`](super::Outgoing::has_room) says no: 64
    /// KiB, some 40 datagrams of full size.
    pub high_water: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_datagram: 1472, batch: 32, high_water: 64 * 1024 }
    }
}
