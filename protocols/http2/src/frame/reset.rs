use segue::Output;

use super::{Flags, Header, Kind, StreamId};
use crate::ErrorCode;

/// `RST_STREAM`: the end of both sides of a stream (RFC 9113 §6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RstStream {
    /// The stream.
    pub stream: StreamId,
    /// The reason.
    pub code: ErrorCode,
}

impl RstStream {
    pub(super) const LENGTH: usize = 4;

    /// Appends the frame to `output`.
    pub fn encode(&self, output: &mut Output) {
        Header { length: 4, kind: Kind::RST_STREAM, flags: Flags::NONE, stream: self.stream }
            .encode(output);
        output.put(&self.code.0.to_be_bytes());
    }
}
