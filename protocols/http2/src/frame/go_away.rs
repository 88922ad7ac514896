use segue::Output;

use super::{Flags, Header, Kind, StreamId};
use crate::ErrorCode;

/// GOAWAY: the sender takes no new streams (RFC 9113 §6.8). The debug data behind it is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoAway {
    /// The last stream that the sender may have acted on.
    pub last: StreamId,
    /// The reason.
    pub code: ErrorCode,
}

impl GoAway {
    pub(super) const LENGTH: usize = 8;

    /// Appends the frame to `output`, with `debug` for those who read logs. Of more than 255 bytes
    /// the beginning is written.
    pub fn encode(&self, debug: &str, output: &mut Output) {
        let debug = &debug.as_bytes()[..debug.len().min(255)];
        let length = 8 + u32::try_from(debug.len()).unwrap_or(0);
        let (flags, stream) = (Flags::NONE, StreamId::CONNECTION);
        Header { length, kind: Kind::GOAWAY, flags, stream }.encode(output);
        output.put(&self.last.0.to_be_bytes());
        output.put(&self.code.0.to_be_bytes());
        output.put(debug);
    }
}
