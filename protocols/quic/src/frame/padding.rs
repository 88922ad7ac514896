//! PADDING (RFC 9000 §19.1).

use super::{
    FrameType,
    input::{Broken, Input},
};
use crate::Sink;

/// A run of PADDING frames: each is a byte of zero, and together they make a packet larger
/// (RFC 9000 §19.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Padding {
    /// The number of padding frames, each a byte.
    pub length: usize,
}

impl Padding {
    /// The run in front of `input`.
    pub(super) fn read(input: &mut Input<'_>) -> Self {
        let rest = input.rest();
        let words = rest.as_chunks::<16>().0.iter().take_while(|word| **word == [0; 16]).count();
        let (_, behind) = rest.split_at(16 * words);
        let length = 16 * words + behind.iter().take_while(|byte| **byte == 0).count();
        *input = Input::new(&rest[length..]);
        Self { length }
    }

    pub(super) const fn frame_type(&self) -> FrameType {
        FrameType::PADDING
    }

    pub(super) const fn size(&self) -> usize {
        self.length
    }

    pub(super) fn put(&self, sink: &mut impl Sink) {
        const ZEROS: [u8; 64] = [0; 64];
        let mut left = self.length;
        while left > 0 {
            let part = left.min(ZEROS.len());
            sink.put(&ZEROS[..part]);
            left -= part;
        }
    }

    pub(super) const fn check(&self) -> Result<(), Broken> {
        Ok(())
    }
}
