use segue::Output;

use super::{Flags, Header, Kind, StreamId};

/// PING: eight bytes that the other end sends back (RFC 9113 §6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ping {
    /// True for an answer.
    pub ack: bool,
    /// The bytes.
    pub data: [u8; 8],
}

impl Ping {
    pub(super) const LENGTH: usize = 8;

    /// Appends the frame to `output`.
    pub fn encode(&self, output: &mut Output) {
        let flags = Flags::NONE.with(Flags::ACK, self.ack);
        Header { length: 8, kind: Kind::PING, flags, stream: StreamId::CONNECTION }.encode(output);
        output.put(&self.data);
    }
}
