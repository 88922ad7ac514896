//! The frames of a packet, as a stage.

use core::fmt;

use segue::{Cause, Decode, Encode, Fault, Need, Output, Record};

use super::{
    Frame,
    input::{Broken, Input},
    payload::Rules,
};
use crate::{PacketKind, TransportError, VarInt};

/// A stage that reads the frames of one payload, and writes frames.
///
/// - Complete input: each frame is an item, up to the end of the payload.
/// - Partial input: nothing. A packet is authenticated as a whole, so a payload is whole or it is
///   nothing, and its end is what ends a frame without a length: show it with `eof` set. Up to then
///   all that comes is claimed.
/// - At the end of the payload: done between two frames; inside one it is an error, and so is a
///   payload without a frame.
///
/// All errors are fatal: a connection ends by them. [`Payload`](super::Payload) does the same for a
/// slice, and reads each frame once where a stage reads it twice: to delimit it, and to make it an
/// item.
///
/// ```
/// use segue::{Buffer, Encode, Output, Step};
/// use segue_quic::{PacketKind, VarInt, frame::{Frame, Frames, MaxData}};
///
/// let mut frames = Frames::new(PacketKind::OneRtt);
/// let mut output = Output::new();
/// let credit = Frame::from(MaxData { maximum: VarInt::from(1024_u16) });
/// frames.encode(&credit, &mut output)?;
///
/// let mut payload = Buffer::from(&output.to_vec()[..]);
/// assert!(matches!(payload.step(&mut frames, false, &mut output)?, Step::Need(_)));
/// assert_eq!(payload.step(&mut frames, true, &mut output)?, Step::Item(credit));
/// assert_eq!(payload.step(&mut frames, true, &mut output)?, Step::Done);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Frames {
    rules: Rules,
    /// Whether a frame has been read.
    begun: bool,
}

impl Frames {
    /// The frames of a payload that came in a packet of the kind `packet`.
    #[must_use]
    pub const fn new(packet: PacketKind) -> Self {
        Self { rules: Rules::new(packet), begun: false }
    }

    /// As [`Payload::max_datagram_frame`](super::Payload::max_datagram_frame).
    #[must_use]
    pub const fn max_datagram_frame(mut self, size: VarInt) -> Self {
        self.rules = self.rules.max_datagram_frame(size);
        self
    }
}

impl Decode for Frames {
    type Item<'a> = Frame<'a>;
    type Error = TransportError;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<segue::Framing, Fault<TransportError>> {
        if !eof {
            return Ok(segue::Framing::Need(Need::to_the_end(1)));
        }
        if input.is_empty() && self.begun {
            return Ok(segue::Framing::Done);
        }
        let mut rest = Input::new(input);
        self.rules.read(&mut rest)?;
        Ok(segue::Framing::Record(input.len() - rest.left()))
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Frame<'a>, Fault<TransportError>> {
        self.begun = true;
        let mut input = Input::new(record.into_slice());
        let frame = self.rules.read(&mut input)?;
        if input.left() > 0 {
            return Err(Fault::from_cause(Cause::Contract));
        }
        Ok(frame)
    }
}

impl Encode<&Frame<'_>> for Frames {
    type Error = Unsendable;

    fn encode(&mut self, frame: &Frame<'_>, output: &mut Output) -> Result<(), Unsendable> {
        frame.encode(output)
    }
}

/// Why a frame cannot be sent: a peer would close the connection for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsendable {
    /// The rule that it breaks.
    pub reason: &'static str,
    /// The section of the standard that has the rule.
    pub section: &'static str,
}

impl From<Broken> for Unsendable {
    fn from(broken: Broken) -> Self {
        Self { reason: broken.reason, section: broken.section }
    }
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.section)
    }
}

impl core::error::Error for Unsendable {}
