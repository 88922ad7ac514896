//! Frames that are a few integers, or nothing.

use super::{
    FrameType,
    input::{Broken, Input},
};
use crate::{Sink, VarInt};

/// A frame of nothing but integers, in their order.
macro_rules! integers {
    ($(
        $(#[doc = $doc:literal])*
        $Name:ident = $kind:literal { $($(#[doc = $field_doc:literal])* $field:ident,)* }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $Name {
            $($(#[doc = $field_doc])* pub $field: VarInt,)*
        }

        impl $Name {
            #[inline(always)]
            pub(in crate::frame) fn read(input: &mut Input<'_>) -> Result<Self, Broken> {
                Ok(Self { $($field: input.varint()?,)* })
            }

            pub(in crate::frame) const fn frame_type(&self) -> FrameType {
                FrameType::of($kind)
            }

            pub(in crate::frame) const fn size(&self) -> usize {
                1 $(+ self.$field.size())*
            }

            pub(in crate::frame) fn put(&self, sink: &mut impl Sink) {
                sink.put(&[$kind]);
                $(self.$field.put(sink);)*
            }

            pub(in crate::frame) const fn check(&self) -> Result<(), Broken> {
                Ok(())
            }
        }
    )*};
}

/// A frame of nothing but its type.
macro_rules! bare {
    ($($(#[doc = $doc:literal])* $Name:ident = $kind:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $Name;

        impl $Name {
            pub(super) const fn frame_type(&self) -> FrameType {
                FrameType::of($kind)
            }

            pub(super) const fn size(&self) -> usize {
                1
            }

            pub(super) fn put(&self, sink: &mut impl Sink) {
                sink.put(&[$kind]);
            }

            pub(super) const fn check(&self) -> Result<(), Broken> {
                Ok(())
            }
        }
    )*};
}

pub(super) use integers;

bare! {
    /// PING: asks to be acknowledged, and keeps a connection alive (RFC 9000 §19.2).
    Ping = 0x01;
    /// HANDSHAKE_DONE: the server has confirmed the handshake (RFC 9000 §19.20).
    HandshakeDone = 0x1e;
}

integers! {
    /// RESET_STREAM: the sender gives a stream up (RFC 9000 §19.4).
    ResetStream = 0x04 {
        /// The stream.
        id,
        /// The application's code for the reason.
        error,
        /// The number of bytes that were sent on the stream, for flow control.
        final_size,
    }

    /// STOP_SENDING: the receiver will not read what still comes on a stream (RFC 9000 §19.5).
    StopSending = 0x05 {
        /// The stream.
        id,
        /// The application's code for the reason.
        error,
    }
}
