use super::{Frame, Payload};
use crate::TransportError;

/// An iterator over the frames of a payload, each with its bytes.
///
/// ```
/// use segue_quic::{PacketKind, frame::{Builder, Payload}};
///
/// let sent = b"\x0e\x40\x04\x00\x02hi\x01"; // an id in two bytes, and an offset of 0
/// let mut relayed = Vec::new();
/// let mut builder = Builder::new(&mut relayed, PacketKind::OneRtt, 100);
/// for frame in Payload::new(sent, PacketKind::OneRtt).with_bytes() {
///     let (_frame, bytes) = frame?;
///     builder.push_encoded(bytes)?;
/// }
/// assert_eq!(relayed, sent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct WithBytes<'a>(Payload<'a>);

impl<'a> WithBytes<'a> {
    pub(super) const fn new(frames: Payload<'a>) -> Self {
        Self(frames)
    }
}

impl<'a> Iterator for WithBytes<'a> {
    type Item = Result<(Frame<'a>, &'a [u8]), TransportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let before = self.0.rest;
        let frame = self.0.next()?;
        let (bytes, _) = before.split_at(before.len() - self.0.rest.len());
        Some(frame.map(|frame| (frame, bytes)))
    }
}

impl core::iter::FusedIterator for WithBytes<'_> {}
