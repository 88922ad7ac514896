//! The small frames of drafts that peers speak, where both ends have agreed on them.

use super::{
    FrameType,
    input::{Broken, Input, Rule},
};
use crate::{ErrorCode, Sink, VarInt, transport_parameters::TransportParameters};

/// The drafts whose frames an endpoint takes, by the transport parameters that it has sent.
///
/// ```
/// use segue_quic::{PacketKind, frame::{Drafts, Frame, ImmediateAck, Payload}};
///
/// let drafts = Drafts { ack_frequency: true, ..Drafts::NONE };
/// let mut frames = Payload::new(b"\x1f", PacketKind::OneRtt).drafts(drafts);
/// assert_eq!(frames.next(), Some(Ok(Frame::ImmediateAck(ImmediateAck))));
/// let mut frames = Payload::new(b"\x1f", PacketKind::OneRtt);
/// assert!(frames.next().unwrap().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drafts {
    /// ACK_FREQUENCY and IMMEDIATE_ACK (draft-ietf-quic-ack-frequency-14).
    pub ack_frequency: bool,
    /// RESET_STREAM_AT (draft-ietf-quic-reliable-stream-reset-09).
    pub reset_stream_at: bool,
    /// TIMESTAMP (draft-huitema-quic-ts-08).
    pub timestamp: bool,
}

impl Drafts {
    /// No draft.
    pub const NONE: Self = Self { ack_frequency: false, reset_stream_at: false, timestamp: false };

    /// All drafts that are known: for tools that do not know what was agreed on.
    pub const ALL: Self = Self { ack_frequency: true, reset_stream_at: true, timestamp: true };

    /// The types of these drafts that fit the table of types, a bit each.
    pub(super) const fn table(self) -> u64 {
        (self.ack_frequency as u64) << 0x1f | (self.reset_stream_at as u64) << 0x24
    }
}

impl TransportParameters {
    /// Returns the drafts whose frames the sender of these parameters takes.
    ///
    /// ```
    /// use segue_quic::{frame::Drafts, transport_parameters::TransportParameters};
    ///
    /// let parameters = TransportParameters { reset_stream_at: true, ..TransportParameters::new() };
    /// assert_eq!(parameters.drafts(), Drafts { reset_stream_at: true, ..Drafts::NONE });
    /// ```
    #[must_use]
    pub const fn drafts(&self) -> Drafts {
        Drafts {
            ack_frequency: self.min_ack_delay.is_some(),
            reset_stream_at: self.reset_stream_at,
            timestamp: matches!(self.enable_timestamp, Some(1 | 3)),
        }
    }
}

macro_rules! drafts {
    ($(
        $(#[doc = $doc:literal])*
        $Name:ident = $KIND:ident { $($(#[doc = $field_doc:literal])* $field:ident,)* }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $Name {
            $($(#[doc = $field_doc])* pub $field: VarInt,)*
        }

        impl $Name {
            pub(super) fn read(input: &mut Input<'_>) -> Result<Self, Broken> {
                let frame = Self { $($field: input.varint()?,)* };
                frame.check()?;
                Ok(frame)
            }

            pub(super) const fn frame_type(&self) -> FrameType {
                FrameType::$KIND
            }

            pub(super) const fn size(&self) -> usize {
                self.frame_type().value().size() $(+ self.$field.size())*
            }

            pub(super) fn put(&self, sink: &mut impl Sink) {
                self.frame_type().value().put(sink);
                $(self.$field.put(sink);)*
            }
        }
    )*};
}

drafts! {
    /// ACK_FREQUENCY: how the peer is asked to acknowledge (draft-ietf-quic-ack-frequency-14 §4).
    AckFrequency = ACK_FREQUENCY {
        /// The number of the frame: one that is not higher than the last is ignored.
        sequence,
        /// The most packets that ask to be acknowledged and wait for it.
        ack_eliciting_threshold,
        /// The longest time that they wait, in microseconds: less than 2^14 milliseconds.
        requested_max_ack_delay,
        /// The distance out of order at which an acknowledgement is sent at once; 0 for never.
        reordering_threshold,
    }

    /// RESET_STREAM_AT: the sender gives a stream up, but for its beginning
    /// (draft-ietf-quic-reliable-stream-reset-09 §4).
    ResetStreamAt = RESET_STREAM_AT {
        /// The stream.
        id,
        /// The application's code for the reason.
        error,
        /// The number of bytes that were sent on the stream, for flow control.
        final_size,
        /// The number of bytes that still arrive. At most `final_size`.
        reliable_size,
    }

    /// TIMESTAMP: the time at which the packet was sent (draft-huitema-quic-ts-08 §2.3).
    Timestamp = TIMESTAMP {
        /// In microseconds since an epoch of the sender's, divided by 2 to the power of its
        /// `ack_delay_exponent`.
        time,
    }
}

/// IMMEDIATE_ACK: asks to be acknowledged at once (draft-ietf-quic-ack-frequency-14 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImmediateAck;

impl ImmediateAck {
    pub(super) const fn frame_type(&self) -> FrameType {
        FrameType::IMMEDIATE_ACK
    }

    pub(super) const fn size(&self) -> usize {
        1
    }

    pub(super) fn put(&self, sink: &mut impl Sink) {
        self.frame_type().value().put(sink);
    }

    pub(super) const fn check(&self) -> Result<(), Broken> {
        Ok(())
    }
}

impl AckFrequency {
    pub(super) const fn check(&self) -> Result<(), Broken> {
        if self.requested_max_ack_delay.value() >= 1000 << 14 { Err(LONG_DELAY) } else { Ok(()) }
    }
}

impl ResetStreamAt {
    pub(super) const fn check(&self) -> Result<(), Broken> {
        if self.reliable_size.value() > self.final_size.value() { Err(BEYOND_END) } else { Ok(()) }
    }
}

impl Timestamp {
    pub(super) const fn check(&self) -> Result<(), Broken> {
        Ok(())
    }
}

const LONG_DELAY: Broken = &Rule {
    code: ErrorCode::PROTOCOL_VIOLATION,
    reason: "requested_max_ack_delay is 2^14 milliseconds or more",
    section: "draft-ietf-quic-ack-frequency §4",
};
const BEYOND_END: Broken = &Rule::new(
    "more of a stream is to arrive than it has",
    "draft-ietf-quic-reliable-stream-reset §4",
);
