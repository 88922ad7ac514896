use segue::Output;

use super::{Flags, Header, Kind, StreamId};

/// `WINDOW_UPDATE`: the other end may send more (RFC 9113 §6.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowUpdate {
    /// The stream; 0 for all of them together.
    pub stream: StreamId,
    /// The number of bytes, from 1 to 2^31 - 1.
    pub increment: u32,
}

impl WindowUpdate {
    pub(super) const LENGTH: usize = 4;

    /// Appends the frame to `output`.
    pub fn encode(&self, output: &mut Output) {
        Header { length: 4, kind: Kind::WINDOW_UPDATE, flags: Flags::NONE, stream: self.stream }
            .encode(output);
        output.put(&self.increment.to_be_bytes());
    }
}
