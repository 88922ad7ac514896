use core::fmt;

use segue::Output;

use super::{Dependency, Flags, Header, Kind, StreamId};

/// HEADERS with its CONTINUATION frames: a whole header block (RFC 9113 §6.2, §6.10).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a> {
    /// The stream.
    pub stream: StreamId,
    /// The fields in the form of HPACK, without padding.
    pub block: &'a [u8],
    /// True if nothing follows on the stream.
    pub end_stream: bool,
    /// The priority of RFC 7540, which is not used.
    pub dependency: Option<Dependency>,
}

impl Headers<'_> {
    /// Appends the frames to `output`: none is longer than `max_frame`, which must not be 0. The
    /// dependency is left out.
    pub fn encode(&self, max_frame: u32, output: &mut Output) {
        let most = max_frame.clamp(1, Header::MAX_LENGTH);
        let end = Flags::NONE.with(Flags::END_STREAM, self.end_stream);
        let (mut kind, mut flags, mut rest) = (Kind::HEADERS, end, self.block);
        loop {
            let (front, behind) = rest.split_at(rest.len().min(most as usize));
            let flags_now = flags.with(Flags::END_HEADERS, behind.is_empty());
            // It is at most `most`.
            let length = u32::try_from(front.len()).unwrap_or(most);
            Header { length, kind, flags: flags_now, stream: self.stream }.encode(output);
            output.put(front);
            if behind.is_empty() {
                return;
            }
            (kind, flags, rest) = (Kind::CONTINUATION, Flags::NONE, behind);
        }
    }
}

/// Shows the length and not the fields.
impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers")
            .field("stream", &self.stream)
            .field("len", &self.block.len())
            .field("end_stream", &self.end_stream)
            .field("dependency", &self.dependency)
            .finish()
    }
}
