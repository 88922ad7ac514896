//! NEW_TOKEN (RFC 9000 §19.7).

use super::{
    FrameType,
    input::{self, Broken, Input, Rule},
};
use crate::Sink;

/// NEW_TOKEN: what a client may show in the Initial packet of its next connection to this server
/// (RFC 9000 §8.1.3, §19.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewToken<'a> {
    /// The token, in the server's own words; never empty.
    pub token: &'a [u8],
}

impl<'a> NewToken<'a> {
    pub(super) fn read(input: &mut Input<'a>) -> Result<Self, Broken> {
        let token = Self { token: input.prefixed()? };
        token.check()?;
        Ok(token)
    }

    pub(super) const fn frame_type(&self) -> FrameType {
        FrameType::NEW_TOKEN
    }

    pub(super) fn size(&self) -> usize {
        1 + input::length(self.token).size() + self.token.len()
    }

    pub(super) fn put(&self, sink: &mut impl Sink) {
        sink.put(&[0x07]);
        input::length(self.token).put(sink);
        sink.put(self.token);
    }

    pub(super) const fn check(&self) -> Result<(), Broken> {
        if self.token.is_empty() { Err(EMPTY) } else { Ok(()) }
    }
}

const EMPTY: Broken = &Rule::new("a token is empty", "RFC 9000 §19.7");
