use core::fmt;

use segue::{Output, Record};

use super::{Flags, Header, Kind, StreamId};

/// DATA: a piece of a body (RFC 9113 §6.1).
///
/// A frame that has arrived in parts is several of these. `length` counts for flow control, padding
/// included, and comes with the first piece.
pub struct Data<'a> {
    /// The stream.
    pub stream: StreamId,
    /// The piece. It is lent where it was received.
    pub payload: Record<'a>,
    /// The length of the frame, in bytes, if this is its first piece; else `None`.
    pub length: Option<u32>,
    /// The bytes of `length` that are padding, with the byte that tells its length; 0 behind the first
    /// piece.
    pub padding: u32,
    /// True for the last piece of the last frame of the stream.
    pub end_stream: bool,
}

impl Data<'_> {
    /// Appends the header of a frame without padding to `output`; `length` bytes of payload must
    /// follow.
    #[inline]
    pub fn encode_header(stream: StreamId, length: u32, end_stream: bool, output: &mut Output) {
        let flags = Flags::NONE.with(Flags::END_STREAM, end_stream);
        Header { length, kind: Kind::DATA, flags, stream }.encode(output);
    }
}

/// Shows the length and not the payload.
impl fmt::Debug for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data")
            .field("stream", &self.stream)
            .field("len", &self.payload.len())
            .field("length", &self.length)
            .field("padding", &self.padding)
            .field("end_stream", &self.end_stream)
            .finish()
    }
}
