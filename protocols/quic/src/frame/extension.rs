//! Frames of extensions that are not known here (RFC 9000 §19.21).

use super::{
    FrameType,
    input::{Broken, Rule},
};
use crate::Sink;

/// A frame of an extension, which its caller knows (RFC 9000 §19.21).
///
/// Such frames stand in 0-RTT and 1-RTT packets only, and count as asking for an acknowledgement
/// (§13.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Its type.
    pub kind: FrameType,
    /// The bytes behind the type.
    pub content: &'a [u8],
}

/// A function that knows frames of extensions. It is asked for a type that is not known here, with
/// the bytes behind it up to the end of the payload, and returns the length of the frame's content;
/// none if it does not know the type, or if the frame is cut off.
///
/// ```
/// use segue_quic::{PacketKind, VarInt, frame::{Extension, Frame, FrameType, Payload}};
///
/// // A type of its own, whose content is an integer.
/// let known = |kind: FrameType, content: &[u8]| match kind.value().value() {
///     0x1234 => VarInt::decode(content).map(|(_, size)| size),
///     _ => None,
/// };
/// let mut frames = Payload::new(b"\x52\x34\x07\x01", PacketKind::OneRtt).extensions(known);
/// let kind = FrameType::from(VarInt::from(0x1234_u16));
/// let extension = Extension { kind, content: &[7] };
/// assert_eq!(frames.next(), Some(Ok(Frame::Extension(extension))));
/// assert!(matches!(frames.next(), Some(Ok(Frame::Ping(_)))));
/// ```
pub type ExtensionLength = fn(kind: FrameType, content: &[u8]) -> Option<usize>;

impl Extension<'_> {
    pub(super) const fn frame_type(&self) -> FrameType {
        self.kind
    }

    pub(super) const fn size(&self) -> usize {
        self.kind.value().size() + self.content.len()
    }

    pub(super) fn put(&self, sink: &mut impl Sink) {
        self.kind.value().put(sink);
        sink.put(self.content);
    }

    pub(super) const fn check(&self) -> Result<(), Broken> {
        if self.kind.is_known() || self.kind.is_draft() { Err(KNOWN) } else { Ok(()) }
    }
}

const KNOWN: Broken =
    &Rule::new("a frame of an extension has a type with a meaning of its own", "RFC 9000 §19.21");
