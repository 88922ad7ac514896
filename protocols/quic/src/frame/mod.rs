//! Frames, the content of packets (RFC 9000 §12.4, §19; RFC 9221).
//!
//! A payload is the unprotected content of a packet: frames, one behind the other, to its end.
//! [`Payload`] iterates over them, each lent in place; [`Frames`] does the same as a stage;
//! [`Builder`] fills one. The [`FrameType`] tells which packets may carry a frame, and its effect
//! on acknowledgements and probing.
//!
//! ```
//! use segue_quic::frame::{Frame, MaxData, Payload, Stream};
//! use segue_quic::{PacketKind, VarInt};
//!
//! let bytes = b"\x10\x44\x00\x0e\x04\x0a\x02hi\x00\x00";
//! let mut frames = Payload::new(bytes, PacketKind::OneRtt);
//! assert_eq!(frames.next(), Some(Ok(Frame::MaxData(MaxData { maximum: VarInt::from(1024_u16) }))));
//! let Some(Ok(Frame::Stream(Stream { id, offset, data, .. }))) = frames.next() else { panic!() };
//! assert_eq!((id.value(), offset.value(), data), (4, 10, &b"hi"[..]));
//! assert!(matches!(frames.next(), Some(Ok(Frame::Padding(padding))) if padding.length == 2));
//! assert_eq!(frames.next(), None);
//! ```

mod ack;
mod ack_ranges;
mod builder;
mod connection_close;
mod crypto;
mod datagram;
mod drafts;
mod extension;
mod flow;
mod frame_type;
mod frames;
mod input;
mod new_connection_id;
mod new_token;
mod padding;
mod path;
mod payload;
mod plain;
mod stream;
mod stream_counts;
mod with_bytes;

pub use ack::{Ack, EcnCounts};
pub use ack_ranges::AckRanges;
pub(crate) use builder::InPacket;
pub use builder::{Builder, Refused};
pub use connection_close::{CloseReason, ConnectionClose};
pub use crypto::Crypto;
pub use datagram::Datagram;
pub use drafts::{AckFrequency, Drafts, ImmediateAck, ResetStreamAt, Timestamp};
pub use extension::{Extension, ExtensionLength};
pub use flow::{DataBlocked, MaxData, MaxStreamData, StreamDataBlocked};
pub use frame_type::FrameType;
pub use frames::{Frames, Unsendable};
pub use new_connection_id::{NewConnectionId, RetireConnectionId};
pub use new_token::NewToken;
pub use padding::Padding;
pub use path::{PathChallenge, PathResponse};
pub use payload::Payload;
pub use plain::{HandshakeDone, Ping, ResetStream, StopSending};
pub use stream::Stream;
pub use stream_counts::{MaxStreams, StreamsBlocked};
pub use with_bytes::WithBytes;

use crate::{Sink, TransportError};
use input::{Broken, Input};

macro_rules! frames {
    ($($(#[doc = $doc:literal])* $Name:ident $(<$lifetime:lifetime>)?,)*) => {
        /// A frame, borrowed from its payload.
        ///
        /// Optional fields are kept, so a frame is written as it was read, except for integers in
        /// more bytes than necessary: [`Payload::with_bytes`] has those, too.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Frame<'a> {
            $($(#[doc = $doc])* $Name($Name $(<$lifetime>)?),)*
        }

        impl Frame<'_> {
            /// Returns the type, with the bits that describe its encoding.
            #[must_use]
            pub const fn frame_type(&self) -> FrameType {
                match self {
                    $(Self::$Name(frame) => frame.frame_type(),)*
                }
            }

            /// Returns the size in bytes, as [`encode`](Self::encode) writes it.
            #[must_use]
            pub fn size(&self) -> usize {
                match self {
                    $(Self::$Name(frame) => frame.size(),)*
                }
            }

            /// Appends it to `sink` without checking its rules.
            pub(crate) fn put(&self, sink: &mut impl Sink) {
                match self {
                    $(Self::$Name(frame) => frame.put(sink),)*
                }
            }

            /// The rule that it breaks, if any.
            fn check(&self) -> Result<(), Broken> {
                match self {
                    $(Self::$Name(frame) => frame.check(),)*
                }
            }
        }

        $(impl<'a> From<$Name $(<$lifetime>)?> for Frame<'a> {
            fn from(frame: $Name $(<$lifetime>)?) -> Self {
                Self::$Name(frame)
            }
        })*
    };
}

frames! {
    /// Bytes of no meaning (RFC 9000 §19.1).
    Padding,
    /// A request for an acknowledgement (§19.2).
    Ping,
    /// The packets that have been received (§19.3).
    Ack<'a>,
    /// The sender gives a stream up (§19.4).
    ResetStream,
    /// The receiver gives a stream up (§19.5).
    StopSending,
    /// Data of the TLS handshake (§19.6).
    Crypto<'a>,
    /// A token for the next connection (§19.7).
    NewToken<'a>,
    /// Data of a stream (§19.8).
    Stream<'a>,
    /// More may be sent in all (§19.9).
    MaxData,
    /// More may be sent on a stream (§19.10).
    MaxStreamData,
    /// More streams may be opened (§19.11).
    MaxStreams,
    /// More would be sent if it was allowed (§19.12).
    DataBlocked,
    /// More would be sent on a stream if it was allowed (§19.13).
    StreamDataBlocked,
    /// Another stream would be opened if it was allowed (§19.14).
    StreamsBlocked,
    /// Another connection id to send to (§19.15).
    NewConnectionId<'a>,
    /// A connection id will not be sent to any more (§19.16).
    RetireConnectionId,
    /// A challenge to a path (§19.17).
    PathChallenge,
    /// The answer to a challenge (§19.18).
    PathResponse,
    /// The connection is over (§19.19).
    ConnectionClose<'a>,
    /// The server has confirmed the handshake (§19.20).
    HandshakeDone,
    /// Data that is not retransmitted (RFC 9221 §4).
    Datagram<'a>,
    /// A request for an acknowledgement at once, of a [draft](Drafts).
    ImmediateAck,
    /// The sender gives a stream up but for its beginning, of a [draft](Drafts).
    ResetStreamAt,
    /// How to acknowledge, of a [draft](Drafts).
    AckFrequency,
    /// The time at which the packet was sent, of a [draft](Drafts).
    Timestamp,
    /// A frame of an extension that the caller knows (§19.21).
    Extension<'a>,
}

impl<'a> Frame<'a> {
    /// Reads the frame in front of `payload`, which ends with its packet. Returns it with its size
    /// in bytes. A run of padding is one frame.
    ///
    /// Neither the kind of packet nor the agreement on a draft is checked: [`Payload`] does that.
    ///
    /// # Errors
    /// `FRAME_ENCODING_ERROR` if the frame is cut off, of an unknown type, or breaks a rule of its
    /// own; `PROTOCOL_VIOLATION` if its type takes more bytes than necessary (RFC 9000 §12.4).
    ///
    /// ```
    /// use segue_quic::{ErrorCode, frame::{Frame, Ping}};
    ///
    /// assert_eq!(Frame::decode(b"\x01\x00"), Ok((Frame::Ping(Ping), 1)));
    /// assert_eq!(Frame::decode(b"\x21").unwrap_err().code, ErrorCode::FRAME_ENCODING_ERROR);
    /// assert_eq!(Frame::decode(b"\x40\x01").unwrap_err().code, ErrorCode::PROTOCOL_VIOLATION);
    /// ```
    pub fn decode(payload: &'a [u8]) -> Result<(Self, usize), TransportError> {
        let (kind, size) = FrameType::decode(payload)?;
        let mut input = Input::new(payload);
        let frame = match u8::try_from(kind.value().value()) {
            Ok(kind) if size == 1 => Self::read(kind, &mut input),
            _ => Self::read_long(kind, size, &mut input),
        };
        match frame {
            Ok(frame) => Ok((frame, payload.len() - input.left())),
            Err(broken) => Err(broken.error(kind.value())),
        }
    }

    /// The frame in front of `input`, whose type takes `size` bytes, more than one.
    fn read_long(kind: FrameType, size: usize, input: &mut Input<'a>) -> Result<Self, Broken> {
        input.bytes(size)?;
        match kind {
            FrameType::ACK_FREQUENCY => AckFrequency::read(input).map(Self::AckFrequency),
            FrameType::TIMESTAMP => Timestamp::read(input).map(Self::Timestamp),
            _ => Err(input::UNKNOWN),
        }
    }

    /// The frame in front of `input`, whose type `kind` has been seen there, and is known.
    ///
    /// Those that most packets have are read in line. With all of them in line, a loop over frames was
    /// so long that it was fast or slow by how its parts came to lie.
    #[inline(always)]
    fn read(kind: u8, input: &mut Input<'a>) -> Result<Self, Broken> {
        Ok(match kind {
            0x02 | 0x03 => {
                input.skip_type();
                Self::Ack(Ack::read(input, kind)?)
            }
            0x11 => {
                input.skip_type();
                Self::MaxStreamData(MaxStreamData::read(input)?)
            }
            _ => {
                // By value: what is lent out of line is in memory for all.
                let (frame, rest) = Self::read_other(kind, input.rest())?;
                *input = Input::new(rest);
                frame
            }
        })
    }

    /// The same for the other kinds: the frame, and what follows it.
    #[inline(never)]
    fn read_other(kind: u8, payload: &'a [u8]) -> Result<(Self, &'a [u8]), Broken> {
        let input = &mut Input::new(payload);
        if kind == 0 {
            return Ok((Self::Padding(Padding::read(input)), input.rest()));
        }
        input.skip_type();
        let frame = match kind {
            0x01 => Self::Ping(Ping),
            0x04 => Self::ResetStream(ResetStream::read(input)?),
            0x05 => Self::StopSending(StopSending::read(input)?),
            0x06 => Self::Crypto(Crypto::read(input)?),
            0x07 => Self::NewToken(NewToken::read(input)?),
            0x08..=0x0f => Self::Stream(Stream::read(input, kind)?),
            0x10 => Self::MaxData(MaxData::read(input)?),
            0x12 | 0x13 => Self::MaxStreams(MaxStreams::read(input, kind)?),
            0x14 => Self::DataBlocked(DataBlocked::read(input)?),
            0x15 => Self::StreamDataBlocked(StreamDataBlocked::read(input)?),
            0x16 | 0x17 => Self::StreamsBlocked(StreamsBlocked::read(input, kind)?),
            0x18 => Self::NewConnectionId(NewConnectionId::read(input)?),
            0x19 => Self::RetireConnectionId(RetireConnectionId::read(input)?),
            0x1a => Self::PathChallenge(PathChallenge::read(input)?),
            0x1b => Self::PathResponse(PathResponse::read(input)?),
            0x1c | 0x1d => Self::ConnectionClose(ConnectionClose::read(input, kind)?),
            0x1e => Self::HandshakeDone(HandshakeDone),
            0x1f => Self::ImmediateAck(ImmediateAck),
            0x24 => Self::ResetStreamAt(ResetStreamAt::read(input)?),
            0x30 | 0x31 => Self::Datagram(Datagram::read(input, kind)?),
            _ => return Err(input::UNKNOWN),
        };
        Ok((frame, input.rest()))
    }

    /// Appends it to `sink`, its integers in as few bytes as possible.
    ///
    /// A frame whose data ends with the packet ([`Stream::length`], [`Datagram::length`]) must be
    /// the last of its payload; [`Builder`] sees to that.
    ///
    /// # Errors
    /// If it breaks a rule for which a peer would close the connection. Nothing is appended then.
    pub fn encode(&self, sink: &mut impl Sink) -> Result<(), Unsendable> {
        self.check().map_err(Unsendable::from)?;
        self.put(sink);
        Ok(())
    }
}
