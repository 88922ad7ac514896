//! The number of streams that may be opened (RFC 9000 §4.6, §19.11, §19.14).

use super::{
    FrameType,
    input::{Broken, Input, Rule},
};
use crate::{Sink, VarInt, stream::Direction};

macro_rules! counts {
    ($(
        $(#[doc = $doc:literal])*
        $Name:ident = $kind:literal { $(#[doc = $field_doc:literal])* $field:ident }, $rule:ident;
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $Name {
            /// The kind of streams: those that go both ways, or those that go one way.
            pub direction: Direction,
            $(#[doc = $field_doc])*
            pub $field: VarInt,
        }

        impl $Name {
            pub(super) fn read(input: &mut Input<'_>, kind: u8) -> Result<Self, Broken> {
                let direction = if kind & 1 == 0 { Direction::Both } else { Direction::Sending };
                let frame = Self { direction, $field: input.varint()? };
                frame.check()?;
                Ok(frame)
            }

            pub(super) const fn frame_type(&self) -> FrameType {
                FrameType::of($kind | matches!(self.direction, Direction::Sending) as u8)
            }

            pub(super) const fn size(&self) -> usize {
                1 + self.$field.size()
            }

            pub(super) fn put(&self, sink: &mut impl Sink) {
                self.frame_type().value().put(sink);
                self.$field.put(sink);
            }

            pub(super) const fn check(&self) -> Result<(), Broken> {
                if self.$field.value() > MAX { Err($rule) } else { Ok(()) }
            }
        }
    )*};
}

counts! {
    /// MAX_STREAMS: how many streams the other end may open (RFC 9000 §19.11).
    MaxStreams = 0x12 {
        /// The most streams since the connection began; at most 2^60.
        maximum
    }, MANY_ALLOWED;

    /// STREAMS_BLOCKED: another stream would be opened (RFC 9000 §19.14).
    StreamsBlocked = 0x16 {
        /// The limit that was reached; at most 2^60.
        limit
    }, MANY_OPEN;
}

/// Ids have 62 bits, two of which say what kind of stream it is.
const MAX: u64 = 1 << 60;

const MANY_ALLOWED: Broken = &Rule::new("more than 2^60 streams are allowed", "RFC 9000 §19.11");
const MANY_OPEN: Broken = &Rule::new("more than 2^60 streams are blocked", "RFC 9000 §19.14");
