use core::fmt;

use super::StreamId;

/// `PUSH_PROMISE` with its CONTINUATION frames (RFC 9113 §6.6): it is read for those who look on. A
/// session refuses it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PushPromise<'a> {
    /// The stream of the request that it belongs to.
    pub stream: StreamId,
    /// The stream that will have the response.
    pub promised: StreamId,
    /// The fields of the promised request in the form of HPACK, without padding.
    pub block: &'a [u8],
}

/// Shows the length and not the fields.
impl fmt::Debug for PushPromise<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushPromise")
            .field("stream", &self.stream)
            .field("promised", &self.promised)
            .field("len", &self.block.len())
            .finish()
    }
}
