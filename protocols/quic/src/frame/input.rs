//! The bytes of a payload that are still to be read, and how they can be broken.

use crate::{ErrorCode, TransportError, VarInt};

/// The rest of a payload.
pub(super) struct Input<'a>(&'a [u8]);

/// A broken rule: an entry of the table below, or of a frame's own.
pub(super) type Broken = &'static Rule;

/// A rule of frames. All but one are answered with `FRAME_ENCODING_ERROR`.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) code: ErrorCode,
    pub(super) reason: &'static str,
    pub(super) section: &'static str,
}

impl Rule {
    pub(super) const fn new(reason: &'static str, section: &'static str) -> Self {
        Self { code: ErrorCode::FRAME_ENCODING_ERROR, reason, section }
    }

    /// The error that tells of it.
    #[cold]
    pub(super) fn error(&self, frame_type: VarInt) -> TransportError {
        TransportError::new(self.code, self.reason, self.section).in_frame(frame_type)
    }
}

impl<'a> Input<'a> {
    #[inline]
    pub(super) const fn new(payload: &'a [u8]) -> Self {
        Self(payload)
    }

    /// Returns the number of bytes left.
    #[inline]
    pub(super) const fn left(&self) -> usize {
        self.0.len()
    }

    /// The bytes that are left.
    #[inline]
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Goes on behind a type of one byte.
    #[inline]
    pub(super) fn skip_type(&mut self) {
        self.0 = self.0.get(1..).unwrap_or_default();
    }

    #[inline(always)]
    pub(super) fn varint(&mut self) -> Result<VarInt, Broken> {
        VarInt::take(&mut self.0).ok_or(CUT_OFF)
    }

    #[inline(always)]
    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let (bytes, behind) = self.0.split_at_checked(length).ok_or(CUT_OFF)?;
        self.0 = behind;
        Ok(bytes)
    }

    #[inline(always)]
    pub(super) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Broken> {
        let (bytes, behind) = self.0.split_first_chunk().ok_or(CUT_OFF)?;
        self.0 = behind;
        Ok(bytes)
    }

    /// A length and that many bytes.
    #[inline(always)]
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8], Broken> {
        let length = self.varint()?;
        self.bytes(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// All that is left.
    #[inline(always)]
    pub(super) fn take_rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.0)
    }
}

/// The length of a slice. None is longer than 62 bits can say: address spaces are smaller.
#[inline]
pub(super) fn length(bytes: &[u8]) -> VarInt {
    VarInt::try_from(bytes.len()).unwrap_or(VarInt::MAX)
}

pub(super) static CUT_OFF: Broken = &Rule::new("a frame is cut off", "RFC 9000 §12.4");
pub(super) static UNKNOWN: Broken = &Rule::new("a frame is of an unknown type", "RFC 9000 §12.4");
pub(super) static LONG_TYPE: Broken = &Rule {
    code: ErrorCode::PROTOCOL_VIOLATION,
    reason: "a frame type takes more bytes than necessary",
    section: "RFC 9000 §12.4",
};
pub(super) static MISPLACED: Broken = &Rule {
    code: ErrorCode::PROTOCOL_VIOLATION,
    reason: "a packet of this kind cannot carry the frame",
    section: "RFC 9000 §12.4",
};
pub(super) static NO_FRAMES: Broken = &Rule {
    code: ErrorCode::PROTOCOL_VIOLATION,
    reason: "a packet carries no frames",
    section: "RFC 9000 §12.4",
};
