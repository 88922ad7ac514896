//! The contenders, by group.

mod dribble;
mod http1;
mod http1_chunked;
mod http1_dribble;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "a floor of the vectors that a processor has")]
mod http1_mask;
mod http1_nom;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "a peer that is written in C")]
mod http1_pico;
mod length;
mod lines;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "a floor by vectors that not every machine has")]
mod lines_mask;
mod nested;
mod ours;
pub mod quic;
mod reader;
pub mod websocket;

pub use dribble::{dribble, growth};
pub use http1::{http1_head, http1_headers};
pub use http1_chunked::http1_chunked;
pub use http1_dribble::http1_dribble;
#[cfg(target_arch = "x86_64")]
pub use http1_mask::is_there as has_masks;
pub use length::length;
pub use lines::lines;
pub use nested::nested;

use std::hint::black_box;

/// The names by which goals are set.
pub mod names {
    /// A loop over a slice, written by hand for the job.
    pub const FLOOR: &str = "by hand";
    /// The same with a mask of 64 bytes at a time, on processors with AVX2.
    pub const MASK_FLOOR: &str = "by hand, masks";
    /// Through [`Buffer::records`](segue::Buffer::records), lent.
    pub const RECORDS: &str = "segue records, lent";
    /// Through [`Buffer::step`](segue::Buffer::step), lent.
    pub const STEP: &str = "segue step, lent";
    /// Through [`Buffer::step`](segue::Buffer::step), made `Bytes`.
    pub const OWNED: &str = "segue step, Bytes";
    /// Lent and copied to a `String`, as `LinesCodec` gives them.
    pub const STRING: &str = "segue records, String";
    /// The codec of tokio-util for the job.
    pub const TOKIO_UTIL: &str = "tokio-util";
    /// A nom parser in a loop.
    pub const NOM: &str = "nom";
    /// A winnow parser in a loop.
    pub const WINNOW: &str = "winnow";
    /// A stage without a buffer.
    pub const STAGE: &str = "segue stage";
    /// The same, with names of headers that are not made text.
    pub const STAGE_BYTES: &str = "segue stage, bytes";
    /// Heads by masks of AVX2, by hand.
    pub const MASKS: &str = "by masks, by hand";
    /// The parser of HTTP/1 heads that hyper uses.
    pub const HTTPARSE: &str = "httparse";
    /// The parser of HTTP/1 heads that httparse was modelled on, in C.
    pub const PICO: &str = "picohttpparser";
    /// As by hand, with nothing to gather.
    pub const SHOWN: &str = "by hand, in place";
    /// Looks at every byte once.
    pub const MEMCHR: &str = "memchr";
    /// A `Read` in front of a loop written by hand.
    pub const READ_FLOOR: &str = "by hand, from a Read";
    /// A `Read` in front of a segue connection.
    pub const CONNECTION: &str = "segue connection";
    /// An `AsyncRead` in front of tokio-util's `FramedRead`.
    pub const FRAMED_READ: &str = "tokio-util FramedRead";
    /// A copy of the bytes.
    pub const MEMCPY: &str = "memcpy";
    /// Frames of a WebSocket instead of its messages.
    pub const FRAMES: &str = "segue frames, lent";
    /// A WebSocket writer that copies.
    pub const WRITER: &str = "segue writer";
    /// A WebSocket writer that is given `Bytes`.
    pub const WRITER_BYTES: &str = "segue writer, Bytes";
    /// `segue_websocket::mask`.
    pub const MASK: &str = "segue mask";
    /// Peers that read and write WebSockets.
    pub const TUNGSTENITE: &str = "tungstenite";
    /// See [`TUNGSTENITE`].
    pub const FASTWEBSOCKETS: &str = "fastwebsockets";
    /// See [`TUNGSTENITE`].
    pub const TOKIO_WEBSOCKETS: &str = "tokio-websockets";
    /// See [`TUNGSTENITE`].
    pub const SOKETTO: &str = "soketto";
    /// See [`TUNGSTENITE`].
    pub const SOCKUDO: &str = "sockudo-ws";
    /// See [`TUNGSTENITE`].
    pub const SANS_IO: &str = "websocket-sans-io";
    /// See [`TUNGSTENITE`].
    pub const YAWC: &str = "yawc";
    /// `segue_quic::VarInt::all`, driving.
    pub const ALL: &str = "segue all, for_each";
    /// `segue_quic::VarInt::all`, driven.
    pub const NEXT: &str = "segue all, next";
    /// `segue_quic::VarInt::take`.
    pub const TAKE: &str = "segue take";
    /// `segue_quic::Coalesced` and what it gives; `segue_quic::PacketBuilder`.
    pub const PACKETS: &str = "segue packets";
    /// A copy to where the bytes belong.
    pub const FLAT: &str = "flat copy";
    /// `segue_quic::stream::Reassembler`.
    pub const REASSEMBLER: &str = "segue Reassembler";
    /// `segue_quic::stream::ReceiveStream`.
    pub const RECEIVE_STREAM: &str = "segue ReceiveStream";
    /// `segue_quic::frame::Payload`.
    pub const PAYLOAD: &str = "segue payload, lent";
    /// The types of s2n-quic.
    pub const S2N: &str = "s2n-quic-core";
    /// The cursor of quiche.
    pub const OCTETS: &str = "octets";
    /// The types of quinn.
    pub const QUINN: &str = "quinn-proto";
    /// The reference of a comparison: the first of these that competes.
    pub const PEERS: &[&str] = &[TOKIO_UTIL, TUNGSTENITE, MEMCPY, S2N];
    /// Looks through all that it has with every piece that comes.
    pub const RESCAN: &str = "search again";
    /// A line of 64 KiB.
    pub const LINE_64K: &str = "segue step, 64 KiB";
    /// A line of 256 KiB.
    pub const LINE_256K: &str = "segue step, 256 KiB";
}

/// Uses a record that was lent, the same for all contenders.
#[inline]
fn see(record: &[u8]) {
    note(record);
    black_box(record);
}

/// Uses a record that is owned, the same for all contenders.
#[inline]
fn see_owned(record: impl AsRef<[u8]>) {
    note(record.as_ref());
    black_box(&record);
}

/// Adds up what was seen, so that tests can tell whether all have seen the same.
#[inline]
fn note(_record: &[u8]) {
    #[cfg(test)]
    SEEN.with(|seen| {
        let last = _record.last().copied().map_or(0, u64::from);
        let this = _record.len() as u64 * 257 + last;
        seen.set(seen.get().wrapping_mul(31).wrapping_add(this));
    });
}

#[cfg(test)]
thread_local! {
    /// Of all records that were seen, in their order.
    pub(crate) static SEEN: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}
