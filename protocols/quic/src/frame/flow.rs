//! Credit, and that it is used up (RFC 9000 §4, §19.9, §19.10, §19.12, §19.13).

use super::{
    FrameType,
    input::{Broken, Input},
    plain::integers,
};
use crate::{Sink, VarInt};

integers! {
    /// MAX_DATA: how much may be sent on all streams together (RFC 9000 §19.9).
    MaxData = 0x10 {
        /// In bytes, since the connection began.
        maximum,
    }

    /// MAX_STREAM_DATA: how much may be sent on a stream (RFC 9000 §19.10).
    MaxStreamData = 0x11 {
        /// The stream.
        id,
        /// In bytes, since the stream began.
        maximum,
    }

    /// DATA_BLOCKED: more would be sent on some stream (RFC 9000 §19.12).
    DataBlocked = 0x14 {
        /// The limit of the connection that was reached, in bytes.
        limit,
    }

    /// STREAM_DATA_BLOCKED: more would be sent on this stream (RFC 9000 §19.13).
    StreamDataBlocked = 0x15 {
        /// The stream.
        id,
        /// The limit of the stream that was reached, in bytes.
        limit,
    }
}
