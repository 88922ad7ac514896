/// Options for the size of datagrams and the number received at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The longest accepted datagram in bytes; longer ones are dropped with a
    /// [`Notice`](super::Notice). Tell the peer the same in `max_udp_payload_size` (RFC 9000
    /// §18.2). 1472, the most that an Ethernet frame carries over IPv4.
    pub max_datagram: usize,
    /// The most datagrams of a turn: 32, the longest burst by RFC 9002 §7.7; their answers leave
    /// together. A blocking socket receives one a turn.
    pub batch: usize,
    /// The high-water mark of the queue, for [`Outgoing::has_room`](super::Outgoing::has_room): 64
    /// KiB, some 40 datagrams of full size.
    pub high_water: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_datagram: 1472, batch: 32, high_water: 64 * 1024 }
    }
}
