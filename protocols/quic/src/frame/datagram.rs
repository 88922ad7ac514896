//! DATAGRAM (RFC 9221).

use super::{
    FrameType,
    input::{self, Broken, Input},
};
use crate::Sink;

/// DATAGRAM: data that is neither ordered nor retransmitted (RFC 9221 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// The data. It may be empty.
    pub data: &'a [u8],
    /// The frame carries the length of its data. Without it the data goes on to the end of the
    /// packet, and nothing can follow.
    pub length: bool,
}

impl<'a> Datagram<'a> {
    #[inline]
    pub(super) fn read(input: &mut Input<'a>, kind: u8) -> Result<Self, Broken> {
        let length = kind & LENGTH != 0;
        let data = if length { input.prefixed()? } else { input.take_rest() };
        Ok(Self { data, length })
    }

    pub(super) const fn frame_type(&self) -> FrameType {
        FrameType::of(0x30 | self.length as u8)
    }

    pub(super) fn size(&self) -> usize {
        let length = if self.length { input::length(self.data).size() } else { 0 };
        1 + length + self.data.len()
    }

    pub(super) fn put(&self, sink: &mut impl Sink) {
        sink.put(&[0x30 | u8::from(self.length)]);
        if self.length {
            input::length(self.data).put(sink);
        }
        sink.put(self.data);
    }

    pub(super) const fn check(&self) -> Result<(), Broken> {
        Ok(())
    }
}

const LENGTH: u8 = 0x01;
