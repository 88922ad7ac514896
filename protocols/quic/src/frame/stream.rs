//! STREAM (RFC 9000 §19.8).

use super::{
    FrameType,
    input::{self, Broken, Input, Rule},
};
use crate::{Sink, VarInt};

/// STREAM: data of a stream, from an offset on (RFC 9000 §19.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream<'a> {
    /// The stream.
    pub id: VarInt,
    /// The offset of the data in the stream, in bytes.
    pub offset: VarInt,
    /// The data. It may be empty.
    pub data: &'a [u8],
    /// The stream ends behind the data.
    pub fin: bool,
    /// The frame carries the length of its data. Without it the data goes on to the end of the
    /// packet, and nothing can follow.
    pub length: bool,
    /// An offset of 0 is written out, too, as the OFF bit says; any other always is.
    pub zero_offset: bool,
}

impl<'a> Stream<'a> {
    #[inline(always)]
    pub(super) fn read(input: &mut Input<'a>, kind: u8) -> Result<Self, Broken> {
        let id = input.varint()?;
        let offset = if kind & OFFSET != 0 { input.varint()? } else { VarInt::ZERO };
        let data = if kind & LENGTH != 0 { input.prefixed()? } else { input.take_rest() };
        let stream = Self::of(kind, id, offset, data);
        stream.check()?;
        Ok(stream)
    }

    /// The frame with these fields, the rest of which the bits of its type tell.
    #[inline(always)]
    pub(super) fn of(kind: u8, id: VarInt, offset: VarInt, data: &'a [u8]) -> Self {
        let zero_offset = kind & OFFSET != 0 && offset == 0;
        let (fin, length) = (kind & FIN != 0, kind & LENGTH != 0);
        Self { id, offset, data, fin, length, zero_offset }
    }

    /// Its type, with the bits that say what it has.
    #[must_use]
    pub const fn frame_type(&self) -> FrameType {
        FrameType::of(self.kind())
    }

    /// Returns the encoded size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let length = if self.length { input::length(self.data).size() } else { 0 };
        let offset = usize::from(self.zero_offset && self.offset == 0);
        Self::size_in_front(self.id, self.offset) + offset + length + self.data.len()
    }

    /// Returns the size of the fields before the length, if any, and the data.
    pub(super) fn size_in_front(id: VarInt, offset: VarInt) -> usize {
        1 + id.size() + if offset > VarInt::ZERO { offset.size() } else { 0 }
    }

    pub(super) fn put(&self, sink: &mut impl Sink) {
        sink.put(&[self.kind()]);
        self.id.put(sink);
        if self.has_offset() {
            self.offset.put(sink);
        }
        if self.length {
            input::length(self.data).put(sink);
        }
        sink.put(self.data);
    }

    #[inline(always)]
    pub(super) const fn check(&self) -> Result<(), Broken> {
        if self.offset.value() + self.data.len() as u64 > VarInt::MAX.value() {
            return Err(TOO_FAR);
        }
        Ok(())
    }

    const fn has_offset(&self) -> bool {
        self.zero_offset || self.offset.value() > 0
    }

    const fn kind(&self) -> u8 {
        let offset = if self.has_offset() { OFFSET } else { 0 };
        let length = if self.length { LENGTH } else { 0 };
        0x08 | offset | length | self.fin as u8
    }
}

const OFFSET: u8 = 0x04;
const LENGTH: u8 = 0x02;
const FIN: u8 = 0x01;

const TOO_FAR: Broken = &Rule::new("the data goes on behind 2^62 - 1", "RFC 9000 §19.8");
