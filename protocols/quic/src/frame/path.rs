//! Validation of a path (RFC 9000 §8.2, §19.17, §19.18).

use super::{
    FrameType,
    input::{Broken, Input},
};
use crate::Sink;

macro_rules! probes {
    ($($(#[doc = $doc:literal])* $Name:ident = $kind:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $Name {
            /// The data of the challenge and of its answer: the same eight bytes.
            pub data: [u8; 8],
        }

        impl $Name {
            pub(super) fn read(input: &mut Input<'_>) -> Result<Self, Broken> {
                Ok(Self { data: *input.array()? })
            }

            pub(super) const fn frame_type(&self) -> FrameType {
                FrameType::of($kind)
            }

            pub(super) const fn size(&self) -> usize {
                1 + 8
            }

            pub(super) fn put(&self, sink: &mut impl Sink) {
                sink.put(&[$kind]);
                sink.put(&self.data);
            }

            pub(super) const fn check(&self) -> Result<(), Broken> {
                Ok(())
            }
        }
    )*};
}

probes! {
    /// PATH_CHALLENGE: asks whether the path that it goes works (RFC 9000 §19.17).
    PathChallenge = 0x1a;
    /// PATH_RESPONSE: says that a challenge arrived (RFC 9000 §19.18).
    PathResponse = 0x1b;
}
