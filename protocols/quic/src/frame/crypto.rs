//! CRYPTO (RFC 9000 §19.6).

use super::{
    FrameType,
    input::{self, Broken, Input, Rule},
};
use crate::{Sink, VarInt};

/// CRYPTO: data of the TLS handshake, from an offset on (RFC 9000 §19.6).
///
/// Each of Initial, Handshake and 1-RTT packets has its own stream of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crypto<'a> {
    /// The offset of the data in the handshake, in bytes.
    pub offset: VarInt,
    /// The data. It may be empty.
    pub data: &'a [u8],
}

impl<'a> Crypto<'a> {
    pub(super) fn read(input: &mut Input<'a>) -> Result<Self, Broken> {
        let crypto = Self { offset: input.varint()?, data: input.prefixed()? };
        crypto.check()?;
        Ok(crypto)
    }

    pub(super) const fn frame_type(&self) -> FrameType {
        FrameType::CRYPTO
    }

    pub(super) fn size(&self) -> usize {
        1 + self.offset.size() + input::length(self.data).size() + self.data.len()
    }

    pub(super) fn put(&self, sink: &mut impl Sink) {
        sink.put(&[0x06]);
        self.offset.put(sink);
        input::length(self.data).put(sink);
        sink.put(self.data);
    }

    pub(super) const fn check(&self) -> Result<(), Broken> {
        if self.offset.value() + self.data.len() as u64 > VarInt::MAX.value() {
            return Err(TOO_FAR);
        }
        Ok(())
    }
}

const TOO_FAR: Broken = &Rule::new("the data goes on behind 2^62 - 1", "RFC 9000 §19.6");
